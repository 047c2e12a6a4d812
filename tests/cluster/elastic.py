"""A stack's logging under the real ECK operator: the objects that the eck-* charts make of our values."""

from tests.cluster.api import Manifest
from tests.cluster.change import GONE, changed
from tests.cluster.chart_objects import ELASTIC, elastic
from tests.cluster.deployment import Deployment

# Workloads that the operator makes, by release.
WORKLOADS = {
    "elasticsearch": "elasticsearch-es-default",
    "kibana": "kibana-kb",
    "logstash": "logstash-ls",
    "filebeat": "filebeat-beat-filebeat",
}


class Elastic:
    """The objects of the four charts, and two mutants that ask for too much."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self.api, self.stack = deployment, deployment.api, deployment.stack
        charts = {release: elastic(self.stack, release) for release in ELASTIC}
        self.objects = {release: made[-1] for release, made in charts.items()}
        self.mutants = {
            "kibana": self._mutant("kibana", "spec|podTemplate|spec|securityContext"),
            "logstash": self._mutant("logstash", "spec|podTemplate|spec|initContainers"),
        }
        issued = [_issued(made) for made in self.stack.manifests if made["kind"] == "Certificate"]
        deployment.make(*issued, *(made for objects in charts.values() for made in objects), *self.mutants.values())

    def _mutant(self, release: str, path: str) -> Manifest:
        return changed(changed(self.objects[release], path, GONE), "metadata|name", f"{release}-greedy")


def _issued(certificate: Manifest) -> Manifest:
    """The Secret that cert-manager makes of a Certificate; nothing here reads what is in it."""
    metadata = {"name": certificate["spec"]["secretName"], "namespace": certificate["metadata"]["namespace"]}
    data = dict.fromkeys(("ca.crt", "tls.crt", "tls.key"), "-")
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "stringData": data}
