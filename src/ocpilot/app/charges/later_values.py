"""Meter values that a charge lacks: its station is asked for them, and what its meter shows next is told to it.

What they mean is decided in `metering/unread.py`; here only that they get to the charge they can be of.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.charges import samples
from ocpilot.app.charges.charges import charge_of
from ocpilot.app.kept.charge_records import SampleRow, Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.stations import station_actions
from ocpilot.base.errors import StationError
from ocpilot.metering.samples import MeterSample

log = logging.getLogger(__name__)

_UNDECIDED = frozenset({TransactionState.STOPPED, TransactionState.HELD})


async def wait(platform: Platform, transaction: Transaction) -> None:
    """Its end was not read: it is judged again when its meter says more, at the latest after `charging.unread_after`.
    The station is asked at once what the meter shows."""
    until = platform.clock() + timedelta(hours=platform.settings.charging.unread_after)
    await platform.store.transactions.wait(transaction.id, until)
    ask(platform, transaction.station_id, transaction.evse_id)


def ask(platform: Platform, station_id: str, evse_id: int) -> None:
    """Ask a station to send what the meter of an EVSE shows; not every one can, and nobody waits for it."""
    platform.background.start(_ask(platform, station_id, evse_id), f"meter values of {station_id}")


async def _ask(platform: Platform, station_id: str, evse_id: int) -> None:
    """TriggerMessage (1.6, 5.17; 2.x, F06)."""
    station = await platform.store.stations.get(station_id)
    if station is None or station.protocol is None:
        return
    chosen = {"message": "MeterValues", "evse": f"{evse_id}"}
    call = station_actions.call_of(station.protocol, "trigger", chosen, platform.clock())
    try:
        answer = await platform.stations.call(station_id, call.action, call.payload)
    except StationError as error:
        log.info("%s was not asked what its meter shows: %s", station_id, error)
        return
    log.info("%s was asked what its meter shows: %s", station_id, answer.error or answer.payload)


async def tell(
    platform: Platform, station_id: str, evse_id: int, rows: Sequence[SampleRow], before: datetime | None = None
) -> None:
    """What a meter shows while nobody charges at its EVSE, or when the next one begins (at `before`), is told to the
    last charge there, if that is over and may still use it."""
    registers = [row for row in rows if has_register(row)]
    if not registers or not evse_id:
        return
    first = registers[0].at
    last = await platform.store.transactions.last_on(station_id, evse_id, before or first)
    if last is None or not _may_use(last, first):
        return
    await platform.store.transactions.add_samples([samples.moved(last.id, row) for row in registers])
    await came(platform, last)


async def came(platform: Platform, transaction: Transaction) -> None:
    """Something more was heard of a charge that is over: if it waits and this tells its end, it is judged again."""
    if transaction.waits_until is None or transaction.state not in _UNDECIDED:
        return
    charge = await charge_of(platform, transaction)
    if not charge.measured.unread.open_end:
        await platform.store.transactions.judge_again(transaction.id, platform.clock())


def _may_use(last: Transaction, at: datetime) -> bool:
    waited = last.state == TransactionState.HELD and last.waits_until is not None
    return (waited or last.state == TransactionState.STOPPED) and last.stopped_at is not None and at >= last.stopped_at


def has_register(row: SampleRow) -> bool:
    """Whether it says what the meter shows."""
    return msgspec.json.decode(row.body, type=MeterSample).register_wh is not None
