"""What a rule finds."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """An object that does not hold a rule."""

    rule: str
    kind: str
    namespace: str
    name: str
    message: str
    release: str = ""
    """Release of a chart's object; empty for an object of the program."""

    def __str__(self) -> str:
        """One line: where, what, which rule."""
        place = f"{self.namespace}/" if self.namespace else ""
        of_chart = f" (release {self.release})" if self.release else ""
        return f"{self.kind} {place}{self.name}{of_chart}: {self.message} [{self.rule}]"
