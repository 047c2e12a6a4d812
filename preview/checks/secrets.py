"""Secrets on the wire between program and engine."""

# ruff: noqa: ARG001 - all checks have one signature

from base64 import b64encode

from components.secrets import PLACEHOLDER
from preview.checks import Context
from preview.plan import Plan
from preview.stackfile import STAND_IN
from preview.wire import open_texts

_SHORTEST = 6
"""Length of a secret setting below which its text says nothing: it would be found in the words of others."""


def check_secret_texts(plan: Plan, context: Context) -> list[str]:
    """No secret stands outside a secret envelope, in plain text or base64."""
    recording = context.recording
    texts = _texts(context)
    sources = [(f"{request.type.rpartition(':')[2]} {request.name}", request.object) for request in recording.requests]
    sources += [
        (f"outputs of {urn.rpartition('::')[2] or 'the stack'}", struct) for urn, struct in recording.outputs.items()
    ]
    reasons = {
        f"{title}: {path} holds a secret in the open; keep it an Output, or read it with get_secret"
        for title, struct in sources
        for path, text in open_texts(struct)
        if any(secret in text for secret in texts)
    }
    return sorted(reasons)


def _texts(context: Context) -> set[str]:
    """Everything that gives a secret away: the placeholders, the secret settings, and the stand-in of a missing one."""
    stack = context.recording.stack
    values = {stack.config[key] for key in stack.secret_keys if not stack.config[key].startswith(("{", "["))}
    plain = {STAND_IN, PLACEHOLDER, *(value for value in values if len(value) >= _SHORTEST)}
    return plain | {encoded for text in plain for encoded in _base64(text)}


def _base64(text: str) -> set[str]:
    """How a text looks inside base64, wherever it begins: without the characters that its neighbours change."""
    encoded = set()
    for shift in range(3):
        code = b64encode(b"\0" * shift + text.encode()).decode().rstrip("=")
        encoded.add(code[(0, 2, 3)[shift] : len(code) - 1])
    return encoded
