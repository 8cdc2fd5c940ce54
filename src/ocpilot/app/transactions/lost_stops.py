"""Transactions whose stop never comes: found by what else the station says, and ended where their last meter value was.

A stop that comes after all takes the place of ours, as long as nothing was billed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.app.transactions import transactions
from ocpilot.metering.findings import Finding, Oddity

#: How long we wait for the stop after the station began another charge or said that the connector is free: stations
#: replay what they kept in order, and some say one before the other.
_WAITED = timedelta(minutes=10)
#: So much longer is waited for a station that is away itself: it may still be charging.
_AWAY = 7


_REASON = "its stop was lost"


class Lost(Record, frozen=True):
    """A transaction to end, and why."""

    transaction: Transaction
    why: str


async def lost(platform: Platform) -> list[Lost]:
    """All whose stop is not to be waited for any longer."""
    now = platform.clock()
    running = await platform.store.transactions.in_state(TransactionState.OPEN)
    found = {one.transaction.id: one for one in (*await _silent(platform, now), *freed(running, now))}
    return list(found.values())


def freed(running: Iterable[Transaction], now: datetime) -> list[Lost]:
    """Those whose connector has been free, or another's, for a while."""
    return [
        Lost(transaction=one, why="its connector is free, or another charge began there")
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
            found.append(Lost(transaction=one, why=why))
    return found


async def end(platform: Platform, one: Lost) -> None:
    """End it where its last meter value was; `stop_arrived` stays empty, for no stop came."""
    transaction = one.transaction
    finding = Finding(kind=Oddity.STOP_LOST, found=one.why, at=platform.clock())
    await platform.store.transaction_findings.put(transaction.id, (finding,))
    last = max((row.at for row in await platform.store.transactions.samples(transaction.id)), default=None)
    at = last or transaction.started_at
    await transactions.end(platform, transaction, at, arrived=None, reason=_REASON, rows=())
