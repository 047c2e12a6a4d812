"""The objects of a plan against a live API server, read only: it validates and admits them, and stores nothing."""

# ruff: noqa: ARG001 - all checks have one signature

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from preview.checks import Context
from preview.parts import Object
from preview.plan import Plan

_APPLY = ("apply", "--server-side", "--dry-run=server", "--force-conflicts", "--validate=strict", "--filename=-")
_NOT_SERVED = "no matches for kind"
_STAND_IN = "default"


def check_accepted(plan: Plan, context: Context) -> list[str]:
    """The cluster in KUBECONFIG accepts every object, in a dry run; kinds that it does not serve yet are left out."""
    if not shutil.which("kubectl"):
        return ["kubectl is not on PATH: install it, or leave --verify cluster out"]
    answer = _kubectl("get", "namespaces", "--output=name", "--request-timeout=10s")
    if answer.returncode:
        return [f"the cluster does not answer: {_last(answer)}"]
    there = {line.removeprefix("namespace/") for line in answer.stdout.split()}
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda item: _refused(item, there), plan.objects)
    return [reason for reason in found if reason]


def _refused(item: Object, there: set[str]) -> str:
    """Why the cluster refuses an object; empty when it does not."""
    manifest: dict[str, Any] = json.loads(json.dumps(item.manifest))
    if item.namespace and item.namespace not in there:
        # The namespace comes with the stack: whether its Pod Security takes the pods is not seen here.
        manifest["metadata"]["namespace"] = _STAND_IN
    answer = _kubectl(*_APPLY, given=json.dumps(manifest))
    if not answer.returncode or (item.custom and _NOT_SERVED in answer.stderr):
        return ""
    return f"{item.title}: {_last(answer)}"


def _kubectl(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = ["kubectl", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)  # noqa: S603


def _last(answer: subprocess.CompletedProcess[str]) -> str:
    """The end of what kubectl complains of: it repeats itself before."""
    return (answer.stderr.strip().splitlines() or ["kubectl failed without a word"])[-1].removeprefix("error: ")
