"""The two real operators as processes beside the control plane."""

from tests.cluster import crds
from tests.cluster.chart_objects import make
from tests.cluster.control_plane import ControlPlane
from tests.cluster.network import Program
from tests.waiting import wait

EARLY = "early"
"""Namespace of an operator that is started before its CRDs are there."""
ELASTIC = "elastic-operator"
RELOADER = "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1"


def prometheus_operator(plane: ControlPlane, called: str, port: int, *arguments: str) -> Program:
    """Start the Prometheus operator."""
    return plane.program(
        "prometheus-operator",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--prometheus-config-reloader={RELOADER}",
        # Writes into each object whether it is accepted, and why not.
        "--feature-gates=StatusForConfigurationResources=true",
        *arguments,
        called=called,
        KUBECONFIG=str(plane.kubeconfig("admin")),
        POD_NAMESPACE="default",
    )


def early_operator(plane: ControlPlane) -> Program:
    """Start the Prometheus operator when only some of its CRDs are there; with none at all it would end at once."""
    crds.install(plane.api, "prometheus-operator", "Alertmanager")
    made = prometheus_operator(plane, "early-operator", 14081, f"--namespaces={EARLY}")
    wait("the early operator", lambda: 'resource \\"thanosrulers\\"' in made.said(), 30)
    return made


def elastic_operator(plane: ControlPlane) -> Program:
    """Start the ECK operator in a namespace of its own, where it keeps its licence."""
    plane.api.apply(make("v1", "Namespace", ELASTIC, ""))
    return plane.program(
        "eck-operator",
        "manager",
        f"--operator-namespace={ELASTIC}",
        "--enable-webhook=false",
        "--manage-webhook-certs=false",
        "--metrics-host=127.0.0.1",
        "--metrics-port=14085",
        "--disable-telemetry",
        KUBECONFIG=str(plane.kubeconfig("admin")),
        OPERATOR_NAMESPACE=ELASTIC,
    )
