"""Every signal, who emits it and who uses it: ``python -m tests.contract``, or `make contract`."""

import sys
from pathlib import Path

from neuroerp_telemetry.contract import LOG_FIELDS

from tests.contract import content, log_fields, matrix, uses
from tests.contract.matrix import Row


def sections() -> dict[str, list[Row]]:
    """All signals of this repository."""
    asked = [*content.rule_uses(), *content.board_uses()]
    return {
        "Metrics": matrix.series_rows(content.known(), asked),
        "Log fields": matrix.log_rows(LOG_FIELDS, content.BOARDS, content.PIPELINE, content.TEMPLATE),
    }


def problems() -> list[str]:
    """What somebody uses and nobody emits in that form."""
    asked = [*content.rule_uses(), *content.board_uses(), *content.test_uses()]
    return [
        *uses.problems(asked, content.known()),
        *log_fields.problems(LOG_FIELDS, content.PIPELINE, content.TEMPLATE),
        *log_fields.search_problems(content.BOARDS, LOG_FIELDS, content.TEMPLATE),
    ]


def main(page: Path = content.ROOT / "build" / "contract.html") -> int:
    """Print the tables and write the page; 1 when a use fits nothing that is emitted, or a signal has no user."""
    found = sections()
    sys.stdout.write(matrix.as_text(found))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(matrix.as_html(found), encoding="utf-8")
    faults = problems() + [f"nobody uses {name}" for rows in found.values() for name in matrix.unused(rows)]
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
