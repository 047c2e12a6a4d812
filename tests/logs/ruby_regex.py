"""Ruby's regular expressions, those that mean the same to Python after a translation."""

import re

from tests.logs.event import UnsupportedError

_KNOWN = re.compile(
    r"""
    \\[AsdwSDW.\[\]{}()/\\|?*+-] | \\z            # escapes
    | \[\^?(?:[\w+:.,-]|\\[dsw])+\]                # classes
    | (?:[?*+]|\{\d+(?:,\d*)?\})(?![?*+])          # quantifiers, but none that is lazy or possessive
    | \(\?: | \((?!\?) | \)                        # groups
    | [\w\s,:;=<>"'@#%&!~^$.|-]
    """,
    re.VERBOSE,
)


def translate(pattern: str) -> re.Pattern[str]:
    """The same pattern for Python. Only forms that are listed here are let through."""
    at = 0
    while at < len(pattern):
        form = _KNOWN.match(pattern, at)
        if not form:
            raise UnsupportedError(f"the regular expression {pattern} from {pattern[at : at + 5]!r} on")
        at = form.end()
    # In Ruby, ^ and $ are always those of a line, and classes such as \d those of ASCII.
    return re.compile(pattern.replace(r"\z", r"\Z"), re.MULTILINE | re.ASCII)
