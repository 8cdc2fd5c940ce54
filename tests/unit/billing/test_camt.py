"""Statements of accounts: every version, one payment per transaction where that adds up, and nothing hostile read."""

from datetime import date
from decimal import Decimal

import pytest

from bank_files import balance, camt, entry, transaction
from ocpilot.base.errors import InvalidObject
from ocpilot.billing.camt import is_camt, read


def only(data: bytes):
    (found,) = read(data).payments
    return found


def test_an_entry_is_read_with_its_reference_payer_and_day():
    paid = only(camt(entry("125.50", transaction(ocr="1234566", name="Anna", text="Tack", bank_id="T1"), bank_id="E1")))
    assert (paid.amount, paid.currency, paid.day) == (Decimal("125.50"), "SEK", date(2026, 11, 26))
    assert [one.reference for one in paid.named] == ["1234566"]
    assert (paid.payer, paid.text, paid.bank_id) == ("Anna", "Tack", "E1/T1")
    assert (paid.account, paid.place) == ("SE3550000000054910000003", "Stmt[1]/Ntry[1]")
    assert "<Ref>1234566</Ref>" in paid.raw


@pytest.mark.parametrize("version", ["02", "04", "06", "08", "11"])
def test_every_version_is_read_whatever_its_namespace(version):
    old = transaction(ocr="18").replace("<RmtInf>", "<RltdPties><Dbtr><Nm>Bo</Nm></Dbtr></RltdPties><RmtInf>")
    paid = only(camt(entry("1", old, status="BOOK"), version=version))
    assert (paid.payer, paid.named[0].reference) == ("Bo", "18")


def test_a_batch_that_adds_up_is_a_payment_each():
    batch = transaction("60", ocr="1", bank_id="A") + transaction("40", ocr="2", bank_id="B")
    found = read(camt(entry("100", batch, bank_id="E"))).payments
    assert [(one.amount, one.bank_id) for one in found] == [(60, "E/A"), (40, "E/B")]


@pytest.mark.parametrize(
    "batch",
    [
        transaction("60", ocr="1") + transaction("41", ocr="2"),
        transaction("60", ocr="1") + transaction("40", ocr="2", currency="EUR"),
        transaction(ocr="1") + transaction(ocr="2"),
    ],
    ids=["charges taken off", "another currency", "no amounts"],
)
def test_a_batch_that_does_not_add_up_is_one_payment_of_what_was_booked(batch):
    paid = only(camt(entry("100", batch)))
    assert (paid.amount, [one.reference for one in paid.named]) == (100, ["1", "2"])


def test_money_that_went_out_is_below_zero_and_its_other_side_is_who_got_it():
    details = transaction(more="<RltdPties><Cdtr><Nm>Host AB</Nm></Cdtr><Dbtr><Nm>We</Nm></Dbtr></RltdPties>")
    paid = only(camt(entry("80", details, side="DBIT")))
    assert (paid.amount, paid.payer) == (-80, "Host AB")


def test_a_reversal_is_known_as_one_and_its_sign_is_that_of_the_booking():
    paid = only(camt(entry("80", transaction(ocr="1"), side="DBIT", more="<RvslInd>true</RvslInd>")))
    assert (paid.amount, paid.is_reversal) == (-80, True)


def test_money_that_was_returned_is_a_reversal_also_where_only_the_transaction_says_so():
    back = transaction(ocr="1", more="<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>")
    assert only(camt(entry("80", back, side="DBIT"))).is_reversal


def test_a_day_may_have_a_zone():
    assert only(camt(entry("1", day="2026-11-26Z"))).day == only(camt(entry("1", day="2026-11-26+01:00"))).day


def test_what_is_no_money_yet_is_passed_over_and_a_status_nobody_knows_is_not():
    assert [one.amount for one in read(camt(entry("1") + entry("2", status="<Cd>PDNG</Cd>"))).payments] == [1]
    with pytest.raises(
        InvalidObject, match=r"Stmt\[1\]/Ntry\[1\]/Sts: found booked, expected BOOK, or FUTR, INFO, PDNG"
    ):
        read(camt(entry("1", status="<Prtry>booked</Prtry>")))
    with pytest.raises(InvalidObject, match="Sts: found nothing"):
        read(camt(entry("1", status="")))


def test_what_the_bank_kept_is_told_and_only_what_was_booked_counts():
    charges = "<Chrgs><TtlChrgsAndTaxAmt Ccy='SEK'>2</TtlChrgsAndTaxAmt></Chrgs>"
    paid = only(camt(entry("98", transaction("100", more=charges))))
    assert (paid.amount, paid.charges) == (98, 2)


def test_several_references_come_with_what_is_for_each():
    strd = (
        "<Strd><RfrdDocInf><Nb>F-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt>60</RmtdAmt></RfrdDocAmt></Strd>"
        "<Strd><RfrdDocInf><Nb>K-1</Nb></RfrdDocInf><RfrdDocAmt><CdtNoteAmt>10</CdtNoteAmt></RfrdDocAmt></Strd>"
    )
    paid = only(camt(entry("50", f"<TxDtls><RmtInf>{strd}</RmtInf></TxDtls>")))
    assert [(one.reference, one.amount) for one in paid.named] == [("F-1", 60), ("K-1", -10)]


def test_the_end_to_end_reference_counts_where_there_is_no_other():
    refs = "<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs></TxDtls>"
    assert only(camt(entry("50", refs.format("A-000001")))).named[0].reference == "A-000001"
    assert only(camt(entry("50", refs.format("NOTPROVIDED")))).named == ()


def test_what_is_not_booked_yet_is_left_out():
    assert read(camt(entry("50", status="<Cd>PDNG</Cd>"))).payments == ()


def test_payments_without_an_id_of_the_bank_get_the_same_one_in_every_file():
    one, other = entry("50", transaction(text="a")), entry("50", transaction(text="b"))
    first = [paid.bank_id for paid in read(camt(one, one, other)).payments]
    assert first == [paid.bank_id for paid in read(camt(one, one, other, version="02")).payments]
    assert len(set(first)) == 3
    assert first[1] == f"{first[0]}#2"
    assert len(only(camt(entry("50", bank_id="9" * 5000))).bank_id) == 32


def test_balances_are_what_the_entries_add_up_to():
    sides = balance("OPBD", "100") + balance("CLBD", "150")
    assert only(camt(entry("50"), balances=sides)).amount == 50
    with pytest.raises(InvalidObject, match="Bal: found 150 at the end, expected 149"):
        read(camt(entry("49"), balances=sides))


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
DEEP = camt(entry("1", "<TxDtls>" * 60 + "</TxDtls>" * 60))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "whole XML"),
        (camt(entry("1"))[:-40], "whole XML"),
        (camt(entry("1")).replace(b"<Document", BOMB + b"<Document"), "without a DTD"),
        (camt(entry("1")).replace(b"<Document", OUTSIDE + b"<Document"), "without a DTD"),
        (camt(entry("1", transaction(name="Å"))).decode().encode("iso-8859-1"), "encoding"),
        (camt(entry("1")).replace(b"UTF-8", b"KOI-99"), "encoding"),
        (camt(entry("1")).replace(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn"), "camt.053"),
        (b"<html/>", "found html, expected BkToCstmrStmt"),
        (DEEP, "deep"),
        (camt(entry("-1")), "Stmt[1]/Ntry[1]/Amt: found '-1'"),
        (camt(entry("1e9")), "an amount such as 12.50"),
        (camt(entry("1", side="UP")), "Ntry[1]/CdtDbtInd"),
        (camt(entry("1", day="soon")), "Ntry[1]/BookgDt"),
        (camt(entry("1", currency="")), "Ntry[1]/Amt/@Ccy"),
        (camt(entry("1"), account=""), "Stmt[1]/Acct/Id"),
    ],
)
def test_a_broken_or_hostile_file_is_refused_and_the_element_is_named(data, told):
    with pytest.raises(InvalidObject) as refused:
        read(data)
    assert told in str(refused.value)


def test_xml_is_told_by_its_first_character():
    assert is_camt(b"\xef\xbb\xbf\n <Document/>")
    assert not is_camt(b"01BGMAX")
