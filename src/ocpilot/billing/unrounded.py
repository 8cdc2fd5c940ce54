"""Numbers of a CDR that were rounded when it was written, as they were before: 0.17 h in a period of 10 minutes.

OCPI writes numbers with 4 decimals (types, "number"), from which whole seconds can be read back. Many write fewer and
still bill what they measured, so that steps and totals of a right CDR would seem wrong by what its writing lost.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import msgspec

from ocpilot.base.time import hours
from ocpilot.billing.altered import TIMES, Periods, energy_of, fine_hours, with_more_energy, with_volume
from ocpilot.billing.structure import spans
from ocpilot.pricing.exact import decimals
from ocpilot.pricing.usage import seconds_of, volumes_of
from ocpilot.wire.v230 import CDR, CdrDimensionType, ChargingPeriod

#: Decimals that are believed to be a way of writing; 4 are what the standard wants, and 0.5 h may as well be 0.50.
_FEWEST, _MOST = 2, 4
_HOUR = 3600


def unrounded(cdr: CDR) -> CDR:
    """The CDR with what its own other numbers tell more exactly: times by the moments at which periods begin and end,
    the energy of the periods by the total. Only what rounding explains is changed."""
    periods = _with_whole_energy(_with_whole_times(cdr), cdr.total_energy)
    changes: dict[str, Decimal] = {}
    half = _half_of_last([cdr.total_time, *([] if cdr.total_parking_time is None else [cdr.total_parking_time])])
    lasted = hours(cdr.end_date_time - cdr.start_date_time)
    if abs(cdr.total_time - lasted) <= half:
        changes["total_time"] = lasted
    parked = hours(timedelta(seconds=sum(volumes_of(period).parked for period in periods)))
    if cdr.total_parking_time is not None and abs(cdr.total_parking_time - parked) <= half:
        changes["total_parking_time"] = parked
    return msgspec.structs.replace(cdr, charging_periods=periods, **changes)


def _with_whole_times(cdr: CDR) -> Periods:
    times = [one.volume for period in cdr.charging_periods for one in period.dimensions if one.type in TIMES]
    half = _half_of_last(times)
    lengths = spans(cdr.charging_periods, cdr.end_date_time)
    return tuple(_lasting(period, length, half) for period, length in zip(cdr.charging_periods, lengths, strict=True))


def _lasting(period: ChargingPeriod, length: int | None, half: Decimal) -> ChargingPeriod:
    """With the one kind of time in it as long as the period, if that is what was rounded."""
    times = [one for one in period.dimensions if one.type in TIMES]
    if length is None or len(times) != 1 or seconds_of(times[0].volume) == length:
        return period
    if abs(times[0].volume * _HOUR - length) > half * _HOUR:
        return period
    return with_volume(period, times[0].type, fine_hours(Decimal(length)))


def _with_whole_energy(periods: Periods, total: Decimal) -> Periods:
    """What the rounding of every period lost or gained is put on the last."""
    volumes = [one.volume for period in periods for one in period.dimensions if one.type is CdrDimensionType.ENERGY]
    missing = total - energy_of(periods)
    bound = _half_of_last(volumes) * len(volumes) + _half_of_last([total])
    return with_more_energy(periods, missing) if missing and abs(missing) <= bound else periods


def _half_of_last(written: Iterable[Decimal]) -> Decimal:
    """Half of the last place in which any of these numbers is written."""
    places = max(map(decimals, written), default=_MOST)
    return Decimal("0.5").scaleb(-min(max(places, _FEWEST), _MOST))
