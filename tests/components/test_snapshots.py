"""Snapshots: what each place asks of the nodes, of the keystore and of the repository, and that off means nothing."""

import json
from typing import Any

import pytest

from components import cron
from preview.plan import Plan
from tests.components.test_variants import objects, plan, release

KEY = "correct horse"
ROLE = "arn:aws:iam::123456789012:role/logs"
PLACES: dict[str, dict[str, Any]] = {
    "s3": {"type": "s3", "bucket": "logs", "region": "eu-central-1", "account": "AKIA"},
    "s3 of another vendor": {
        "type": "s3",
        "bucket": "logs",
        "account": "id",
        "endpoint": "https://minio.example.com:9000",
        "pathStyle": True,
    },
    "s3 by a role": {"type": "s3", "bucket": "logs", "roleArn": ROLE},
    "gcs": {"type": "gcs", "bucket": "logs", "basePath": "erp/prod"},
    "azure": {"type": "azure", "bucket": "logs", "account": "erp"},
    "fs": {"type": "fs", "claim": "snapshots"},
}
CONFIG: dict[str, dict[str, Any]] = {
    "s3": {"s3.client.default.region": "eu-central-1"},
    "s3 of another vendor": {
        "s3.client.default.endpoint": "https://minio.example.com:9000",
        "s3.client.default.path_style_access": True,
    },
    "fs": {"path.repo": ["/snapshots"]},
}
KEYSTORE = {
    "s3": {"s3.client.default.access_key": "AKIA", "s3.client.default.secret_key": KEY},
    "s3 of another vendor": {"s3.client.default.access_key": "id", "s3.client.default.secret_key": KEY},
    "gcs": {"gcs.client.default.credentials_file": KEY},
    "azure": {"azure.client.default.account": "erp", "azure.client.default.key": KEY},
}
REPOSITORY = {
    "gcs": {"type": "gcs", "settings": {"bucket": "logs", "base_path": "erp/prod"}},
    "azure": {"type": "azure", "settings": {"container": "logs", "base_path": "dev"}},
    "fs": {"type": "fs", "settings": {"location": "dev"}},
}


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> tuple[str, Plan]:
    """A place, and the stack dev with it."""
    return request.param, plan("elasticsearch", {"snapshots": PLACES[request.param]}, snapshotSecret=KEY)


def test_nodes_keystore_and_repository_fit_the_place(place: tuple[str, Plan]) -> None:
    name, found = place
    values = release(found, "elasticsearch").values
    (nodes,) = values["nodeSets"]
    assert nodes["config"] == {"node.store.allow_mmap": False, **CONFIG.get(name, {})}
    secrets = objects(found, "Secret")
    if name in KEYSTORE:
        assert values["secureSettings"] == [{"secretName": "elasticsearch-snapshots"}]
        assert set(secrets["elasticsearch-snapshots"].manifest["stringData"]) == set(KEYSTORE[name])
    else:
        assert "secureSettings" not in values
        assert "elasticsearch-snapshots" not in secrets
    maps = objects(found, "ConfigMap")["elasticsearch-bootstrap-payloads"].manifest["data"]
    repository = json.loads(maps["40-snapshot-repository.json"])
    assert repository["path"] == "/_snapshot/valeo-neuroerp"
    expected = {"type": "s3", "settings": {"bucket": "logs", "base_path": "dev"}}
    assert repository["body"] == REPOSITORY.get(name, expected)


def test_no_key_is_anywhere_but_in_the_secret(place: tuple[str, Plan]) -> None:
    _, found = place
    assert KEY not in json.dumps([item.manifest for item in found.objects if item.kind != "Secret"])
    assert KEY not in json.dumps([release.values for release in found.releases])


def test_the_exporter_tells_how_snapshots_are(place: tuple[str, Plan]) -> None:
    assert release(place[1], "elasticsearch-exporter").values["extraArgs"] == ["--collector.health-report"]


def test_a_role_gets_its_token_where_elasticsearch_reads_it() -> None:
    found = plan("elasticsearch", {"snapshots": PLACES["s3 by a role"], "volume": {"size": "10Gi"}})
    spec = release(found, "elasticsearch").values["nodeSets"][0]["podTemplate"]["spec"]
    (container,) = spec["containers"]
    variables = {item["name"]: item["value"] for item in container["env"]}
    account = objects(found, "ServiceAccount")["elasticsearch"]
    assert spec["serviceAccountName"] == "elasticsearch"
    assert account.manifest["automountServiceAccountToken"] is False
    assert variables["AWS_ROLE_ARN"] == ROLE
    (mount,) = container["volumeMounts"]
    (volume,) = spec["volumes"]
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert variables["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{mount['mountPath']}/{token['path']}"
    assert mount["mountPath"] == "/usr/share/elasticsearch/config/repository-s3"
    assert token["audience"] == "sts.amazonaws.com"


def test_a_volume_of_yours_stands_beside_that_of_the_data() -> None:
    found = plan("elasticsearch", {"snapshots": PLACES["fs"]})
    spec = release(found, "elasticsearch").values["nodeSets"][0]["podTemplate"]["spec"]
    assert spec["volumes"] == [
        {"name": "elasticsearch-data", "emptyDir": {}},
        {"name": "snapshots", "persistentVolumeClaim": {"claimName": "snapshots"}},
    ]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "snapshots", "mountPath": "/snapshots"}]


def test_without_snapshots_there_is_nothing_of_them() -> None:
    found = plan("elasticsearch", {})
    text = json.dumps([*(item.manifest for item in found.objects if item.kind not in ("PrometheusRule", "ConfigMap"))])
    assert "snapshot" not in text + json.dumps(release(found, "elasticsearch").values)
    payloads = objects(found, "ConfigMap")["elasticsearch-bootstrap-payloads"].manifest["data"]
    assert "snapshot" not in json.dumps(payloads)
    assert "extraArgs" not in release(found, "elasticsearch-exporter").values


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("30 1 * * *", "0 30 1 * * ?"),
        ("*/15 */6 * * *", "0 */15 */6 * * ?"),
        ("0 3 1,15 * *", "0 0 3 1,15 * ?"),
        ("0 3 * 1-6 0", "0 0 3 ? 1-6 SUN"),
        ("0 3 * * 1-5", "0 0 3 ? * MON-FRI"),
        ("0 3 * * 0-6/2", "0 0 3 ? * SUN-SAT/2"),
    ],
)
def test_schedules_are_told_as_elasticsearch_reads_them(schedule: str, told: str) -> None:
    assert cron.for_elasticsearch(schedule) == told


def test_two_kinds_of_days_are_refused() -> None:
    with pytest.raises(ValueError, match="no day of the month beside a day of the week"):
        cron.for_elasticsearch("0 3 1 * 1")
