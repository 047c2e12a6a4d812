"""A quantity that a load needs, and what a unit of load costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from preview.yamlfile import InputError, read

COSTS = Path(__file__).parent / "costs.yaml"


@dataclass(frozen=True)
class Need:
    """One quantity that the load needs."""

    system: str
    title: str
    needs: float
    has: float | None
    """What the settings give; None where they set no limit that is known here."""
    unit: str
    """`B`, `cores` or a thing that is counted."""
    formula: str
    """How it is worked out, in figures."""
    setting: str
    """The setting that gives it."""

    @property
    def met(self) -> bool:
        """Whether the settings hold the load."""
        return self.has is None or self.needs <= self.has

    def shown(self, value: float | None) -> str:
        """What is needed or given, for people."""
        if value is None:
            return "no limit"
        if self.unit == "B":
            return f"{value / 2**30:.1f} GiB"
        return f"{value:.2f} {self.unit}" if self.unit == "cores" else f"{value:,.0f} {self.unit}"


def costs(path: Path = COSTS) -> dict[str, float]:
    """What a unit of load costs, by name; raises ``InputError`` for a value that is no number above zero."""
    found = {}
    for name, entry in (read(path) or {}).items():
        value = entry.get("value") if isinstance(entry, Mapping) else None
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            raise InputError(f"{path.name}: {name}.value is {value!r}; write a number above zero")
        found[name] = float(value)
    return found


def size(bytes_: float) -> str:
    """A number of bytes for people."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= factor:
            return f"{bytes_ / factor:.3g} {unit}"
    return f"{bytes_:.0f} B"
