"""A small Pulumi project of its own, so that the tests of the preview do not depend on the stack of this repository."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.charts import GRAFANA
from preview import plan as plans
from preview.checks import Check, Context
from preview.run import Recording, run

CHART = f"charts/{GRAFANA.name}"
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from components import charts

config = pulumi.Config()
settings = config.require_object("settings")
MISSING = "password at the mail server is not set; run: pulumi config set --secret smtpPassword"


def named(name, **more):
    return {"name": name, "namespace": "site", **more}


class Site(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Site", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        k8s.core.v1.Namespace("space", metadata={"name": "site"}, opts=child)
        password = random.RandomPassword("login", length=20, opts=child)
        smtp = config.get_secret("smtpPassword")
        if smtp is None and not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(MISSING)
        if smtp is None:
            pulumi.log.warn(MISSING)
        k8s.core.v1.Secret(
            "login", metadata=named("login"), string_data={"password": password.result, "smtp": smtp}, opts=child
        )
        k8s.core.v1.ConfigMap("page", metadata=named("page"), data={"index.html": "hello\\nworld"}, opts=child)
        k8s.core.v1.ConfigMap(
            "board",
            metadata=named("board", labels={"grafana_dashboard": "1"}),
            data={"board.json": '{"uid": "board-uid", "title": "Board"}'},
            opts=child,
        )
        container = {
            "name": "web",
            "image": "example/web:1",
            "env": [
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
                {"name": "METRICS", "value": "http://metrics-api.site.svc:8080/push"},
            ],
            "envFrom": [{"configMapRef": {"name": "page"}}],
            "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}},
        }
        pod = {
            "serviceAccountName": "metrics",
            "containers": [container],
            "volumes": [{"name": "page", "configMap": {"name": "page", "items": [{"key": "index.html", "path": "x"}]}}],
        }
        spec = {
            "replicas": settings["replicas"],
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
        }
        k8s.apps.v1.Deployment("web", metadata=named("web"), spec=spec, opts=child)
        ports = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}
        k8s.core.v1.Service("web", metadata=named("web"), spec=ports, opts=child)
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        rule = {"host": settings["host"], "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        k8s.networking.v1.Ingress(
            "web",
            metadata=named("web"),
            spec={"ingressClassName": "nginx", "rules": [rule], "tls": [{"hosts": ["a"], "secretName": "cert"}]},
            opts=child,
        )
        k8s.apiextensions.CustomResource(
            "rules",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata=named("rules"),
            spec={"groups": [{"name": "a", "rules": [{"record": "x", "expr": "1"}]}]},
            opts=child,
        )
        values = {
            "replicas": 2,
            "resources": {"requests": {"cpu": 1, "memory": "1Gi"}},
            "admin": {"existingSecret": "login", "passwordKey": "password"},
            "persistence": {"enabled": True, "size": "5Gi", "storageClassName": "fast"},
            "pipelines": [{"pipeline.id": "main", "config.string": "input {}\\noutput {}\\n"}],
        }
        k8s.helm.v3.Release(
            "metrics",
            name="metrics",
            namespace="site",
            values=values,
            atomic=True,
            timeout=600,
            **charts.source(charts.GRAFANA, settings.get("mirror")),
            opts=child,
        )
        self.host = pulumi.Output.from_input(settings["host"])
        self.register_outputs({"host": self.host})


print("a line of the program")
provider = k8s.Provider("cluster", context="test")
site = Site("site", pulumi.ResourceOptions(providers=[provider]))
pulumi.log.info("all is said")
pulumi.export("host", site.host)
"""

STACK = """config:
  small:settings:
    replicas: 3
    host: a.example.com
  small:smtpPassword:
    secure: AAABAKxyz
"""

SCHEMA = '{"properties": {"replicas": {"type": "integer"}}}'
VALUES = """replicas: 1
resources: {}
admin:
  existingSecret: ""
  passwordKey: admin-password
  userKey: admin-user
persistence:
  enabled: false
  size: 1Gi
  # storageClassName: default
  annotations: {}
pipelines: []
sidecar:
  dashboards:
    folder: /tmp
image: {repository: example, tag: ""}
"""
FREE_FORM = "grafana:\n  - resources\n  - persistence.storageClassName\n"
PROVIDED = """metrics:
  Service: {metrics-api: [http 8080]}
  ServiceAccount: [metrics]
  Secret: {metrics-ca: [ca.crt]}
"""


@dataclass(frozen=True)
class Project:
    """The project in a directory, with whatever a test changed in it."""

    root: Path

    def change(self, old: str, new: str, file: str = "__main__.py") -> "Project":
        """Replace a text that is there exactly once."""
        path = self.root / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))
        return self

    def with_values(self, values: str) -> "Project":
        """Give the release other values: an expression."""
        return self.change("            values=values,", f"            values={values},")

    def run(self, known: bool = False, secrets: Mapping[str, str] | None = None) -> Recording:
        """Run the program."""
        return run(self.root, "dev", known=known, secrets=secrets)

    def planned(self) -> tuple[plans.Plan, Context]:
        """The plan, and the context of its checks."""
        recording = self.run()
        return plans.build(recording), Context(recording, chart_values=self.root / "charts", lists=self.root)

    def reasons(self, check: Check) -> list[str]:
        """What a check says."""
        return check(*self.planned())


def make(root: Path) -> Project:
    """Write the project: every check holds on it."""
    chart = root / CHART
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"name: {GRAFANA.name}\nversion: {GRAFANA.version}\n")
    (chart / "values.yaml").write_text(VALUES)
    (chart / "values.schema.json").write_text(SCHEMA)
    (root / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (root / "Pulumi.dev.yaml").write_text(STACK)
    (root / "__main__.py").write_text(PROGRAM)
    (root / "free_form.yaml").write_text(FREE_FORM)
    (root / "provided.yaml").write_text(PROVIDED)
    return Project(root)
