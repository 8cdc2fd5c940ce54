"""Transactions whose stop never comes: found by what else the station says, and ended where their last meter value was.

A stop that comes after all takes the place of ours, as long as nothing was billed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ocpilot.app import transactions
from ocpilot.app.charge_records import Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.records import Record
from ocpilot.metering.findings import Finding, Oddity

#: How long we wait for the stop after the station began another charge or said that the connector is free: stations
#: replay what they kept in order, and some say one before the other.
_WAITED = timedelta(minutes=10)
#: Starts this close together on one EVSE are one plug that was read twice.
_AT_ONCE = timedelta(seconds=5)
#: So much longer is waited for a station that is away itself: it may still be charging.
_AWAY = 7


_REASON = "its stop was lost"


class Lost(Record, frozen=True):
    """A transaction to end, and why."""

    transaction: Transaction
    kind: Oddity
    why: str


async def lost(platform: Platform) -> list[Lost]:
    """All whose stop is not to be waited for any longer."""
    now = platform.clock()
    running = await platform.store.transactions.in_state(TransactionState.OPEN)
    found = {one.transaction.id: one for one in (*await _silent(platform, now), *freed(running, now))}
    return list((found | {one.transaction.id: one for one in superseded(running, now)}).values())


def superseded(running: Iterable[Transaction], now: datetime) -> list[Lost]:
    """Those on whose EVSE another began a while ago."""
    newest: dict[tuple[str, int], Transaction] = {}
    older = []
    for one in sorted(running, key=lambda transaction: (transaction.started_at, transaction.id)):
        before = newest.get((one.station_id, one.evse_id))
        if before is not None and now - (one.start_arrived or one.started_at) >= _WAITED:
            twice = one.started_at - before.started_at <= _AT_ONCE
            kind = Oddity.STARTED_TWICE if twice else Oddity.STOP_LOST
            older.append(Lost(transaction=before, kind=kind, why=f"transaction {one.id} began on its EVSE"))
        newest[one.station_id, one.evse_id] = one
    return older


def freed(running: Iterable[Transaction], now: datetime) -> list[Lost]:
    """Those whose connector has been free for a while."""
    return [
        Lost(transaction=one, kind=Oddity.STOP_LOST, why="its connector is free")
        for one in running
        if one.freed_at is not None and now - one.freed_at >= _WAITED
    ]


async def _silent(platform: Platform, now: datetime) -> list[Lost]:
    """Those of which nothing was heard for hours though their station is there, or for days."""
    hours = platform.settings.charging.silent_after
    if not hours:
        return []
    away = {one.id for one in await platform.store.transactions.silent(now - timedelta(hours=hours * _AWAY))}
    found = []
    for one in await platform.store.transactions.silent(now - timedelta(hours=hours)):
        station = await platform.store.stations.get(one.station_id)
        if one.id in away or (station is not None and station.connected):
            why = f"nothing was heard of it for {hours:g} hours"
            found.append(Lost(transaction=one, kind=Oddity.STOP_LOST, why=why))
    return found


async def end(platform: Platform, one: Lost) -> None:
    """End it where its last meter value was; `stop_arrived` stays empty, for no stop came."""
    transaction = one.transaction
    finding = Finding(kind=one.kind, found=one.why, at=platform.clock())
    await platform.store.transaction_findings.put(transaction.id, (finding,))
    last = max((row.at for row in await platform.store.transactions.samples(transaction.id)), default=None)
    await transactions.end(platform, transaction, last or transaction.started_at, reason=_REASON, rows=(), said=False)
