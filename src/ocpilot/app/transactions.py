"""OCPP transactions: started, measured and stopped. Everything a station said is on disk before it is answered."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.app import authorize, bookings, charges, command_orders, reservations, samples, sessions, tokens
from ocpilot.app.authorize import Decision
from ocpilot.app.bodies import text_of
from ocpilot.app.charge_records import SampleRow, Station, StationConnector, Transaction, TransactionState
from ocpilot.app.platform import Platform
from ocpilot.app.station_events import (
    AuthorizationStatus,
    IdTagAnswer,
    IdToken,
    StartAnswer,
    StartEvent,
    StationSample,
    StopEvent,
)
from ocpilot.app.stations import connector_of, place_of
from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.wire.v230 import AllowedType, AuthMethod, LocationReferences

log = logging.getLogger(__name__)

#: What a Session says where there is nothing to say (transport_and_format, "No data available").
NOT_AVAILABLE = "#NA"

#: What changes in a transaction when it is known for whom it is.
_OF_DRIVER = (
    "id_tag",
    "cdr_token",
    "auth_method",
    "authorization_reference",
    "accepted",
    "terms",
    "session_id",
    "started_at",
    "evse_id",
    "evse_uid",
    "ocpi_connector_id",
)

#: How long after the next start on a connector we still wait for the stop of the one before.
_STOP_IS_LOST = timedelta(minutes=10)

_ANSWERS = {
    AllowedType.ALLOWED: AuthorizationStatus.ACCEPTED,
    AllowedType.BLOCKED: AuthorizationStatus.BLOCKED,
    AllowedType.EXPIRED: AuthorizationStatus.EXPIRED,
    AllowedType.NO_CREDIT: AuthorizationStatus.NO_CREDIT,
    AllowedType.NOT_ALLOWED: AuthorizationStatus.NOT_AT_THIS_LOCATION,
}


async def authorize_tag(platform: Platform, station: Station, token: IdToken) -> IdTagAnswer:
    """Authorize: may this card charge at this station?"""
    decision = await authorize.authorize_token(platform, station.party, token.value, place_of(station))
    return answer_of(decision, decision.allowed)


def answer_of(decision: Decision, allowed: AllowedType | None) -> IdTagAnswer:
    """A decision in OCPP's words."""
    status = AuthorizationStatus.UNKNOWN if allowed is None else _ANSWERS[allowed]
    return IdTagAnswer(status=status, parent=decision.token.group_id if decision.token else None)


# ---- start ---------------------------------------------------------------------------------------------------------


async def start(platform: Platform, station: Station, event: StartEvent) -> StartAnswer:
    """StartTransaction, maybe repeated. OCPP 1.6 cannot refuse it: what may not be is kept and answered Invalid."""
    kept, answer = await begin(platform, station, event, _dedupe(station, event))
    return StartAnswer(transaction_id=kept.id, id_tag=answer)


async def begin(
    platform: Platform, station: Station, event: StartEvent, dedupe: str
) -> tuple[Transaction, IdTagAnswer]:
    """The transaction of a start, a new one or the one that `dedupe` made before, and the answer about its token."""
    connector = connector_of(station, event.evse_id, event.connector_id)
    blank = _transaction(station, connector, event, dedupe, event.at or platform.clock())
    wanted, answer = await _for_driver(platform, station, connector, event, blank)
    kept, created = await platform.store.transactions.start(wanted)
    if created:
        await after_start(platform, kept)
        return kept, answer
    again = AuthorizationStatus.ACCEPTED if kept.accepted else AuthorizationStatus.INVALID
    return kept, IdTagAnswer(status=again)


async def identify(platform: Platform, station: Station, transaction: Transaction, event: StartEvent) -> IdTagAnswer:
    """Somebody says who charges in a transaction that began without that: it is his from then on."""
    connector = connector_of(station, event.evse_id, event.connector_id)
    since = msgspec.structs.replace(transaction, started_at=event.at or platform.clock())
    wanted, answer = await _for_driver(platform, station, connector, event, since)

    def change(kept: Transaction) -> Transaction:
        fields = {name: getattr(wanted, name) for name in _OF_DRIVER}
        return kept if kept.accepted else msgspec.structs.replace(kept, **fields)

    kept = await platform.store.transactions.modify(transaction.id, change)
    if kept is not None and kept.accepted:
        await after_start(platform, kept)
    return answer


async def _for_driver(
    platform: Platform,
    station: Station,
    connector: StationConnector | None,
    event: StartEvent,
    blank: Transaction,
) -> tuple[Transaction, IdTagAnswer]:
    """The transaction with whom it is for, whether he may, and under which terms."""
    decision = await _decided(platform, station, connector, event)
    allowed = decision.at(blank.evse_uid)
    wanted = _decided_for(blank, event, decision, accepted=connector is not None and allowed == AllowedType.ALLOWED)
    uid = wanted.id_tag
    reservation = await reservations.for_start(platform, station, event, uid) if wanted.accepted else None
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
    return wanted, answer_of(decision, allowed)


async def _decided(
    platform: Platform, station: Station, connector: StationConnector | None, event: StartEvent
) -> Decision:
    """About the token that was shown, else about the one of the command that the station carries out."""
    uid = event.token.value if event.token else ""
    if not uid and event.remote_start_id is not None:
        command = await platform.store.commands.numbered(event.remote_start_id)
        uid = command.token_uid or "" if command else ""
    if not uid:
        return authorize.UNKNOWN
    evse_uids = (connector.evse_uid,) if connector else ()
    place = LocationReferences(location_id=station.location_id, evse_uids=evse_uids)
    return await authorize.authorize_token(platform, station.party, uid, place, starting=True)


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
    station: Station, connector: StationConnector | None, event: StartEvent, dedupe: str, at: datetime
) -> Transaction:
    """One of which nobody has said yet for whom it is."""
    return Transaction(
        station_id=station.id,
        station_key=event.station_key,
        evse_id=event.evse_id,
        party=station.party,
        location_id=station.location_id,
        evse_uid=connector.evse_uid if connector else NOT_AVAILABLE,
        ocpi_connector_id=connector.ocpi_connector_id if connector else NOT_AVAILABLE,
        session_id=new_id(),
        id_tag="",
        cdr_token=None,
        auth_method=AuthMethod.WHITELIST,
        accepted=False,
        meter_start_wh=event.meter_start_wh,
        started_at=at,
        dedupe=dedupe,
    )


def _decided_for(blank: Transaction, event: StartEvent, decision: Decision, *, accepted: bool) -> Transaction:
    token = decision.token
    return msgspec.structs.replace(
        blank,
        id_tag=event.token.value if event.token else token.uid if token else "",
        cdr_token=text_of(tokens.cdr_token_of(token)) if token else None,
        auth_method=decision.method,
        authorization_reference=decision.reference,
        accepted=accepted,
    )


def _dedupe(station: Station, event: StartEvent) -> str:
    """The same for a repeated StartTransaction, which comes with a new message id."""
    at = time.write(event.at) if event.at else "-"
    tag = event.token.value if event.token else ""
    return "|".join((station.id, str(event.evse_id), fold(tag), f"{event.meter_start_wh or Decimal(0):f}", at))


# ---- meter values and states ---------------------------------------------------------------------------------------


async def meter_values(
    platform: Platform,
    station: Station,
    evse_id: int,
    transaction_id: int | None,
    sent: tuple[StationSample, ...],
) -> None:
    """MeterValues: kept before this returns, also after the stop; the Session follows."""
    transaction = await _of_values(platform, station, evse_id, transaction_id)
    if transaction is None:
        return
    await platform.store.transactions.add_samples(samples.rows_of(transaction, sent, platform.clock()))
    await sessions.write(platform, transaction)


async def state_changed(platform: Platform, station: Station, evse_id: int, status: str, at: datetime | None) -> None:
    """A StatusNotification during a transaction tells who holds back the energy: kept like a meter value."""
    transaction = await platform.store.transactions.open_on(station.id, evse_id)
    row = samples.state_row(transaction, status, at or platform.clock()) if transaction else None
    if transaction is not None and row is not None:
        await platform.store.transactions.add_samples((row,))
        await sessions.write(platform, transaction)


async def _of_values(
    platform: Platform, station: Station, evse_id: int, transaction_id: int | None
) -> Transaction | None:
    named = None if transaction_id is None else await platform.store.transactions.get(transaction_id)
    if named is not None and named.station_id == station.id:
        return named
    return await platform.store.transactions.open_on(station.id, evse_id)


# ---- stop ----------------------------------------------------------------------------------------------------------


async def stop(platform: Platform, station: Station, event: StopEvent) -> IdTagAnswer | None:
    """StopTransaction, maybe repeated: the second one changes nothing and is answered the same."""
    transaction = await _of_stop(platform, station, event)
    rows = samples.rows_of(transaction, event.samples, platform.clock())
    await end(platform, transaction, event.at, reason=event.reason, rows=rows, meter_stop_wh=event.meter_stop_wh)
    return None if event.id_tag is None else await stop_answer(platform, transaction, event.id_tag)


async def end(
    platform: Platform,
    transaction: Transaction,
    at: datetime | None,
    *,
    reason: str | None,
    rows: Sequence[SampleRow],
    meter_stop_wh: Decimal | None = None,
) -> None:
    """It is over, with the last samples; one that was over keeps its end."""
    stopped = await platform.store.transactions.stop(
        transaction.id,
        at=max(at or platform.clock(), transaction.started_at),
        meter_stop_wh=meter_stop_wh,
        reason=reason,
        samples=rows,
    )
    if transaction.state == TransactionState.OPEN and stopped is not None:
        await sessions.write(platform, stopped)


def superseded(running: Iterable[Transaction], now: datetime) -> list[Transaction]:
    """Open transactions of connectors on which another began a while ago: their stop is lost, for stations replay what
    they kept in order."""
    newest: dict[tuple[str, int], Transaction] = {}
    older = []
    for one in sorted(running, key=lambda transaction: (transaction.started_at, transaction.id)):
        before = newest.get((one.station_id, one.evse_id))
        if before is not None and now - one.started_at >= _STOP_IS_LOST:
            older.append(before)
        newest[one.station_id, one.evse_id] = one
    return older


async def end_superseded(platform: Platform, transaction: Transaction) -> None:
    """End it where its last meter value was."""
    last = max((row.at for row in await platform.store.transactions.samples(transaction.id)), default=None)
    await end(platform, transaction, last or transaction.started_at, reason="its stop was lost", rows=())


async def _of_stop(platform: Platform, station: Station, event: StopEvent) -> Transaction:
    """The transaction a stop names; else the only open one of the station; else a new one, for a person to look at."""
    named = await platform.store.transactions.get(event.transaction_id)
    if named is not None and named.station_id == station.id:
        return named
    evse_ids = dict.fromkeys(one.evse_id for one in station.connectors)
    on_each = [await platform.store.transactions.open_on(station.id, evse_id) for evse_id in evse_ids]
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
            meter_start_wh=Decimal(event.meter_stop_wh),
            started_at=at,
            dedupe=f"stop|{station.id}|{event.transaction_id}|{event.meter_stop_wh:f}",
        )
    )
    log.error("%s stopped transaction %d, which nobody started; kept as %d", station.id, event.transaction_id, kept.id)
    return kept


async def stop_answer(platform: Platform, transaction: Transaction, id_tag: str) -> IdTagAnswer:
    """Whoever started may stop, and whoever is of his group; another card is not asked about, for the transaction is
    over anyway."""
    accepted = transaction.accepted and await tokens.act_as_one(platform, id_tag, transaction.id_tag)
    return IdTagAnswer(status=AuthorizationStatus.ACCEPTED if accepted else AuthorizationStatus.INVALID)
