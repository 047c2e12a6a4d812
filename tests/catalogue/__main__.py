"""Record the series of a running exporter: ``python -m tests.catalogue NAME VERSION URL...``.

Writes tests/catalogue/NAME.txt: names, types, names of labels and help texts, no values of samples. Whatever the
exporter shows only after an event (a failure, a full queue) has to have happened before. Several URLs are taken
together, like `/probe?target=...` of the blackbox exporter for targets of several kinds. The other files in this
folder say in their header how they came about.
"""

import argparse
import sys
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.catalogue import catalogue

TIMEOUT = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Record; 0 it is written, 2 a URL does not answer, or not with metrics."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogue", description="Record the series of an exporter.")
    parser.add_argument("name", help="exporter, as its scrape job is named")
    parser.add_argument("version")
    parser.add_argument("urls", nargs="+", metavar="url", help="where it shows its metrics; http only")
    parser.add_argument("--how", required=True, help="how it was set up, one line")
    parser.add_argument("--values", nargs="*", default=[], metavar="label", help="labels whose values are kept")
    parser.add_argument("--folder", type=Path, default=catalogue.FOLDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    texts = []
    for url in options.urls:
        try:
            texts.append(_fetch(url))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{url} does not answer: {error}\n")
            return 2
    file = options.folder / f"{options.name}.txt"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    try:
        series = catalogue.recorded_series(texts, options.values)
        made = catalogue.Catalogue(options.name, options.version, day, " ".join(options.how.split()), series)
        file.write_text(catalogue.as_text(made))
    except ValueError as error:
        sys.stderr.write(f"{', '.join(options.urls)}: {error}\n")
        return 2
    sys.stdout.write(f"{file}: {len(series)} series\n")
    return 0


def _fetch(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("write http://...")
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - checked above
        return str(answer.read().decode())


if __name__ == "__main__":
    sys.exit(main())
