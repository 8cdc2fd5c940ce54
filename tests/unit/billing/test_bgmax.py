"""Bankgirot's files: what they say is read exactly, and one that does not add up is refused whole, with its lines."""

from datetime import date
from decimal import Decimal

import pytest

from bank_files import Paid, bgmax, extra
from ocpilot.base.errors import InvalidObject
from ocpilot.billing.bank_payment import Named
from ocpilot.billing.bgmax import is_bgmax, read

WHOLE = bgmax(
    Paid("1250.50", "1234566", serial="77", payer="Kalles Plåt AB", below=["25Tack för i år", "29005500001234"]),
    Paid("300.00", "7654321 998 12", code="3", below=[extra("7654321", "200"), extra("998", "100")]),
    Paid("50.00", "1234566", record="21"),
    Paid("10.00", code="0"),
)


def test_payments_come_with_their_amount_day_reference_and_payer():
    first, several, deduction, nothing = read(WHOLE).payments
    assert (first.amount, first.currency, first.day) == (Decimal("1250.50"), "SEK", date(2026, 11, 26))
    assert first.named == (Named(reference="1234566"),)
    assert (first.payer, first.text, first.payer_number) == ("Kalles Plåt AB", "Tack för i år", "5500001234")
    assert (first.account, first.place) == ("9912346", "line 3")
    assert first.raw.startswith("200000000000123456")
    assert [(one.reference, one.amount) for one in several.named] == [("7654321", 200), ("998", 100)]
    assert several.text == "7654321 998 12"
    assert (deduction.amount, deduction.named[0].reference) == (Decimal("-50.00"), "1234566")
    assert nothing.named == ()


def test_the_same_payment_has_the_same_id_in_every_file_and_no_other_has_it():
    ids = [one.bank_id for one in read(WHOLE).payments]
    assert ids == [one.bank_id for one in read(WHOLE).payments]
    assert ids[0] == "20261126/00001/000000000077"
    assert len(set(ids)) == len(ids)
    twice = read(bgmax(Paid("1", "1", serial="5"), Paid("1", "1", serial="5"))).payments
    assert [one.bank_id[-2:] for one in twice] == ["05", "#2"]


def test_a_negative_reference_is_taken_off():
    paid = Paid("100", "A B", code="3", below=[extra("1", "150"), extra("2", "50", record="23")])
    assert [one.amount for one in read(bgmax(paid)).payments[0].named] == [150, -50]


def test_a_file_saved_as_utf_8_is_read_all_the_same():
    again = WHOLE.decode("iso-8859-1").encode("utf-8")
    assert read(again).payments[0].payer == "Kalles Plåt AB"
    assert is_bgmax(b"\xef\xbb\xbf" + again)
    assert read(b"\xef\xbb\xbf" + again).payments[0].amount == Decimal("1250.50")


def test_records_nobody_knows_are_passed_over_and_blanks_at_the_end_may_be_missing():
    text = WHOLE.replace(b"25Tack", b"99new  ")
    trimmed = b"\n".join(line.rstrip() for line in text.splitlines())
    assert len(read(trimmed).payments) == 4


def changed(old: bytes, new: bytes) -> bytes:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1, positions 1-22: found '', expected 01BGMAX"),
        (changed(b"BGMAX ", b"BGMIN "), "expected 01BGMAX"),
        (changed(b"0120261126", b"0220261126"), "positions 23-24"),
        (bgmax(Paid("1"), mark="T"), "test file"),
        (b"\r\n".join(WHOLE.splitlines()[:-1]), "line 12, positions 1-2: found '15', expected 70"),
        (b"\r\n".join(WHOLE.splitlines()[:5] + WHOLE.splitlines()[-1:]), "line 2, positions 1-2"),
        (changed(b"000000000000125050", b"00000000000012505x"), "line 3, positions 38-55"),
        (changed(b"000000000000125050", b"000000000000125051"), "the sum of its payments"),
        (changed(b"000000000000125050", b"-00000000000125050"), "expected 18 digits"),
        (changed(b"00000004K", b"00000005K"), "the number of its payments"),
        (changed(b"2026112600001", b"2026132600001"), "a day such as 20261126"),
        (changed(b"SEK00000004", b"EUR00000004"), "expected SEK, as in line 2"),
        (changed(b"70000000030", b"70000000090"), "records 20"),
        (changed(b"25Tack", b"15Tack"), "line 4"),
        (changed(b"25Tack", b"\0\0Tack"), "line 4"),
        (changed(b"0500099", b"2000099"), "line 2, positions 1-2"),
    ],
)
def test_a_broken_file_is_refused_and_the_line_is_named(data, told):
    with pytest.raises(InvalidObject) as refused:
        read(data, "november.txt")
    assert told in str(refused.value)
    assert refused.value.what == "november.txt"


def test_all_that_is_wrong_is_told_at_once():
    broken = changed(b"000000000000125050", b"00000000000012505x").replace(b"2026112600001", b"2026132600001")
    with pytest.raises(InvalidObject) as refused:
        read(broken)
    assert len(refused.value.problems) >= 2
