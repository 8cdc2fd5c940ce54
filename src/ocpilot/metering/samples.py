"""What a station measured at one moment, in units everyone agrees on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

import msgspec

_by_time = attrgetter("at")


class ChargingState(StrEnum):
    """Who holds back the energy. Only what the car does not ask for is parking (mod_cdrs, "CdrDimensionType")."""

    CHARGING = "CHARGING"
    SUSPENDED_EV = "SUSPENDED_EV"  # the car is connected and asks for nothing
    SUSPENDED_EVSE = "SUSPENDED_EVSE"  # the car asks, the station gives nothing
    CONNECTED = "CONNECTED"  # plugged in, charging has not begun
    IDLE = "IDLE"  # parked after charging


class Context(StrEnum):
    """Why a value was taken, where it matters (OCPP 1.6, 7.32, "ReadingContext"; the same words in 2.x)."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    CLOCK = "Sample.Clock"
    INTERRUPTED = "Interruption.Begin"
    RESUMED = "Interruption.End"


class MeterSample(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a transaction. `state` holds from `at` until the next sample that knows one.

    `register_wh` is the meter's counter, `interval_wh` the energy since the sample before (for meters that only send
    that), negative when fed back; `export_wh` counts what is fed back. `power_w` and `current_a` are the sum of the
    phases, negative when fed back; `soc` in percent; `context` as the station named it.
    """

    at: datetime
    register_wh: Decimal | None = None
    export_wh: Decimal | None = None
    interval_wh: Decimal | None = None
    power_w: Decimal | None = None
    current_a: Decimal | None = None
    soc: Decimal | None = None
    state: ChargingState | None = None
    context: str | None = None


def in_order(samples: Iterable[MeterSample]) -> list[MeterSample]:
    """Sorted by whole seconds, the same sample once; whatever order they came in, the same list but for states of one
    moment, of which the last one that came holds.

    Samples of one second: states first, then registers in rising order.
    """
    exact = sorted(samples, key=_by_time)
    whole = [msgspec.structs.replace(one, at=whole_second(one.at)) if one.at.microsecond else one for one in exact]
    ordered: list[MeterSample] = []
    begun = 0
    for place in range(1, len(whole) + 1):
        if place == len(whole) or whole[place].at != whole[begun].at:
            same = whole[begun:place]
            ordered += same if len(same) == 1 else sorted(_once(same), key=_within)
            begun = place
    return ordered


def _once(same: Sequence[MeterSample]) -> list[MeterSample]:
    """Each where it came last."""
    return [*dict.fromkeys(reversed(same))][::-1]


def whole_second(moment: datetime) -> datetime:
    """Without its fraction."""
    return moment.replace(microsecond=0)


def _within(one: MeterSample) -> tuple[object, ...]:
    numbers = (one.register_wh, one.export_wh, one.interval_wh, one.power_w, one.current_a, one.soc)
    shown = tuple((number is not None, number or Decimal(0)) for number in numbers)
    return (one.state is None, *shown, one.context or "")
