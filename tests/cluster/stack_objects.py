"""The objects of a stack as they reach the API server in a real run: in dependency order, with the secrets' values."""

from dataclasses import dataclass, replace
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from preview.plan import Plan, build
from preview.run import Recording, run
from preview.wire import ENVELOPE, SIGNATURE
from tests.cluster.api import Manifest

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("dev", "prod")
SMTP_PASSWORD = "given-smtp"
HEARTBEAT_URL = "http://heartbeat.example.com:8088/ping"
GIVEN = {"smtpPassword": SMTP_PASSWORD, "heartbeatUrl": HEARTBEAT_URL, "redisPassword": "given-redis"}


@dataclass(frozen=True)
class StackObjects:
    """What a stack makes itself, and what it gives to its charts."""

    name: str
    plan: Plan
    order: tuple[str, ...]
    """Keys of all resources, each after all that it needs."""

    @property
    def manifests(self) -> list[Manifest]:
        """The objects in the order in which they may be made."""
        place = {key: number for number, key in enumerate(self.order)}
        return [item.manifest for item in sorted(self.plan.objects, key=lambda item: place[item.resource.key])]

    def values(self, release: str) -> dict[str, Any]:
        """The values of a release."""
        return next(made.values for made in self.plan.releases if made.name == release)

    def namespace(self, release: str) -> str:
        """The namespace of a release."""
        return next(made.namespace for made in self.plan.releases if made.name == release)

    @property
    def platform(self) -> str:
        """The restricted namespace."""
        return self.namespace("prometheus")

    @property
    def agents(self) -> str:
        """The namespace of what reads the nodes."""
        return self.namespace("filebeat")


@cache
def stack_objects(stack: str, platform: str = "") -> StackObjects:
    """A stack's objects, with other settings than its file's when they are given as JSON; the program runs once."""
    recording = run(ROOT, stack, known=True, secrets=GIVEN, config={"platform": platform} if platform else None)
    plan = build(_with_secrets(recording))
    return StackObjects(stack, plan, tuple(_order(plan)))


def _order(plan: Plan) -> list[str]:
    needs = {
        resource.key: {key for key in (*resource.dependencies, resource.parent) if key} for resource in plan.resources
    }
    return list(TopologicalSorter(needs).static_order())


def _with_secrets(recording: Recording) -> Recording:
    """The recording with the secrets' envelopes opened, which a plan masks."""
    opened = []
    for request in recording.requests:
        copy = type(request)()
        copy.CopyFrom(request)
        for value in copy.object.fields.values():
            _open(value)
        opened.append(copy)
    return replace(recording, requests=opened)


def _open(value: Any) -> None:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == ENVELOPE:
            inner = type(value)()
            inner.CopyFrom(fields["value"])
            value.CopyFrom(inner)
            _open(value)
            return
        for inner in fields.values():
            _open(inner)
    elif kind == "list_value":
        for inner in value.list_value.values:
            _open(inner)
