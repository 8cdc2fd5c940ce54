"""`ocpilot price` on files: table, words, JSON, exit status."""

import argparse
import json
from pathlib import Path

import pytest

from ocpilot.cli.price import add_parser, run

TARIFF = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "STAD",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 3.6, "vat": 25, "step_size": 1},
                {"type": "PARKING_TIME", "price": 24, "vat": 25, "step_size": 900},
            ]
        }
    ],
    "last_updated": "2026-11-01T00:00:00Z",
}
TOKEN = {"country_code": "SE", "party_id": "RES", "uid": "U1", "type": "RFID", "contract_id": "C1"}
PERIODS = [
    {"start_date_time": "2026-11-23T10:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}], "tariff_id": "STAD"},
    {
        "start_date_time": "2026-11-23T11:00:00Z",
        "dimensions": [{"type": "PARKING_TIME", "volume": 0.3333}],
        "tariff_id": "STAD",
    },
]
SESSION = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "S1",
    "start_date_time": "2026-11-23T10:00:00Z",
    "kwh": 10,
    "cdr_token": TOKEN,
    "auth_method": "WHITELIST",
    "location_id": "L1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "SEK",
    "charging_periods": PERIODS,
    "status": "ACTIVE",
    "last_updated": "2026-11-23T11:20:00Z",
}
CDR = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "C1",
    "start_date_time": "2026-11-23T10:00:00Z",
    "end_date_time": "2026-11-23T11:20:00Z",
    "cdr_token": TOKEN,
    "auth_method": "WHITELIST",
    "cdr_location": {
        "id": "L1",
        "address": "Storgatan 1",
        "city": "Norrköping",
        "country": "SWE",
        "coordinates": {"latitude": "58.59419", "longitude": "16.18380"},
        "evse_uid": "E1",
        "evse_id": "SE*LAD*E1",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    },
    "currency": "SEK",
    "charging_periods": PERIODS,
    "total_cost": {"before_taxes": 48, "taxes": [{"name": "VAT", "amount": 12}]},
    "total_energy": 10,
    "total_time": 1.3333,
    "total_parking_time": 0.3333,
    "last_updated": "2026-11-23T11:25:00Z",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in (("tariff", TARIFF), ("cdr", CDR), ("session", SESSION)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def command(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return run(parser.parse_args(["price", *map(str, words)]))


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.replace("\xa0", " ")


def test_a_cdr_that_agrees_is_shown_line_by_line(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json") == 0
    lines = printed(capsys).splitlines()
    assert lines[1].split() == ["Energy", "10", "kWh", "3.60", "SEK", "per", "kWh", "25%", "36.00", "9.00", "45.00"]
    assert "    Billed in steps of 15 min: 20 min became 30 min." in lines
    assert lines[-3].split() == ["Total", "48.00", "12.00", "60.00"]
    assert lines[-1] == "All numbers agree."


def test_swedish_words_and_numbers(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json", "--language", "sv") == 0
    out = printed(capsys)
    assert "Parkering efter laddning" in out
    assert "60,00" in out
    assert "Alla siffror stämmer." in out


def test_a_cdr_that_differs_says_where_and_why(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = CDR | {"total_cost": {"before_taxes": 44, "taxes": [{"name": "VAT", "amount": 11}]}, "tariffs": [TARIFF]}
    (files / "wrong.json").write_text(json.dumps([wrong]))
    assert command("--cdr", files / "wrong.json") == 1
    assert "total_cost: theirs 44, ours 48, difference -4 (they billed what was measured" in printed(capsys)


def test_json_is_the_whole_verdict(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json", "--json") == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["agrees"] is True
    assert verdict["ours"]["total"]["amount"] == {"excl": "48.00", "vat": "12.00", "incl": "60.00"}


def test_a_running_session_is_priced_so_far(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--session", files / "session.json") == 0
    assert "60.00" in printed(capsys)


def test_an_older_version_is_recognised(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tariff = {key: value for key, value in TARIFF.items() if key != "tax_included"}
    old = CDR | {"total_cost": {"excl_vat": 48, "incl_vat": 60}, "tariffs": [tariff]}
    (files / "old.json").write_text(json.dumps(old))
    assert command("--cdr", files / "old.json") == 0


def test_a_missing_tariff_is_no_price_of_zero(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--cdr", files / "cdr.json") == 1
    assert "The price is not known" in printed(capsys)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cdr", "nowhere.json"], "nowhere.json: No such file"),
        (["--cdr", "{files}/cdr.json", "--zone", "Mars/Olympus"], "Mars/Olympus: no such time zone"),
        (["--cdr", "{files}/broken.json"], "broken.json: "),
        (["--cdr", "{files}/tariff.json"], "tariff.json: CDR: "),
        (["--cdr", "{files}/two.json"], "found 2 objects, expected one CDR"),
        (["--cdr", "{files}/number.json"], "found int, expected a CDR"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    files: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    (files / "broken.json").write_text("{")
    (files / "two.json").write_text(json.dumps([CDR, CDR]))
    (files / "number.json").write_text("7")
    assert command(*(word.format(files=files) for word in words)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("ocpilot price: ")
    assert error.count("\n") == 1
