"""Every sentence of the comparison: what makes it come, and a near miss for which it must not."""

from typing import Any

import pytest

from tests.preview.diff_objects import (
    BINDING,
    BOARD,
    CLAIM,
    CLEANER,
    CONFIG,
    DAEMON,
    DEFINITION,
    DEPLOYMENT,
    ELASTIC,
    INGRESS,
    JOB,
    LIFECYCLE,
    LOGSTASH,
    MONITOR,
    POLICY,
    PROMETHEUS,
    ROLE,
    ROUTES,
    RULES,
    SECRET,
    SERVICE,
    SPACE,
    STATEFUL,
)
from tests.preview.diff_trees import REMOVE, changed, told, tree

POD = "spec/template/spec"
TARGET = "`registry.example.com/web`"


def board(old: str, new: str) -> str:
    text: str = BOARD["data"]["a.json"]
    assert old in text
    return text.replace(old, new)


CHANGED: list[tuple[dict[str, Any], str, Any, str, str]] = [
    # What is changed, where, to what; risk and sentence.
    (
        DEPLOYMENT,
        f"{POD}/containers/0/image",
        "registry.example.com/web:1.10",
        "medium",
        f"`Deployment site/web, container web` runs {TARGET} `1.10` instead of `1.9` (a newer version): its pods",
    ),
    (DEPLOYMENT, f"{POD}/containers/0/image", "registry.example.com/web:1.8", "high", "`1.9` (an older version)"),
    (DEPLOYMENT, f"{POD}/containers/0/image", "registry.example.com/shop:1.9", "high", "runs another image, `registry"),
    (
        DEPLOYMENT,
        f"{POD}/containers/0/env/0/value",
        "2",
        "medium",
        "`Deployment site/web`: its pods restart, one after another (`env.A.value`)",
    ),
    (
        changed(DEPLOYMENT, "spec/strategy", {"type": "Recreate"}),
        f"{POD}/priority",
        1,
        "medium",
        "nothing answers meanwhile",
    ),
    (
        DEPLOYMENT,
        "spec/selector/matchLabels/app",
        "shop",
        "high",
        "cannot be changed in place (`spec.selector.matchLabels.app`): Pulumi deletes it and creates it anew",
    ),
    (DEPLOYMENT, "spec/replicas", 2, "medium", "`Deployment site/web` has 2 replicas instead of 3"),
    (DEPLOYMENT, "spec/replicas", 0, "high", "has 0 replicas instead of 3: it stops"),
    (DEPLOYMENT, "spec/replicas", 4, "low", "has 4 replicas instead of 3"),
    (
        DEPLOYMENT,
        f"{POD}/containers/0/securityContext/privileged",
        True,
        "high",
        "permission widens: `Deployment site/web` sets `privileged: true`",
    ),
    (
        DEPLOYMENT,
        f"{POD}/containers/0/securityContext/runAsNonRoot",
        REMOVE,
        "high",
        "no longer sets `runAsNonRoot: true`",
    ),
    (
        DEPLOYMENT,
        f"{POD}/containers/0/securityContext/capabilities/drop/0",
        REMOVE,
        "high",
        "no longer drops the capability `ALL`",
    ),
    (DEPLOYMENT, f"{POD}/containers/0/securityContext/capabilities/add", ["NET_ADMIN"], "high", "adds the capability"),
    (
        DEPLOYMENT,
        f"{POD}/volumes",
        [{"name": "v", "emptyDir": {}}],
        "medium",
        "its pods restart, one after another (`volumes`)",
    ),
    (
        changed(DEPLOYMENT, f"{POD}/volumes", [{"name": "v", "emptyDir": {}}]),
        f"{POD}/volumes/1",
        {"name": "h", "hostPath": {"path": "/"}},
        "high",
        "mounts a path of its node",
    ),
    (
        STATEFUL,
        "spec/podManagementPolicy",
        "OrderedReady",
        "high",
        "`StatefulSet site/web` cannot be changed in place (`spec.podManagementPolicy`)",
    ),
    (
        STATEFUL,
        "spec/volumeClaimTemplates/0/spec/resources/requests/storage",
        "2Gi",
        "high",
        "cannot be changed in place",
    ),
    (
        STATEFUL,
        f"{POD}/containers/0/args",
        ["a"],
        "medium",
        "`StatefulSet site/web`: its pods restart, one after another",
    ),
    (
        changed(STATEFUL, "spec/updateStrategy", {"type": "OnDelete"}),
        f"{POD}/containers/0/args",
        ["a"],
        "low",
        "(OnDelete)",
    ),
    (changed(STATEFUL, "spec/replicas", 1), f"{POD}/containers/0/args", ["a"], "medium", "nothing answers meanwhile"),
    (
        DAEMON,
        f"{POD}/containers/0/args/0",
        "--level=debug",
        "medium",
        "its pods restart on every node, one node after another",
    ),
    (JOB, f"{POD}/containers/0/args/0", "walk", "medium", "`Job site/web` is replaced and runs again"),
    (JOB, f"{POD}/containers/0/image", "web:2", "medium", "(a newer version): it is replaced and runs again"),
    (
        CLAIM,
        "spec/resources/requests/storage",
        "20Gi",
        "medium",
        "`PersistentVolumeClaim site/web` grows from `10Gi` to `20Gi`: its StorageClass has to allow it",
    ),
    (CLAIM, "spec/resources/requests/storage", "5Gi", "high", "shrinks from `10Gi` to `5Gi`: Kubernetes refuses that"),
    (CLAIM, "spec/storageClassName", "slow", "destructive", "it is replaced, and its data is lost"),
    (
        PROMETHEUS,
        "spec/retention",
        "10d",
        "destructive",
        "`Prometheus site/web` keeps metrics for `10d` instead of `15d`: what is beyond that is deleted",
    ),
    (PROMETHEUS, "spec/retention", "30d", "medium", "keeps metrics for `30d` instead of `15d`: more room is needed"),
    (PROMETHEUS, "spec/retentionSize", "8GiB", "destructive", "keeps metrics up to `8GiB` instead of `80GiB`"),
    (
        PROMETHEUS,
        "spec/image",
        "prometheus:v3.2.0",
        "medium",
        "runs `prometheus` `v3.2.0` instead of `v3.1.0` (a newer version)",
    ),
    (PROMETHEUS, "spec/resources/requests/memory", "2Gi", "medium", "its pods restart"),
    (
        PROMETHEUS,
        "spec/storage/volumeClaimTemplate/spec/resources/requests/storage",
        "50Gi",
        "high",
        "shrinks from `100Gi` to `50Gi`: volumes that exist keep their size",
    ),
    (
        PROMETHEUS,
        "spec/storage/volumeClaimTemplate/spec/resources/requests/storage",
        "200Gi",
        "medium",
        "grown by hand",
    ),
    (
        PROMETHEUS,
        "spec/storage/volumeClaimTemplate/spec/storageClassName",
        "slow",
        "high",
        "holds for new volumes only",
    ),
    (PROMETHEUS, "spec/storage", REMOVE, "destructive", "no longer uses volumes"),
    (
        changed(PROMETHEUS, "spec/storage", REMOVE),
        "spec/storage",
        PROMETHEUS["spec"]["storage"],
        "high",
        "gets volumes in place",
    ),
    (
        ELASTIC,
        "spec/nodeSets/0/volumeClaimTemplates/0/spec/resources/requests/storage",
        "200Gi",
        "high",
        "the volume of `Elasticsearch site/web` shrinks from `300Gi` to `200Gi`: Elastic's operator refuses that",
    ),
    (
        ELASTIC,
        "spec/nodeSets/0/volumeClaimTemplates/0/spec/resources/requests/storage",
        "400Gi",
        "medium",
        "grows from",
    ),
    (ELASTIC, "spec/nodeSets/0/count", 2, "medium", "`Elasticsearch site/web` (`default`) has 2 replicas instead of 3"),
    (ELASTIC, "spec/nodeSets/0/config/a", "c", "medium", "its nodes restart, one after another"),
    (ELASTIC, "spec/version", "9.5.0", "high", "runs `9.5.0` instead of `9.4.0` (a newer version): its nodes restart"),
    (ELASTIC, "spec/nodeSets/0/name", "hot", "high", "loses its set of nodes `default`"),
    (SECRET, "stringData/user", "<secret fedcba9876543210>", "medium", "`Secret site/web` has other values (`user`)"),
    (SECRET, "stringData/user", REMOVE, "high", "`Secret site/web` loses `user`"),
    (SECRET, "type", "example.com/other", "high", "cannot be changed in place (`type`): Pulumi deletes it"),
    (changed(SECRET, "immutable", True), "stringData/user", "b", "high", "cannot be changed in place"),
    (ROLE, "rules/0/verbs/2", "delete", "high", "permission widens: `Role site/web` also allows `delete` on `pods`"),
    (
        ROLE,
        "rules/0/verbs/1",
        REMOVE,
        "medium",
        "permission narrows: `Role site/web` no longer allows `list` on `pods`",
    ),
    (ROLE, "rules/0/resources/1", "secrets", "high", "also allows `get`, `list` on `secrets`"),
    (ROLE, "rules/0/apiGroups", ["*"], "high", "also allows"),
    (
        BINDING,
        "subjects/1",
        {"kind": "User", "name": "eve"},
        "high",
        "permission widens: `User eve` gets `Role reader` (`RoleBinding site/web`)",
    ),
    (BINDING, "roleRef/name", "writer", "high", "permission widens: `ServiceAccount site web` gets `Role writer`"),
    (SERVICE, "spec/ports/0/port", 81, "high", "`Service site/web`: `port` of port `http` is `81` instead of `80`"),
    (SERVICE, "spec/ports/0/targetPort", 81, "medium", "`targetPort` of port `http` is `81` instead of `8080`"),
    (SERVICE, "spec/ports/0/name", "web", "high", "`Service site/web` no longer has port `http`"),
    (SERVICE, "spec/selector/app", "shop", "high", "`Service site/web` selects other pods"),
    (SERVICE, "spec/type", "LoadBalancer", "high", "it can be reached from outside the cluster"),
    (INGRESS, "spec/rules/0/host", "b.example.com", "high", "answers at `b.example.com` instead of `a.example.com`"),
    (INGRESS, "spec/rules/1", {"host": "b.example.com"}, "medium", "answers at `b.example.com`: it can be reached"),
    (INGRESS, "spec/tls", REMOVE, "high", "is no longer encrypted (TLS)"),
    (INGRESS, "spec/tls/0/secretName", "b", "medium", "has other certificates (TLS)"),
    (INGRESS, "metadata/annotations/example.com~auth-secret", REMOVE, "high", "who may come in changes"),
    (INGRESS, "spec/rules/0/http/paths/0/backend/service/name", "b", "high", "leads to another Service or port"),
    (POLICY, "spec/ingress", [{}], "high", "`NetworkPolicy site/web` lets other traffic through"),
    (
        RULES,
        "spec/groups/0/rules/0/expr",
        "rate(x[5m]) > 0.8 and y < 3",
        "medium",
        "alert `Slow`: threshold `> 0.8` instead of `> 0.5`",
    ),
    (RULES, "spec/groups/0/rules/0/expr", "rate(x[9m]) > 0.5 and y < 3", "medium", "alert `Slow`: other expression"),
    (RULES, "spec/groups/0/rules/0/for", "10m", "medium", "alert `Slow` fires after `10m` instead of `5m`"),
    (
        RULES,
        "spec/groups/0/rules/0/labels/severity",
        "critical",
        "medium",
        "alert `Slow`: severity `critical` instead of `warning`",
    ),
    (RULES, "spec/groups/0/rules/0/labels/team", "b", "medium", "alert `Slow`: label `team` is `b` instead of `a`"),
    (RULES, "spec/groups/0/rules/0/annotations/summary", "b", "low", "alert `Slow`: other `annotations.summary`"),
    (RULES, "spec/groups/0/rules/2/expr", "up == 1", "medium", "alert `Down`: threshold `== 1` instead of `== 0`"),
    (RULES, "spec/groups/0/rules/0", REMOVE, "high", "alert `Slow` is removed: nobody hears of it any more"),
    (RULES, "spec/groups/0/rules/5", {"alert": "New", "expr": "1"}, "low", "alert `New` is new"),
    (
        RULES,
        "spec/groups/0/rules/3/expr",
        "vector(0.1)",
        "medium",
        "the recorded series `limit`: threshold `0.1` instead of `0.05`, for alert `Down`",
    ),
    (RULES, "spec/groups/0/rules/4", REMOVE, "medium", "the recorded series `job:up` is removed"),
    (RULES, "spec/groups/0/interval", "60s", "low", "rules of group `a` are evaluated every `60s` instead of `30s`"),
    (
        BOARD,
        "data/a.json",
        board("rate(a[5m])", "rate(a[9m])"),
        "low",
        "dashboard `Orders`, panel `Rate`: query `rate(a[9m])` instead of `rate(a[5m])`",
    ),
    (BOARD, "data/a.json", board('"expr": "c"', '"expr": "d"'), "low", "panel `Inner`: query `d` instead of `c`"),
    (BOARD, "data/a.json", board(', {"refId": "B", "expr": "c"}', ""), "low", "panel `Inner`: a query is removed"),
    (BOARD, "data/a.json", board('"Rate"', '"Speed"'), "low", "dashboard `Orders`: panel `Speed` is new"),
    (BOARD, "data/a.json", board('"unit": "s"', '"unit": "m"'), "low", "panel `Rate`: other `fieldConfig.unit`"),
    (BOARD, "data/a.json", board('"list": []', '"list": [1]'), "low", "dashboard `Orders`: other variables"),
    (CONFIG, "data/app.conf", "a = 2", "low", "`ConfigMap site/web` has other content (`app.conf`)"),
    (
        LIFECYCLE,
        "data/10-logs.json",
        LIFECYCLE["data"]["10-logs.json"].replace("30d", "14d"),
        "destructive",
        "logs (`ConfigMap site/web`, `10-logs.json`) are kept for `14d` instead of `30d`",
    ),
    (
        ROUTES,
        "spec/route/routes/0/receiver",
        "team",
        "high",
        'alerts with `severity="critical"` go to `team` instead of `boss`',
    ),
    (ROUTES, "spec/route/routes/0/repeatInterval", "2h", "medium", "are repeated every `2h` instead of `1h`"),
    (ROUTES, "spec/route/groupWait", "1m", "medium", "alerts that no other route takes wait `1m` before the first"),
    (ROUTES, "spec/route/routes/1", REMOVE, "high", 'the route of alerts with `severity="info"` to `quiet` is removed'),
    (ROUTES, "spec/receivers/0/emailConfigs/0/to", "b@example.com", "high", "receiver `team`: `to` is `b@example.com`"),
    (ROUTES, "spec/receivers/1", REMOVE, "medium", "receiver `boss` is removed"),
    (ROUTES, "spec/inhibitRules/0/equal/0", "a", "medium", "other alerts keep alerts silent"),
    (ROUTES, "spec/muteTimeIntervals/0", REMOVE, "medium", "other quiet times (`nights`)"),
    (
        LOGSTASH,
        "spec/pipelines/0/config.string",
        "input {\n}\nfilter {\n}\noutput {\n}\n",
        "medium",
        "log pipeline `main` of `Logstash site/web`: 2 lines added, 0 removed",
    ),
    (
        CLEANER,
        "spec/jobTemplate/spec/template/spec/containers/0/args/0",
        "7",
        "destructive",
        "`CronJob site/jaeger-es-index-cleaner`: traces are kept for `7d` instead of `14d`",
    ),
    (CLEANER, "spec/schedule", "0 1 * * *", "low", "runs otherwise from its next time on"),
    (
        SPACE,
        "metadata/labels/pod-security.kubernetes.io~enforce",
        "privileged",
        "high",
        "permission widens: namespace `web` enforces Pod Security `privileged` instead of `baseline`",
    ),
    (MONITOR, "spec/endpoints/0/port", "b", "medium", "`ServiceMonitor site/web` scrapes otherwise"),
    (DEFINITION, "spec/versions/0", REMOVE, "high", "no longer serves `v1`"),
    (DEFINITION, "spec/versions/0/served", False, "high", "no longer serves `v1`"),
]
QUIET: list[tuple[dict[str, Any], str, Any, str]] = [
    # A near miss: what is changed, and what must not be said of it.
    (DEPLOYMENT, "spec/revisionHistoryLimit", 3, "restart"),
    (DEPLOYMENT, "metadata/labels", {"a": "b"}, "restart"),
    (DEPLOYMENT, f"{POD}/containers/0/image", "registry.example.com/web:1.10", "older"),
    (STATEFUL, "spec/minReadySeconds", 3, "in place"),
    (STATEFUL, "spec/replicas", 3, "in place"),
    (JOB, "spec/backoffLimit", 2, "runs again"),
    (CLAIM, "metadata/labels", {"a": "b"}, "replaced"),
    (CLAIM, "spec/resources/requests/storage", "20Gi", "replaced"),
    (PROMETHEUS, "spec/replicas", 3, "restart"),
    (PROMETHEUS, "spec/ruleSelector/matchLabels", {"a": "b"}, "restart"),
    (ELASTIC, "spec/nodeSets/0/count", 4, "restart"),
    (LOGSTASH, "spec/pipelines/0/config.string", "input {\n}\n", "restart"),
    (SECRET, "metadata/labels", {"a": "b"}, "other values"),
    (ROLE, "rules/1/verbs/1", "delete", "widens"),
    (ROLE, "metadata/labels", {"a": "b"}, "permission"),
    (ROLE, "rules", [ROLE["rules"][1], ROLE["rules"][0]], "permission"),
    (BINDING, "metadata/labels", {"a": "b"}, "permission"),
    (SERVICE, "metadata/labels", {"a": "b"}, "port"),
    (INGRESS, "metadata/annotations/note", "b", "who may come in"),
    (SPACE, "metadata/labels/a", "b", "Pod Security"),
    (RULES, "spec/groups/0/rules", RULES["spec"]["groups"][0]["rules"][::-1], "removed"),
    (BOARD, "data/a.json", board('"unit": "s"', '"unit": "m"'), "query"),
    (ROUTES, "metadata/labels", {"a": "b"}, "route"),
    (LIFECYCLE, "data/10-logs.json", LIFECYCLE["data"]["10-logs.json"].replace("0ms", "1ms"), "are kept"),
    (CLEANER, "spec/jobTemplate/spec/template/spec/containers/0/args/1", "http://b", "are kept"),
    (DEFINITION, "spec/versions/0/schema", {"a": "b"}, "serves"),
]


@pytest.mark.parametrize(("data", "place", "value", "risk", "expected"), CHANGED)
def test_a_change_is_told_in_words_with_its_fields(
    data: dict[str, Any], place: str, value: Any, risk: str, expected: str
) -> None:
    found = told(tree(data), tree(changed(data, place, value)))
    fitting = [entry for entry in found if expected in entry[1]]
    assert len(fitting) == 1, found
    assert fitting[0][0] == risk
    assert fitting[0][2]
    assert not any("not as its kind should be" in sentence for _, sentence, _ in found)


@pytest.mark.parametrize(("data", "place", "value", "absent"), QUIET)
def test_a_near_miss_is_not_told(data: dict[str, Any], place: str, value: Any, absent: str) -> None:
    after = changed(data, place, value)
    assert after != data
    assert not [sentence for _, sentence, _ in told(tree(data), tree(after)) if absent in sentence]


WHOLE = [
    (DEPLOYMENT, "low", "`Deployment site/web` is new", "medium", "`Deployment site/web` is removed: its pods stop"),
    (CLAIM, "low", "is new", "destructive", "`PersistentVolumeClaim site/web` is deleted, and its data with it"),
    (SPACE, "low", "namespace `web` is new", "destructive", "namespace `web` is deleted, with everything in it"),
    (SECRET, "low", "`Secret site/web` is new", "high", "`Secret site/web` is removed"),
    (ROLE, "high", "permission widens: `Role site/web` also allows", "medium", "permission narrows"),
    (BINDING, "high", "`ServiceAccount site web` gets `Role reader`", "medium", "loses `Role reader`"),
    (SERVICE, "", "", "high", "nothing answers under its name any more"),
    (INGRESS, "medium", "answers at `a.example.com`", "high", "no longer answers at `a.example.com`"),
    (POLICY, "medium", "is new: other traffic", "high", "permission widens: `NetworkPolicy site/web` is removed"),
    (RULES, "low", "alert `Slow` is new", "high", "alert `Slow` is removed"),
    (BOARD, "low", "dashboard `Orders` is new", "low", "dashboard `Orders` is removed"),
    (CONFIG, "low", "`ConfigMap site/web` is new", "medium", "`ConfigMap site/web` is removed"),
    (ELASTIC, "", "", "destructive", "is removed, and its volumes are deleted with it"),
    (MONITOR, "low", "is new", "medium", "its metrics end"),
    (DEFINITION, "", "", "destructive", "all objects of its kind go with it"),
]


@pytest.mark.parametrize(("data", "added_risk", "added", "removed_risk", "removed"), WHOLE)
def test_what_comes_and_what_goes(
    data: dict[str, Any], added_risk: str, added: str, removed_risk: str, removed: str
) -> None:
    if added:
        assert [risk for risk, sentence, _ in told(tree(), tree(data)) if added in sentence] == [added_risk]
    assert [risk for risk, sentence, _ in told(tree(data), tree()) if removed in sentence] == [removed_risk]


def test_kept_volumes_are_no_lost_data() -> None:
    claim = changed(CLAIM, "metadata/annotations", {"helm.sh/resource-policy": "keep"})
    assert [(risk, "keeps it" in sentence) for risk, sentence, _ in told(tree(claim), tree())] == [("medium", True)]
    elastic = changed(ELASTIC, "spec/volumeClaimDeletePolicy", "DeleteOnScaledownOnly")
    assert [risk for risk, _, _ in told(tree(elastic), tree())] == ["high"]
