"""OCPP transactions: started, measured and stopped. Everything a station said is on disk before it is answered."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.app.charges import authorize, charges, concurrent, later_values, meant, samples, sessions
from ocpilot.app.charges.ad_hoc_tokens import is_spent
from ocpilot.app.charges.authorize import Decision
from ocpilot.app.kept.charge_records import SampleRow, Station, StationConnector, Transaction, TransactionState
from ocpilot.app.kept.station_events import (
    AuthorizationStatus,
    IdTagAnswer,
    IdToken,
    StartAnswer,
    StartEvent,
    StationSample,
    StopEvent,
)
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.orders import bookings, command_orders, reservations
from ocpilot.app.platform import Platform
from ocpilot.app.stations import price_texts
from ocpilot.app.stations.stations import connector_of, place_of
from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.wire.v230 import AllowedType, AuthMethod, CdrToken, DisplayText, LocationReferences, Token, TokenType

log = logging.getLogger(__name__)

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
    "start_arrived",
    "evse_id",
    "evse_uid",
    "ocpi_connector_id",
)

#: A repeated start whose time moved by so little is the same.
_SAME = timedelta(seconds=2)
#: A station tries so long to tell a start, and may write a new time each time.
_RETRIED = timedelta(minutes=5)
_AT_ONCE = timedelta(seconds=5)
#: The word that a connector has nothing to do with a car any more (OCPP 1.6, 7.7; 2.x, "ConnectorStatusEnumType").
_FREE = "Available"

_ANSWERS = {
    AllowedType.ALLOWED: AuthorizationStatus.ACCEPTED,
    AllowedType.BLOCKED: AuthorizationStatus.BLOCKED,
    AllowedType.EXPIRED: AuthorizationStatus.EXPIRED,
    AllowedType.NO_CREDIT: AuthorizationStatus.NO_CREDIT,
    AllowedType.NOT_ALLOWED: AuthorizationStatus.NOT_AT_THIS_LOCATION,
}


async def authorize_tag(platform: Platform, station: Station, token: IdToken) -> IdTagAnswer:
    """Authorize: may this card charge at this station?"""
    decision = await authorize.authorize_token(platform, station.party, token, place_of(station))
    answer = answer_of(decision, decision.allowed)
    if await concurrent.charges_elsewhere(platform, decision, station):
        return msgspec.structs.replace(answer, status=AuthorizationStatus.CONCURRENT_TX)
    text = None
    if token.kind is not None and decision.token is not None and answer.status == AuthorizationStatus.ACCEPTED:
        text = await price_texts.for_driver(platform, station, decision.token)
    return msgspec.structs.replace(answer, expires=authorize.forgotten_at(platform, decision), message=text)


def answer_of(decision: Decision, allowed: AllowedType | None) -> IdTagAnswer:
    """A decision in OCPP's words."""
    status = AuthorizationStatus.UNKNOWN if allowed is None else _ANSWERS[allowed]
    return IdTagAnswer(status=status, parent=decision.token.group_id if decision.token else None)


# ---- start ---------------------------------------------------------------------------------------------------------


async def start(platform: Platform, station: Station, event: StartEvent) -> StartAnswer:
    """StartTransaction, maybe repeated. OCPP 1.6 cannot refuse it: what may not be is kept and answered Invalid.
    Connector 0 of a station with one is that one."""
    if not event.evse_id and len(station.connectors) == 1:
        event = msgspec.structs.replace(event, evse_id=station.connectors[0].evse_id)
    kept, answer = await begin(platform, station, event, _dedupe(station, event))
    return StartAnswer(transaction_id=kept.id, id_tag=answer)


async def begin(
    platform: Platform, station: Station, event: StartEvent, dedupe: str
) -> tuple[Transaction, IdTagAnswer]:
    """The transaction of a start, a new one or the one that `dedupe` made before, and the answer about its token."""
    connector = connector_of(station, event.evse_id, event.connector_id)
    blank = _transaction(station, connector, event, dedupe, platform.clock())
    running = await platform.store.transactions.open_on(station.id, event.evse_id) if event.evse_id else None
    if running is not None and await _is_same(platform, running, blank, event):
        return running, _answer_again(running)
    wanted, answer = await _for_driver(platform, station, connector, event, blank)
    kept, created = await platform.store.transactions.start(wanted)
    if not created:
        return kept, _answer_again(kept)
    await after_start(platform, kept)
    if kept.meter_start_wh is not None:
        row = samples.register_row(kept)
        await later_values.tell(platform, station.id, kept.evse_id, (row,), before=kept.started_at)
    if running is not None:
        await two_on_one(platform, running, kept)
    await _end_already(platform, kept)
    return kept, answer


def _answer_again(kept: Transaction) -> IdTagAnswer:
    return IdTagAnswer(status=AuthorizationStatus.ACCEPTED if kept.accepted else AuthorizationStatus.INVALID)


async def _is_same(platform: Platform, running: Transaction, new: Transaction, event: StartEvent) -> bool:
    """Whether a start is that of the running one, repeated with another time: of the same token at the same register,
    within a moment, or within minutes in which nothing was heard of it (a retry). One of 2.x is known by its name."""
    if new.station_key is not None or event.token is None:
        return False
    if fold(running.id_tag) != fold(event.token.value) or running.meter_start_wh != new.meter_start_wh:
        return False
    apart = abs(new.started_at - running.started_at)
    return apart <= _SAME or (apart <= _RETRIED and not await platform.store.transactions.samples(running.id))


async def two_on_one(platform: Platform, one: Transaction, other: Transaction) -> None:
    """No car charges twice at one EVSE: the connector is not that of the older one any more, whose stop may be on its
    way (`lost_stops`). Starts within seconds are one plug that was read twice."""
    older, newer = sorted((one, other), key=lambda each: (each.started_at, each.id))
    await platform.store.transactions.set_freed(older.id, platform.clock())
    if newer.started_at - older.started_at <= _AT_ONCE:
        await note(platform, older, Oddity.STARTED_TWICE, f"transaction {newer.id} began at once")


async def _end_already(platform: Platform, begun: Transaction) -> None:
    """The stop of this transaction came before its start, and was kept as one that nobody started."""
    kept = await meant.stop_before(platform, begun) if begun.station_key is None else None
    if kept is None:
        return
    text = f"kept as transaction {kept.id} until the start came"
    await note(platform, begun, Oddity.STOP_BEFORE_START, text)
    rows = meant.copied(begun, await platform.store.transactions.samples(kept.id))
    await end(
        platform,
        begun,
        kept.stopped_at or kept.started_at,
        arrived=kept.stop_arrived or platform.clock(),
        reason=kept.stop_reason,
        rows=rows,
        meter_stop_wh=kept.meter_stop_wh or kept.meter_start_wh,
    )
    await platform.store.transactions.set_state(kept.id, TransactionState.DROPPED, f"it is of transaction {begun.id}")


async def note(platform: Platform, transaction: Transaction, kind: Oddity, found: str) -> None:
    """Keep what is odd about a transaction."""
    finding = Finding(kind=kind, found=found, at=platform.clock())
    await platform.store.transaction_findings.put(transaction.id, (finding,))


async def identify(
    platform: Platform,
    station: Station,
    transaction: Transaction,
    event: StartEvent,
    arrived: datetime | None = None,
) -> IdTagAnswer:
    """Somebody says who charges in a transaction that began without that: it is his from then on."""
    connector = connector_of(station, event.evse_id, event.connector_id)
    now = platform.clock()
    since = msgspec.structs.replace(transaction, started_at=event.at or now, start_arrived=arrived or now)
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
    allowed = decision.allowed if _is_told_later(event) else decision.at(blank.evse_uid)
    twice = await concurrent.charges_elsewhere(platform, decision, station, event.evse_id)
    if decision.token is not None and await is_spent(platform, decision.token):
        allowed = AllowedType.NOT_ALLOWED
    if connector is None and not _is_told_later(event) and allowed == AllowedType.ALLOWED:
        allowed = AllowedType.NOT_ALLOWED
    may = allowed == AllowedType.ALLOWED and not twice
    wanted = _decided_for(blank, event, decision, accepted=may)
    if connector is not None:
        wanted = await under_terms(platform, station, connector, wanted, event.reservation_id)
    answer = answer_of(decision, allowed)
    if may and event.token is not None and event.token.kind is not None and decision.token is not None:
        answer = msgspec.structs.replace(answer, message=_price_text(wanted, decision.token))
    return wanted, msgspec.structs.replace(answer, status=AuthorizationStatus.CONCURRENT_TX) if twice else answer


def _is_told_later(event: StartEvent) -> bool:
    """A station of 2.x says where a charge is when the car is plugged in. A connector that is named and not known sells
    nothing: no price of it can be told, and nobody could bill it."""
    return event.station_key is not None and not event.evse_id


async def under_terms(
    platform: Platform,
    station: Station,
    connector: StationConnector,
    begun: Transaction,
    reservation_id: int | None = None,
) -> Transaction:
    """A transaction at this connector: with the reservation or booking it uses, and the terms that hold there."""
    wanted = msgspec.structs.replace(
        begun,
        evse_id=connector.evse_id,
        evse_uid=connector.evse_uid,
        ocpi_connector_id=connector.ocpi_connector_id,
    )
    reservation = None
    if wanted.accepted:
        reservation = await reservations.for_start(platform, station, connector.evse_id, wanted.id_tag, reservation_id)
    if reservation is not None:
        reference = wanted.authorization_reference or reservation.authorization_reference
        wanted = msgspec.structs.replace(wanted, session_id=reservation.session_id, authorization_reference=reference)
    if wanted.accepted and wanted.authorization_reference is None:
        wanted = msgspec.structs.replace(wanted, authorization_reference=await _booked(platform, wanted))
    token = parsed(CdrToken, wanted.cdr_token) if wanted.cdr_token else None
    driver = PartyId.of(token.country_code, token.party_id) if token else None
    ad_hoc = token is not None and token.type == TokenType.AD_HOC_USER
    terms = await charges.terms_now(platform, station, connector, reservation, driver=driver, ad_hoc=ad_hoc)
    return msgspec.structs.replace(wanted, terms=terms)


def _price_text(begun: Transaction, token: Token) -> DisplayText | None:
    """The price of a charge that begins, for the driver's eyes."""
    terms = charges.terms_of(begun) if begun.terms is not None else None
    tariff = terms.tariff_at(begun.started_at) if terms else None
    return price_texts.text_of(tariff, token.language or "", terms.zone) if terms and tariff else None


async def _decided(
    platform: Platform, station: Station, connector: StationConnector | None, event: StartEvent
) -> Decision:
    """About the token that was shown, else about the one of the command that the station carries out."""
    shown = event.token
    if (shown is None or not shown.value) and event.remote_start_id is not None:
        command = await platform.store.commands.numbered(event.remote_start_id)
        shown = IdToken(command.token_uid) if command and command.token_uid else shown
    if shown is None:
        return authorize.UNKNOWN
    evse_uids = (connector.evse_uid,) if connector else ()
    place = LocationReferences(location_id=station.location_id, evse_uids=evse_uids)
    return await authorize.authorize_token(
        platform, station.party, shown, place, starting=True, number=event.remote_start_id
    )


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
    station: Station, connector: StationConnector | None, event: StartEvent, dedupe: str, now: datetime
) -> Transaction:
    """One of which nobody has said yet for whom it is."""
    return Transaction(
        station_id=station.id,
        station_key=event.station_key,
        evse_id=event.evse_id,
        party=station.party,
        location_id=station.location_id,
        evse_uid=connector.evse_uid if connector else meant.NOT_AVAILABLE,
        ocpi_connector_id=connector.ocpi_connector_id if connector else meant.NOT_AVAILABLE,
        session_id=new_id(),
        id_tag="",
        cdr_token=None,
        auth_method=AuthMethod.WHITELIST,
        accepted=False,
        meter_start_wh=event.meter_start_wh,
        started_at=event.at or now,
        start_arrived=now,
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
) -> Transaction | None:
    """MeterValues: kept before this returns, also after the stop. The transaction they are of, None when of none."""
    first = next((one.at for one in sent if one.at), None)
    transaction = await meant.of_values(platform, station, evse_id, transaction_id, first)
    rows = samples.rows_of(transaction.id if transaction else 0, sent, platform.clock())
    if transaction is None:
        await later_values.tell(platform, station.id, evse_id, rows)
        return None
    await goes_on(platform, transaction)
    await platform.store.transactions.add_samples(rows)
    await later_values.came(platform, transaction)
    return transaction


async def state_changed(platform: Platform, station: Station, evse_id: int, status: str, at: datetime | None) -> None:
    """A StatusNotification during a transaction tells who holds back the energy: kept like a meter value."""
    transaction = await platform.store.transactions.open_on(station.id, evse_id)
    if transaction is None:
        return
    now = platform.clock()
    row = samples.state_row(transaction.id, status, at, now)
    if row is not None:
        await goes_on(platform, transaction)
        await platform.store.transactions.add_samples((row,))
        await sessions.write(platform, transaction)
    elif status == _FREE and transaction.freed_at is None and (at or now) >= transaction.started_at:
        await platform.store.transactions.set_freed(transaction.id, now)


async def goes_on(platform: Platform, transaction: Transaction) -> None:
    """Something was heard of it: its connector is not free, whatever the station said before."""
    if transaction.freed_at is not None:
        await platform.store.transactions.set_freed(transaction.id, None)


async def booted(platform: Platform, station: Station) -> None:
    """The station restarted: what ran may go on, or end, as it says itself; else `lost_stops` ends it."""
    for evse_id in dict.fromkeys(one.evse_id for one in station.connectors):
        running = await platform.store.transactions.open_on(station.id, evse_id)
        if running is not None:
            await note(platform, running, Oddity.REBOOTED, "the station restarted while it ran")


# ---- stop ----------------------------------------------------------------------------------------------------------


async def stop(platform: Platform, station: Station, event: StopEvent) -> IdTagAnswer | None:
    """StopTransaction, maybe repeated: the second one changes nothing and is answered the same."""
    transaction, now = await meant.of_stop(platform, station, event), platform.clock()
    rows, stop_wh = samples.rows_of(transaction.id, event.samples, now), event.meter_stop_wh
    if transaction.stop_arrived is not None and transaction.meter_stop_wh != stop_wh:
        rows += samples.shown_rows(transaction.id, stop_wh, now)
    await end(platform, transaction, event.at, arrived=now, reason=event.reason, rows=rows, meter_stop_wh=stop_wh)
    return None if event.id_tag is None else await stop_answer(platform, transaction, event.id_tag)


async def end(
    platform: Platform,
    transaction: Transaction,
    at: datetime | None,
    *,
    arrived: datetime | None,
    reason: str | None,
    rows: Sequence[SampleRow],
    meter_stop_wh: Decimal | None = None,
) -> None:
    """It is over, with the last samples; one that was over keeps its end, unless that was ours for want of a stop, of
    which none `arrived`."""
    ended = at or arrived or platform.clock()
    stopped = await platform.store.transactions.stop(
        transaction.id,
        at=max(ended, transaction.started_at),
        arrived=arrived,
        meter_stop_wh=meter_stop_wh,
        reason=reason,
        samples=rows,
    )
    if stopped is not None and stopped != transaction:
        await sessions.write(platform, stopped)
    elif arrived and transaction.state == TransactionState.BILLED and transaction.stop_arrived is None:
        await note(platform, transaction, Oddity.LATE_STOP, f"{meter_stop_wh} Wh at {time.write(ended)}")
    else:
        await later_values.came(platform, transaction)


async def stop_answer(platform: Platform, transaction: Transaction, id_tag: str) -> IdTagAnswer:
    """Whoever started may stop, and whoever is of his group; another card is not asked about, for the transaction is
    over anyway."""
    accepted = transaction.accepted and await tokens.act_as_one(platform, id_tag, transaction.id_tag)
    return IdTagAnswer(status=AuthorizationStatus.ACCEPTED if accepted else AuthorizationStatus.INVALID)
