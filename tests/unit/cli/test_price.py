"""`ocpilot price` on files: table, words, JSON, exit status."""

import argparse
import json
from pathlib import Path

import pytest

from ocpilot.cli.price import add_parser, run
from priced_cdr import CDR, PERIODS, TARIFF, TOKEN

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


def test_a_cdr_is_priced_line_by_line(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json") == 0
    lines = printed(capsys).splitlines()
    assert lines[1].split() == ["Energy", "10", "kWh", "3.60", "SEK", "per", "kWh", "25%", "36.00", "9.00", "45.00"]
    assert "    Billed in steps of 15 min: 20 min became 30 min." in lines
    assert lines[-1].split() == ["Total", "48.00", "12.00", "60.00"]


def test_the_trace_tells_when_which_price_held_and_why_not_the_other(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = {"price_components": [{"type": "ENERGY", "price": 1, "vat": 25, "step_size": 1}]}
    elements = [night | {"restrictions": {"start_time": "22:00", "end_time": "06:00"}}, *TARIFF["elements"]]
    tariff = write(files, "night.json", TARIFF | {"elements": elements})
    command("--cdr", files / "cdr.json", "--tariff", tariff, "--time-zone", "Europe/Stockholm", "--trace")
    (energy,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("From 11:00"))
    assert "10 kWh" in energy
    assert "between 22:00 and 06:00" in energy


def test_swedish_words_and_numbers(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json", "--language", "sv") == 0
    out = printed(capsys)
    assert "Parkering efter laddning" in out
    assert "60,00" in out


def document(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def write(files: Path, name: str, content: object) -> Path:
    (files / name).write_text(json.dumps(content))
    return files / name


def test_json_has_the_totals_of_a_cdr_as_decimal_texts(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json", "--json") == 0
    found = document(capsys)
    assert found["currency"] == "SEK"
    assert found["total_cost"] == {
        "before_taxes": "48.00",
        "taxes": [{"name": "VAT", "percentage": "25", "amount": "12.00"}],
        "after_taxes": "60.00",
    }
    assert found["total_parking_cost"]["before_taxes"] == "12.00"
    assert found["total_time_cost"] is None
    assert (found["total_energy"], found["total_time"]) == ("10", "1.333333333")
    assert found["total_parking_time"] == "0.333333333"
    assert found["billed"] == {"energy": "10", "time": "0", "parking_time": "0.5"}
    assert found["warnings"] == found["reasons"] == []
    assert [(look["period"], look["part"], look["element"]) for look in found["trace"]] == [
        (0, "ENERGY", 0),
        (1, "PARKING", 0),
    ]


def test_json_lines_say_component_quantities_and_why(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("--tariff", files / "tariff.json", "--cdr", files / "cdr.json", "--json")
    line = document(capsys)["lines"][1]
    assert (line["part"], line["element"], line["component"]) == ("PARKING", 0, 1)
    assert (line["measured"], line["billed"], line["unit"]) == ("0.333333333", "0.5", "h")
    assert (line["unit_price"], line["vat"]) == ("24", "25")
    assert (line["before_taxes"], line["tax"], line["after_taxes"]) == ("12.00", "3.00", "15.00")
    assert line["why"][1]["text"] == "Billed in steps of 15 min: 20 min became 30 min."


def test_amounts_are_exact_and_rounded_ones_stand_beside_them(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    thirds = TARIFF | {"elements": [{"price_components": [{"type": "ENERGY", "price": 0.3335, "step_size": 1}]}]}
    assert command("--tariff", write(files, "thirds.json", thirds), "--cdr", files / "cdr.json", "--json") == 0
    found = document(capsys)
    assert found["total_cost"]["before_taxes"] == "3.335"
    assert found["rounded"]["total_cost"]["before_taxes"] == "3.34"


def test_an_unknown_tax_is_no_tax_of_zero(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    untaxed = TARIFF | {"elements": [{"price_components": [{"type": "ENERGY", "price": 3.6, "step_size": 1}]}]}
    assert command("--tariff", write(files, "untaxed.json", untaxed), "--cdr", files / "cdr.json", "--json") == 0
    found = document(capsys)
    assert found["total_cost"] == {"before_taxes": "36.00", "taxes": [], "after_taxes": None}
    assert any("VAT is not known" in warning for warning in found["warnings"])


def test_tariffs_of_several_files_and_lists_are_taken_together(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = TARIFF | {"id": "NATT"}
    both = CDR | {"charging_periods": [PERIODS[0], PERIODS[1] | {"tariff_id": "NATT"}]}
    words = ["--tariff", write(files, "day.json", [TARIFF]), "--tariff", write(files, "night.json", night)]
    assert command(*words, "--cdr", write(files, "both.json", both), "--json") == 0
    assert [line["tariff_id"] for line in document(capsys)["lines"]] == ["STAD", "NATT"]


def test_the_total_of_a_credit_cdr_is_negative(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    credit = CDR | {"credit": True, "credit_reference_id": "C0"}
    words = ["--tariff", files / "tariff.json", "--cdr", write(files, "credit.json", credit)]
    assert command(*words, "--json") == 0
    found = document(capsys)
    assert found["total_cost"]["before_taxes"] == "-48.00"
    assert found["total_cost"]["taxes"][0]["amount"] == "-12.00"
    assert found["total_cost"]["after_taxes"] == "-60.00"
    assert found["total_energy_cost"]["before_taxes"] == "36.00"


def test_a_running_session_is_priced_so_far(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--tariff", files / "tariff.json", "--session", files / "session.json") == 0
    assert "60.00" in printed(capsys)


def test_an_older_version_is_recognised(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tariff = {key: value for key, value in TARIFF.items() if key != "tax_included"}
    old = CDR | {"total_cost": {"excl_vat": 48, "incl_vat": 60}, "tariffs": [tariff]}
    assert command("--cdr", write(files, "old.json", old)) == 0
    assert "60.00" in printed(capsys)


def test_what_does_not_matter_to_the_price_may_be_wrong(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = {key: value for key, value in CDR.items() if key not in ("cdr_token", "total_cost")}
    assert command("--tariff", files / "tariff.json", "--cdr", write(files, "odd.json", odd), "--json") == 0
    found = document(capsys)
    assert found["total_cost"]["after_taxes"] == "60.00"
    assert "$.cdr_token: found nothing, expected a value" in found["warnings"]


def test_times_of_day_without_a_zone_are_warned_of(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = TARIFF | {"elements": [TARIFF["elements"][0] | {"restrictions": {"start_time": "22:00"}}]}
    words = ["--tariff", write(files, "night.json", night), "--cdr", files / "cdr.json", "--json"]
    assert command(*words) == 0
    assert any("those of Europe/Stockholm" in warning for warning in document(capsys)["warnings"])
    assert command(*words, "--time-zone", "Europe/Stockholm") == 0
    assert not any("no time zone" in warning for warning in document(capsys)["warnings"])


def test_a_missing_tariff_is_no_price_of_zero(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--cdr", files / "cdr.json", "--json") == 1
    found = document(capsys)
    assert found["total_cost"] is None
    assert found["reasons"] == ["no Tariff is given, and there is none in the CDR: give one with --tariff FILE"]
    assert command("--cdr", files / "cdr.json") == 1
    assert "no Tariff is given" in capsys.readouterr().err


def test_a_tariff_in_another_currency_gives_no_price(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    euros = write(files, "euros.json", TARIFF | {"currency": "EUR"})
    assert command("--cdr", files / "cdr.json", "--tariff", euros, "--json") == 1
    assert document(capsys)["reasons"] == ["no Tariff is in SEK, the currency of the charge"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (TARIFF, "$.charging_periods: found nothing, expected a list"),
        (7, "$: found int, expected a CDR"),
        (CDR | {"currency": []}, "$.currency: "),
        (CDR | {"charging_periods": [{"dimensions": []}]}, "$.charging_periods[0].start_date_time: "),
        (CDR | {"tariffs": [{"id": "T"}]}, "$.tariffs[0].currency: "),
    ],
)
def test_what_cannot_be_priced_says_why(
    files: Path, capsys: pytest.CaptureFixture[str], content: object, reason: str
) -> None:
    words = ["--cdr", write(files, "bad.json", content), "--tariff", files / "tariff.json"]
    assert command(*words, "--json") == 1
    found = document(capsys)
    assert found["total_cost"] is None
    assert any(reason in one for one in found["reasons"])
    assert command(*words) == 1
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("limit", [{"start_time": "25:00"}, {"end_time": "24:30"}, {"start_date": "2026-02-30"}])
def test_a_tariff_whose_times_are_none_gives_no_price_and_says_so(
    files: Path, capsys: pytest.CaptureFixture[str], limit: dict
) -> None:
    elements = [TARIFF["elements"][0] | {"restrictions": limit}]
    words = ["--cdr", files / "cdr.json", "--tariff", write(files, "odd.json", TARIFF | {"elements": elements})]
    assert command(*words, "--json") == 1
    ((name, value),) = limit.items()
    assert document(capsys)["reasons"][0].startswith(f"$.tariffs[0].elements[0].restrictions.{name}: found {value}")


def test_energy_beyond_all_reason_is_priced_all_the_same(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cdr = CDR | {"charging_periods": [PERIODS[0] | {"dimensions": [{"type": "ENERGY", "volume": 10**30}]}]}
    words = ["--cdr", write(files, "vast.json", cdr), "--tariff", files / "tariff.json"]
    assert command(*words, "--json") == 0
    assert document(capsys)["total_energy_cost"]["before_taxes"] == "36" + "0" * 29 + ".00"
    assert command(*words) == 0


def test_hours_beyond_a_life_are_the_reason_why_there_is_no_price(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cdr = CDR | {"charging_periods": [PERIODS[0] | {"dimensions": [{"type": "PARKING_TIME", "volume": 10**20}]}]}
    words = ["--cdr", write(files, "vast.json", cdr), "--tariff", files / "tariff.json"]
    assert command(*words, "--json") == 1
    assert "hours, expected at most" in document(capsys)["reasons"][0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cdr", "nowhere.json"], "nowhere.json: No such file"),
        (["--cdr", "{files}/cdr.json", "--time-zone", "Mars/Olympus"], "Mars/Olympus: no such time zone"),
        (["--cdr", "{files}/broken.json"], "broken.json: "),
        (["--cdr", "{files}/two.json"], "found 2 objects, expected one CDR"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    files: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    (files / "broken.json").write_text("{")
    (files / "two.json").write_text(json.dumps([CDR, CDR]))
    assert command(*(word.format(files=files) for word in words)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("ocpilot price: ")
    assert error.count("\n") == 1
