"""The signed values of one charge: each signature, whether begin and end belong together, and the energy."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed import judge_charge
from ocpilot.metering.signed_texts import SignedText
from signed_meter import NOON, SigningMeter


@pytest.fixture
def meter():
    return SigningMeter()


def judged(meter, *texts, key=True, **options):
    known = PublicKey.of(meter.der) if key else None
    return judge_charge([SignedText(text=text) for text in texts], known, **options)


def test_a_begin_and_an_end_make_the_energy(meter):
    found = judged(meter, meter.begin(1.25), meter.end(11.75, NOON + timedelta(hours=1)))
    assert (found.verdict, found.kwh, found.findings, found.notes) == ("VALID", Decimal("10.5"), (), ())
    assert (found.begin.value, found.end.value, found.record.meter) == (Decimal("1.25"), Decimal("11.75"), meter.serial)


def test_one_text_may_hold_both_beside_the_begin_that_came_before(meter):
    begin = meter.begin(1.0)
    both = meter.text(meter.reading("B", 1.0), meter.reading("E", 4.0, NOON + timedelta(hours=1)))
    for texts in ((both,), (begin, both)):
        assert (judged(meter, *texts).verdict, judged(meter, *texts).kwh) == ("VALID", Decimal(3))


def test_wh_and_kwh_are_told_apart(meter):
    texts = [meter.text(meter.reading(tx, value, RU="Wh")) for tx, value in (("B", 1000), ("E", 11_500))]
    assert judged(meter, *texts).kwh == Decimal("10.5")


def test_of_two_registers_the_one_without_what_the_cable_lost_counts(meter):
    def readings(tx, net, gross):
        return meter.text(meter.reading(tx, gross, RI="1-b:1.8.0"), meter.reading(tx, net))

    assert judged(meter, readings("B", 1, 1), readings("E", 10, 10.4)).kwh == 9


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"MS": "OTHER"}, "meter"),
        ({"ID": "SOMEBODY"}, "who charged"),
        ({"PG": "T1"}, "page T1, then T1"),
        ({"PG": "F9"}, "page T1, then F9"),
    ],
)
def test_what_does_not_belong_together_is_mismatched(meter, changes, reason):
    found = judged(meter, meter.begin(1), meter.end(11, **changes))
    assert found.verdict is SignedVerdict.MISMATCHED
    assert reason in found.reason


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"value": 0.5}, "falls from 1.0 to 0.5"),
        ({"value": 11, "at": NOON - timedelta(hours=1)}, "before the begin"),
        ({"value": 11, "RI": "01-00:B2.08.00.FF"}, "register"),
        ({"value": 11, "RU": "Wh"}, "unit"),
    ],
)
def test_an_end_that_cannot_follow_the_begin_is_mismatched(meter, end, reason):
    found = judged(meter, meter.begin(1.0), meter.text(meter.reading("E", **end)))
    assert found.verdict is SignedVerdict.MISMATCHED
    assert any(reason in one.reason for one in found.findings)


def test_without_begin_or_end_the_energy_is_not_known(meter):
    for texts, missing in (
        ([meter.begin()], "no end"),
        ([meter.end()], "no begin"),
        ([meter.text()], "begin and no end"),
    ):
        found = judged(meter, *texts)
        assert (found.verdict, found.kwh) == (SignedVerdict.INCOMPLETE, None)
        assert missing in found.reason


def test_energy_that_differs_beyond_the_tolerance_is_told(meter):
    texts = [meter.begin(1), meter.end(11)]
    near = judged(meter, *texts, billed_kwh=Decimal("10.05"), tolerance_kwh=Decimal("0.05"))
    far = judged(meter, *texts, billed_kwh=Decimal("10.051"), tolerance_kwh=Decimal("0.05"))
    assert (near.verdict, far.verdict) == ("VALID", "OTHER_ENERGY")
    assert far.reason == "the meter signed 10 kWh, the charge has 10.051 kWh"


def test_the_worst_is_the_verdict_and_all_is_told(meter):
    begin, bad = meter.begin(1), meter.end(11).replace('"RV": 11', '"RV": 12')
    found = judged(meter, begin, bad, billed_kwh=Decimal(5))
    assert found.verdict is SignedVerdict.INVALID
    assert {one.verdict for one in found.findings} == {"INVALID", "OTHER_ENERGY"}


# ---- keys ----------------------------------------------------------------------------------------------------------


def with_keys(meter, first, last, known=None):
    texts = [SignedText(text=meter.begin(), key=first), SignedText(text=meter.end(), key=last)]
    return judge_charge(texts, known)


def test_a_key_that_comes_once_only_counts_for_all(meter):
    for keys in ((meter.base64, None), (None, meter.der.hex()), (meter.base64, meter.point().hex())):
        found = with_keys(meter, *keys)
        assert (found.verdict, found.short) == ("VALID", PublicKey.of(meter.der).short)
    assert with_keys(meter, None, None).verdict is SignedVerdict.NO_KEY


def test_another_key_than_the_one_known_is_told(meter):
    other = SigningMeter()
    found = with_keys(meter, other.base64, None, PublicKey.of(meter.der))
    assert (found.verdict, [one.judged.verdict for one in found.texts]) == ("OTHER_KEY", ["VALID", "VALID"])
    changed = with_keys(other, other.base64, None, PublicKey.of(meter.der))
    assert {one.verdict for one in changed.findings} == {"INVALID", "OTHER_KEY"}


def test_a_key_that_cannot_be_read_is_told(meter):
    found = with_keys(meter, "no key", None)
    assert (found.verdict, found.reason[:25]) == ("UNREADABLE", "the key that came with it")
    assert with_keys(meter, "no key", None, PublicKey.of(meter.der)).verdict is SignedVerdict.VALID


def test_another_format_cannot_be_checked(meter):
    found = judge_charge([SignedText(text="AP;0;3;X", encoding="Alfen Eichrecht")], PublicKey.of(meter.der))
    assert (found.verdict, found.reason) == ("UNSUPPORTED", "we cannot check the format Alfen Eichrecht, only OCMF")


# ---- notes ---------------------------------------------------------------------------------------------------------


def test_what_is_odd_and_no_fault_is_noted(meter):
    begin = meter.text(meter.reading("B", 1, ST="E"))
    meter.page += 2
    end = meter.text(meter.reading("E", 2, TM="2026-11-23T12:00:00,000+0000 R"))
    found = judged(meter, begin, end)
    assert found.verdict is SignedVerdict.VALID
    assert found.notes == (
        "the meter reported an error with its begin reading",
        "the clock of the end reading is relative",
        "between the pages T1 and T4 some are not here",
    )
