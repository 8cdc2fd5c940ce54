"""A provider's charging profile and the share of a site's limit as one: at every moment the lower counts.

(mod_charging_profiles, "ChargingProfile class")
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

import msgspec

from ocpilot.wire.v230 import ChargingProfile, ChargingProfilePeriod, ChargingRateUnit

#: What is made begins so long before now: at a station whose clock is slow it would not hold yet.
EARLY = timedelta(hours=1)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a charge may draw of its site, as its station is told it. `watts_per_a` is the power of one ampere of a
    profile in the other unit."""

    limit: Decimal
    unit: ChargingRateUnit
    watts_per_a: Decimal


def limit_at(
    profile: ChargingProfile, unit: ChargingRateUnit, watts_per_a: Decimal, started: datetime, now: datetime
) -> Decimal | None:
    """What a profile allows now; None when it says nothing of this moment."""
    start = _start(profile, started)
    passed = (now - start).total_seconds()
    if passed < 0 or (profile.duration is not None and passed >= profile.duration):
        return None
    holding = [one for one in profile.charging_profile_period if one.start_period <= passed]
    return _in(unit, profile, holding[-1].limit, watts_per_a) if holding else None


def lower_of(profile: ChargingProfile, share: Share, started: datetime, now: datetime) -> ChargingProfile:
    """The profile from now on, nowhere above the share, and the share where it says nothing.

    Without a time of its own a profile begins with the charge, at `started`.
    """
    now, start = now.replace(microsecond=0), _start(profile, started)
    ends = None if profile.duration is None else start + timedelta(seconds=profile.duration)
    starts = [start + timedelta(seconds=one.start_period) for one in profile.charging_profile_period]
    bends = sorted({now, *(at for at in [*starts, *([ends] if ends else [])] if at > now)})
    return ChargingProfile(
        start_date_time=now - EARLY,
        charging_rate_unit=share.unit,
        min_charging_rate=None,
        charging_profile_period=tuple(_periods(profile, share, started, bends)),
    )


def _start(profile: ChargingProfile, started: datetime) -> datetime:
    """In whole seconds, as periods are."""
    return (profile.start_date_time or started).replace(microsecond=0)


def only_share(share: Share, now: datetime) -> ChargingProfile:
    """The share alone."""
    return ChargingProfile(
        start_date_time=now.replace(microsecond=0) - EARLY,
        charging_rate_unit=share.unit,
        charging_profile_period=(ChargingProfilePeriod(start_period=0, limit=share.limit),),
    )


def _periods(
    profile: ChargingProfile, share: Share, started: datetime, bends: list[datetime]
) -> Iterator[ChargingProfilePeriod]:
    """One per moment at which the limit changes."""
    allowed = [limit_at(profile, share.unit, share.watts_per_a, started, at) for at in bends]
    limits = [share.limit if one is None else min(one, share.limit) for one in allowed]
    yield ChargingProfilePeriod(start_period=0, limit=limits[0])
    for (before, limit), at in zip(pairwise(limits), bends[1:], strict=True):
        if limit != before:
            yield ChargingProfilePeriod(start_period=int((at - bends[0] + EARLY).total_seconds()), limit=limit)


def _in(unit: ChargingRateUnit, profile: ChargingProfile, limit: Decimal, watts_per_a: Decimal) -> Decimal:
    if profile.charging_rate_unit == unit:
        return limit
    converted = limit / watts_per_a if unit is ChargingRateUnit.A else limit * watts_per_a
    return converted.quantize(Decimal("0.1"), ROUND_FLOOR)
