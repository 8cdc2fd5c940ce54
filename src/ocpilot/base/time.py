"""Aware UTC time, read leniently and written as OCPI's DateTime (types, "DateTime")."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import time_ns

#: What the platform asks for the time; tests and the fast-forward demo pass their own.
Clock = Callable[[], datetime]

_HOUR_DECIMALS = Decimal("0.0001")  # types, "number"; 0.36 s, so a whole second can be read back
#: As nearly all are written; Python reads them so, too.
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_RFC3339 = re.compile(r"^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?$", re.ASCII)


def now() -> datetime:
    """The present moment, to the millisecond (what OCPI can carry)."""
    return datetime.fromtimestamp(time_ns() // 1_000_000 / 1000, UTC)


def parse(text: str) -> datetime:
    """An aware UTC time from an RFC 3339 text; without a zone it is UTC, as the standard says. ValueError otherwise."""
    if _USUAL.fullmatch(text):
        return datetime.fromisoformat(text)
    match = _RFC3339.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no DateTime such as 2015-06-29T22:39:09Z")
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone}").astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is before the year 1 or after 9999 in UTC") from error


def write(moment: datetime) -> str:
    """OCPI DateTime in UTC with `Z`, milliseconds only when there are any: at most 24 characters."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    millis = utc.microsecond // 1000
    written = utc.replace(tzinfo=None).isoformat(timespec="milliseconds" if millis else "seconds")
    return f"{written}Z"


def hours(span: timedelta) -> Decimal:
    """A whole number of seconds as the hours OCPI writes: 4 decimals, from which the second can be read back."""
    return (Decimal(round(span.total_seconds())) / 3600).quantize(_HOUR_DECIMALS)
