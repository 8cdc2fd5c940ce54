"""What a reservation that nobody came for comes to: its Session at the end, and a CDR when it costs anything.

(mod_sessions, "Reservation"; mod_tariffs, "ReservationRestrictionType"). One that was cancelled costs nothing: a
reservation is priced until a charge begins or it expires.
"""

from datetime import datetime

import msgspec

from ocpilot.app.charges.charges import NoTerms, terms_of
from ocpilot.app.kept.charge_records import Reservation
from ocpilot.base.ids import derived_id
from ocpilot.billing.cdr import make_cdr
from ocpilot.billing.metered import cost_of
from ocpilot.metering.periods import only_reserved
from ocpilot.wire.v230 import CDR, Session


def expired(reservation: Reservation, session: Session, now: datetime) -> tuple[Session, CDR | None]:
    """The completed Session with the reserved time and its cost, as far as that is known, and the CDR."""
    try:
        terms = terms_of(reservation)
    except NoTerms:
        return session, None
    tariff = terms.tariff_at(reservation.began_at)
    held = (tariff,) if tariff else ()
    measured = only_reserved(reservation.began_at, reservation.until, tariff.id if tariff else None)
    cost = cost_of(measured, held, zone=terms.zone, currency=session.currency, expired=True).total_cost
    session = msgspec.structs.replace(
        session, end_date_time=measured.end, charging_periods=measured.periods, total_cost=cost
    )
    if cost is None or not cost.before_taxes:
        return session, None
    cdr = make_cdr(
        session,
        terms.location,
        reservation.evse_uid,
        reservation.ocpi_connector_id,
        held,
        measured,
        cdr_id=derived_id("cdr", session.id),
        now=now,
        remark="The reservation expired.",
        expired=True,
    )
    return session, cdr
