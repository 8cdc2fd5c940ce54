"""Transactions of OCPP 2.x: one message for all that happens in them, which may come late, twice or in any order."""

from ocpilot.app import samples, sessions, transactions
from ocpilot.app.charge_records import SampleRow, Station, Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.station_events import EventKind, IdTagAnswer, StartEvent, TransactionAnswer, TransactionEvent
from ocpilot.base import time


async def take(platform: Platform, station: Station, event: TransactionEvent) -> TransactionAnswer:
    """TransactionEvent: kept before this returns; the Session follows. What was kept before changes nothing."""
    known = await platform.store.transactions.keyed(station.id, event.station_key)
    if known is None or _is_another(known, event):
        transaction, answer = await _begin(platform, station, event)
    else:
        transaction, answer = known, await _about_token(platform, station, known, event)
    rows = _rows(platform, transaction, event)
    if event.kind is EventKind.ENDED:
        await transactions.end(platform, transaction, event.at, reason=event.reason, rows=rows)
    else:
        await platform.store.transactions.add_samples(rows)
        await sessions.write(platform, await platform.store.transactions.get(transaction.id) or transaction)
    return TransactionAnswer(token=answer if event.token else None)


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


async def _about_token(
    platform: Platform, station: Station, known: Transaction, event: TransactionEvent
) -> IdTagAnswer | None:
    """The driver of a running transaction shows himself, or somebody shows a token to end it."""
    if event.token is None and event.remote_start_id is None:
        return None
    if not known.accepted and known.state == TransactionState.OPEN:
        return await transactions.identify(platform, station, known, _start(event, known))
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


def _rows(platform: Platform, transaction: Transaction, event: TransactionEvent) -> tuple[SampleRow, ...]:
    now = platform.clock()
    state = samples.state_row(transaction, event.state, event.at or now) if event.state else None
    return (*samples.rows_of(transaction, event.samples, now), *((state,) if state else ()))
