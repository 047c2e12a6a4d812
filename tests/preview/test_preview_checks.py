"""Every check holds on a good project, and says why it does not on one with a mistake."""

from pathlib import Path

import pytest

from preview.checks import Check, NotRunError
from preview.checks.objects import check_objects
from preview.checks.references import check_namespaces, check_references, check_services
from preview.checks.registry import CHECKS, evaluate
from preview.checks.releases import check_charts_pinned, check_release_options
from preview.checks.resources import check_object_names, check_providers, check_resource_names
from preview.checks.secrets import check_secret_texts
from preview.checks.values import check_value_paths, check_value_schemas
from tests.preview.preview_project import Project, make


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return make(tmp_path)


def test_every_check_holds_on_the_small_project(project: Project) -> None:
    results = evaluate(*project.planned())
    assert [(result.name, result.status, result.reasons) for result in results] == [
        (check.__name__, "holds", ()) for check in CHECKS
    ]


def test_every_check_has_a_title_of_its_own() -> None:
    titles = [check.__doc__ for check in CHECKS]
    assert all(title and "\n" not in title for title in titles)
    assert len(set(titles)) == len(titles)


def test_a_check_that_cannot_be_made_is_no_failure(project: Project) -> None:
    def check_nothing(*_: object) -> list[str]:
        """Nothing."""
        raise NotRunError("there is nothing")

    (result,) = evaluate(*project.planned(), [check_nothing])
    assert (result.status, result.reasons) == ("not run", ("there is nothing",))


RELEASE = 'k8s.helm.v3.Release("b", {}, opts=child)\n        self.host = p'
SOURCE = '**charts.source(charts.GRAFANA, settings.get("mirror"))'
REFERENCE = '{"name": "login", "key": "password"}'
EXISTING = '"existingSecret": "login"'
CODED = '__import__("base64").b64encode(b"me:" + config.get("smtpPassword").encode()).decode()'
ADDRESS = "metrics-api.site.svc:8080"

# For each check: what stands in the program, what stands there instead, and what the check says then.
MUTATIONS: dict[Check, list[tuple[str, str, str]]] = {
    check_resource_names: [('"board",\n', '"page",\n', "ConfigMap page is there 2 times")],
    check_object_names: [
        ('metadata=named("board", l', 'metadata=named("page", l', "ConfigMap site/page is made 2 times"),
        (
            "self.host = p",
            RELEASE.format('name="metrics", namespace="site", chart="x"'),
            "Release site/metrics is made 2 times",
        ),
    ],
    check_providers: [
        ('{"name": "site"}, opts=child', '{"name": "site"}', "Namespace space has no explicit provider"),
    ],
    check_charts_pinned: [
        (
            "self.host = p",
            RELEASE.format('name="b", chart="grafanna", version="1.0.0"'),
            "b: chart grafanna has no pin in components/charts.py; did you mean grafana?",
        ),
        (SOURCE, 'chart="grafana", version="1.2.3"', "metrics: version 1.2.3 of chart grafana; the pin is"),
        (SOURCE, 'chart="grafana"', "metrics: version missing of chart grafana; the pin is"),
    ],
    check_release_options: [
        ("atomic=True", "atomic=False", "metrics: a failed upgrade would stay half done"),
        ("timeout=600,", "", "metrics: it would wait for the provider's default time"),
        ('            name="metrics",\n', "", "metrics: it would get a random suffix"),
    ],
    check_value_paths: [
        (
            '"passwordKey":',
            '"passwordKy":',
            "metrics (grafana): admin.passwordKy is no value of the chart; did you mean",
        ),
    ],
    check_value_schemas: [
        ('"replicas": 2,', '"replicas": "two",', "metrics (grafana): replicas: 'two' is not of type 'integer'"),
    ],
    check_objects: [
        (
            '"replicas": settings["replicas"]',
            '"replica": 1',
            "Deployment site/web: spec.replica is unknown; did you mean replicas? (Kubernetes 1.33, 1.37)",
        ),
        (
            '"replicas": settings["replicas"]',
            '"replicas": "three"',
            "Deployment site/web: spec.replicas 'three' is not of type 'integer'",
        ),
        (
            '"image": "example',
            '"imag": "example',
            "spec.template.spec.containers[0].imag is unknown; did you mean image?",
        ),
    ],
    check_secret_texts: [
        (
            '"hello\\nworld"',
            "pulumi.Output.unsecret(password.result)",
            "ConfigMap page: data.index.html holds a secret in the open",
        ),
        (
            '{"host": self.host}',
            '{"host": config.get("smtpPassword")}',
            "outputs of site: host holds a secret in the open",
        ),
        ('"hello\\nworld"', CODED, "ConfigMap page: data.index.html holds a secret in the open"),
    ],
    check_namespaces: [
        (
            'metadata={"name": "site"}',
            'metadata={"name": "sight"}',
            "release metrics: namespace site is not in the plan",
        ),
    ],
    check_references: [
        (
            REFERENCE,
            '{"name": "logn", "key": "password"}',
            "env[0].valueFrom.secretKeyRef names Secret site/logn, which nobody makes; did you mean login?",
        ),
        (REFERENCE, '{"name": "login", "key": "word"}', "names key word of Secret login, which has password, smtp"),
        (
            '{"configMapRef": {"name": "page"}}',
            '{"configMapRef": {"name": "no"}}',
            "configMapRef names ConfigMap site/no",
        ),
        (
            '"items": [{"key": "index.html"',
            '"items": [{"key": "index.htm"',
            "volumes[0].configMap names key index.htm of ConfigMap page, which has index.html",
        ),
        (
            '"configMap": {"name": "page", "items"',
            '"configMap": {"name": "sheet", "items"',
            "volumes[0].configMap names ConfigMap site/sheet",
        ),
        (
            '"serviceAccountName": "metrics"',
            '"serviceAccountName": "metric"',
            "serviceAccountName names ServiceAccount site/metric, which nobody makes; did you mean metrics?",
        ),
        (
            '"serviceAccountName": "metrics",',
            '"imagePullSecrets": [{"name": "registry"}],',
            "imagePullSecrets[0] names Secret site/registry",
        ),
        (EXISTING, '"existingSecret": "admin"', "release metrics: admin.existingSecret names Secret site/admin"),
        (
            EXISTING,
            '"existingSecret": {"name": "metrics-ca", "key": "ca.cert"}',
            "names key ca.cert of Secret metrics-ca, which has ca.crt",
        ),
    ],
    check_services: [
        (
            'backend = {"service": {"name": "web"',
            'backend = {"service": {"name": "wob"',
            "Ingress site/web: spec.rules[0].http.paths[0].backend.service names Service site/wob",
        ),
        ('"port": {"number": 80}', '"port": {"number": 81}', "names port 81 of Service web, which has 80, http"),
        (
            ADDRESS,
            "metrics-app.site.svc:8080",
            "env[1].value names Service site/metrics-app, which nobody makes; did you mean metrics-api?",
        ),
        (
            ADDRESS,
            "metrics-api.site.svc.cluster.local:9090",
            "env[1].value names port 9090 of Service metrics-api, which has 8080, http",
        ),
        (ADDRESS, "webb:80", "env[1].value names Service site/webb"),
    ],
}


@pytest.mark.parametrize(
    ("check", "old", "new", "said"), [(check, *change) for check, changes in MUTATIONS.items() for change in changes]
)
def test_a_mistake_is_found(project: Project, check: Check, old: str, new: str, said: str) -> None:
    reasons = project.change(old, new).reasons(check)
    assert any(said in reason for reason in reasons), reasons


def test_every_check_has_a_mutation() -> None:
    assert set(MUTATIONS) == set(CHECKS)
