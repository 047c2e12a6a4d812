"""The pinned tools. A version here equals the one in the go.mod of the family (a test compares them)."""

from difflib import get_close_matches
from functools import partial

from .model import Archive, GoTool, Tool

_kubernetes = partial(
    GoTool,
    family="cluster",
    version="1.36.3",
    module="k8s.io/kubernetes",
    # Without these a server tells clients that it is v0.0.0, and charts refuse it.
    sets=(
        "k8s.io/component-base/version.gitVersion=v{version}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
    ),
    answer="Kubernetes ",
)
_common = partial(GoTool, sets=("github.com/prometheus/common/version.Version={version}",))
_operator = partial(
    _common,
    family="prometheus-operator",
    version="0.93.1",
    module="github.com/prometheus-operator/prometheus-operator",
)
_prometheus = partial(
    _common,
    family="metrics",
    version="3.14.0",
    module="github.com/prometheus/prometheus",
    # As a Go module, Prometheus 3.14 is 0.314: a major version 3 would need /v3 in its import paths.
    module_version="0.314.0",
)
_alertmanager = partial(_common, family="metrics", version="0.34.0", module="github.com/prometheus/alertmanager")
_jaeger = partial(
    GoTool,
    family="jaeger",
    version="2.13.0",
    module="github.com/jaegertracing/jaeger",
    # The last version of the module: what came after it is tagged v2, which its import path cannot be.
    module_version="1.76.0",
)
_eck = "github.com/elastic/cloud-on-k8s/v3/pkg/about."

TOOLS: tuple[Tool, ...] = (
    GoTool(
        name="pulumi",
        family="engine",
        version="3.259.0",
        module="github.com/pulumi/pulumi/pkg/v3",
        command="cmd/pulumi",
        # Without a version the Automation API refuses the CLI.
        sets=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}",),
        asks=("version",),
        answer="",
    ),
    _kubernetes(name="kube-apiserver", command="cmd/kube-apiserver"),
    _kubernetes(name="kube-controller-manager", command="cmd/kube-controller-manager"),
    _kubernetes(name="kube-scheduler", command="cmd/kube-scheduler"),
    _kubernetes(name="kubectl", command="cmd/kubectl", asks=("version", "--client"), answer="Client Version: "),
    GoTool(
        name="etcd",
        family="cluster",
        version="3.6.8",
        module="go.etcd.io/etcd/server/v3",
        sets=(),  # Its version is a constant.
        answer="etcd Version: ",
    ),
    GoTool(
        name="kwok",
        family="kwok",
        version="0.7.0",
        module="sigs.k8s.io/kwok",
        command="cmd/kwok",
        sets=("sigs.k8s.io/kwok/pkg/consts.Version=v{version}",),
        answer="kwok version ",
    ),
    _operator(name="prometheus-operator", command="cmd/operator", answer="prometheus-operator, version "),
    _operator(
        name="prometheus-config-reloader",
        command="cmd/prometheus-config-reloader",
        answer="prometheus-config-reloader, version ",
    ),
    GoTool(
        name="eck-operator",
        family="eck-operator",
        version="3.5.0",
        module="github.com/elastic/cloud-on-k8s/v3",
        command="cmd",
        # The operator calls itself a snapshot unless told otherwise.
        sets=(f"{_eck}version={{version}}", f"{_eck}buildSnapshot=false"),
        answer="elastic-operator version ",
    ),
    _prometheus(name="prometheus", command="cmd/prometheus", answer="prometheus, version "),
    _prometheus(name="promtool", command="cmd/promtool", answer="promtool, version "),
    _alertmanager(
        name="alertmanager",
        command="cmd/alertmanager",
        answer="alertmanager, version ",
        lacks_web_interface=True,
    ),
    _alertmanager(name="amtool", command="cmd/amtool", answer="amtool, version "),
    _common(
        name="blackbox_exporter",
        family="metrics",
        version="0.28.0",
        module="github.com/prometheus/blackbox_exporter",
        answer="blackbox_exporter, version ",
    ),
    GoTool(
        name="helm",
        family="helm",
        version="4.3.1",
        module="helm.sh/helm/v4",
        command="cmd/helm",
        sets=("helm.sh/helm/v4/internal/version.version=v{version}",),
        asks=("version", "--short"),
        answer="",
    ),
    GoTool(
        name="oauth2-proxy",
        family="oauth2-proxy",
        version="7.15.4",
        module="github.com/oauth2-proxy/oauth2-proxy/v7",
        sets=("github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION=v{version}",),
        answer="oauth2-proxy ",
    ),
    _jaeger(
        name="jaeger",
        command="cmd/jaeger",
        sets=("github.com/jaegertracing/jaeger/internal/version.latestVersion=v{version}",),
        asks=("version",),
        answer='{"gitCommit":"","gitVersion":"',
    ),
    # It tells no version, so one on PATH is never taken.
    _jaeger(
        name="es-index-cleaner", command="cmd/es-index-cleaner", sets=(), asks=("--help",), answer="es-index-cleaner "
    ),
    GoTool(
        name="otelcol",
        family="otelcol",
        version="0.158.0",
        module="go.opentelemetry.io/collector/otelcol",
        library=True,
        sets=("main.version={version}",),
        answer="otelcol version ",
    ),
    GoTool(
        name="filebeat",
        family="filebeat",
        # The last version that is a module: later ones are tagged v8 and v9, which its import path cannot be.
        version="7.17.28",
        module="github.com/elastic/beats/v7",
        command="filebeat",
        sets=(),  # Its version is a constant.
        asks=("version",),
        answer="filebeat version ",
    ),
    GoTool(
        name="actionlint",
        family="actionlint",
        version="1.7.12",
        module="github.com/rhysd/actionlint",
        command="cmd/actionlint",
        sets=("github.com/rhysd/actionlint.version={version}",),
        answer="",
    ),
    # The server for Elastic's own integration tests: bare of most modules, but with security and templates. It
    # needs Java 21 or newer (ES_JAVA_HOME) and a user that is not root.
    Archive(
        name="elasticsearch",
        family="elasticsearch",
        version="9.5.0",
        group="org.elasticsearch.distribution.integ-test-zip",
        sha256="db0e275fd790f723eca7bcde96069fd6fed304ad23afdb70c8c09553dd9e8b1b",
        program="bin/elasticsearch",
    ),
)


class UnknownToolError(ValueError):
    """A word that is neither a tool nor a family; the message lists both."""


def select(words: tuple[str, ...] = ()) -> list[Tool]:
    """The tools that the words name, singly or as a family; without words all that are built with Go."""
    names = {tool.name for tool in TOOLS}
    families = {tool.family for tool in TOOLS}
    for word in words:
        if word not in names | families | {"all"}:
            close = get_close_matches(word, sorted(names | families), n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            lists = f"tools: {', '.join(tool.name for tool in TOOLS)}\nfamilies: {', '.join(sorted(families))}, all"
            raise UnknownToolError(f"unknown tool {word}{hint}\n{lists}")
    if not words:
        return [tool for tool in TOOLS if isinstance(tool, GoTool)]
    return [tool for tool in TOOLS if {tool.name, tool.family, "all"} & set(words)]
