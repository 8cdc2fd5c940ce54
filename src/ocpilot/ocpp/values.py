"""Values in a checked payload, read the same way in every OCPP version."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from ocpilot.app.kept.station_events import Payload
from ocpilot.base import time
from ocpilot.base.time import Clock
from ocpilot.ocpp.frames import ErrorCode
from ocpilot.ocpp.version import CallRefused

_OLDEST_YEAR = 2010
_FARTHEST_AHEAD = timedelta(days=1)
_BIGGEST = 2**63


def text(payload: Payload, key: str) -> str | None:
    """Firmware pads texts with NUL characters, which a database cannot hold."""
    value = payload.get(key)
    return value.replace("\0", "") if isinstance(value, str) else None


def required_text(payload: Payload, key: str) -> str:
    """The same where the schema wants one."""
    return text(payload, key) or ""


def token_text(payload: Payload, key: str) -> str:
    """What a reader read; some pad it."""
    return required_text(payload, key).strip()


def whole(payload: Payload, key: str) -> int:
    """A whole number that a database can hold. CallRefused."""
    value = cast(int, payload[key])
    if not -_BIGGEST <= value < _BIGGEST:
        raise CallRefused(ErrorCode.PROPERTY_CONSTRAINT, f"$.{key}: found {value}, expected at most 64 bits")
    return value


def optional_whole(payload: Payload, key: str) -> int | None:
    """The same where there may be none."""
    return whole(payload, key) if key in payload else None


def register(payload: Payload, key: str) -> Decimal | None:
    """A counter in Wh, whole or not; None where the station does not say it."""
    value = payload.get(key)
    if value is None:
        return None
    return value if isinstance(value, Decimal) else Decimal(whole(payload, key))


def moment(payload: Payload, clock: Clock, key: str = "timestamp") -> datetime | None:
    """The station's time; None when there is none, it cannot be read, or it is no time of charging (clocks of 1970)."""
    try:
        said = time.parse(required_text(payload, key))
    except (ValueError, OverflowError):
        return None
    return said if said.year >= _OLDEST_YEAR and said - clock() < _FARTHEST_AHEAD else None


def inner(payload: Payload, key: str) -> Payload | None:
    """An object within; None when there is none."""
    value = payload.get(key)
    return value if isinstance(value, dict) else None
