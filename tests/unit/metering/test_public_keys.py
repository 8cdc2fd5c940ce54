"""Public keys in every writing that stations, operators and CDRs use."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ocpilot.metering.public_keys import PublicKey
from signed_meter import SigningMeter

METER = SigningMeter()
HEX = METER.der.hex()

WRITINGS = {
    "hex": HEX,
    "hex in capitals with spaces": " ".join(HEX[place : place + 4] for place in range(0, len(HEX), 4)).upper(),
    "hex with a mark": f"0x{HEX}",
    "base64": METER.base64,
    "base64 for URLs": base64.urlsafe_b64encode(METER.der).decode().rstrip("="),
    "der": METER.der,
    "pem": METER.pem.decode(),
    "pem as bytes": METER.pem,
    "a point in hex": METER.point().hex(),
    "a point in base64": base64.b64encode(METER.point()).decode(),
    "a compressed point": METER.point(compressed=True).hex(),
    "the form of OCPP": f"oca:base16:asn1:{HEX}",
    "that in base64": base64.b64encode(f"oca:base16:asn1:{HEX}".encode()).decode(),
    "hex in base64": base64.b64encode(HEX.encode()).decode(),
    "pem in base64": base64.b64encode(METER.pem).decode(),
}


@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS)
def test_a_key_is_the_same_in_every_writing(writing):
    key, plain = PublicKey.of(writing), PublicKey.of(METER.der)
    assert key.is_same(plain)
    assert plain.is_same(key)
    assert key.der("secp256r1") == METER.der
    assert PublicKey.of(key.text) == key


def test_two_meters_have_two_keys():
    other = SigningMeter()
    for writing in (other.der, other.point(), other.point(compressed=True)):
        assert not PublicKey.of(writing).is_same(PublicKey.of(METER.der))


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "hello",
        "00",
        "30",
        "zz" * 40,
        "é",
        b"\xff\xfe",
        "04" * 10,
        "-----BEGIN PUBLIC KEY-----\nx\n-----END",
        "=" * 8,
    ],
)
def test_what_is_no_key_is_refused(nonsense):
    with pytest.raises(ValueError, match="no public key"):
        PublicKey.of(nonsense)


def test_a_point_is_no_key_for_a_curve_that_it_is_not_on():
    key = PublicKey.of(METER.point())
    with pytest.raises(ValueError):  # noqa: PT011 - the words are of cryptography
        key.der("secp384r1")
    with pytest.raises(ValueError, match="do not know"):
        key.der("secp192k1")


def test_a_private_key_is_no_public_key():

    secret = METER.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="no public key"):
        PublicKey.of(secret)
