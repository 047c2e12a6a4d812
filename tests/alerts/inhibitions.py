"""Which alert silences which, as a real Alertmanager answers it: every alert as the source of a trial of its own."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.alerts import examples
from tests.alerts.alertmanager import Alertmanager, running
from tests.alerts.examples import HERE, Labels, Place
from tests.waiting import wait

PLACES = {
    "here": HERE,
    "other service": Place(HERE.namespace, "neuroerp-jobs"),
    "other namespace": Place("neuroerp-staging", HERE.service),
}
LAST = {"alertname": "NeuroERPAbsent", "component": "app", "outage": "app", "trial": "last"}
AFTER_LAST = {"alertname": "Silenced", "component": "app", "trial": "last"}
Silenced = dict[str, dict[str, set[str]]]
"""Source, place of the target, names of the alerts that it silences there."""


def silenced(folder: Path, config: dict[str, Any], sources: Sequence[str]) -> Silenced:
    """What each of these alerts, firing in ``HERE``, silences there and elsewhere."""
    fired = [labels for name in sources for labels in trial(name)]
    with running(folder, _apart(config)) as server:
        server.fire(fired)
        # Alerts are taken in their order: when the last pair has its answer, all others have theirs.
        server.fire([LAST | {"role": "source"}, AFTER_LAST])
        wait("the last trial", lambda: _is_silenced(server, AFTER_LAST))
        answers = server.alerts()
    return _sorted(answers, sources)


def trial(source: str) -> list[Labels]:
    """The source, and all other alerts at all places, marked as belonging together."""
    mark = {"trial": source}
    targets = {
        frozenset(labels.items()): labels
        for place in PLACES.values()
        for labels in (examples.labels(name, place) | mark for name in examples.names())
    }
    return [examples.labels(source) | mark | {"role": "source"}, *targets.values()]


def _apart(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with its rules kept to one trial, and without a receiver that could call anybody."""
    made = copy.deepcopy(config)
    made["receivers"] = [{"name": receiver["name"]} for receiver in made["receivers"]]
    for rule in made["inhibit_rules"]:
        rule["source_matchers"].append('role="source"')
        rule["target_matchers"].append('role=""')
        rule["equal"] = [*rule.get("equal", []), "trial"]
    return made


def _is_silenced(server: Alertmanager, labels: Labels) -> bool:
    found = [alert for alert in server.alerts("filter=trial%3Dlast") if alert["labels"] == labels]
    return bool(found and found[0]["status"]["inhibitedBy"])


def _sorted(answers: Iterable[dict[str, Any]], sources: Sequence[str]) -> Silenced:
    places = {
        frozenset((examples.labels(name, place) | {"trial": source}).items()): where
        for source in sources
        for where, place in reversed(PLACES.items())
        for name in examples.names()
    }
    found: Silenced = {source: defaultdict(set) for source in sources}
    for alert in answers:
        labels = alert["labels"]
        if alert["status"]["inhibitedBy"] and labels["trial"] in found:
            found[labels["trial"]][places[frozenset(labels.items())]].add(labels["alertname"])
    return found
