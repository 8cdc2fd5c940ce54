"""What was odd about a transaction: one stable word per rule, and whether the charge may still be billed by itself."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec


class Oddity(StrEnum):
    """Every rule about what stations send names what it found by one of these; they are kept with the transaction."""

    # ---- the meter (`units`, `scales`, `counters`, `energy`, `evidence`) -------------------------------------------
    UNIT_CORRECTED = "unit_corrected"  # Wh called kWh or the other way round; only one reading is possible
    UNIT_UNCLEAR = "unit_unclear"  # the same, and both readings are possible
    DIP = "dip"  # one register below the others, which went on as if it had not been
    SPIKE = "spike"  # one register above what the EVSE can have given, and below it again afterwards
    JUMP = "jump"  # more than the EVSE can have given, for good: what flowed meanwhile is not known
    ROLLOVER = "rollover"  # the counter reached its last number and went on from nothing
    METER_RESTARTED = "meter_restarted"  # the counter began again near nothing
    METER_REPLACED = "meter_replaced"  # the counter went on from another number
    BASELINE_ZERO = "baseline_zero"  # nothing while the meter was out of reach, then what it really shows
    SESSION_REGISTER = "session_register"  # the start is of the meter's life, the samples of this charge
    INTERVALS_COUNT = "intervals_count"  # the register stands still while the station sends intervals
    NO_METER_VALUES = "no_meter_values"  # a charge of some length and not one meter value
    BEGIN_UNREAD = "begin_unread"  # the first register came well after the start: what flowed before it is not known
    END_UNREAD = "end_unread"  # the last register came well before the end, and energy flowed: how much is not known
    LITTLE_UNREAD = "little_unread"  # the same, but it is too little to ask a person
    END_READ_LATER = "end_read_later"  # the same, but the next value of the meter tells what it was at the end
    END_EMPTY = "end_empty"  # the end is 0 or what the start was, though the meter rose meanwhile
    NOTHING_BELIEVED = "nothing_believed"  # meter values, none of which could be counted
    POWER_DISAGREES = "power_disagrees"  # power was read for a while, and the register does not know of it
    ENERGY_AFTER_END = "energy_after_end"
    VALUES_REFUSED = "values_refused"  # values that no meter shows, or whose sum is not that of their phases
    # ---- clocks (`clocks`) -----------------------------------------------------------------------------------------
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    FROM_THE_FUTURE = "from_the_future"  # single values of a clock that is otherwise right
    REPLAYED = "replayed"  # the station was offline and told us later
    # ---- the transaction as a whole (`app.transactions`) -----------------------------------------------------------
    STOP_LOST = "stop_lost"  # it was ended by us, where its last meter value was
    LATE_STOP = "late_stop"  # and the stop came when that was billed
    STOP_BEFORE_START = "stop_before_start"
    STOPPED_BY_OTHER_ID = "stopped_by_other_id"  # the stop named a transaction that the station has not
    NEVER_STARTED = "never_started"  # a stop, or meter values, of a transaction nobody started
    STARTED_TWICE = "started_twice"  # another start on its EVSE at once: this one is none
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 - a word, no secret
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word, no secret
    REBOOTED = "rebooted"  # the station booted in the middle
    EVENTS_MISSING = "events_missing"  # of the numbers of its events (2.x) some never came
    COST_DISAGREES = "cost_disagrees"  # the station shows another cost than ours (2.1)


#: With any of these a person decides: the energy is not sure, or nobody knows who has to pay.
HOLDING = frozenset(
    {
        Oddity.UNIT_UNCLEAR,
        Oddity.JUMP,
        Oddity.METER_REPLACED,
        Oddity.NO_METER_VALUES,
        Oddity.BEGIN_UNREAD,
        Oddity.END_UNREAD,
        Oddity.NOTHING_BELIEVED,
        Oddity.POWER_DISAGREES,
        Oddity.NEVER_STARTED,
        Oddity.TOKEN_UNKNOWN,
        Oddity.TOKEN_REFUSED,
    }
)


#: What is known of a transaction as a whole, when it happens; all others are found anew whenever it is judged.
_NOTED = frozenset(
    {
        Oddity.STOP_LOST,
        Oddity.LATE_STOP,
        Oddity.STOP_BEFORE_START,
        Oddity.STOPPED_BY_OTHER_ID,
        Oddity.NEVER_STARTED,
        Oddity.STARTED_TWICE,
        Oddity.REBOOTED,
        Oddity.COST_DISAGREES,
    }
)
JUDGED = frozenset(Oddity) - _NOTED


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One of them: what was found, when (None: all the time), and how many times more."""

    kind: Oddity
    found: str
    at: datetime | None = None
    more: int = 0

    @property
    def holds(self) -> bool:
        """Whether the charge waits for a person."""
        return self.kind in HOLDING

    def __str__(self) -> str:
        times = f" ({self.more} times more)" if self.more else ""
        return f"{self.kind}: {self.found}{times}"


def once_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first of each kind, and how many more there were: a station that is odd is odd at every sample."""
    first: dict[Oddity, Finding] = {}
    for one in findings:
        known = first.get(one.kind)
        first[one.kind] = msgspec.structs.replace(known, more=known.more + 1 + one.more) if known else one
    return tuple(first.values())
