"""Transactions of OCPP 2.x: one message for all that happens in them, which may come late, twice or in any order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.charges import later_values, samples
from ocpilot.app.kept.charge_records import SampleRow, Station, Transaction, TransactionState
from ocpilot.app.kept.station_events import EventKind, IdTagAnswer, StartEvent, TransactionAnswer, TransactionEvent
from ocpilot.app.platform import Platform
from ocpilot.app.stations.stations import connector_of
from ocpilot.app.transactions import placing, transactions
from ocpilot.base import time
from ocpilot.base.ids import fold
from ocpilot.metering.findings import Oddity
from ocpilot.metering.samples import Context

#: What comes with a start may be of a moment later.
_AT_ONCE = timedelta(seconds=5)
#: Clocks are not that exact; what is older is told of something that may be over.
_LATE = timedelta(minutes=2)


async def take(platform: Platform, station: Station, event: TransactionEvent) -> tuple[Transaction, TransactionAnswer]:
    """TransactionEvent: kept before this returns; what was kept before changes nothing. Its transaction, the answer."""
    known = await platform.store.transactions.keyed(station.id, event.station_key, event.evse_id or 0)
    if known is not None and event.kind is EventKind.STARTED:
        known = await _started_late(platform, station, known, event)
    if known is None or await _is_another(platform, known, event):
        transaction, answer = await _begin(platform, station, event)
    else:
        known = await _placed(platform, station, known, event)
        transaction, answer = known, await _about_token(platform, station, known, event)
    rows = rows_of(platform, transaction.id, event)
    if event.kind is EventKind.STARTED:
        await _show_begin(platform, station, transaction, event, rows)
    if event.kind is EventKind.ENDED:
        now = rows[0].arrived
        await transactions.end(platform, transaction, event.at, arrived=now, reason=event.reason, rows=rows)
    else:
        if event.kind is EventKind.UPDATED:
            await transactions.goes_on(platform, transaction)
        await platform.store.transactions.add_samples(rows)
        await later_values.came(platform, transaction)
    return transaction, TransactionAnswer(token=answer if event.token else None)


async def _show_begin(
    platform: Platform, station: Station, begun: Transaction, event: TransactionEvent, rows: Sequence[SampleRow]
) -> None:
    """What the meter shows at a start is what it showed at the end of the charge before it; a station that does not say
    it is asked, unless it tells of what is over."""
    at_once = [row for row in rows if abs(row.at - begun.started_at) <= _AT_ONCE]
    await later_values.tell(platform, station.id, begun.evse_id, at_once, before=begun.started_at)
    late = event.offline or abs(platform.clock() - begun.started_at) > _LATE
    if begun.evse_id and not late and not any(map(later_values.has_register, rows)):
        later_values.ask(platform, station.id, begun.evse_id)


async def _placed(platform: Platform, station: Station, known: Transaction, event: TransactionEvent) -> Transaction:
    """Where a transaction is that began before its station could know that."""
    if known.evse_id or not event.evse_id or known.state == TransactionState.BILLED:
        return known
    connector = connector_of(station, event.evse_id, event.connector_id or 1)
    return known if connector is None else await placing.place(platform, station, known, connector)


async def _is_another(platform: Platform, known: Transaction, event: TransactionEvent) -> bool:
    """A station that counts its transactions from the start again after a reset: the name is used twice, maybe while we
    still wait for the end of the first. The same start may come again with another time, but nothing happened since."""
    if event.kind is not EventKind.STARTED:
        return False
    if known.id_tag and event.token is not None and fold(known.id_tag) != fold(event.token.value):
        return event.at is None or event.at > known.started_at
    if event.at is None:
        return False
    if known.state != TransactionState.OPEN:
        return known.stopped_at is not None and event.at > known.stopped_at
    if event.seq_no:
        return False
    heard = await platform.store.transactions.samples(known.id)
    return any(known.started_at + _AT_ONCE < row.at <= event.at for row in heard)


async def _begin(
    platform: Platform, station: Station, event: TransactionEvent
) -> tuple[Transaction, IdTagAnswer | None]:
    """The first we hear of it, whichever event that is; without an EVSE it is for a person."""
    event = msgspec.structs.replace(event, at=_began(event))
    when = time.write(event.at) if event.at else f"-{event.token.value if event.token else ''}"
    name = f"event|{station.id}|{event.station_key}|{event.evse_id or 0}|{when}"
    return await transactions.begin(platform, station, _start(event), name)


def _began(event: TransactionEvent) -> datetime | None:
    """When its transaction began, by the first we hear of it: an end may tell all that was measured since the begin."""
    begins = [
        one.at
        for one in event.samples
        if one.at is not None and any(value.context == Context.BEGIN for value in one.values)
    ]
    return min(begins) if begins and event.kind is not EventKind.STARTED else event.at


async def _started_late(
    platform: Platform, station: Station, known: Transaction, event: TransactionEvent
) -> Transaction:
    """The start comes after what followed it: from when on it ran, and where, is only known now."""
    if event.at is None or event.at >= known.started_at or known.state == TransactionState.BILLED:
        return known
    connector = connector_of(station, event.evse_id or known.evse_id, event.connector_id or 1)
    now = platform.clock()

    def change(kept: Transaction) -> Transaction:
        if connector is None or kept.evse_id:
            return msgspec.structs.replace(kept, started_at=event.at, start_arrived=now)
        return msgspec.structs.replace(
            kept,
            started_at=event.at,
            start_arrived=now,
            evse_id=connector.evse_id,
            evse_uid=connector.evse_uid,
            ocpi_connector_id=connector.ocpi_connector_id,
        )

    if known.state != TransactionState.OPEN:
        await transactions.note(platform, known, Oddity.STOP_BEFORE_START, "the start was heard after the end")
    return await platform.store.transactions.modify(known.id, change) or known


async def _about_token(
    platform: Platform, station: Station, known: Transaction, event: TransactionEvent
) -> IdTagAnswer | None:
    """The driver of a running transaction shows himself, or somebody shows a token to end it."""
    if event.token is None and event.remote_start_id is None:
        return None
    if not known.accepted and known.state != TransactionState.BILLED:
        answer = await transactions.identify(platform, station, known, _start(event, known))
        if known.state == TransactionState.HELD:
            await platform.store.transactions.set_state(known.id, TransactionState.STOPPED)
        return answer
    return await transactions.stop_answer(platform, known, event.token.value) if event.token else None


def _start(event: TransactionEvent, known: Transaction | None = None) -> StartEvent:
    return StartEvent(
        evse_id=event.evse_id or (known.evse_id if known else 0),
        connector_id=event.connector_id or 1,
        token=event.token,
        at=event.at,
        reservation_id=event.reservation_id,
        remote_start_id=event.remote_start_id,
        station_key=event.station_key,
    )


def rows_of(
    platform: Platform, transaction_id: int, event: TransactionEvent, state: str | None = None
) -> tuple[SampleRow, ...]:
    """What an event says that is to be kept; a charging state unless it is in that already."""
    now = platform.clock()
    rows = samples.rows_of(transaction_id, event.samples, now, event.seq_no)
    number = None if rows else event.seq_no
    changed = event.state if event.state != state else None
    row = samples.state_row(transaction_id, changed, event.at, now, number) if changed else None
    found = (*rows, *((row,) if row else ()))
    return found or (samples.bare_row(transaction_id, event.at, now, event.seq_no),)
