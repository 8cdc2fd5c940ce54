"""What a reservation that nobody came for comes to: its Session at the end, and a CDR when it costs anything.

(mod_sessions, "Reservation"; mod_tariffs, "ReservationRestrictionType"). One that was cancelled costs nothing: a
reservation is priced until a charge begins or it expires.
"""

from datetime import datetime

import msgspec

from ocpilot.app.charges import NoTerms, Terms, terms_of
from ocpilot.app.records import Reservation
from ocpilot.base.ids import derived_id
from ocpilot.billing.cdr import make_cdr
from ocpilot.billing.metered import cost_of
from ocpilot.metering.periods import Measured, only_reserved
from ocpilot.pricing import PricedCharge
from ocpilot.wire.v230 import CDR, Session, Tariff


def expired(reservation: Reservation, session: Session, now: datetime) -> tuple[Session, CDR | None]:
    """The completed Session with the reserved time and its cost, as far as that is known, and the CDR."""
    try:
        terms = terms_of(reservation)
    except NoTerms:
        return session, None
    tariff = terms.tariff_at(reservation.began_at)
    measured = only_reserved(reservation.began_at, reservation.until, tariff.id if tariff else None)
    priced = _price(measured, tariff, terms, session)
    session = msgspec.structs.replace(
        session,
        end_date_time=measured.end,
        charging_periods=measured.periods,
        total_cost=priced.total_cost,
    )
    if tariff is None or priced.total_cost is None or not priced.total_cost.before_taxes:
        return session, None
    return session, _cdr(reservation, session, terms, tariff, measured, now)


def _price(measured: Measured, tariff: Tariff | None, terms: Terms, session: Session) -> PricedCharge:
    held = (tariff,) if tariff else ()
    return cost_of(measured, held, zone=terms.zone, currency=session.currency, expired=True)


def _cdr(
    reservation: Reservation, session: Session, terms: Terms, tariff: Tariff, measured: Measured, now: datetime
) -> CDR:
    return make_cdr(
        session,
        terms.location,
        reservation.evse_uid,
        reservation.ocpi_connector_id,
        (tariff,),
        measured,
        cdr_id=derived_id("cdr", session.id),
        now=now,
        remark="The reservation expired.",
        expired=True,
    )
