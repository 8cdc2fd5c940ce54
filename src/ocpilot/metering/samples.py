"""What a station measured at one moment, in units everyone agrees on."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class ChargingState(StrEnum):
    """Who holds back the energy. Only what the car does not ask for is parking (mod_cdrs, "CdrDimensionType")."""

    CHARGING = "CHARGING"
    SUSPENDED_EV = "SUSPENDED_EV"  # the car is connected and asks for nothing
    SUSPENDED_EVSE = "SUSPENDED_EVSE"  # the car asks, the station gives nothing
    CONNECTED = "CONNECTED"  # plugged in, charging has not begun
    IDLE = "IDLE"  # parked after charging


class MeterSample(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a transaction. `state` holds from `at` until the next sample that knows one.

    `register_wh` is the meter's counter, `interval_wh` the energy since the sample before (for meters that only send
    that); `power_w` and `current_a` are the sum of the phases; `soc` in percent; `context` as the station named it.
    """

    at: datetime
    register_wh: Decimal | None = None
    interval_wh: Decimal | None = None
    power_w: Decimal | None = None
    current_a: Decimal | None = None
    soc: Decimal | None = None
    state: ChargingState | None = None
    context: str | None = None
