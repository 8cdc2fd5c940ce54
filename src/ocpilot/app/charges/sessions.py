"""The Session of a transaction of ours, written anew from all its samples whenever something came in (mod_sessions)."""

import logging

import msgspec

from ocpilot.app.charges.charges import Charge, charge_of
from ocpilot.app.charges.meant import NOT_AVAILABLE
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import own, parsed, value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import AuthMethod, CdrDimensionType, CdrToken, ChargingPeriod, Session, SessionStatus

log = logging.getLogger(__name__)


async def write(platform: Platform, transaction: Transaction) -> None:
    """Write the Session as it stands; the same samples give the same Session, so this may be done again at any time.

    A transaction that was not accepted is nobody's Session yet: a person looks at it after its end; a dropped one is
    nobody's any more, and one of which it is not known where it is has no Location yet. What cannot be measured or
    priced is logged and tried again by `jobs.py`; the station has done its part and is not told.
    """
    if not transaction.accepted or transaction.cdr_token is None or transaction.evse_uid == NOT_AVAILABLE:
        return
    if transaction.state == TransactionState.DROPPED:
        return
    try:
        session = session_of(platform, await charge_of(platform, transaction), transaction.cdr_token)
    except (OcpilotError, ValueError, ArithmeticError) as error:
        log.error("the session of transaction %d cannot be written: %s", transaction.id, error)
        return
    key = key_of(transaction)
    kept = await platform.store.objects.get(key)
    if kept is None or not _same(value_of(Session, kept), session):
        await platform.store.objects.put(own(key, session, session.last_updated))


def key_of(transaction: Transaction) -> ObjectKey:
    """Where the Session of a transaction is kept."""
    return ObjectKey(module=ModuleID.SESSIONS, party=transaction.party, id=transaction.session_id)


def session_of(platform: Platform, charge: Charge, cdr_token: str) -> Session:
    """The Session as it stands. Without a Tariff the cost is left out: it is not free, we do not know it."""
    transaction = charge.transaction
    over = transaction.state != TransactionState.OPEN
    return Session(
        country_code=transaction.party.country_code,
        party_id=transaction.party.party_id,
        id=transaction.session_id,
        start_date_time=charge.measured.start,
        end_date_time=charge.measured.end if over else None,
        kwh=charge.measured.kwh,
        cdr_token=parsed(CdrToken, cdr_token),
        auth_method=AuthMethod(transaction.auth_method),
        authorization_reference=transaction.authorization_reference,
        location_id=transaction.location_id,
        evse_uid=transaction.evse_uid,
        connector_id=transaction.ocpi_connector_id,
        currency=charge.currency,
        charging_periods=_told(charge.measured.session_periods, soc=platform.settings.charging.send_soc),
        total_cost=charge.priced.total_cost,
        status=SessionStatus.COMPLETED if over else SessionStatus.ACTIVE,
        last_updated=platform.clock(),
    )


def _told(periods: tuple[ChargingPeriod, ...], *, soc: bool) -> tuple[ChargingPeriod, ...]:
    """How full a battery is tells much about a driver: only where it is wanted (mod_cdrs, "CdrDimensionType")."""
    if soc:
        return periods
    return tuple(
        msgspec.structs.replace(
            one, dimensions=tuple(each for each in one.dimensions if each.type != CdrDimensionType.STATE_OF_CHARGE)
        )
        for one in periods
    )


def _same(kept: Session, new: Session) -> bool:
    """Whether nothing but the moment of writing differs: then nobody needs to hear of it."""
    return msgspec.structs.replace(new, last_updated=kept.last_updated) == kept
