"""The charges that run at a limited site as the rules of sharing see them: what each could use, needs and draws."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.app.charges import sessions
from ocpilot.app.charges.charges import NoTerms, Terms, preferences_of, terms_of
from ocpilot.app.kept.charge_records import SampleRow, Transaction
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.site_limit_records import ChargeShare, IdleEvse, LimitGroup, SiteLimit, Told
from ocpilot.app.ocpi.bodies import parsed, value_of
from ocpilot.app.orders import station_profiles
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import fold
from ocpilot.metering.profile_limits import limit_at
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.metering.sharing import Why
from ocpilot.metering.site import WHOLE, Fuse, RunningCharge
from ocpilot.wire.v230 import (
    EVSE,
    ChargingPreferences,
    ChargingRateUnit,
    Location,
    PowerType,
    ProfileType,
    Session,
)

#: Volts between phase and neutral: where the grid's side of direct current is reckoned in ampere.
_VOLTS = Decimal(230)
#: Who wants to charge fast rises twice as fast as others, who has time half as fast.
_WEIGHTS = {ProfileType.FAST: Decimal(2), ProfileType.CHEAP: Decimal("0.5"), ProfileType.GREEN: Decimal("0.5")}
#: A measurement this old says nothing of now.
_FRESH = timedelta(minutes=5)
_SAMPLES = 5
#: A station that refused its limit is asked again after that.
_AGAIN = timedelta(minutes=5)
#: A station that did not answer is asked again after that.
_PATIENCE = timedelta(minutes=1)
#: A station that is away for less has hardly begun a charge that we do not know of.
_AWAY = timedelta(minutes=5)
#: A meter is not that exact.
_ABOUT = Decimal("1.05")
#: What is not known of an EVSE is taken as the most usual one.
_USUAL_A = Decimal(32)


class Running(Record, frozen=True):
    """A transaction, as the rules see it, its share with what is known now, and the share as it was `kept`."""

    transaction: Transaction
    charge: RunningCharge
    share: ChargeShare
    kept: ChargeShare | None
    ordered: station_profiles.Ordered | None


class Electric(Record, frozen=True):
    """What one EVSE can give: the unit its station is told, the power of one ampere on the side of the grid and in a
    profile, and the most ampere per phase of the grid."""

    unit: ChargingRateUnit
    watts_per_a: Decimal
    profile_watts_per_a: Decimal
    most_a: Decimal


def fuses_of(limit: SiteLimit) -> tuple[Fuse, ...]:
    """The site and its groups as the rules see them."""
    whole = Fuse(name=WHOLE, amps=limit.amps, watts=limit.watts)
    return (whole, *(Fuse(name=one.name, amps=one.amps, watts=one.watts, parent=one.parent) for one in limit.groups))


def group_of(groups: Sequence[LimitGroup], evse_uid: str) -> str:
    """The group an EVSE is in; the site itself when it is in none."""
    inside = (one.name for one in groups if fold(evse_uid) in {fold(uid) for uid in one.evses})
    return next(inside, WHOLE)


async def running_at(platform: Platform, limit: SiteLimit) -> list[Running]:
    """Every open transaction of the site; shares of others are forgotten."""
    store = platform.store
    kept = {one.transaction_id: one for one in await store.site_limits.shares(limit.party, limit.location_id)}
    numbers = await store.site_limits.running(limit.party, limit.location_id)
    for number in kept.keys() - set(numbers):
        await store.site_limits.forget_share(number)
    found = [await store.transactions.get(number) for number in numbers]
    return [await _running(platform, limit, one, kept.get(one.id)) for one in found if one is not None]


async def idle_at(platform: Platform, limit: SiteLimit, running: Sequence[Running]) -> tuple[IdleEvse, ...]:
    """EVSEs of stations that are away for a while: a charge may have begun there that nobody told us of.

    A station that was never seen is not counted.
    """
    if limit.offline_amps == 0:
        return ()
    busy = {fold(one.transaction.evse_uid) for one in running}
    location: Location | None = None
    found = []
    for station_id in await platform.store.site_limits.stations(limit.party, limit.location_id):
        station = await platform.store.stations.get(station_id)
        if station is None or station.last_seen is None or await platform.stations.is_connected(station_id):
            continue
        if platform.clock() - station.last_seen < _AWAY:
            continue
        location = location or await _location(platform, limit)
        uids = dict.fromkeys(one.evse_uid for one in station.connectors)
        found += [_idle(limit, location, station_id, uid) for uid in uids if fold(uid) not in busy]
    return tuple(found)


async def _location(platform: Platform, limit: SiteLimit) -> Location | None:
    stored = await platform.store.locations.get(limit.location)
    return value_of(Location, stored) if stored else None


def _idle(limit: SiteLimit, location: Location | None, station_id: str, evse_uid: str) -> IdleEvse:
    evses = location.evses if location else ()
    can = _electric_of_evse(next((one for one in evses if fold(one.uid) == fold(evse_uid)), None), location)
    return IdleEvse(
        station_id=station_id,
        evse_uid=evse_uid,
        group=group_of(limit.groups, evse_uid),
        counts_a=can.most_a if limit.offline_amps is None else min(limit.offline_amps, can.most_a),
        watts_per_a=can.watts_per_a,
    )


def _electric_of_evse(evse: EVSE | None, location: Location | None) -> Electric:
    """Of the Connector that can give most."""
    if evse is None or location is None or not evse.connectors:
        return _electric(None)
    terms = [Terms(location=location, evse=evse, connector=one, tariffs=()) for one in evse.connectors]
    return max((_electric(one) for one in terms), key=lambda one: one.most_a)


def _electric(terms: Terms | None) -> Electric:
    if terms is None:
        return Electric(ChargingRateUnit.A, 3 * _VOLTS, 3 * _VOLTS, _USUAL_A)
    volts = Decimal(terms.connector.max_voltage)
    if terms.connector.power_type is PowerType.DC:
        return Electric(ChargingRateUnit.W, 3 * _VOLTS, volts, terms.max_power_w / (3 * _VOLTS))
    watts = terms.phases * volts
    most = min(Decimal(terms.connector.max_amperage), terms.max_power_w / watts)
    return Electric(ChargingRateUnit.A, watts, watts, most)


async def _running(platform: Platform, limit: SiteLimit, transaction: Transaction, kept: ChargeShare | None) -> Running:
    try:
        terms = terms_of(transaction)
    except (NoTerms, InvalidObject):
        terms = None
    can = _electric(terms)
    given = await station_profiles.ordered(platform, transaction)
    provider = _provider_a(platform, transaction, can, given)
    share = kept or _new(limit, transaction, can)
    share = msgspec.structs.replace(
        share,
        group=group_of(limit.groups, transaction.evse_uid),
        unit=can.unit,
        watts_per_a=can.watts_per_a,
        profile_watts_per_a=can.profile_watts_per_a,
        most_a=can.most_a,
        provider_a=provider,
        draws_a=await _draws(platform, transaction, share, terms),
    )
    share = await _wished(platform, transaction, share)
    share = await _reachable(platform, share)
    charge = _charge(transaction, share, rests(share, platform.clock()))
    return Running(transaction, charge, share, kept, given)


def _new(limit: SiteLimit, transaction: Transaction, can: Electric) -> ChargeShare:
    """Nothing limits it yet: it may draw the most its EVSE gives."""
    return ChargeShare(
        transaction_id=transaction.id,
        party=limit.party,
        location_id=limit.location_id,
        station_id=transaction.station_id,
        evse_uid=transaction.evse_uid,
        session_id=transaction.session_id,
        unit=can.unit,
        watts_per_a=can.watts_per_a,
        profile_watts_per_a=can.profile_watts_per_a,
        most_a=can.most_a,
        wanted_a=can.most_a,
        counts_a=can.most_a,
        why=Why.MOST,
    )


def rests(share: ChargeShare, now: datetime) -> bool:
    """Its station did not answer just now, and is not asked again yet."""
    return share.unanswered_at is not None and now - share.unanswered_at < _PATIENCE


def _charge(transaction: Transaction, share: ChargeShare, resting: bool) -> RunningCharge:
    cannot_be_told = resting or share.told in (Told.AWAY, Told.REFUSED)
    wish = _wish(transaction)
    return RunningCharge(
        key=transaction.id,
        group=share.group,
        most_a=share.most_a,
        watts_per_a=share.watts_per_a,
        weight=_WEIGHTS.get(wish.profile_type, Decimal(1)) if wish else Decimal(1),
        provider_a=share.provider_a,
        draws_a=share.draws_a,
        needed_kwh=_needed(wish, share),
        leaves_at=share.leaves_at,
        fixed_a=may_draw(share) if cannot_be_told else None,
        memory=share.memory,
    )


def may_draw(share: ChargeShare) -> Decimal:
    """What its station may let it draw: by the limit it took last, the one it may have taken, else all it can give."""
    taken = share.memory.limit_a
    if taken is None:
        return share.most_a
    return min(max(taken, share.asked_a or taken), share.most_a)


async def _reachable(platform: Platform, share: ChargeShare) -> ChargeShare:
    """How it stands with its station now; one that was away is told again, for it may have forgotten."""
    if not await platform.stations.is_connected(share.station_id):
        return msgspec.structs.replace(share, told=Told.AWAY, sent=None)
    waits = share.refused_at is not None and platform.clock() - share.refused_at < _AGAIN
    if share.told is Told.REFUSED and waits:
        return share
    return msgspec.structs.replace(share, told=Told.TAKEN if share.sent else Told.NOT_YET)


# ---- what a provider, the driver and the meter say -----------------------------------------------------------------


def _provider_a(
    platform: Platform, transaction: Transaction, can: Electric, given: station_profiles.Ordered | None
) -> Decimal | None:
    """A provider's limit of now, on the side of the grid."""
    if given is None:
        return None
    allowed = limit_at(given.profile, can.unit, can.profile_watts_per_a, transaction.started_at, platform.clock())
    return allowed if allowed is None or can.unit is ChargingRateUnit.A else allowed / can.watts_per_a


def _wish(transaction: Transaction) -> ChargingPreferences | None:
    """What its driver wanted last."""
    accepted = preferences_of(transaction)
    return parsed(ChargingPreferences, bytes(accepted[-1].wanted).decode()) if accepted else None


async def _wished(platform: Platform, transaction: Transaction, share: ChargeShare) -> ChargeShare:
    """The energy a driver asks for is counted from when he asked (mod_sessions, "ChargingPreferences")."""
    wish = _wish(transaction)
    if wish is None or wish.departure_time is None or wish.energy_need is None:
        return msgspec.structs.replace(share, leaves_at=None, wished_at=None, kwh_then=None)
    at = preferences_of(transaction)[-1].at
    stored = await platform.store.objects.get(sessions.key_of(transaction))
    kwh = value_of(Session, stored).kwh if stored else Decimal(0)
    then = share.kwh_then if share.wished_at == at and share.kwh_then is not None else kwh
    left = max(wish.energy_need - (kwh - then), Decimal(0))
    return msgspec.structs.replace(share, leaves_at=wish.departure_time, wished_at=at, kwh_then=then, needed_kwh=left)


def _needed(wish: ChargingPreferences | None, share: ChargeShare) -> Decimal | None:
    return share.needed_kwh if wish is not None and share.leaves_at is not None else None


async def _draws(
    platform: Platform, transaction: Transaction, share: ChargeShare, terms: Terms | None
) -> Decimal | None:
    """What it draws per phase on the side of the grid by the newest measurement, None when there is none of late."""
    rows = await platform.store.site_limits.newest_samples(transaction.id, _SAMPLES)
    read = [_read(row) for row in rows if platform.clock() - row.at < _FRESH]
    stands = next((one.state for one in read if one.state is not None), None)
    if stands in (ChargingState.SUSPENDED_EV, ChargingState.IDLE):
        return Decimal(0)
    measured = next((amps for one in read if (amps := _amps(one, share)) is not None), None)
    if measured is None or share.unit is ChargingRateUnit.W:
        return measured
    return on_one_phase(measured, terms.phases if terms else 3, share.memory.limit_a)


def on_one_phase(amps: Decimal, phases: int, limit: Decimal | None) -> Decimal:
    """The most that one phase can carry when all carry `amps` together and none more than its limit: nobody says on how
    many of its phases a car draws."""
    each = [amps / number for number in range(1, phases + 1)]
    return next((one for one in each if limit is None or one <= limit * _ABOUT), each[-1])


def _read(row: SampleRow) -> MeterSample:
    return msgspec.json.decode(row.body, type=MeterSample)


def _amps(sample: MeterSample, share: ChargeShare) -> Decimal | None:
    """All phases together; of direct current what the grid carries per phase."""
    if share.unit is ChargingRateUnit.W:
        return None if sample.power_w is None else sample.power_w / share.watts_per_a
    if sample.current_a is not None:
        return sample.current_a
    return None if sample.power_w is None else sample.power_w / _VOLTS
