"""The load that a stack is to hold; `python -m preview capacity` holds the sizes of its settings against it."""

from typing import Annotated

from pydantic import Field

from .model import Model

Rate = Annotated[float, Field(strict=True, gt=0, le=10**7)]


class LoadSettings(Model):
    """What the application and its cluster give the platform to keep, at the average of a busy day."""

    processes: Annotated[int, Field(strict=True, ge=1, le=10000)]
    """Processes of the application that are scraped: its pods, times the workers of each."""
    nodes: Annotated[int, Field(strict=True, ge=1, le=5000)]
    """Nodes of the cluster, each of which has metrics of its own."""
    requests_per_second: Rate
    """Requests that the application answers in a second."""
    spans_per_second: Rate | None = None
    """Spans that are kept in a second, after sampling; without it, every request is a whole trace."""
    log_gigabytes_per_day: Rate | None = None
    """Gigabytes (10^9 bytes) of log lines that the application writes in a day; without it, as many as its requests."""
