"""Helm as a process: one rendering of one release, with what comes out otherwise each time found by a second one."""

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path

from preview.chart_store import complaint
from preview.kept import fingerprint, kept
from preview.kubernetes import NEWEST
from preview.masking import differences
from preview.parts import Release
from preview.rendered import Rendered, UnreadableError, read
from preview.templates import read as read_chart
from preview.templates import used

_RENDER_SECONDS = 120
# An action of a template up to a word in it; what is quoted is text, not a call.
_ACTION = r"\{\{(?:[^}`\"]|`[^`]*`|\"(?:\\.|[^\"\\])*\"|\}(?!\}))*?\b"
_MADE_UP = (
    r"(?:rand\w+|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)\w*|uuidv4|now|ago|unixEpoch|shuffle|htpasswd|bcrypt"
    r"|encryptAES)\b"
)
_VOLATILE = re.compile(_ACTION + _MADE_UP)
_CLOCK = re.compile(rf"{_ACTION}unixEpoch\b")
_CAPABILITIES = re.compile(rf"{_ACTION}APIVersions\b")
# So far apart that it is never the same day in both: a date that a template writes shows as different.
_ZONES = ("Etc/GMT+12", "Etc/GMT-14")


# So short a run is over before it needs the memory that it frees: Go's collector would take a third of its time.
_ENVIRONMENT = {"GOGC": "400", **os.environ}


class HelmError(Exception):
    """Helm refuses a release; the message is one line."""


@dataclass(frozen=True)
class Job:
    """A release to render from a chart."""

    helm: Path
    release: Release
    chart: Path
    stack: str
    cache: Path
    """Directory for what makes the next run faster."""
    kubernetes: str = NEWEST
    """Version of Kubernetes that the chart is told of."""

    @cached_property
    def asks_for_apis(self) -> bool:
        """Whether what is rendered depends on the APIs that the cluster serves."""
        return any(_CAPABILITIES.search(text) for part in read_chart(self.chart) for text in part.texts)

    def render(self, apis: frozenset[str], *, compare: bool) -> list[Rendered]:
        """The objects on a cluster that serves some APIs beside those of Kubernetes; raises ``HelmError``.

        ``compare`` finds what comes out otherwise each time; only files need it.
        """
        objects = self._objects(apis, 0)
        if not compare or not self._made_up(objects, _VOLATILE):
            return objects
        if self._made_up(objects, _CLOCK):
            time.sleep(1.1)  # Until the seconds of the clock are others.
        return list(_compared(objects, self._objects(apis, 1)))

    def _objects(self, apis: frozenset[str], zone: int) -> list[Rendered]:
        arguments = self._arguments(apis)
        values = json.dumps(self.release.values)
        # By what is rendered, not by what it follows from: so that the directory does not grow.
        place = self.cache / "rendered" / sha256(f"{self.stack} {self.release.name} {zone}".encode()).hexdigest()
        parts = (fingerprint(self.helm), fingerprint(self.chart), *arguments, values)
        output = kept(place, parts, lambda: self._run(arguments, values, _ZONES[zone]))
        try:
            return list(read(self.release, output.decode(), self.cache / "parsed"))
        except UnreadableError as error:
            raise HelmError(str(error)) from None

    def _arguments(self, apis: frozenset[str]) -> list[str]:
        release = self.release
        arguments = [str(self.helm), "template", release.name, str(self.chart), "--namespace", release.namespace]
        cluster = [f"--kube-version={self.kubernetes}.0", f"--api-versions={','.join(sorted(apis))}"]
        arguments += ["--values", "-", *cluster]
        if release.inputs.get("skipCrds") is not True:
            arguments.append("--include-crds")
        if release.inputs.get("disableWebhooks") is True:
            arguments.append("--no-hooks")
        return arguments

    def _run(self, arguments: list[str], values: str, zone: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are a plan's
                arguments,
                input=values.encode(),
                capture_output=True,
                check=False,
                timeout=_RENDER_SECONDS,
                env={**_ENVIRONMENT, "TZ": zone},
            )
        except subprocess.TimeoutExpired:
            raise HelmError(f"helm template did not end within {_RENDER_SECONDS} s") from None
        if done.returncode:
            raise HelmError(complaint(done.stderr.decode(errors="replace")))
        return done.stdout

    def _made_up(self, objects: list[Rendered], pattern: re.Pattern[str]) -> bool:
        """Whether templates that made some objects, or values, which become templates, hold a pattern."""
        values = json.dumps(self.release.values)
        return any(map(pattern.search, chain((values,), used(self.chart, {item.source for item in objects}))))


def _compared(objects: list[Rendered], others: list[Rendered]) -> Iterator[Rendered]:
    """The objects, with the places at which their counterparts of another rendering differ."""
    counterparts = dict(_numbered(others))
    for key, item in _numbered(objects):
        other = counterparts.get(key)
        if other is None or (item.text and item.text == other.text):
            yield item
        else:
            yield replace(item, volatile=tuple(differences(item.manifest, other.manifest)))


def _numbered(objects: list[Rendered]) -> Iterator[tuple[tuple[str, str, int], Rendered]]:
    """Each object with template, kind and rank, which find it in another rendering: even its name may be another."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in objects:
        counts[item.source, item.kind] += 1
        yield (item.source, item.kind, counts[item.source, item.kind]), item
