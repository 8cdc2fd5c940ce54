"""Transactions of OCPP 2.x: one message for all that happens in them, which may come late, twice or in any order."""

import msgspec

from ocpilot.app import samples, transactions
from ocpilot.app.charge_records import SampleRow, Station, Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.station_events import EventKind, IdTagAnswer, StartEvent, TransactionAnswer, TransactionEvent
from ocpilot.app.stations import connector_of
from ocpilot.base import time
from ocpilot.metering.findings import Oddity


async def take(platform: Platform, station: Station, event: TransactionEvent) -> tuple[Transaction, TransactionAnswer]:
    """TransactionEvent: kept before this returns; what was kept before changes nothing. Its transaction, the answer."""
    known = await platform.store.transactions.keyed(station.id, event.station_key)
    if known is not None and event.kind is EventKind.STARTED:
        known = await _started_late(platform, station, known, event)
    if known is None or _is_another(known, event):
        transaction, answer = await _begin(platform, station, event)
    else:
        transaction, answer = known, await _about_token(platform, station, known, event)
    rows = rows_of(platform, transaction.id, event)
    if event.kind is EventKind.ENDED:
        await transactions.end(platform, transaction, event.at, reason=event.reason, rows=rows)
    else:
        if event.kind is EventKind.UPDATED:
            await transactions.goes_on(platform, transaction)
        await platform.store.transactions.add_samples(rows)
    return transaction, TransactionAnswer(token=answer if event.token else None)


def _is_another(known: Transaction, event: TransactionEvent) -> bool:
    """A station that counts its transactions from the start again after a reset: the name is used twice."""
    over = known.state != TransactionState.OPEN and known.stopped_at is not None
    return (
        over and event.kind is EventKind.STARTED and event.at is not None and event.at > (known.stopped_at or event.at)
    )


async def _begin(
    platform: Platform, station: Station, event: TransactionEvent
) -> tuple[Transaction, IdTagAnswer | None]:
    """The first we hear of it, whichever event that is; without an EVSE it is for a person."""
    at = time.write(event.at) if event.at else "-"
    return await transactions.begin(platform, station, _start(event), f"event|{station.id}|{event.station_key}|{at}")


async def _started_late(
    platform: Platform, station: Station, known: Transaction, event: TransactionEvent
) -> Transaction:
    """The start comes after what followed it: from when on it ran, and where, is only known now."""
    if event.at is None or event.at >= known.started_at or known.state == TransactionState.BILLED:
        return known
    connector = connector_of(station, event.evse_id or known.evse_id, event.connector_id or 1)

    def change(kept: Transaction) -> Transaction:
        if connector is None or kept.evse_id:
            return msgspec.structs.replace(kept, started_at=event.at)
        return msgspec.structs.replace(
            kept,
            started_at=event.at,
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
