"""What a payment settles, case by case: in the order named, never more than is open, and nothing is lost on the way."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.billing.ledger import Account
from ocpilot.billing.payment_reference import creditor_reference, ocr_of
from ocpilot.billing.payment_words import has_wrong_check_digit, is_like, numbers_in, plain, references_in, spellings
from ocpilot.billing.settling import Debt, Held, Left, Share, customer_of, entry_of_payment, shares, why_left


def debt(number: str, is_open: str, stated: str | None = None, **fields) -> Debt:
    given_ = None if stated is None else Decimal(stated)
    account = fields.pop("account", Account.RECEIVABLE)
    return Debt(
        number=number, account=account, customer_id=1, currency="SEK", open=Decimal(is_open), stated=given_, **fields
    )


@pytest.mark.parametrize(
    ("amount", "debts", "expected", "why"),
    [
        ("100", [debt("F-1", "100")], {"F-1": 100}, Left.NOTHING),
        ("60", [debt("F-1", "100")], {"F-1": 60}, Left.NOTHING),
        ("130", [debt("F-1", "100")], {"F-1": 100}, Left.OVERPAID),
        ("100", [debt("F-1", "0")], {}, Left.PAID_ALREADY),
        ("100", [debt("F-1", "0", credited=True)], {}, Left.CREDITED),
        ("100", [debt("F-1", "-20")], {}, Left.PAID_ALREADY),
        ("150", [debt("F-1", "100"), debt("F-2", "50")], {"F-1": 100, "F-2": 50}, Left.NOTHING),
        ("120", [debt("F-1", "100"), debt("F-2", "50")], {"F-1": 100, "F-2": 20}, Left.NOTHING),
        ("90", [debt("F-1", "100", "60"), debt("F-2", "50", "30")], {"F-1": 60, "F-2": 30}, Left.NOTHING),
        ("90", [debt("F-1", "50", "60"), debt("F-2", "50", "30")], {"F-1": 50, "F-2": 30}, Left.OVERPAID),
        ("80", [debt("F-1", "100"), debt("F-2", "-20")], {"F-2": -20, "F-1": 100}, Left.NOTHING),
        ("-80", [debt("A-1", "-80", account=Account.PAYABLE)], {"A-1": -80}, Left.NOTHING),
        ("-20", [debt("F-1", "-20")], {"F-1": -20}, Left.NOTHING),
        ("-80", [debt("F-1", "80")], {}, Left.PAID_ALREADY),
        ("0", [debt("F-1", "50", "50"), debt("F-2", "-50", "-50")], {"F-2": -50, "F-1": 50}, Left.NOTHING),
    ],
)
def test_a_payment_settles_what_it_names(amount, debts, expected, why):
    found = shares(Decimal(amount), debts)
    assert {one.debt.number: one.amount for one in found} == expected
    assert why_left(Decimal(amount), debts, found) is why


_CENTS = st.integers(-50_000, 50_000).map(lambda cents: Decimal(cents).scaleb(-2))


@given(amount=_CENTS, opens=st.lists(st.tuples(_CENTS, st.none() | _CENTS), max_size=5))
def test_whatever_is_named_the_entry_balances_and_no_invoice_gets_more_than_is_open(amount, opens):
    debts = [
        debt(f"F-{place}", str(is_open), None if stated is None else str(stated))
        for place, (is_open, stated) in enumerate(opens)
    ]
    found = shares(amount, debts)
    for one in found:
        assert abs(one.amount) <= abs(one.debt.open)
        assert one.amount * one.debt.open > 0
    left = amount - sum(one.amount for one in found)
    assert left * amount >= 0
    made = entry_of_payment("k", date(2026, 1, 1), "t", "SEK", bank=amount, settled=found, after=[Held(amount=left)])
    assert sum(line.amount for line in made.lines) == 0
    assert all(line.amount for line in made.lines)


def test_money_that_changes_its_owner_moves_from_one_to_the_other():
    share = Share(debt=debt("F-1", "10"), amount=Decimal(10))
    before, after = Held(amount=Decimal(30)), Held(amount=Decimal(20), customer_id=1)
    made = entry_of_payment("k", date(2026, 1, 1), "t", "SEK", settled=[share], before=[before], after=[after])
    assert {(line.account, line.customer_id): line.amount for line in made.lines} == {
        (Account.RECEIVABLE, 1): -10,
        (Account.UNMATCHED, None): 30,
        (Account.UNMATCHED, 1): -20,
    }


def test_the_rest_is_somebodys_only_when_all_invoices_are_his():
    one, other = debt("F-1", "1"), Debt(number="F-2", account=Account.RECEIVABLE, customer_id=2, currency="SEK")
    assert (customer_of([one, one]), customer_of([one, other]), customer_of([])) == (1, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Faktura F-000123", ["F-000123"]),
        ("f0123, F 0007, F - 8 and sk-2", ["F-000123", "F-000007", "F-000008", "SK-000002"]),
        ("AF-000123 F-12x", []),
        ("Storgatan 5, lgh F 12, lgh F12", []),
        ("", []),
    ],
)
def test_invoice_numbers_are_found_however_they_are_written(text, expected):
    assert list(numbers_in(text, ("F", "S", "SK", ""))) == expected


def test_digits_are_a_reference_when_their_check_digit_says_so():
    ocr = ocr_of("F-000001")
    assert list(references_in(f"pays {ocr} and 1234, SE{ocr}")) == [ocr]
    assert has_wrong_check_digit("1234")
    assert has_wrong_check_digit("RF00ABC")
    assert not has_wrong_check_digit("1230")
    assert plain("12 3-0") == "1230"
    assert spellings(creditor_reference(ocr)) == (creditor_reference(ocr), ocr)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Anna Berg", "BERG, ANNA", True),
        ("Kalles Plåt AB", "KALLES PLÅT", True),
        ("Anna Berg", "Anna Ek", False),
        ("", "Anna", False),
        ("AB", "AB", False),
    ],
)
def test_names_are_alike_when_one_has_all_words_of_the_other(one, other, expected):
    assert is_like(one, other) is expected
