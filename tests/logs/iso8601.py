"""Times as the date filter reads them with the format ISO8601 (Joda's `dateTimeParser`, in the UTC zone)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from tests.logs.event import UnsupportedError

_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_ZONE = r"(?:(Z)|([+-])(\d{2}):?(\d{2})?)?"
_TIME = re.compile(
    rf"{_DATE}(?:T(?:(\d{{1,2}})(?::(\d{{1,2}})(?::(\d{{1,2}})(?:[.,](\d{{1,9}}))?)?)?)?{_ZONE})?", re.ASCII
)
_OTHER_FORMS = re.compile(r"[+-]?\d{1,9}(-|T|$)|T\d", re.ASCII)


def instant(text: str) -> str | None:
    """The time as `@timestamp` has it, in UTC and milliseconds; None when the filter fails.

    Raises ``UnsupportedError`` for forms of ISO 8601 beside year, month, day and time, such as weeks.
    """
    match = _TIME.fullmatch(text)
    if not match:
        if _OTHER_FORMS.match(text) and not re.match(rf"{_DATE}(T|$)", text):
            raise UnsupportedError(f"the time {text}")
        return None
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        time = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
    except ValueError:
        return None
    # Milliseconds are cut off, not rounded.
    milliseconds = int((fraction or "").ljust(9, "0")[:3])
    try:
        return f"{time.astimezone(UTC).isoformat()[:19]}.{milliseconds:03d}Z"
    except OverflowError:
        raise UnsupportedError(f"the time {text}") from None
