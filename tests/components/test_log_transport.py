"""How lines go from Filebeat to Logstash: over mutual TLS with certificates of one authority, or in plain text."""

from typing import Any

import pytest

from logs import beats_tls
from preview.plan import Plan
from tests.components.test_stacks import plan
from tests.components.test_variants import objects, release
from tests.components.test_variants import plan as variant

HOST = "logstash-ls-beats.observability.svc"
CERTIFICATE = {
    "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "observability-ca"},
    "privateKey": {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"},
    "duration": "2160h0m0s",
    "renewBefore": "720h0m0s",
}


def certificates(of: Plan) -> dict[str, Any]:
    return {item.name: (item.namespace, item.manifest["spec"]) for item in of.objects if item.kind == "Certificate"}


def test_each_side_has_its_own_certificate_of_the_authority_in_its_own_namespace() -> None:
    found = certificates(plan("prod"))
    server = {"secretName": "logstash-beats-tls", "dnsNames": [HOST], "usages": ["digital signature", "server auth"]}
    client = {"secretName": "filebeat-tls", "commonName": "filebeat", "usages": ["digital signature", "client auth"]}
    assert found == {
        "logstash-beats": ("observability", {**CERTIFICATE, **server}),
        "filebeat": ("observability-agents", {**CERTIFICATE, **client}),
    }


def mounted(spec: Any) -> dict[str, str]:
    """Secret -> folder of a pod's first container."""
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
    mounts = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    return {secret: mounts[name] for name, secret in secrets.items()}


def test_filebeat_shows_its_certificate_and_asks_for_that_of_the_service() -> None:
    values = release(plan("prod"), "filebeat").values
    output = values["config"]["output.logstash"]
    assert output["hosts"] == [f"{HOST}:5044"]
    (folder,) = mounted(values["daemonSet"]["podTemplate"]["spec"]).values()
    assert mounted(values["daemonSet"]["podTemplate"]["spec"]) == {"filebeat-tls": folder}
    assert output["ssl"] == {
        "certificate_authorities": [f"{folder}/ca.crt"],
        "certificate": f"{folder}/tls.crt",
        "key": f"{folder}/tls.key",
        "verification_mode": "full",
    }


def test_logstash_takes_lines_from_those_alone_who_have_a_certificate() -> None:
    values = release(plan("prod"), "logstash").values
    assert mounted(values["podTemplate"]["spec"]) == {"logstash-beats-tls": beats_tls.FOLDER}
    text = values["pipelines"][0]["config.string"]
    block = text[text.index("  beats {") : text.index("  }", text.index("  beats {"))]
    assert block.splitlines()[2:] == [
        "    port => 5044",
        "    ssl_enabled => true",
        '    ssl_certificate => "/usr/share/logstash/certs/tls.crt"',
        '    ssl_key => "/usr/share/logstash/certs/tls.key"',
        '    ssl_certificate_authorities => ["/usr/share/logstash/certs/ca.crt"]',
        '    ssl_client_authentication => "required"',
    ]
    # cert-manager renews them every two months.
    assert values["config"]["ssl.reload.automatic"] is True


def test_without_an_issuer_lines_are_plain_and_nothing_of_cert_manager_is_asked_for() -> None:
    found = plan("dev")
    assert certificates(found) == {}
    assert "ssl" not in release(found, "filebeat").values["config"]["output.logstash"]
    values = release(found, "logstash").values
    assert "ssl_" not in values["pipelines"][0]["config.string"].partition("filter {")[0]
    assert "ssl.reload.automatic" not in values["config"]
    assert "tls" not in [volume["name"] for volume in values["podTemplate"]["spec"]["volumes"]]


def test_the_issuer_is_a_setting_of_every_tier() -> None:
    found = variant("logs", {"clusterIssuer": "internal"})
    assert {spec["issuerRef"]["name"] for _, spec in certificates(found).values()} == {"internal"}
    # Both stand in the same pod: what waits in the queue, and the certificates.
    volumes = release(found, "logstash").values["podTemplate"]["spec"]["volumes"]
    assert [volume["name"] for volume in volumes] == ["logstash-data", "tls"]
    assert "Certificate" not in {item.kind for item in plan("dev").objects}
    assert set(objects(found, "Certificate")) == {"logstash-beats", "filebeat"}


@pytest.mark.parametrize("text", ["input { }", "    port => 5044\n    port => 5044\n", "  port => 5044\n"])
def test_a_pipeline_without_the_one_input_is_not_left_open(text: str) -> None:
    with pytest.raises(ValueError, match="must have one input of Beats"):
        beats_tls.encrypted(text)
