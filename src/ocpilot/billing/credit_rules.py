"""Whether a Credit CDR takes back the CDR it names, and nothing else (mod_cdrs, "Credit CDRs")."""

from collections.abc import Iterator

from ocpilot.base.ids import fold
from ocpilot.base.time import write
from ocpilot.billing.clearing_limits import Rule
from ocpilot.billing.clearing_rules import Found
from ocpilot.billing.numbers import after_taxes
from ocpilot.billing.tolerance import unit
from ocpilot.wire.v230 import CDR


def credit_findings(credit: CDR, original: CDR, credited_by: str | None) -> tuple[Found, ...]:
    """What speaks against it. `credited_by` is the id of another Credit CDR that took the original back before."""
    return (
        *_of_chain(original, credited_by),
        *_of_charge(credit, original),
        *_of_amount(credit, original),
    )


def takes_back(credit: CDR, original: CDR) -> bool:
    """Whether it can be told from its data alone that it is the credit of this one, whatever it names."""
    same_session = fold(credit.session_id or "") == fold(original.session_id or "")
    return not (original.credit or not same_session or credit_findings(credit, original, None))


def _of_chain(original: CDR, credited_by: str | None) -> Iterator[Found]:
    if original.credit:
        found = f"CDR {original.id} is a Credit CDR itself"
        yield Found(rule=Rule.CREDIT_CHAIN, found=found, expected="the CDR of a charge")
    if credited_by is not None:
        found = f"CDR {original.id} was credited by {credited_by} already"
        yield Found(rule=Rule.CREDITED_TWICE, found=found, expected="one Credit CDR for a CDR")


def _of_charge(credit: CDR, original: CDR) -> Iterator[Found]:
    """What both must say alike."""
    pairs = (
        ("Token", credit.cdr_token.uid, original.cdr_token.uid),
        ("Location", credit.cdr_location.id, original.cdr_location.id),
        ("EVSE", credit.cdr_location.evse_uid, original.cdr_location.evse_uid),
        ("start", write(credit.start_date_time), write(original.start_date_time)),
    )
    for what, found, expected in pairs:
        if fold(found) != fold(expected):
            yield Found(rule=Rule.CREDIT_CHARGE, found=f"{what} {found}", expected=f"{what} {expected}, as it was")


def _of_amount(credit: CDR, original: CDR) -> Iterator[Found]:
    if credit.currency.upper() != original.currency.upper():
        yield Found(rule=Rule.CURRENCY, found=credit.currency, expected=f"{original.currency}, as it was")
        return
    sides = (
        ("before taxes", credit.total_cost.before_taxes, original.total_cost.before_taxes),
        ("after taxes", after_taxes(credit.total_cost), after_taxes(original.total_cost)),
    )
    for what, given, taken in sides:
        if abs(given + taken) > unit(credit.currency) / 2:
            found, expected = (f"{one:f} {credit.currency} {what}" for one in (given, -taken))
            yield Found(rule=Rule.CREDIT_AMOUNT, found=found, expected=f"{expected}, all that was billed")
            return
