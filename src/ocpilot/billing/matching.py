"""Which Session a CDR bills: by its id where the CDR names it, else by everything else both say."""

from ocpilot.base.ids import fold
from ocpilot.wire.v230 import CDR, Session


def is_bill_of(cdr: CDR, session: Session) -> bool:
    """Whether this is the bill of the Session; a credit of an earlier bill is not (mod_cdrs, "CDR object", `credit`).

    CDRs of 2.1.1 name no Session: the same Token at the same EVSE from the same moment on is the same charge.
    """
    if cdr.credit:
        return False
    if cdr.session_id:
        return fold(cdr.session_id) == fold(session.id)
    return _clues_of(cdr) == (
        fold(session.cdr_token.uid),
        fold(session.location_id),
        fold(session.evse_uid),
        session.start_date_time,
    )


def _clues_of(cdr: CDR) -> tuple[object, ...]:
    place = cdr.cdr_location
    return fold(cdr.cdr_token.uid), fold(place.id), fold(place.evse_uid), cdr.start_date_time
