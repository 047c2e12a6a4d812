"""The rules for resources one by one, as the Pulumi engine shows them to a policy pack."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from policy.context import Context, derive, in_production, stack_standards
from policy.engine import complaints, remaining
from policy.exceptions import Allowed, load
from policy.findings import Finding
from policy.manifests import Manifest, of_resource
from policy.rules import Rule

SETTINGS = "platform"


def settings_of(root: Path, urn: str) -> Any:
    """The settings in the stack file of a resource's stack; None when there is no such file.

    Read from the file, since the engine tells a pack no configuration in all its versions.
    """
    _, _, rest = urn.partition("urn:pulumi:")
    stack, _, rest = rest.partition("::")
    project = rest.partition("::")[0]
    file = root / f"Pulumi.{stack}.yaml"
    if "/" in stack or not file.is_file():
        return None
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return (content.get("config") or {}).get(f"{project}:{SETTINGS}")


class Judge:
    """Judges each resource by what it has seen before: what an object refers to comes before it."""

    def __init__(self, root: Path, exceptions: Iterable[Allowed] | None = None) -> None:
        self._root = root
        self._exceptions = tuple(load() if exceptions is None else exceptions)
        self._contexts: dict[str, Context] = {}

    def findings(self, rule: Rule, urn: str, type_: str, name: str, inputs: Manifest) -> list[Finding]:
        """What a rule finds at a resource and no exception covers."""
        manifest = of_resource(type_, name, inputs)
        if manifest is None:
            return []
        return remaining(complaints(rule, manifest, self._seen(urn, manifest)), self._exceptions)

    def _seen(self, urn: str, manifest: Manifest) -> Context:
        """The context of the resource's stack, after this one."""
        stack = "::".join(urn.split("::")[:2])
        if stack not in self._contexts:
            settings = settings_of(self._root, urn)
            self._contexts[stack] = Context(in_production(settings), standards=stack_standards(settings))
        before, new = self._contexts[stack], derive([manifest])
        if new.levels or new.without_token or new.listeners:
            before = replace(
                before,
                levels={**before.levels, **new.levels},
                without_token=before.without_token | new.without_token,
                listeners={**before.listeners, **new.listeners},
            )
            self._contexts[stack] = before
        return before
