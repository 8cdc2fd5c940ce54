"""Which transaction a station means: ids that are -1, 0 or too big, of another station, forgotten, or used twice."""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ocpilot.app.charges import samples
from ocpilot.app.kept.charge_records import SampleRow, Station, Transaction, TransactionState
from ocpilot.app.kept.station_events import StopEvent
from ocpilot.app.platform import Platform
from ocpilot.base.ids import fold, new_id
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.wire.v230 import AuthMethod

log = logging.getLogger(__name__)

#: What a Session says where there is nothing to say (transport_and_format, "No data available").
NOT_AVAILABLE = "#NA"
#: The numbers that we give.
_NUMBERS = range(1, 2**31)


async def of_values(
    platform: Platform, station: Station, evse_id: int, transaction_id: int | None, first: datetime | None
) -> Transaction | None:
    """Of meter values, the first of which is of a moment: the one they name, else the open one of that EVSE.

    A station that names one which is over, for values after its end, goes on with an old number.
    """
    named = await _named(platform, station, transaction_id)
    running = await platform.store.transactions.open_on(station.id, evse_id)
    if named is None or (running is not None and _is_older(named, running, first)):
        return running
    return named


async def of_stop(platform: Platform, station: Station, event: StopEvent) -> Transaction:
    """Of a stop: the one it names; else the only open one it can be of; else a new one, for a person to look at."""
    named = await _named(platform, station, event.transaction_id)
    if named is not None and (named.state == TransactionState.OPEN or named.stop_arrived is None):
        return named
    running = [one for one in await platform.store.transactions.open_of(station.id) if _can_end(one, named, event)]
    if len(running) > 1 and event.id_tag:
        running = [one for one in running if fold(one.id_tag) == fold(event.id_tag)]
    if len(running) != 1:
        return named or await _orphan(platform, station, event)
    text = f"transaction {event.transaction_id}, which is {'over' if named else 'none of this station'}"
    log.warning("%s stopped %s; taken as %d", station.id, text, running[0].id)
    finding = Finding(kind=Oddity.STOPPED_BY_OTHER_ID, found=text, at=event.at)
    await platform.store.transaction_findings.put(running[0].id, (finding,))
    return running[0]


async def _named(platform: Platform, station: Station, number: int | None) -> Transaction | None:
    if number is None or number not in _NUMBERS:
        return None
    named = await platform.store.transactions.get(number)
    return named if named is not None and named.station_id == station.id else None


def _is_older(named: Transaction, running: Transaction, at: datetime | None) -> bool:
    """Whether something of a moment is of `running`, though it names one that was over by then."""
    if named.id == running.id or named.stopped_at is None or named.evse_id != running.evse_id:
        return False
    return at is not None and at > named.stopped_at and at >= running.started_at


def _can_end(running: Transaction, named: Transaction | None, event: StopEvent) -> bool:
    """Whether a stop can be of an open transaction: not before it began, by the clock and by the meter, and when it
    names one that is over not of another EVSE nor the same stop again."""
    if named is not None and not _is_older(named, running, event.at):
        return False
    began, end = running.meter_start_wh, event.meter_stop_wh
    later = began is None or end is None or end >= began
    return later and (event.at is None or event.at >= running.started_at)


async def _orphan(platform: Platform, station: Station, event: StopEvent) -> Transaction:
    """A stop that belongs to nothing we know is kept as a transaction of its own; it is held, never billed."""
    now = platform.clock()
    shown = "-" if event.meter_stop_wh is None else f"{event.meter_stop_wh:f}"
    kept, created = await platform.store.transactions.start(
        Transaction(
            station_id=station.id,
            evse_id=0,
            party=station.party,
            location_id=station.location_id,
            evse_uid=NOT_AVAILABLE,
            ocpi_connector_id=NOT_AVAILABLE,
            session_id=new_id(),
            id_tag=event.id_tag or "",
            cdr_token=None,
            auth_method=AuthMethod.WHITELIST,
            accepted=False,
            meter_start_wh=event.meter_stop_wh,
            started_at=event.at or now,
            start_arrived=now,
            dedupe=f"stop|{station.id}|{event.transaction_id}|{shown}",
        )
    )
    if created:
        text = f"transaction {event.transaction_id} at {shown} Wh"
        log.error("%s stopped %s, which nobody started; kept as %d", station.id, text, kept.id)
        finding = Finding(kind=Oddity.NEVER_STARTED, found=text, at=event.at)
        await platform.store.transaction_findings.put(kept.id, (finding,))
    return kept


async def stop_before(platform: Platform, begun: Transaction) -> Transaction | None:
    """The stop that came before this start, kept as a transaction of its own: at the same station, not before the
    start by the clock and by the meter, of the same token if it named one, and the only such one."""
    kept = await platform.store.transactions.stops_without_start(begun.station_id)
    found = [one for one in kept if _ends(one, begun)]
    return found[0] if len(found) == 1 else None


def _ends(stop: Transaction, begun: Transaction) -> bool:
    least = begun.meter_start_wh or Decimal(0)
    same = not stop.id_tag or fold(stop.id_tag) == fold(begun.id_tag)
    return same and stop.started_at >= begun.started_at and (stop.meter_start_wh or Decimal(0)) >= least


def copied(begun: Transaction, rows: Sequence[SampleRow]) -> tuple[SampleRow, ...]:
    """The samples of another transaction as this one's."""
    return tuple(samples.moved(begun.id, row) for row in rows)
