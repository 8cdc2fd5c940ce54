"""What a card payment does to the accounts, and what a terminal provider's word is worth."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ocpilot.billing.captures import CaptureState, judged
from ocpilot.billing.card_sales import moved, refund, sale
from ocpilot.billing.ledger import Account
from ocpilot.pricing import Amount
from ocpilot.wire.v230 import CaptureStatusCode, FinancialAdviceConfirmation, Price, TaxAmount

DAY = date(2026, 11, 23)


class Paper:
    """As much of a receipt as is booked."""

    number, currency = "R-000001", "SEK"

    def __init__(self, excl, vat, incl):
        self.total = Amount(excl=excl and Decimal(excl), vat=vat and Decimal(vat), incl=incl and Decimal(incl))


WHOLE = Paper("40.00", "10.00", "50.00")


def amounts(entry):
    assert sum(line.amount for line in entry.lines) == 0
    return {line.account: line.amount for line in entry.lines}


@pytest.mark.parametrize(
    ("paper", "captured", "wanted"),
    [
        (WHOLE, "50.00", {Account.CARDS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}),
        (WHOLE, "30.00", {Account.CARDS: 30, Account.BAD_DEBTS: 20, Account.REVENUE: -40, Account.VAT_OUT: -10}),
        (WHOLE, "0.00", {Account.BAD_DEBTS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}),
        (Paper("40.00", None, None), "40.00", {Account.CARDS: 40, Account.REVENUE: -40}),
        (Paper(None, None, "50.00"), "50.00", {Account.CARDS: 50, Account.REVENUE: -50}),
    ],
)
def test_the_whole_receipt_is_sold_whatever_was_taken(paper, captured, wanted):
    entry = sale(paper, Decimal(captured), DAY)
    assert entry.key == "receipt/R-000001"
    assert amounts(entry) == wanted


@pytest.mark.parametrize("amount", ["0.01", "12.34", "33.33", "50.00"])
def test_a_refund_adds_up_however_it_is_divided(amount):
    given = amounts(refund(WHOLE, Decimal(amount), "p1/1", DAY))
    assert given[Account.CARDS] == -Decimal(amount)
    assert abs(given.get(Account.ROUNDING, 0)) <= Decimal("0.01")


def test_money_that_came_after_all_moves():
    entry = moved(WHOLE, Decimal(50), Decimal(20), "terminal/R-000001/F1", day=DAY, of=Account.UNMATCHED)
    assert amounts(entry) == {Account.CARDS: 30, Account.UNMATCHED: -30}


def said(status, excl, vat=None, currency="SEK", message=None):
    return FinancialAdviceConfirmation(
        id="F1",
        authorization_reference="pp-1",
        total_costs=Price(
            before_taxes=Decimal(excl), taxes=(TaxAmount(name="VAT", amount=Decimal(vat)),) if vat else ()
        ),
        currency=currency,
        eft_data=("Visa",),
        capture_status_code=status,
        capture_status_message=message,
        last_updated=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("advice", "state", "amount"),
    [
        (said(CaptureStatusCode.SUCCESS, "40.00", "10.00"), CaptureState.PAID, 50),
        (said(CaptureStatusCode.SUCCESS, "50.00"), CaptureState.PAID, 50),
        (said(CaptureStatusCode.SUCCESS, "40.00"), CaptureState.DIFFERS, 40),
        (said(CaptureStatusCode.SUCCESS, "60.00"), CaptureState.DIFFERS, 60),
        (said(CaptureStatusCode.SUCCESS, "50.00", currency="EUR"), CaptureState.DIFFERS, None),
        (said(CaptureStatusCode.PARTIAL_SUCCESS, "30.00", message="limit"), CaptureState.PARTIAL, 30),
        (said(CaptureStatusCode.FAILED, "50.00", message="expired"), CaptureState.FAILED, 0),
    ],
)
def test_what_was_captured_beside_what_is_due(advice, state, amount):
    found = judged(Decimal("50.00"), "SEK", advice)
    assert (found.state, found.amount) == (state, amount)
    assert bool(found.why) == (state is not CaptureState.PAID)
