"""`ocpilot cdr check` on files: a row per CDR, what differs and why, the sums, JSON, exit status."""

import json
from pathlib import Path

import pytest

from ocpilot.main import run
from ocpilot.wire import v230
from ocpilot.wire.codec import convert, dumps
from ocpilot.wire.protocol import Version
from priced_cdr import CDR, TARIFF

RIGHT = CDR | {"tariffs": [TARIFF]}
NO_STEP = RIGHT | {"id": "C2", "total_cost": {"before_taxes": 44, "taxes": [{"name": "VAT", "amount": 11}]}}
FREE = RIGHT | {"id": "C3", "tariffs": []}


def write(folder: Path, *cdrs: object) -> Path:
    """One CDR as a file, several as JSON Lines."""
    (folder / "cdrs.json").write_text("\n".join(map(json.dumps, cdrs)))
    return folder / "cdrs.json"


def check(*words: object) -> int:
    return run(["cdr", "check", *map(str, words)])


def test_a_right_cdr_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, RIGHT)) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-5:] == ["48.00", "SEK", "48.00", "SEK", "agrees"]


def test_a_difference_stands_below_its_cdr_with_its_cause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, NO_STEP)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("44.00 SEK  48.00 SEK  differs")
    assert lines[2] == (
        "    total_cost: theirs 44.00, ours 48.00, difference -4.00 SEK "
        "(they billed what was measured, the tariff bills whole steps)"
    )


def test_many_cdrs_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, RIGHT, NO_STEP, NO_STEP | {"id": "C4"}, FREE, {"id": "C5"})) == 1
    out = capsys.readouterr().out
    assert "    no Tariff is given, and there is none in the CDR" in out
    assert "$.start_date_time: found nothing, expected a value" in out
    assert out.splitlines()[-2:] == [
        "5 CDR: 1 agrees, 2 differs, 2 cannot be priced",
        "  2 × they billed what was measured, the tariff bills whole steps",
    ]


def test_a_broken_line_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, RIGHT, RIGHT)
    file.write_text(file.read_text() + "\n{broken\n" + json.dumps(RIGHT))
    assert check(file) == 1
    out = capsys.readouterr().out
    assert f"{file}:3 " in out
    assert "$: found body is no JSON" in out
    assert "4 CDR: 3 agrees, 0 differs, 1 cannot be priced" in out


def test_in_swedish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, NO_STEP), "--language", "sv") == 1
    out = capsys.readouterr().out
    assert "skiljer sig" in out
    assert "deras 44,00, vårt 48,00" in out


def test_tariffs_of_ours_go_before_those_in_the_cdr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dearer = json.loads(json.dumps(TARIFF).replace("3.6", "3.7"))
    (tmp_path / "ours.json").write_text(json.dumps([dearer]))
    assert check(write(tmp_path, RIGHT), "--tariff", tmp_path / "ours.json") == 1
    assert "(their copy of the tariff is not ours)" in capsys.readouterr().out


def test_the_tolerance_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    almost = RIGHT | {"total_cost": {"before_taxes": 48.02, "taxes": [{"name": "VAT", "amount": 12}]}}
    assert check(write(tmp_path, almost)) == 1
    assert check(write(tmp_path, almost), "--tolerance", "0.02") == 0
    assert check(write(tmp_path, almost), "--tolerance", "much") == 2
    assert check(write(tmp_path, almost), "--tolerance", "-1") == 2
    assert capsys.readouterr().err.count("not an amount such as 0.02") == 2


def test_a_reservation_may_be_said_to_have_expired(tmp_path: Path) -> None:
    component = {"type": "FLAT", "vat": 25, "step_size": 1}
    elements = [
        {"price_components": [component | {"price": price}], "restrictions": {"reservation": word}}
        for word, price in (("RESERVATION", 2), ("RESERVATION_EXPIRES", 5))
    ]
    dimensions = {"dimensions": [{"type": "RESERVATION_TIME", "volume": 1}]}
    reserved = RIGHT | {
        "tariffs": [TARIFF | {"elements": elements}],
        "charging_periods": [RIGHT["charging_periods"][0] | dimensions, RIGHT["charging_periods"][1]],
        "total_cost": {"before_taxes": 5},
        "total_energy": 0,
    }
    assert check(write(tmp_path, reserved)) == 1
    assert check(write(tmp_path, reserved), "--reservation-expired") == 0


def test_json_holds_every_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, RIGHT, NO_STEP, FREE), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["summary"] == {"agrees": 1, "differs": 1, "cannot be priced": 1}
    second = found["cdrs"][1]
    assert (second["id"], second["state"], second["currency"]) == ("C2", "differs", "SEK")
    assert (second["theirs"], second["ours"], second["tariffs"]) == ("44", "48", "cdr")
    difference = second["differences"][0]
    assert difference["name"] == "total_cost"
    assert (difference["theirs"], difference["ours"], difference["size"]) == ("44", "48", "-4")
    assert (difference["cause"], difference["others"]) == ("STEP_NOT_APPLIED", [])
    assert found["cdrs"][2]["reasons"] == ["no Tariff is given, and there is none in the CDR"]


def test_what_is_odd_has_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backwards = RIGHT | {"charging_periods": RIGHT["charging_periods"][::-1]}
    assert check(write(tmp_path, backwards)) == 0
    assert "! the charging periods are not in order of time ($.charging_periods[1].start_date_time:" in (
        capsys.readouterr().out
    )


def test_quantities_beyond_all_reason_differ_like_others(tmp_path: Path) -> None:
    dimensions = [{"type": "ENERGY", "volume": 10**30}, {"type": "TIME", "volume": 10**20}]
    vast = RIGHT | {"charging_periods": [RIGHT["charging_periods"][0] | {"dimensions": dimensions}]}
    assert check(write(tmp_path, vast)) == 1
    assert check(write(tmp_path, RIGHT | {"end_date_time": "9999-12-31T23:59:59Z"})) == 1
    assert check(write(tmp_path, RIGHT | {"start_date_time": "0001-01-01T00:00:00Z"})) == 1


def test_an_old_cdr_is_read_in_its_version(tmp_path: Path) -> None:
    old = RIGHT | {"total_cost": {"excl_vat": 48, "incl_vat": 60}}
    old["tariffs"] = [{name: value for name, value in TARIFF.items() if name != "tax_included"}]
    assert check(write(tmp_path, old)) == 0


def test_the_number_of_a_card_as_auth_id_of_an_old_cdr_is_no_hindrance(tmp_path: Path) -> None:
    old = convert(v230.CDR, RIGHT, Version.V2_3_0, Version.V2_1_1).body | {"auth_id": "04E5A2B1C3D480"}
    assert check(write(tmp_path, json.loads(dumps(old)))) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.json"], "nowhere.json: No such file"),
        (["{file}", "--time-zone", "Mars"], "--time-zone Mars: no such time zone"),
        (["{file}", "--tariff", "{file}"], "$.elements: found nothing"),
    ],
)
def test_wrong_usage_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    file = write(tmp_path, RIGHT)
    assert check(*(word.format(file=file) for word in words)) == 2
    assert message in capsys.readouterr().err
