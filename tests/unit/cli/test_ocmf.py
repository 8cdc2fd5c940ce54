"""`ocpilot ocmf verify` says what is signed and whether it holds; `keys` and `set-key` are about the meters."""

import asyncio
import json
from datetime import timedelta

import pytest

from ocpilot.app.kept.signed_records import KeySource, MeterKey, MeterPlace
from ocpilot.base.ids import PartyId
from ocpilot.cli import ocmf as command
from ocpilot.main.commands import parser, run
from signed_meter import NOON, SigningMeter

METER = SigningMeter()
BEGIN, END = METER.begin(1.0), METER.end(11.5, NOON + timedelta(hours=1))
FORGED = END.replace('"RV": 11.5', '"RV": 12.5')


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name: str = "charge"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def test_what_is_signed_is_said_in_words(file, capsys):
    assert run(["ocmf", "verify", file(f"{BEGIN}\n{END}"), "--key", METER.base64]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("value 1: VALID, the signature is right (ECDSA-secp256r1-SHA256, key ...")
    assert printed[1:4] == [
        f"  meter {METER.serial}, charger Charger 22, page T1",
        "  who     04AABBCCDD (ISO14443), identified",
        "  begin   1.0 kWh at 2026-11-23 12:00:00+00:00, clock synchronised, register 01-00:98.08.00.FF",
    ]
    assert printed[-2:] == [
        "energy by difference: 10.5 kWh",
        "VALID: every signature is right, and the begin and end reading belong together",
    ]


@pytest.mark.parametrize(
    "key",
    [METER.der, METER.pem, METER.der.hex().encode(), METER.base64.encode(), METER.point()],
    ids=["der", "pem", "hex", "base64", "point"],
)
def test_a_key_file_may_be_in_any_writing(file, key):
    assert run(["ocmf", "verify", file(BEGIN), "--key-file", file(key, "key")]) == 0


@pytest.mark.parametrize(
    ("content", "status", "verdict"),
    [
        (f"{BEGIN}\n{END}", 1, "NO_KEY"),
        (json.dumps({"signedMeterValue": {"signedMeterData": BEGIN, "publicKey": METER.base64}}), 0, "INCOMPLETE"),
        (f"{BEGIN}|{METER.base64}\n{END}|{METER.base64}", 0, "VALID"),
        (f"{BEGIN}|{METER.base64}\n{FORGED}|{METER.base64}", 1, "INVALID"),
        ("OCMF|{}|{}", 2, "UNREADABLE"),
        ("AP;0;3;ABC", 1, "UNSUPPORTED"),
    ],
)
def test_the_exit_status_tells_valid_from_not_valid_and_not_readable(file, capsys, content, status, verdict):
    assert run(["ocmf", "verify", file(content), "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == verdict
    assert {"reason", "kwh", "key", "findings", "notes", "texts"} <= found.keys()


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("  ", [], "no signed meter values in it"),
        ('{"a":1}', [], "no signed meter values in it"),
        (b"\xff\xfe\x00", [], "can't decode"),
        (BEGIN, ["--key", "hello"], "no public key"),
        (BEGIN, ["--key-file", "/nowhere"], "/nowhere: No such file or directory"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_one_line(file, capsys, content, options, said):
    assert run(["ocmf", "verify", file(content), *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_a_meter_calls_itself_does_not_steer_the_terminal(file, capsys):
    run(["ocmf", "verify", file(METER.begin(MS="\x1b[2J")), "--key", METER.base64])
    assert "\x1b" not in capsys.readouterr().out


def test_a_key_in_the_file_proves_little_and_that_is_said(file, capsys):
    run(["ocmf", "verify", file(f"{BEGIN}|{METER.base64}")])
    assert "note: the key came with the values" in capsys.readouterr().out
    run(["ocmf", "verify", file(BEGIN), "--key", METER.base64])
    assert "note: the key" not in capsys.readouterr().out


class FakeMeters:
    def __init__(self, *keys):
        self.known = keys
        self.asked = None

    async def keys(self):
        return self.known

    async def set_key(self, location_id, evse_uid, party, key):
        self.asked = (location_id, evse_uid, party, key)
        return KEY


PLACE = MeterPlace(party=PartyId.of("SE", "LAD"), location_id="L1", evse_uid="E1")
KEY = MeterKey(place=PLACE, key="MFkw", source=KeySource.STATION, at=NOON)


def ran(fake, *words):
    return asyncio.run(command.run(parser().parse_args(["ocmf", *words]), fake))


def test_keys_are_listed_and_none_is_said(capsys):
    assert ran(FakeMeters(), "keys") == 0
    assert "no keys yet" in capsys.readouterr().out
    assert ran(FakeMeters(KEY), "keys") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "SE/LAD", "L1", "E1", "2026-11-23T12:00:00Z", "station", "MFkw",
    ]  # fmt: skip
    assert ran(FakeMeters(KEY), "keys", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["key"] == "MFkw"


def test_a_key_is_set_from_a_file_or_as_it_stands(file):
    fake = FakeMeters()
    ran(fake, "set-key", "L1", "E1", "--key-file", file(METER.der))
    assert fake.asked == ("L1", "E1", None, METER.der)
    ran(fake, "set-key", "L1", "E1", "--party", "SE/OTH", "--key", "30")
    assert fake.asked == ("L1", "E1", "SE/OTH", "30")


def test_a_key_must_be_given_once():
    for options in ([], ["--key", "30", "--key-file", "x"]):
        with pytest.raises(SystemExit):
            parser().parse_args(["ocmf", "set-key", "L1", "E1", *options])
