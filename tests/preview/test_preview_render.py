"""Charts rendered by Helm: what comes out of them, in which files, and that it is the same each time."""

import random
from pathlib import Path
from typing import Any

import pytest

from preview.masking import VOLATILE
from preview.write import write
from preview.yamlfile import parse
from tests.preview.shop_chart import Shop, make

FILES = [
    "configmap-web.yaml",
    "customresourcedefinition-widgets.example.com.yaml",
    "deployment-web.yaml",
    "ingress-web.yaml",
    "job-web-prepare.yaml",
    "networkpolicy-web.yaml",
    "pod-web-test--random-.yaml",
    "poddisruptionbudget-web.yaml",
    "prometheusrule-web.yaml",
    "secret-web-alertmanager.yaml",
    "secret-web.yaml",
    "service-web.yaml",
    "serviceaccount-web.yaml",
    "servicemonitor-web.yaml",
    "widget-web.yaml",
]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The project with the chart."""
    return make(tmp_path)


def content(shop: Shop, file: str) -> Any:
    """An object as it is written."""
    return parse(shop.files()[file], file)


def test_every_object_is_a_file(shop: Shop) -> None:
    assert sorted(shop.files()) == FILES


def test_two_runs_give_the_same_bytes_although_the_chart_makes_passwords_up(shop: Shop) -> None:
    files = shop.files()
    assert shop.files() == files
    assert f"password: {VOLATILE!r}".replace("'", "") in files["secret-web.yaml"]
    assert f"checksum/secret: {VOLATILE}" in files["deployment-web.yaml"]
    assert f"name: web-test-{VOLATILE}" in files["pod-web-test--random-.yaml"]


def test_only_what_changes_by_itself_is_left_out(shop: Shop) -> None:
    files = shop.with_values(reload=True).files()
    assert files["deployment-web.yaml"].count(VOLATILE) == 2
    assert parse(files["configmap-web.yaml"], "")["data"]["shop.conf"].splitlines() == [
        "color = red",
        VOLATILE,
        "widgets = true",
        "kubernetes = v1.37.0",
    ]


def test_a_clock_changes_by_itself_too(shop: Shop) -> None:
    shop.change("templates/config.yaml", "color = ", 'day = {{ now | date "2006-01-02" }} color = ')
    assert VOLATILE in content(shop, "configmap-web.yaml")["data"]["shop.conf"]
    shop.change("templates/config.yaml", 'now | date "2006-01-02"', "now | unixEpoch")
    assert VOLATILE in content(shop, "configmap-web.yaml")["data"]["shop.conf"]


def test_secret_values_are_hashed_so_that_a_change_shows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (content(shop.with_values(password=word), "secret-web.yaml") for word in ("Mango1", "Mango2"))
    assert first["data"]["password"].startswith("<secret ")
    assert first["data"]["password"] != second["data"]["password"]
    assert first["stringData"] == second["stringData"] != {"user": "shop"}
    monkeypatch.setenv("PREVIEW_KEY", "of our own")
    assert content(shop, "secret-web.yaml")["data"]["password"] not in (second["data"]["password"], "Mango2")
    assert not [text for text in shop.files().values() if "Mango" in text or "TWFuZ28" in text]


def test_equal_values_of_two_secrets_do_not_show_as_equal(shop: Shop) -> None:
    shop.add("templates/more.yaml", "kind: Secret\napiVersion: v1\nmetadata: {name: b}\nstringData: {user: shop}\n")
    assert content(shop, "secret-b.yaml")["stringData"] != content(shop, "secret-web.yaml")["stringData"]


def test_a_value_that_is_text_or_base64_gives_the_same_hash(shop: Shop) -> None:
    shop.with_values(password="shop")
    text = content(shop, "secret-web.yaml")["stringData"]["user"]
    shop.change("templates/secret.yaml", "stringData:\n  user: shop", "  user: c2hvcA==")
    assert content(shop, "secret-web.yaml")["data"]["user"] == text


def test_templates_see_the_cluster_that_the_stack_makes(shop: Shop) -> None:
    text = content(shop, "configmap-web.yaml")["data"]["shop.conf"]
    assert text.splitlines()[1:] == ["widgets = true", "kubernetes = v1.37.0"]
    shop.inputs["skipCrds"] = True
    assert "widgets = false" in content(shop, "configmap-web.yaml")["data"]["shop.conf"]


def test_hooks_are_left_out_where_the_release_leaves_them_out(shop: Shop) -> None:
    shop.inputs["disableWebhooks"] = True
    assert [name for name in FILES if name not in shop.files()] == ["job-web-prepare.yaml", FILES[6]]


def test_equal_names_in_two_namespaces_are_told_apart(shop: Shop) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: other}\ndata: {a: b}\n"
    files = shop.add("templates/other.yaml", other).files()
    assert {"configmap-site-web.yaml", "configmap-other-web.yaml"} <= set(files)
    assert "configmap-web.yaml" not in files


def test_they_are_written_beside_the_plan(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(shop.plan, target, shop.render())
    assert sorted(path.name for path in (target / "manifests" / "web").iterdir()) == FILES
    write(shop.plan, target)
    assert list((target / "manifests").iterdir()) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("templates/widget.yaml", ".Values.color", ".Values.color | nofunction", 'function "nofunction" not defined'),
        ("templates/config.yaml", "  name:", "  nam:", "shop/templates/config.yaml renders to something without"),
        ("templates/config.yaml", "kind: ConfigMap", "kind: [", "templates/config.yaml"),
    ],
)
def test_a_chart_that_does_not_render_is_told_in_one_line(
    shop: Shop, file: str, old: str, new: str, message: str
) -> None:
    rendered = shop.change(file, old, new).render()
    assert list(rendered.failed) == ["web"]
    assert message in rendered.failed["web"]
    assert "\n" not in rendered.failed["web"]
    assert rendered.objects == ()


def test_values_that_the_chart_refuses_are_told(shop: Shop) -> None:
    rendered = shop.with_values(replicas=0).render()
    assert "replicas" in rendered.failed["web"]


# A single change of a value or of a template, and where it stands. Each shows in the output: nothing of it is masked.
CHANGES = [
    ("values.yaml", "replicas: 2", "replicas: {number}"),
    ("values.yaml", "registry.example.com/shop,", "registry.example.com/shop{number},"),
    ("values.yaml", "color: red", "color: c{number}"),
    ("values.yaml", 'password: ""', "password: p{number}"),
    ("templates/secret.yaml", "user: shop", "user: u{number}"),
    ("templates/services.yaml", "port: 80,", "port: {number},"),
    ("templates/hooks.yaml", "prepare:1", "prepare:{number}"),
    ("templates/hooks.yaml", "test:1", "test:{number}"),
    ("templates/hooks.yaml", "-prepare\n", "-prepare{number}\n"),
    ("templates/widget.yaml", "size: 3", "size: {number}"),
    ("templates/widget.yaml", "any: thing", "any: thing{number}"),
    ("templates/monitoring.yaml", "up == 0", "up == {number}"),
    ("templates/monitoring.yaml", "- name: team", "- name: team{number}"),
    ("templates/network.yaml", "shop.example.com", "shop{number}.example.com"),
    ("crds/widgets.yaml", "format: int32", "format: int32, maximum: {number}"),
    ("Chart.yaml", '"4.5"', '"{number}"'),
]


@pytest.mark.parametrize("seed", range(8))
def test_any_single_change_shows(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    before = shop.files()
    for file, old, new in chance.sample(CHANGES, 3):
        shop.change(file, old, changed := new.replace("{number}", str(chance.randint(1000, 9999))))
        after = shop.files()
        assert after != before, (file, changed)
        before = after
