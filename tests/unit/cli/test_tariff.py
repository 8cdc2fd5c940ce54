"""`ocpilot tariff lint` and `explain` on files: what they print, and how they end."""

import argparse
import json

import pytest

from ocpilot.cli import tariff

GOOD = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "STAD",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 4, "vat": 25, "step_size": 1}]}],
    "last_updated": "2026-11-01T00:00:00Z",
}
NIGHT = {
    "price_components": [{"type": "ENERGY", "price": 3, "vat": 25, "step_size": 1}],
    "restrictions": {"start_time": "22:00", "end_time": "06:00"},
}
HIDDEN = {**GOOD, "id": "GLOMD", "elements": [*GOOD["elements"], NIGHT]}
TIMED = {**GOOD, "id": "NATT", "elements": [NIGHT, *GOOD["elements"]]}
OLD = {key: value for key, value in GOOD.items() if key not in {"country_code", "party_id", "tax_included"}} | {
    "elements": [{"price_components": [{"type": "ENERGY", "price": 4, "step_size": 1}]}]
}


@pytest.fixture
def run(tmp_path):
    """Runs a command on a file with the objects given: one as an object, several as a list."""

    def run(command, *objects, options=(), text=None):
        file = tmp_path / "t.json"
        file.write_text(text or json.dumps(objects[0] if len(objects) == 1 else objects))
        parser = argparse.ArgumentParser()
        tariff.add_parser(parser.add_subparsers())
        return tariff.run(parser.parse_args(["tariff", command, *options, str(file)]))

    return run


def test_a_right_tariff_is_silent_and_ends_with_0(run, capsys) -> None:
    assert run("lint", GOOD) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "1 tariffs, 0 errors, 0 warnings, 0 hints\n")


def test_an_error_is_told_with_path_meaning_and_mend_and_ends_with_1(run, capsys) -> None:
    assert run("lint", GOOD, HIDDEN) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("t.json $[1]: tariff GLOMD, OCPI 2.3.0")
    assert lines[1] == ("  error    element.unreachable  $.elements[1]: ENERGY priced before it by $.elements[0]")
    assert lines[2].startswith("           Elements before it match whenever it does")
    assert " ".join(lines).split("[")[-1].split() == ["mod_tariffs,", "Tariff", "object]"]


def test_a_warning_ends_with_1_only_when_strict(run) -> None:
    zero = {**GOOD, "elements": [{"price_components": [{"type": "ENERGY", "price": 4, "vat": 25, "step_size": 0}]}]}
    assert run("lint", zero) == 0
    assert run("lint", zero, options=["--strict"]) == 1


def test_json_holds_every_tariff_and_the_counts(run, capsys) -> None:
    assert run("lint", text=f"{json.dumps(GOOD)}\n{json.dumps(HIDDEN)}\n", options=["--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"tariffs": 2, "errors": 1, "warnings": 0, "hints": 0}
    assert [one["where"].rsplit(":", 1)[1] for one in told["tariffs"]] == ["1", "2"]
    assert told["tariffs"][1]["findings"][0]["code"] == "element.unreachable"


def test_an_envelope_is_opened(run, capsys) -> None:
    envelope = {"data": [HIDDEN], "status_code": 1000, "timestamp": "2026-11-01T00:00:00Z"}
    assert run("lint", envelope) == 1
    assert "$.data[0]: tariff GLOMD" in capsys.readouterr().out


def test_a_tariff_of_2_1_1_is_linted_without_its_owner_and_its_taxes(run, capsys) -> None:
    assert run("lint", OLD, options=["--version", "2.1.1"]) == 0
    assert capsys.readouterr().out == ""


def test_what_is_no_tariff_is_an_error_and_misspelled_fields_are_told_with_it(run, capsys) -> None:
    wrong = {("curency" if key == "currency" else key): value for key, value in GOOD.items()}
    assert run("lint", wrong) == 1
    said = capsys.readouterr().out
    assert "$.currency: found nothing" in said
    assert "field.misspelled  $.curency: curency, which looks like currency" in said


def test_the_rules_of_the_union_need_the_power(run, capsys) -> None:
    fee = {
        **GOOD,
        "elements": [
            *GOOD["elements"],
            {"price_components": [{"type": "FLAT", "price": 9, "vat": 25, "step_size": 1}]},
        ],
    }
    assert run("lint", fee, options=["--ad-hoc"]) == 0
    assert run("lint", fee, options=["--ad-hoc", "--power", "150"]) == 1
    assert "afir.session_fee" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        run("lint", fee, options=["--power", "much"])
    assert ended.value.code == 2


def test_a_file_that_is_not_there_ends_with_2(run, capsys) -> None:
    assert run("lint", GOOD, options=["no-such-file.json"]) == 2
    assert "no-such-file.json: No such file" in capsys.readouterr().err


def test_a_tariff_is_explained_with_a_table_of_the_week_when_times_matter(run, capsys) -> None:
    assert run("explain", TIMED) == 0
    assert capsys.readouterr().out.replace("\xa0", " ").splitlines() == [
        "NATT (SEK)",
        "  3.75 SEK per kWh incl. VAT, between 22:00 and 06:00",
        "  5.00 SEK per kWh incl. VAT",
        "",
        "  Days       Time         Energy",
        "  Every day  00:00–06:00  3.75 SEK per kWh incl. VAT",
        "             06:00–22:00  5.00 SEK per kWh incl. VAT",
        "             22:00–24:00  3.75 SEK per kWh incl. VAT",
        "",
    ]


def test_a_tariff_is_explained_in_swedish_and_as_json(run, capsys) -> None:
    assert run("explain", GOOD, options=["--language", "sv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.replace("\xa0", " "))
    assert told == [{"id": "STAD", "currency": "SEK", "sentences": ["5,00 kr per kWh inkl. moms"], "week": None}]


def test_explaining_what_is_no_tariff_ends_with_1_and_an_unknown_zone_with_2(run, capsys) -> None:
    assert run("explain", {"id": "T"}) == 1
    never = {**GOOD, "elements": [{**NIGHT, "restrictions": {"start_date": "2026-02-30"}}]}
    assert run("explain", never) == 1
    assert "found 2026-02-30, expected a date" in capsys.readouterr().err
    assert run("explain", GOOD, options=["--time-zone", "Mars/Olympus"]) == 2
    assert "--time-zone Mars/Olympus: no such time zone" in capsys.readouterr().err
