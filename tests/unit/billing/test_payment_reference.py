"""A reference names one invoice and no other, and a typing mistake in it is found."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import iso11649, luhn

from ocpilot.base.errors import UserError
from ocpilot.billing import payment_reference as found
from ocpilot.billing.parties import Payee

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
NUMBERS = st.builds("{}-{:06d}".format, st.text(PRINTABLE, min_size=1, max_size=4), st.integers(1, 999_999_999))


def test_an_ocr_has_its_length_and_a_check_digit() -> None:
    ocr = found.ocr_of("F-000123")
    assert ocr[:-1] == "3800012311"
    assert len(ocr) == 11
    assert luhn.is_valid(ocr)


@given(NUMBERS, NUMBERS)
def test_two_numbers_never_have_the_same_ocr(one: str, other: str) -> None:
    assume(one != other)
    assert found.ocr_of(one) != found.ocr_of(other)


@pytest.mark.parametrize(("one", "other"), [("S-43000001", "SK-000001"), ("F1-000001", "F-1000001"), ("f-1", "F-1")])
def test_series_that_look_alike_do_not_collide(one: str, other: str) -> None:
    assert found.ocr_of(one) != found.ocr_of(other)


@given(NUMBERS, st.data())
def test_a_wrong_digit_is_found(number: str, data: st.DataObject) -> None:
    ocr = found.ocr_of(number)
    place, digit = data.draw(st.integers(0, len(ocr) - 1)), data.draw(st.sampled_from("0123456789"))
    assume(ocr[place] != digit)
    assert found.ocr_in(ocr[:place] + digit + ocr[place + 1 :]) is None


@given(NUMBERS)
def test_a_creditor_reference_holds_the_ocr(number: str) -> None:
    ocr = found.ocr_of(number)
    reference = found.creditor_reference(ocr)
    assert iso11649.is_valid(reference)
    assert len(reference) <= 25
    assert found.ocr_in(found.grouped(reference)) == found.ocr_in(f" {ocr} ") == ocr


@pytest.mark.parametrize(
    "number", ["F", "000123", "-000123", "F-12A", "Å-000001", "ABCDEFGHIJ-000001", "ABCDEFG-000001"]
)
def test_a_number_without_room_for_an_ocr_is_refused(number: str) -> None:
    with pytest.raises(UserError, match=r"expected|shorten"):
        found.ocr_of(number)


def test_numbers_of_accounts_are_checked_and_written_as_banks_do() -> None:
    payee = Payee(
        bankgiro="9912346", plusgiro="2865434", iban="se35 5000 0000 0549 1000 0003", bic="essesess", swish="1231231231"
    )
    assert found.checked(payee) == Payee(
        bankgiro="991-2346",
        plusgiro="28 65 43-4",
        iban="SE3550000000054910000003",
        bic="ESSESESS",
        swish="123 123 12 31",
    )
    assert found.checked(Payee()) == Payee()


def test_everything_wrong_is_said_at_once() -> None:
    wrong = Payee(bankgiro="991-2347", plusgiro="1", iban="SE35 5000", bic="X", swish="0701234567")
    with pytest.raises(UserError) as error:
        found.checked(wrong)
    assert all(name in str(error.value) for name in ("bankgiro", "plusgiro", "iban", "bic", "swish"))
