"""How long a preview without changes takes on the real engine, beside a flat program that asks for the same resources.

The ratio shows what settings, components and content cost; goal: at most 1.1. Needs the pinned engine (`make tools`).
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.flat import compare  # noqa: E402
from tools import find  # noqa: E402

GOAL = 1.1


def main() -> int:
    """Measure and print; 1 when the goal is missed, 2 without the engine."""
    engine = find("pulumi")
    if not engine:
        print('the engine is not there: make tools TOOLS="pulumi"', file=sys.stderr)  # noqa: T201
        return 2
    # As Python does by itself: where it is told not to, each run would compile the project, which no user's run does.
    sys.dont_write_bytecode = False
    missed = 0
    for stack in ("dev", "prod"):
        with tempfile.TemporaryDirectory() as folder:
            program, flat = compare(str(engine), stack, Path(folder))
        missed += program / flat > GOAL
        print(f"{stack:5} program {program:.2f} s, flat {flat:.2f} s: {program / flat:.2f} times, goal at most {GOAL}")  # noqa: T201
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
