"""How much a change may break, and what a rule finds."""

from dataclasses import dataclass
from enum import IntEnum

from preview.diff.fields import Field


class Risk(IntEnum):
    """Levels of risk, in rising order."""

    NONE = 0
    """Nothing changes, or labels that nobody selects by."""
    LOW = 1
    """Nobody notices, or only who looks at it: a dashboard, something new."""
    MEDIUM = 2
    """Somebody notices: pods restart, alerts come at other times."""
    HIGH = 3
    """May fail or open a door: an update that is refused, an outage, a wider permission, a replaced secret."""
    DESTRUCTIVE = 4
    """Data is lost."""

    @property
    def label(self) -> str:
        """Its name on the command line."""
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """What a change means."""

    risk: Risk
    sentence: str
    """In words; whatever comes out of an object stands in it as ``code``."""
    fields: tuple[Field, ...] = ()
    """The changed fields that it is about; none for a whole object."""
