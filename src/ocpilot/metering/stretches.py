"""The time of a transaction cut at moments: what state it was in, and which readings hold, in one pass."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.base.time import hours
from ocpilot.metering.curve import EnergyCurve
from ocpilot.metering.samples import ChargingState, Context, MeterSample
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType

#: Time the car does not ask for power. When the station holds power back, nobody pays for the time.
PARKED = frozenset({ChargingState.SUSPENDED_EV, ChargingState.IDLE})
#: States in which energy can flow.
FLOWING = frozenset({ChargingState.CHARGING, ChargingState.CONNECTED})

_SECOND = timedelta(seconds=1)
_KILO = Decimal(1000)
#: Decimals of a number of the standard (types, "number").
_FOUR = Decimal("0.0001")


class Stretch(msgspec.Struct, kw_only=True):
    """One period to be: from, until, the state in between, the energy in Wh, the readings that hold in it, and the last
    battery state and registers known at its end."""

    start: datetime
    end: datetime
    wh: Decimal
    state: ChargingState = ChargingState.CHARGING
    powers: Sequence[Decimal] = ()
    currents: Sequence[Decimal] = ()
    soc: Decimal | None = None
    register_wh: Decimal | None = None
    export_wh: Decimal | None = None

    @property
    def lasts(self) -> timedelta:
        """From its start to its end."""
        return self.end - self.start


def states_of(samples: Sequence[MeterSample]) -> list[tuple[datetime, ChargingState]]:
    """Every state and from when on it holds. While the station is without power it gives none: what it said before the
    interruption holds again after it, unless it says something else then. A car that is only connected (2.x,
    "ChargingStateEnumType", EVConnected) waits before it charged, and parks when it has."""
    found: list[tuple[datetime, ChargingState]] = []
    before: ChargingState | None = None
    charged = False
    for one in samples:
        if one.state is not None:
            charged = charged or one.state is ChargingState.CHARGING
            parks = charged and one.state is ChargingState.CONNECTED
            found.append((one.at, ChargingState.IDLE if parks else one.state))
            before = None
        elif one.context == Context.INTERRUPTED and before is None:
            before = found[-1][1] if found else ChargingState.CHARGING
            found.append((one.at, ChargingState.SUSPENDED_EVSE))
        elif one.context == Context.RESUMED and before is not None:
            found.append((one.at, before))
            before = None
    return found


def from_start(
    states: Sequence[tuple[datetime, ChargingState]], start: datetime
) -> list[tuple[datetime, ChargingState]]:
    """The same, and that the car charged until it is said for the first time that nothing flows."""
    if not states or states[0][0] <= start or states[0][1] in FLOWING:
        return [*states]
    return [(start, ChargingState.CHARGING), *states]


def stretches_of(
    samples: Sequence[MeterSample],
    states: Sequence[tuple[datetime, ChargingState]],
    curve: EnergyCurve,
    moments: Sequence[datetime],
) -> list[Stretch]:
    """The time between neighbouring moments, of which every change of state is one; what came at the very first and
    last second is in there too. Before any state is known the first one holds, and CHARGING when there is none."""
    levels = [Decimal(0), *(curve.at(moment) for moment in moments[1:-1]), curve.total]
    spans = zip(pairwise(moments), pairwise(levels), strict=True)
    found = [Stretch(start=start, end=end, wh=high - low) for (start, end), (low, high) in spans]
    readings = _Readings(samples)
    turn, state = 0, states[0][1] if states else ChargingState.CHARGING
    for one in found:
        since = None
        while turn < len(states) and states[turn][0] <= one.start:
            since = states[turn][0] if states[turn][1] is not state else since
            state = states[turn][1]
            turn += 1
        one.state = state
        readings.fill(one, since)
    readings.close(found[-1])
    return found


class _Readings:
    """A walk along the samples. A power or current holds until the next one, and ends with the state it was read in."""

    def __init__(self, samples: Sequence[MeterSample]) -> None:
        self._samples = samples
        self._place = 0
        self._power = _Held()
        self._current = _Held()
        self._soc: Decimal | None = None
        self._register: Decimal | None = None
        self._export: Decimal | None = None

    def fill(self, stretch: Stretch, since: datetime | None) -> None:
        """Give a stretch what was read in it; `since` is when its state began, if with this stretch."""
        self._pass(stretch.start)
        for held in (self._power, self._current):
            held.begin(stretch.start, since)
        self._pass(stretch.end)
        stretch.powers, stretch.currents = self._power.taken(), self._current.taken()
        self._tell(stretch)

    def close(self, stretch: Stretch) -> None:
        """What was read in the very last second is known at the end of the last stretch."""
        self._pass(stretch.end + _SECOND)
        self._tell(stretch)

    def _tell(self, stretch: Stretch) -> None:
        stretch.soc, stretch.register_wh, stretch.export_wh = self._soc, self._register, self._export

    def _pass(self, until: datetime) -> None:
        """What comes before a moment."""
        samples = self._samples
        while self._place < len(samples) and (one := samples[self._place]).at < until:
            self._place += 1
            if one.power_w is not None:
                self._power.read(one.at, one.power_w)
            if one.current_a is not None:
                self._current.read(one.at, one.current_a)
            self._soc = self._soc if one.soc is None else one.soc
            self._register = self._register if one.register_wh is None else one.register_wh
            self._export = self._export if one.export_wh is None else one.export_wh


class _Held:
    """The readings of one kind within a stretch, the one that holds at its start among them."""

    def __init__(self) -> None:
        self._start: datetime | None = None
        self._last: tuple[datetime, Decimal] | None = None
        self._within: list[Decimal] = []

    def begin(self, start: datetime, since: datetime | None) -> None:
        """A stretch begins, maybe with a new state."""
        self._start, self._within = start, []
        if since is not None and self._last and self._last[0] < since:
            self._last = None

    def read(self, at: datetime, value: Decimal) -> None:
        """The next reading."""
        if self._last and not self._within and at != self._start:
            self._within.append(self._last[1])
        self._last = at, value
        self._within.append(value)

    def taken(self) -> list[Decimal]:
        """All of them."""
        return self._within[:] or ([self._last[1]] if self._last else [])


def dimensions_of(one: Stretch) -> tuple[CdrDimension, ...]:
    """Only the dimensions a CDR may hold too (mod_cdrs, "CdrDimensionType", column Session Only)."""
    found = [CdrDimension(type=CdrDimensionType.ENERGY, volume=one.wh / _KILO)]
    if one.lasts >= _SECOND and one.state is ChargingState.CHARGING:
        found.append(CdrDimension(type=CdrDimensionType.TIME, volume=hours(one.lasts)))
    elif one.lasts >= _SECOND and one.state in PARKED:
        found.append(CdrDimension(type=CdrDimensionType.PARKING_TIME, volume=hours(one.lasts)))
    if one.powers:
        found.append(CdrDimension(type=CdrDimensionType.MIN_POWER, volume=min(one.powers) / _KILO))
        found.append(CdrDimension(type=CdrDimensionType.MAX_POWER, volume=max(one.powers) / _KILO))
    if one.currents:
        found.append(CdrDimension(type=CdrDimensionType.MIN_CURRENT, volume=min(one.currents)))
        found.append(CdrDimension(type=CdrDimensionType.MAX_CURRENT, volume=max(one.currents)))
    return tuple(found)


def session_dimensions_of(one: Stretch) -> tuple[CdrDimension, ...]:
    """What only a Session may hold beside those (the same column): averages, the battery, and what the meter shows."""
    found = []
    if one.lasts >= _SECOND:
        kw = one.wh * 3600 / _KILO / Decimal(round(one.lasts.total_seconds()))
        found.append((CdrDimensionType.POWER, kw))
    if one.currents:
        found.append((CdrDimensionType.CURRENT, sum(one.currents, Decimal(0)) / len(one.currents)))
    if one.soc is not None:
        found.append((CdrDimensionType.STATE_OF_CHARGE, one.soc))
    if one.register_wh is not None:
        found.append((CdrDimensionType.ENERGY_IMPORT, one.register_wh / _KILO))
    if one.export_wh is not None:
        found.append((CdrDimensionType.ENERGY_EXPORT, one.export_wh / _KILO))
    return tuple(CdrDimension(type=kind, volume=volume.quantize(_FOUR)) for kind, volume in found)
