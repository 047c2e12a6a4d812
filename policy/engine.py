"""Asks all rules of all objects: of a plan, of rendered charts, or one by one in the policy pack."""

from collections.abc import Iterable, Iterator

from policy import manifests as m
from policy.context import Context
from policy.exceptions import Allowed
from policy.findings import Finding
from policy.rules import RULES, Rule, rule_name


def complaints(rule: Rule, manifest: m.Manifest, context: Context) -> Iterator[Finding]:
    """What one rule finds at one object, exceptions aside."""
    for message in rule(manifest, context):
        place = m.namespace(manifest)
        yield Finding(rule_name(rule), m.kind(manifest), place, m.name(manifest), message, m.origin(manifest))


def judge(
    manifests: Iterable[m.Manifest], releases: Iterable[m.Manifest], context: Context, rules: Iterable[Rule] = RULES
) -> list[Finding]:
    """All that the rules find, exceptions aside."""
    asked = tuple(rules)
    every = (*manifests, *releases)
    return sorted({finding for made in every for rule in asked for finding in complaints(rule, made, context)})


def remaining(findings: Iterable[Finding], exceptions: Iterable[Allowed]) -> list[Finding]:
    """The findings that no exception covers."""
    allowed = tuple(exceptions)
    return [finding for finding in findings if not any(exception.covers(finding) for exception in allowed)]


def evaluate(
    manifests: Iterable[m.Manifest],
    releases: Iterable[m.Manifest],
    context: Context,
    exceptions: Iterable[Allowed] = (),
) -> list[Finding]:
    """What is wrong with objects and releases: what the rules find and no exception covers."""
    return remaining(judge(manifests, releases, context), exceptions)
