"""What is to be told of each failure of the demo, and whether it was; a minute is a second."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.alerting import AlertingSettings
from tests.alerts.examples import settings
from tests.cluster.api import Manifest
from tests.cluster.scaled import FACTOR, seconds

Mail = Mapping[str, Any]
TEAM, NIGHT, SALES = "team@example.com", "night@example.com", "sales@example.com"
SCRAPE = 1.0
"""Seconds between two scrapes, and between two evaluations, in the scaled copy."""
SLACK = 2.0
DOWN, ALL = "neuroerp-api", "all"
"""The service whose pods end, and the application as a whole; the other services are named like their scenarios."""
TENTH_EVENT = 5.0
"""Seconds until more than ten requests of an hour are bad, as the rule's mean of that hour counts them."""
CHECKS = 2.0
"""Seconds between two rounds of health checks: the demo's visitors ask for them."""


@dataclass(frozen=True)
class Expected:
    """A mail that a failure must lead to, and another one when it is over."""

    service: str
    alert: str
    severity: str
    to: str
    seen: float = 0.0
    """Seconds until the condition of the rule can hold: how long something grows, or a window fills."""
    where: str = ""
    """What stands in the place of namespace and service, where the alert has none."""
    about: str = ""
    """What tells the mail from others of the same subject."""


# The application's own growth stays as it is (20 MB a second up to 85 % of 304 MiB); windows and ages are scaled.
FAILURES = [
    # The second scrape with errors makes a rate of them.
    Expected("errors", "HighErrorRate", "critical", NIGHT, 2 * SCRAPE),
    Expected("errors", "ErrorBudgetBurnFast", "critical", NIGHT, TENTH_EVENT),
    Expected("slow-database", "LatencyBudgetBurnFast", "critical", NIGHT, 0.3 * 30 + 2 * SCRAPE),
    Expected("failing-payments", "TransactionFailureRatioCritical", "critical", NIGHT, 0.3 * 15),
    Expected("failing-payments", "BusinessErrorsSpike", "warning", SALES, 15, about="error unreachable"),
    Expected("failing-payments", "HealthCheckDegraded", "warning", TEAM, CHECKS),
    Expected("memory-leak", "HighMemoryUsage", "warning", TEAM, 11),
    Expected("cache-down", "HealthCheckDegraded", "warning", TEAM, CHECKS),
    Expected("database-down", "HealthCheckFailing", "critical", NIGHT, CHECKS),
    Expected("database-down", "HighErrorRate", "critical", NIGHT, 2 * SCRAPE),
    Expected("database-down", "ErrorBudgetBurnFast", "critical", NIGHT, TENTH_EVENT),
    Expected("database-down", "TransactionFailureRatioCritical", "critical", NIGHT, 0.3 * 15),
    Expected("silence", "HealthCheckStale", "warning", TEAM, 120 / 12),
    Expected(DOWN, "EndpointProbeFailed", "critical", NIGHT),
]
END = Expected(ALL, "NeuroERPAbsent", "critical", NIGHT, where="valeo-neuroerp")
# Service and alert: what must not be told, since the failure's own alert is.
WITHOUT_HISTORY = "BusinessErrorsSpike"
"""It compares with the day before, which is empty here: it fires where nothing is wrong, too."""
SILENCED = {(DOWN, "NeuroERPTargetDown"), ("failing-payments", "TransactionFailureRatioHigh")}


@dataclass(frozen=True)
class Course:
    """What came of the failures."""

    namespace: str
    rules: Mapping[str, Manifest]
    """The rules as they are deployed, by alert."""
    config: Manifest
    """Alertmanager's configuration as it is deployed."""
    mails: Sequence[Mail] = ()
    began: Mapping[str, float] = field(default_factory=dict)
    """When each service failed, and `all`: seconds since the epoch."""
    ended: Mapping[str, float] = field(default_factory=dict)

    def where(self, wanted: Expected) -> str:
        """The place that messages name."""
        return wanted.where or f"{self.namespace}/{wanted.service}"

    def mail(self, wanted: Expected, status: str) -> Mail | None:
        """The first mail of the failure with this status; its subject may say how many alerts fire."""
        since = self._since(wanted, status)
        subject = rf"\[{status}(:\d+)? \w+\] {wanted.alert} {re.escape(self.where(wanted))}"
        later = (mail for mail in self.mails if mail["at"] >= since and re.fullmatch(subject, mail["Subject"]))
        return next((mail for mail in later if wanted.about in mail["bodies"].get("text/plain", "")), None)

    def took(self, wanted: Expected, status: str = "FIRING") -> float:
        """Seconds from the failure, or its repair, to its mail; without end when there is none."""
        mail = self.mail(wanted, status)
        return mail["at"] - self._since(wanted, status) if mail else float("inf")

    def _since(self, wanted: Expected, status: str) -> float:
        return (self.began if status == "FIRING" else self.ended).get(wanted.service, float("inf"))

    def most(self, wanted: Expected) -> float:
        """Seconds that the mail may take: a scrape and an evaluation, what is configured, and the slack."""
        rule = self.rules[wanted.alert]
        route = self.config["route"]
        critical = next(made for made in route["routes"] if 'severity="critical"' in made["matchers"])
        group_wait = (critical if wanted.severity == "critical" else route)["group_wait"]
        return 2 * SCRAPE + wanted.seen + (seconds(rule["for"]) + seconds(group_wait)) / FACTOR + SLACK

    def missing(self, wanted: Iterable[Expected], status: str) -> list[str]:
        """Mails that have not come yet."""
        return [f"{one.service}: no {status} {one.alert}" for one in wanted if not self.mail(one, status)]


def wrong(course: Course, wanted: Expected, status: str) -> list[str]:
    """What is wrong with the mail of a failure: whether it came, to whom, and what it says."""
    mail = course.mail(wanted, status)
    if mail is None:
        return course.missing([wanted], status)
    complaints = [] if mail["To"] == wanted.to else [f"went to {mail['To']}, not to {wanted.to}"]
    if f" {wanted.severity.upper()}] " not in mail["Subject"]:
        complaints.append(f"its subject is {mail['Subject']}")
    if (mail["X-Priority"] == "1") is not (wanted.severity == "critical"):
        complaints.append(f"its priority is {mail['X-Priority'] or 'none'}")
    bodies = {kind: mail["bodies"].get(kind, "") for kind in ("text/plain", "text/html")}
    said = list(_said(course, wanted, status))
    return complaints + [f"{kind}: {part}" for kind, body in bodies.items() for part in said if part not in body]


def _said(course: Course, wanted: Expected, status: str) -> Iterable[str]:
    """What both bodies say: what, where, since when, how bad, and where to look."""
    notes = course.rules[wanted.alert]["annotations"]
    known = {"namespace": course.namespace, "service": wanted.service}
    # Up to what only the alert itself knows, like its check.
    summary = re.sub(r"{{ \$labels\.(\w+) }}", lambda label: known.get(label[1], label[0]), notes["summary"])
    yield f"{status}: {summary.partition('{{')[0]}"
    yield f"{course.where(wanted)} (prod)"
    yield wanted.severity
    yield " UTC ("
    yield notes["runbook_url"].partition("#")[0]
    yield notes["dashboard"].partition("{{")[0].partition("&")[0]
    if status == "FIRING":
        yield f"/#/silences/new?filter=%7Balertname%3D%22{wanted.alert}%22"


def table(course: Course) -> str:
    """Each failure with the seconds until its mail, the most that they may be, and those from its end to the other."""
    lines = [f"{'failure':17} {'alert':31} {'mail':>6} {'within':>6} {'over':>6}"]
    for wanted in (*FAILURES, END):
        took, most, over = course.took(wanted), course.most(wanted), course.took(wanted, "RESOLVED")
        lines.append(f"{wanted.service:17} {wanted.alert:31} {took:4.1f} s {most:4.1f} s {over:4.1f} s")
    return "\n".join(lines)


def late(course: Course, wanted: Expected) -> list[str]:
    """A mail that took longer than what is configured."""
    took, most = course.took(wanted), course.most(wanted)
    return [f"{wanted.alert} came after {took:.1f} s, not within {most:.1f} s"] if took > most else []


def told(course: Course, silenced: Iterable[tuple[str, str]]) -> list[str]:
    """Mails about what another alert silences, while the failures last."""
    return [
        mail["Subject"]
        for mail in course.mails
        for service, alert in silenced
        if course.began[service] <= mail["at"] < course.ended[service]
        and mail["Subject"].startswith("[FIRING")
        and mail["Subject"].endswith(f" {alert} {course.namespace}/{service}")
    ]


def alerting() -> AlertingSettings:
    """The settings of production, with an address of its own for each kind of alert, whatever the hour is."""
    email = {**settings("prod").email.model_dump(by_alias=True), "to": [TEAM]}
    email |= {"criticalTo": [NIGHT], "businessTo": [SALES]}
    return settings("prod", email=email, quietHours={"mutes": "nothing"})
