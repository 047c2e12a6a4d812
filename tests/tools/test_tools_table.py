"""The table of the pinned tools agrees with the Go modules, and its words select the right tools."""

import re

import pytest

from tools import HERE
from tools.model import Archive, GoTool
from tools.table import TOOLS, UnknownToolError, select

GO_TOOLS = [tool for tool in TOOLS if isinstance(tool, GoTool)]
FAMILIES = sorted({tool.family for tool in GO_TOOLS})
BY_NAME = {tool.name: tool for tool in GO_TOOLS}
ANSWERS = {
    "pulumi": "v3.259.0",
    "kube-apiserver": "Kubernetes v1.36.3",
    "kubectl": "Client Version: v1.36.3\nKustomize Version: v5.8.1",
    "etcd": "etcd Version: 3.6.8\nGit SHA: Not provided",
    "kwok": "kwok version v0.7.0 go1.26.8 (linux/amd64)",
    "eck-operator": "2026/11/24 08:52:34 INFO memory is not limited\nelastic-operator version 3.5.0+00000000",
    "promtool": "promtool, version 3.14.0 (branch: , revision: unknown)\n  go version:  go1.26.8",
    "helm": "v4.3.1+g1234567",
    "oauth2-proxy": "oauth2-proxy v7.15.4 (built with go1.26.8)",
    "jaeger": '{"gitCommit":"","gitVersion":"v2.13.0","buildDate":""}',
    "otelcol": "otelcol version 0.158.0",
    "actionlint": "1.7.12\nhomemade\nbuilt with go1.26.8 compiler for linux/amd64",
}


def module(family: str, name: str) -> str:
    return (HERE.root / "tools" / family / name).read_text()


@pytest.mark.parametrize("tool", GO_TOOLS, ids=lambda tool: tool.name)
def test_versions_are_those_of_the_modules(tool: GoTool) -> None:
    pinned = re.search(rf"^(?:require|)\s+{re.escape(tool.module)} v(\S+)", module(tool.family, "go.mod"), re.MULTILINE)
    assert pinned
    assert pinned[1] == (tool.module_version or tool.version)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_pins_its_programs_and_nothing_else(family: str) -> None:
    assert module(family, "go.sum").count("\n") > 20
    programs = [tool for tool in GO_TOOLS if tool.family == family]
    if any(tool.library for tool in programs):
        (tool,) = programs
        assert f'"{tool.module}"' in module(family, "main.go")
    else:
        imported = re.findall(r'_ "(\S+)"', module(family, "tools.go"))
        assert sorted(imported) == sorted(tool.package for tool in programs)


def test_every_module_belongs_to_a_tool_or_brings_definitions_alone() -> None:
    modules = {path.parent.name for path in (HERE.root / "tools").glob("*/go.mod")}
    assert modules - set(FAMILIES) == {"cert-manager", "gateway-api"}
    assert set(FAMILIES) < modules


def test_prometheus_as_a_module_counts_in_its_second_number() -> None:
    for tool in GO_TOOLS:
        if tool.module_version and tool.family == "metrics":
            major, minor, patch = tool.version.split(".")
            assert tool.module_version == f"0.{major}{int(minor):02}.{patch}"


def test_the_parts_of_kubernetes_are_of_its_version() -> None:
    replaced = re.findall(r"^\s*k8s\.io/\S+ => k8s\.io/\S+ v(\S+)$", module("cluster", "go.mod"), re.MULTILINE)
    assert len(replaced) > 30
    assert set(replaced) == {BY_NAME["kube-apiserver"].version.replace("1.", "0.", 1)}


@pytest.mark.parametrize("family", FAMILIES)
def test_modules_name_no_address_and_no_directory(family: str) -> None:
    text = module(family, "go.mod")
    assert text.startswith(f"module neuroerp-observability/tools/{family}\n")
    (source,) = {"tools.go", "main.go"} & {path.name for path in (HERE.root / "tools" / family).iterdir()}
    assert not re.search(r"://|=>\s*[./~]|localhost|\.local\b|(?:proxy|sum)\.golang", text + module(family, source))
    odd = [line for line in module(family, "go.sum").splitlines() if not re.fullmatch(r"\S+ v\S+ h1:\S{43}=", line)]
    assert odd == []


def test_sums_are_complete_for_what_the_modules_require() -> None:
    for family in FAMILIES:
        required = re.findall(r"^(?:require)?\s+(\S+) (v\S+)", module(family, "go.mod"), re.MULTILINE)
        replaced = set(re.findall(r"^\s*(\S+) =>", module(family, "go.mod"), re.MULTILINE))
        sums = module(family, "go.sum")
        missing = [name for name, version in required if name not in replaced and f"{name} {version}" not in sums]
        assert missing == []


def test_linker_flags_are_filled_in() -> None:
    recipe = BY_NAME["kube-apiserver"].recipe
    flags = recipe[recipe.index("-ldflags") + 1]
    assert flags.startswith("-s -w -X k8s.io/component-base/version.gitVersion=v1.")
    assert "gitMajor=1 -X" in flags
    for tool in GO_TOOLS:
        assert "{" not in " ".join(tool.recipe)
        assert tool.recipe[-1] == tool.package


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_understood(name: str) -> None:
    said = BY_NAME[name].version_in(ANSWERS[name])
    assert said
    assert said in ANSWERS[name]
    assert said.count(".") == 2


@pytest.mark.parametrize("answer", ["Client Version: v1.36.3-dispatcher", "Client Version: v1.36.3-rc.1", "error: no"])
def test_a_variant_is_not_the_version(answer: str) -> None:
    assert BY_NAME["kubectl"].version_in(answer) != "1.36.3"


def test_without_words_all_that_go_builds() -> None:
    assert select() == GO_TOOLS
    assert select(("all",)) == list(TOOLS)
    assert [tool.name for tool in TOOLS if isinstance(tool, Archive)] == ["elasticsearch"]


def test_words_are_tools_or_families_and_keep_the_order_of_the_table() -> None:
    chosen = [tool.name for tool in select(("amtool", "cluster", "kubectl"))]
    assert chosen == ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "etcd", "amtool"]


def test_an_unknown_word_is_answered_with_the_nearest_and_all_names() -> None:
    with pytest.raises(UnknownToolError) as error:
        select(("promtol",))
    message = str(error.value)
    assert message.startswith("unknown tool promtol (did you mean promtool?)\n")
    assert all(tool.name in message and tool.family in message for tool in TOOLS)
    with pytest.raises(UnknownToolError, match=r"^unknown tool xyzzy\n"):
        select(("xyzzy",))
