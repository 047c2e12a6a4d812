"""The Pulumi policy pack: `pulumi preview --policy-pack policy`. It only wraps the rules."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # The engine runs this directory, not the package.

import pulumi_policy as sdk  # type: ignore[import-not-found]  # noqa: E402 - is in no environment but the pack's own

from policy.pack import Judge  # noqa: E402
from policy.rules import RULES, Rule, rule_name, rule_title  # noqa: E402


def _policy(rule: Rule, judge: Judge) -> Any:
    def validate(args: Any, report: Callable[[str], None]) -> None:
        for finding in judge.findings(rule, args.urn, args.resource_type, args.name, args.props):
            report(finding.message)

    return sdk.ResourceValidationPolicy(rule_name(rule), rule_title(rule), validate, sdk.EnforcementLevel.MANDATORY)


def main() -> None:
    """Serve the pack until the engine ends it."""
    judge = Judge(ROOT)
    policies = [_policy(rule, judge) for rule in RULES]
    sdk.PolicyPack("neuroerp-observability", policies, sdk.EnforcementLevel.MANDATORY)


if __name__ == "__main__":
    main()
