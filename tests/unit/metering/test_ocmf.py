"""One OCMF text: what it says, and whether its signature is right."""

import base64
import hashlib
import json
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering.ocmf import ReadingKind, payload_of
from ocpilot.metering.ocmf_check import judge
from ocpilot.metering.public_keys import PublicKey
from signed_meter import NOON, SigningMeter

METER = SigningMeter()
KEY = PublicKey.of(METER.der)


def test_a_right_signature_is_valid_and_the_text_says_who_what_and_when():
    judged = judge(METER.begin(17.250), KEY)
    assert (judged.verdict, judged.record.meter, judged.record.gateway) == ("VALID", METER.serial, "Charger 22")
    assert (judged.record.id, judged.record.id_kind, judged.record.identified) == (METER.id, "ISO14443", True)
    [reading] = judged.record.readings
    assert (reading.kind, reading.at, reading.clock) == (ReadingKind.BEGIN, NOON, "synchronised")
    assert (reading.value, reading.unit, reading.kwh, reading.ok) == (Decimal("17.25"), "kWh", Decimal("17.25"), True)


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [
        (ec.SECP192R1(), "ECDSA-secp192r1-SHA256"),
        (ec.SECP256K1(), "ECDSA-secp256k1-SHA256"),
        (ec.SECP256R1(), "ECDSA-secp256r1-SHA512"),
        (ec.SECP384R1(), "ECDSA-secp384r1-SHA256"),
        (ec.SECP521R1(), "ECDSA-secp521r1-SHA256"),
        (ec.BrainpoolP256R1(), "ECDSA-brainpool256r1-SHA256"),
        (ec.BrainpoolP256R1(), "ECDSA-brainpoolP256r1-SHA256"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_curve_of_the_format_is_checked(curve, algorithm):
    meter = SigningMeter(curve=curve, algorithm=algorithm)
    text = meter.end()
    for key in (meter.der, meter.point()):
        assert judge(text, PublicKey.of(key)).verdict == "VALID"
        assert judge(text.replace("11.0", "12.0"), PublicKey.of(key)).verdict == "INVALID"


def test_a_curve_that_cannot_be_checked_is_not_called_wrong():
    meter = SigningMeter(curve=ec.BrainpoolP384R1(), algorithm="ECDSA-brainpool384r1-SHA256")
    assert judge(meter.end(), PublicKey.of(meter.der)).verdict == "UNSUPPORTED"


@pytest.mark.parametrize(
    ("text", "key", "verdict"),
    [
        (METER.begin().replace("1.0}", "1.1}").replace('"RV": 1.0', '"RV": 1.1'), KEY, "INVALID"),
        (METER.begin(), PublicKey.of(SigningMeter().der), "INVALID"),
        (METER.begin(), PublicKey.of(SigningMeter(curve=ec.SECP384R1()).der), "INVALID"),
        (METER.begin(), PublicKey.of(SigningMeter(curve=ec.SECP384R1()).point()), "INVALID"),
        (METER.begin(), None, "NO_KEY"),
        ("OCMF|{}|{}", KEY, "UNREADABLE"),
        ("OCMF|" + "[" * 5000 + "|{}", KEY, "UNREADABLE"),
        ('OCMF|{"RD":[1]}|{"SD":"00"}', KEY, "UNREADABLE"),
        ('OCMF|{"RD":[{"TM":"yesterday","RV":1}]}|{"SD":"00"}', KEY, "UNREADABLE"),
        ('OCMF|{"RD":[{"TM":"2026-01-01T00:00:00,000 S","RV":1,"RU":"kWh"}]}|{"SD":"00"}', KEY, "UNREADABLE"),
        (METER.sign('{"RD":[{"TM":"2026-01-01T00:00:00,000+0000 S","RV":1e999999999,"RU":"kWh"}]}'), KEY, "UNREADABLE"),
        (
            METER.sign('{"RD":[{"TM":"2026-01-01T00:00:00,000+0000 S","RV":1e-99999999,"RU":"kWh"}]}'),
            KEY,
            "UNREADABLE",
        ),
        ("OCMF|only one bar", KEY, "UNREADABLE"),
        ("", KEY, "UNREADABLE"),
    ],
)
def test_what_is_not_valid_has_a_word_and_a_reason(text, key, verdict):
    judged = judge(text, key)
    assert judged.verdict == verdict
    assert judged.reason
    assert "\n" not in judged.reason


# ---- a hash is no signature ----------------------------------------------------------------------------------------

PAYLOAD = payload_of(METER.begin())


@pytest.mark.parametrize(
    "signature",
    [
        {"SA": "SHA256", "SD": hashlib.sha256(PAYLOAD.encode()).hexdigest()},
        {"SA": "SHA-256", "SD": "ab" * 32},
        {"SD": hashlib.sha256(PAYLOAD.encode()).hexdigest()},
        {"SD": hashlib.sha512(PAYLOAD.encode()).hexdigest()},
        {"SE": "base64", "SD": base64.b64encode(hashlib.sha256(PAYLOAD.encode()).digest()).decode()},
        {"SD": "ab" * 32},
        {"SD": ""},
    ],
)
def test_a_hash_is_not_signed(signature):
    judged = judge(f"OCMF|{PAYLOAD}|{json.dumps(signature)}", KEY)
    assert judged.verdict == SignedVerdict.NOT_SIGNED
    assert judged.record.meter == METER.serial


# ---- readings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "kwh"), [("kWh", "1500"), ("Wh", "1.500"), ("mOhm", None), (None, None)])
def test_the_unit_said_counts(unit, kwh):
    text = METER.text(METER.reading("E", 1500, RU=unit))
    [reading] = judge(text, KEY).record.readings
    assert reading.kwh == (None if kwh is None else Decimal(kwh))


@pytest.mark.parametrize("word", ["E", "L", "R", "A", "P"])
def test_an_end_has_many_reasons(word):
    assert judge(METER.text(METER.reading(word, 1)), KEY).record.readings[0].kind is ReadingKind.END


def test_a_reading_that_says_only_what_changed_goes_on_with_the_one_before():
    text = METER.text(METER.reading("B", 1), {"RV": 2, "TX": "E"})
    begin, end = judge(text, KEY).record.readings
    assert (begin.unit, end.unit, end.kind, end.at) == ("kWh", "kWh", ReadingKind.END, NOON)


def test_a_reading_during_an_error_is_not_ok():
    for change in ({"ST": "E"}, {"EF": "E"}):
        assert not judge(METER.text(METER.reading("B", 1, **change)), KEY).record.readings[0].ok


@given(st.text(), st.text(), st.text())
def test_no_text_is_too_odd_to_be_judged(one, two, three):
    for text in (one, f"OCMF|{one}|{two}", f'OCMF|{{"RD":[{one}]}}|{{"SD":"{two}"}}|{three}'):
        assert judge(text, KEY).verdict in {"UNREADABLE", "INVALID", "NOT_SIGNED", "UNSUPPORTED"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["RD", "TM", "RV", "PG", "ID", "MS"]), inner),
    )
)
def test_no_json_is_too_odd_to_be_judged(payload):
    assert judge(METER.sign(json.dumps(payload)), KEY).verdict in {"VALID", "UNREADABLE"}
