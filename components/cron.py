"""Times of a schedule, in the five fields of cron that users write."""

import re
from collections.abc import Iterator

_PART = r"(?:\*|\d+(?:-\d+)?)(?:/[1-9]\d*)?"
PATTERN = rf"^{_PART}(?:,{_PART})*(?: {_PART}(?:,{_PART})*){{4}}$"
_BOUNDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def wrong(schedule: str) -> Iterator[str]:
    """What no server takes of a schedule that fits the pattern: a number that its field cannot have."""
    for (unit, least, most), field in zip(_BOUNDS, schedule.split(), strict=True):
        numbers = [int(number) for number in re.findall(r"\d+", re.sub(r"/\d+", "", field))]
        if not all(least <= number <= most for number in numbers):
            yield f"{field} is no {unit}; write {least} to {most}, or *"


def for_elasticsearch(schedule: str) -> str:
    """The same in Elasticsearch's notation: seconds first, days by name, and `?` for the kind of day that is not used.

    Raises ValueError for a day of the month beside a day of the week, which Elasticsearch does not know.
    """
    minute, hour, day, month, weekday = schedule.split()
    if "*" not in (day, weekday):
        raise ValueError("Elasticsearch takes no day of the month beside a day of the week; write * for one of them")
    # A number behind a slash is a step, not a day.
    named = re.sub(r"(?<![/\d])\d", lambda match: _DAYS[int(match[0])], weekday)
    return f"0 {minute} {hour} {day} {month} ?" if weekday == "*" else f"0 {minute} {hour} ? {month} {named}"
