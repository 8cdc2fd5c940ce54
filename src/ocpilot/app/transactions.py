"""OCPP transactions: started, measured and stopped. Everything a station said is on disk before it is answered."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.app import authorize, bookings, charges, command_orders, reservations, samples, sessions, tokens
from ocpilot.app.authorize import Decision
from ocpilot.app.bodies import text_of
from ocpilot.app.charge_records import Station, StationConnector, Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.station_events import (
    AuthorizationStatus,
    IdTagAnswer,
    StartAnswer,
    StartEvent,
    StationSample,
    StopEvent,
)
from ocpilot.app.stations import connector_of, place_of
from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.wire.v230 import AllowedType, LocationReferences

log = logging.getLogger(__name__)

#: What a Session says where there is nothing to say (transport_and_format, "No data available").
NOT_AVAILABLE = "#NA"

#: How long after the next start on a connector we still wait for the stop of the one before.
_STOP_IS_LOST = timedelta(minutes=10)

#: OCPP 1.6 has fewer words (7.2, "AuthorizationStatus"): blocked means "not allowed for charging".
_ANSWERS = {
    AllowedType.ALLOWED: AuthorizationStatus.ACCEPTED,
    AllowedType.BLOCKED: AuthorizationStatus.BLOCKED,
    AllowedType.EXPIRED: AuthorizationStatus.EXPIRED,
    AllowedType.NO_CREDIT: AuthorizationStatus.BLOCKED,
    AllowedType.NOT_ALLOWED: AuthorizationStatus.BLOCKED,
}


async def authorize_tag(platform: Platform, station: Station, id_tag: str) -> IdTagAnswer:
    """Authorize: may this card charge at this station?"""
    decision = await authorize.authorize_token(platform, station.party, id_tag, place_of(station))
    return answer_of(decision, decision.allowed)


def answer_of(decision: Decision, allowed: AllowedType | None) -> IdTagAnswer:
    """A decision in OCPP's words; the parent only when OCPP 1.6 can carry it (mod_tokens, "Token object", note)."""
    group = decision.token.group_id if decision.token else None
    status = AuthorizationStatus.INVALID if allowed is None else _ANSWERS[allowed]
    return IdTagAnswer(status=status, parent=group if group and len(group) <= 20 else None)


# ---- start ---------------------------------------------------------------------------------------------------------


async def start(platform: Platform, station: Station, event: StartEvent) -> StartAnswer:
    """StartTransaction, maybe repeated. OCPP 1.6 cannot refuse it: what may not be is kept and answered Invalid."""
    connector = connector_of(station, event.connector_id)
    evse_uid = connector.evse_uid if connector else NOT_AVAILABLE
    place = LocationReferences(location_id=station.location_id, evse_uids=(evse_uid,) if connector else ())
    decision = await authorize.authorize_token(platform, station.party, event.id_tag, place, starting=True)
    allowed = decision.at(evse_uid)
    wanted = _transaction(station, connector, event, decision, event.at or platform.clock())
    reservation = await reservations.for_start(platform, station, event) if wanted.accepted else None
    if reservation is not None:
        reference = decision.reference or reservation.authorization_reference
        wanted = msgspec.structs.replace(wanted, session_id=reservation.session_id, authorization_reference=reference)
    if wanted.accepted and wanted.authorization_reference is None:
        reference = await _booked(platform, wanted)
        wanted = msgspec.structs.replace(wanted, authorization_reference=reference)
    if connector is not None:
        token = decision.token
        driver = PartyId.of(token.country_code, token.party_id) if token else None
        terms = await charges.terms_now(platform, station, connector, reservation, driver=driver)
        wanted = msgspec.structs.replace(wanted, terms=terms)
    kept, created = await platform.store.transactions.start(wanted)
    if not created:
        again = AuthorizationStatus.ACCEPTED if kept.accepted else AuthorizationStatus.INVALID
        return StartAnswer(transaction_id=kept.id, id_tag=IdTagAnswer(status=again))
    await after_start(platform, kept)
    return StartAnswer(transaction_id=kept.id, id_tag=answer_of(decision, allowed))


async def _booked(platform: Platform, transaction: Transaction) -> str | None:
    """The reference of the booking that this charge uses (mod_bookings, "Booking object")."""
    booking = await bookings.of_transaction(platform, transaction)
    return booking.authorization_reference if booking else None


async def after_start(platform: Platform, transaction: Transaction) -> None:
    """What follows from a start that is on disk; done again after a crash."""
    await reservations.used(platform, transaction)
    await sessions.write(platform, transaction)
    await command_orders.link_transaction(platform, transaction)


def _transaction(
    station: Station, connector: StationConnector | None, event: StartEvent, decision: Decision, at: datetime
) -> Transaction:
    cdr_token = tokens.cdr_token_of(decision.token) if decision.token else None
    return Transaction(
        station_id=station.id,
        connector_id=event.connector_id,
        party=station.party,
        location_id=station.location_id,
        evse_uid=connector.evse_uid if connector else NOT_AVAILABLE,
        ocpi_connector_id=connector.ocpi_connector_id if connector else NOT_AVAILABLE,
        session_id=new_id(),
        id_tag=event.id_tag,
        cdr_token=text_of(cdr_token) if cdr_token else None,
        auth_method=decision.method,
        authorization_reference=decision.reference,
        accepted=connector is not None and decision.at(connector.evse_uid) == AllowedType.ALLOWED,
        meter_start_wh=event.meter_start_wh,
        started_at=at,
        dedupe=_dedupe(station, event),
    )


def _dedupe(station: Station, event: StartEvent) -> str:
    """The same for a repeated StartTransaction, which comes with a new message id."""
    at = time.write(event.at) if event.at else "-"
    return "|".join((station.id, str(event.connector_id), fold(event.id_tag), f"{event.meter_start_wh:f}", at))


# ---- meter values and states ---------------------------------------------------------------------------------------


async def meter_values(
    platform: Platform,
    station: Station,
    connector_id: int,
    transaction_id: int | None,
    sent: tuple[StationSample, ...],
) -> None:
    """MeterValues: kept before this returns, also after the stop; the Session follows."""
    transaction = await _of_values(platform, station, connector_id, transaction_id)
    if transaction is None:
        return
    await platform.store.transactions.add_samples(samples.rows_of(transaction, sent, platform.clock()))
    await sessions.write(platform, transaction)


async def state_changed(
    platform: Platform, station: Station, connector_id: int, status: str, at: datetime | None
) -> None:
    """A StatusNotification during a transaction tells who holds back the energy: kept like a meter value."""
    transaction = await platform.store.transactions.open_on(station.id, connector_id)
    row = samples.state_row(transaction, status, at or platform.clock()) if transaction else None
    if transaction is not None and row is not None:
        await platform.store.transactions.add_samples((row,))
        await sessions.write(platform, transaction)


async def _of_values(
    platform: Platform, station: Station, connector_id: int, transaction_id: int | None
) -> Transaction | None:
    named = None if transaction_id is None else await platform.store.transactions.get(transaction_id)
    if named is not None and named.station_id == station.id:
        return named
    return await platform.store.transactions.open_on(station.id, connector_id)


# ---- stop ----------------------------------------------------------------------------------------------------------


async def stop(platform: Platform, station: Station, event: StopEvent) -> IdTagAnswer | None:
    """StopTransaction, maybe repeated: the second one changes nothing and is answered the same."""
    transaction = await _of_stop(platform, station, event)
    now = platform.clock()
    stopped = await platform.store.transactions.stop(
        transaction.id,
        at=max(event.at or now, transaction.started_at),
        meter_stop_wh=event.meter_stop_wh,
        reason=event.reason,
        samples=samples.rows_of(transaction, event.samples, now),
    )
    if transaction.state == TransactionState.OPEN and stopped is not None:
        await sessions.write(platform, stopped)
    return None if event.id_tag is None else await _stop_answer(platform, transaction, event.id_tag)


def superseded(running: Iterable[Transaction], now: datetime) -> list[Transaction]:
    """Open transactions of connectors on which another began a while ago: their stop is lost, for stations replay what
    they kept in order."""
    newest: dict[tuple[str, int], Transaction] = {}
    older = []
    for one in sorted(running, key=lambda transaction: (transaction.started_at, transaction.id)):
        before = newest.get((one.station_id, one.connector_id))
        if before is not None and now - one.started_at >= _STOP_IS_LOST:
            older.append(before)
        newest[one.station_id, one.connector_id] = one
    return older


async def end_superseded(platform: Platform, transaction: Transaction) -> None:
    """End it where its last meter value was."""
    last = max((row.at for row in await platform.store.transactions.samples(transaction.id)), default=None)
    stopped = await platform.store.transactions.stop(
        transaction.id,
        at=max(last or transaction.started_at, transaction.started_at),
        meter_stop_wh=None,
        reason="its stop was lost",
        samples=(),
    )
    if stopped is not None:
        await sessions.write(platform, stopped)


async def _of_stop(platform: Platform, station: Station, event: StopEvent) -> Transaction:
    """The transaction a stop names; else the only open one of the station; else a new one, for a person to look at."""
    named = await platform.store.transactions.get(event.transaction_id)
    if named is not None and named.station_id == station.id:
        return named
    on_each = [await platform.store.transactions.open_on(station.id, one.connector_id) for one in station.connectors]
    running = [one for one in on_each if one is not None]
    if len(running) == 1:
        log.warning(
            "%s stopped transaction %d, which it has not; taken as %d", station.id, event.transaction_id, running[0].id
        )
        return running[0]
    return await _orphan(platform, station, event)


async def _orphan(platform: Platform, station: Station, event: StopEvent) -> Transaction:
    """A stop that belongs to nothing we know is kept as a transaction of its own; it is held, never billed."""
    at = event.at or platform.clock()
    kept, _ = await platform.store.transactions.start(
        Transaction(
            station_id=station.id,
            connector_id=0,
            party=station.party,
            location_id=station.location_id,
            evse_uid=NOT_AVAILABLE,
            ocpi_connector_id=NOT_AVAILABLE,
            session_id=new_id(),
            id_tag=event.id_tag or "",
            cdr_token=None,
            auth_method="WHITELIST",
            accepted=False,
            meter_start_wh=Decimal(event.meter_stop_wh),
            started_at=at,
            dedupe=f"stop|{station.id}|{event.transaction_id}|{event.meter_stop_wh:f}",
        )
    )
    log.error("%s stopped transaction %d, which nobody started; kept as %d", station.id, event.transaction_id, kept.id)
    return kept


async def _stop_answer(platform: Platform, transaction: Transaction, id_tag: str) -> IdTagAnswer:
    """Whoever started may stop, and whoever is of his group; another card is not asked about, for the transaction is
    over anyway."""
    accepted = transaction.accepted and await tokens.act_as_one(platform, id_tag, transaction.id_tag)
    return IdTagAnswer(status=AuthorizationStatus.ACCEPTED if accepted else AuthorizationStatus.INVALID)
