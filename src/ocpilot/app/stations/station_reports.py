"""What a station was good for: uptime and earnings of a month of the operator's calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from ocpilot.app.kept.charge_records import Station, Transaction
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.kept.status_records import StatusReason
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations
from ocpilot.base.errors import UserError
from ocpilot.base.ids import derived_id
from ocpilot.base.zones import zone_named
from ocpilot.billing.cdr import credit_ids
from ocpilot.billing.earnings import Earned, earned
from ocpilot.metering.uptime import Spell, Uptime, total, uptime
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

#: A charge of a month may have begun so long before it, and its credit may follow so much later.
_LONGEST = timedelta(days=31)
_MOST = 100_000
_MIDNIGHT = time_of_day()


class Month(Record, frozen=True):
    """A calendar month of the operator: `name` is `2026-11`, `until` exclusive."""

    name: str
    since: datetime
    until: datetime


class EvseUptime(Record, frozen=True):
    """One EVSE of a station; `began` is when it went into service."""

    evse_uid: str
    began: datetime | None
    uptime: Uptime


class StationReport(Record, frozen=True):
    """One station in one month: all its EVSEs together, each of them, and what was earned."""

    station: Station
    month: Month
    uptime: Uptime
    evses: tuple[EvseUptime, ...]
    earned: tuple[Earned, ...]


def zone_of(platform: Platform) -> ZoneInfo:
    """Where the operator's people work."""
    return zone_named(platform.settings.web.time_zone)


def month_of(platform: Platform, name: str | None = None) -> Month:
    """The month of this name in the operator's time zone, the present one when None. UserError."""
    zone = zone_of(platform)
    try:
        shown = name or f"{platform.clock().astimezone(zone):%Y-%m}"
        first = datetime.combine(date.fromisoformat(f"{shown}-01"), _MIDNIGHT, zone)
        following = (first + timedelta(days=31)).replace(day=1)
        return Month(shown, first.astimezone(UTC), following.astimezone(UTC))
    except (ValueError, OverflowError):
        raise UserError(f"month: found {name!r}, expected such as 2026-11") from None


def months_before(platform: Platform, count: int) -> tuple[Month, ...]:
    """The present month and those before it, newest first."""
    found = [month_of(platform)]
    while len(found) < count:
        last = (found[-1].since - timedelta(days=1)).astimezone(zone_of(platform))
        found.append(month_of(platform, f"{last:%Y-%m}"))
    return tuple(found)


async def report(platform: Platform, station: Station, month: Month) -> StationReport:
    """Uptime and earnings of a station in a month, as far as that has passed."""
    uids = dict.fromkeys(connector.evse_uid for connector in station.connectors)
    evses = [await _evse_uptime(platform, stations.evse_key(station, uid), month) for uid in uids]
    return StationReport(
        station=station,
        month=month,
        uptime=total(one.uptime for one in evses),
        evses=tuple(evses),
        earned=await _earned(platform, station, month),
    )


async def _evse_uptime(platform: Platform, key: ObjectKey, month: Month) -> EvseUptime:
    until = min(month.until, platform.clock())
    began = await platform.store.status_history.began(key)
    if began is None or began >= until:
        return EvseUptime(key.sub, began, Uptime())
    since = max(began, month.since)
    changes = await platform.store.status_history.between(key, since, until)
    spells = [Spell(since=one.at, status=one.status, planned=one.reason is StatusReason.PLANNED) for one in changes]
    return EvseUptime(key.sub, began, uptime(spells, since, until))


async def _earned(platform: Platform, station: Station, month: Month) -> tuple[Earned, ...]:
    transactions = await platform.store.transactions.of_station(station.id, month.since - _LONGEST, month.until, _MOST)
    cdrs = await _cdrs(platform, station, transactions)
    return tuple(one for one in earned(cdrs, zone_of(platform)) if one.month == month.name)


async def _cdrs(platform: Platform, station: Station, transactions: Sequence[Transaction]) -> list[CDR]:
    """The CDRs of transactions and what credits them: their ids follow from the Sessions'."""
    ids = [derived_id("cdr", one.session_id) for one in transactions]
    credits = [credit for one in ids for credit in credit_ids(one)]
    found = await platform.store.objects.some(ModuleID.CDRS, station.party, [*ids, *credits])
    return [value_of(CDR, stored) for stored in found]
