"""The real operator takes the times for which its authorities and certificates hold."""

import subprocess

import pytest

from tests.components.test_elastic_operator import validity
from tests.needs import need

FLAGS = {
    "caValidity": "--ca-cert-validity",
    "caRotateBefore": "--ca-cert-rotate-before",
    "certificatesRotateBefore": "--cert-rotate-before",
}
"""Value of the chart -> what its ConfigMap makes of it."""


def complaint(config: dict[str, str]) -> str:
    """What the real operator has against these; nothing when it takes them."""
    flags = [f"{FLAGS[name]}={value}" for name, value in config.items()]
    command = [str(need("eck-operator")["eck-operator"]), "manager", *flags, "--help"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    # It ends with 0 even so.
    return "".join(line for line in done.stdout.splitlines() if line.startswith("Error: "))


@pytest.mark.parametrize("days", [60, 365, 3650])
def test_the_operator_takes_them(days: int) -> None:
    assert complaint(validity(authority_days=days)) == ""


@pytest.mark.parametrize("wrong", [{"caValidity": "10y"}, {"caRotateBefore": "30d"}, {"certificatesRotateBefore": ""}])
def test_it_refuses_what_is_no_time_to_it(wrong: dict[str, str]) -> None:
    assert "invalid argument" in complaint({**validity(), **wrong})
