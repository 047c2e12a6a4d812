"""Base of all settings models, and the annotated types that their fields are made of."""

import ast
import inspect
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

# Prometheus' own grammar (model.ParseDuration of prometheus/common), but longer than nothing.
_DURATION = re.compile(
    r"(?=.*[1-9])(?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?"
)
_LONGEST = 2**63 / 1e9  # seconds: Prometheus counts nanoseconds in 64 bits
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_URL = re.compile(r"https?://[^\s/:]+(?::\d+)?(?:/\S*)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_FACTOR = {
    "": 1.0,
    "m": 0.001,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}


class Model(BaseModel):
    """A section of the settings: closed, frozen, camelCase in YAML, never shows its input in an error."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,  # Most are only ever built as a part of another: a third of the time to import them.
        frozen=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def problems(self) -> Iterable[str]:
        """What is wrong between fields, as `field: what is wrong; what to write instead`."""
        return ()

    @model_validator(mode="after")
    def _no_problems(self) -> Self:
        if found := list(self.problems()):
            raise ValueError("\n".join(found))
        return self

    def plain(self) -> dict[str, Any]:
        """The section as plain data, the form that component arguments take."""
        return self.model_dump()


def _matches(pattern: re.Pattern[str], advice: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(advice)
        return value

    return AfterValidator(check)


def _schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


def _countable(value: str) -> str:
    if seconds(value) >= _LONGEST:
        raise ValueError("is longer than Prometheus can count; write at most 290y")
    return value


_NO_DURATION = "is no duration; write each unit once and the longest first, like 30s, 12h, 1h30m or 15d"
Duration = Annotated[str, _matches(_DURATION, _NO_DURATION), AfterValidator(_countable), _schema(_DURATION)]
Quantity = Annotated[str, _matches(_QUANTITY, "is no quantity; write one like 250m, 512Mi or 10Gi"), _schema(_QUANTITY)]
Name = Annotated[str, _matches(_NAME, "is no name; write small letters, digits and inner hyphens"), _schema(_NAME)]
Host = Annotated[
    str, _matches(_HOST, "is no host; write one like grafana.example.com, no scheme or path"), _schema(_HOST)
]
Url = Annotated[str, _matches(_URL, "is no URL; write one like https://erp.example.com/health"), _schema(_URL)]
Email = Annotated[str, _matches(_EMAIL, "is no e-mail address; write one like team@example.com"), _schema(_EMAIL)]
Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=1, le=99)]
Days = Annotated[StrictInt, Field(ge=1, le=3650)]
Copies = Annotated[StrictInt, Field(ge=0, le=9)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
AntiAffinity = Literal["none", "soft", "hard"]


def seconds(duration: str) -> float:
    """Length of a ``Duration`` in seconds (Prometheus notation, years of 365 days)."""
    return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration))


def amount(quantity: str) -> float:
    """Value of a ``Quantity`` in its base unit: cores or bytes."""
    match = _QUANTITY.fullmatch(quantity)
    if not match:
        raise ValueError(f"{quantity!r} is no Kubernetes quantity")
    return float(match[1]) * _FACTOR[match[2] or ""]


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a model. Read where it is needed: pydantic would read all sources at every start."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    found = {}
    for field, text in pairwise(getattr(definition, "body", [])):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(text.value.value).split())
    return found


class Resources(Model):
    """What a container asks for and may use at most."""

    cpu: Quantity = "50m"
    """CPU that the scheduler reserves, in cores."""
    memory: Quantity = "64Mi"
    """Memory that the scheduler reserves, in bytes."""
    memory_limit: Quantity | None = None
    """Memory at which the container is ended; the same as `memory` when it is left out."""

    def problems(self) -> Iterable[str]:
        """A limit below the request is refused by Kubernetes."""
        if self.memory_limit and amount(self.memory_limit) < amount(self.memory):
            yield f"memoryLimit: {self.memory_limit} is below memory ({self.memory}); write at least {self.memory}"

    def spec(self) -> dict[str, Any]:
        """The `resources` of a container: no CPU limit, since throttling hurts more than it protects."""
        return {
            "requests": {"cpu": self.cpu, "memory": self.memory},
            "limits": {"memory": self.memory_limit or self.memory},
        }


class Volume(Model):
    """A persistent volume per replica."""

    size: Quantity = "10Gi"
    """Size in bytes; most storage classes let it grow but never shrink."""
    storage_class: Name | None = None
    """StorageClass; the cluster's default when it is left out."""

    def claim_spec(self) -> dict[str, Any]:
        """The `spec` of a PersistentVolumeClaim."""
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": self.size}}}
        return {**claim, **({"storageClassName": self.storage_class} if self.storage_class else {})}


def spread(replicas: int, anti_affinity: str, what: str = "replicas") -> Iterable[str]:
    """The problem of a single replica that must avoid its like."""
    if replicas == 1 and anti_affinity == "hard":
        yield f"antiAffinity: hard means nothing for one of a kind; write {what}: 2 or more, or antiAffinity: none"


def small(cpu: str, memory: str, memory_limit: str | None = None) -> Any:
    """A ``Resources`` field with these defaults."""
    return Field(default_factory=lambda: Resources(cpu=cpu, memory=memory, memory_limit=memory_limit))
