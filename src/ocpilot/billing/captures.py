"""What a terminal provider says it captured, beside what the CDR comes to (mod_payments, "Financial Advice
Confirmation"). Pure."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.billing.numbers import after_taxes
from ocpilot.wire.v230 import CaptureStatusCode, FinancialAdviceConfirmation


class CaptureState(StrEnum):
    """`waiting`: the provider has said nothing. `missing`: for too long. `differs`: it captured something else than the
    receipt says, and calls that a success. `partial`, `failed`: as it says itself."""

    WAITING = "waiting"
    MISSING = "missing"
    PAID = "paid"
    DIFFERS = "differs"
    PARTIAL = "partial"
    FAILED = "failed"


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict; `amount` None: it cannot be compared."""

    state: CaptureState
    amount: Decimal | None
    why: str = ""


def judged(due: Decimal, currency: str, said: FinancialAdviceConfirmation) -> Captured:
    """`due` is a consumer price with VAT, and so is what the provider tells."""
    amount, message = after_taxes(said.total_costs), said.capture_status_message or ""
    if said.capture_status_code == CaptureStatusCode.FAILED:
        return Captured(state=CaptureState.FAILED, amount=Decimal(0), why=message or "nothing was captured")
    if said.currency != currency:
        found = f"{amount} {said.currency} were captured, expected {due} {currency}"
        return Captured(state=CaptureState.DIFFERS, amount=None, why=found)
    found = f"{amount} of {due} {currency} were captured"
    if said.capture_status_code == CaptureStatusCode.PARTIAL_SUCCESS:
        return Captured(state=CaptureState.PARTIAL, amount=amount, why=f"{found}. {message}".strip())
    if amount != due:
        return Captured(state=CaptureState.DIFFERS, amount=amount, why=found)
    return Captured(state=CaptureState.PAID, amount=amount)
