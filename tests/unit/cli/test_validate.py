"""`ocpilot validate` on the command line."""

import argparse
import csv
import gzip
import io
import json
import sys

import pytest

from ocpilot.base.errors import UserError
from ocpilot.cli import validate
from ocpilot.cli.reading import Progress

STOP = '{"response_url":"https://example.com/1","session_id":"S1"}'
BAD = '{"response_url":"https://example.com/1","session_id":[]}'
ODD = '{"response_url":"https://example.com/1","session_id":7}'
SECTION = "[mod_commands, StopSession object]"


@pytest.fixture
def run(tmp_path):
    """Runs the command on a file with the text given."""

    def run(text, *options):
        file = tmp_path / "f.json"
        file.write_text(text)
        return command(*options, str(file))

    return run


def command(*words):
    parser = argparse.ArgumentParser()
    validate.add_parser(parser.add_subparsers())
    return validate.run(parser.parse_args(["validate", *words]))


def test_a_right_file_is_silent_and_exits_with_0(run, capsys):
    assert run(STOP) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "1 objects, 0 errors, 0 findings\n"


def test_a_wrong_file_says_where_and_exits_with_1(run, capsys, tmp_path):
    assert run(BAD) == 1
    assert capsys.readouterr().out == f"{tmp_path}/f.json: $.session_id: found [], expected a string {SECTION}\n"


def test_lines_are_named(run, capsys, tmp_path):
    assert run(f"{STOP}\n{BAD}") == 1
    assert capsys.readouterr().out.startswith(f"{tmp_path}/f.json:2: $.session_id: ")


def test_what_is_accepted_leniently_is_an_error_only_when_strict(run, capsys):
    assert run(ODD) == 0
    assert capsys.readouterr().out.endswith(f"expected a string (accepted) {SECTION}\n")
    assert run(ODD, "--strict") == 1
    assert capsys.readouterr().out.endswith(f"expected a string {SECTION}\n")


def test_json_holds_everything(run, capsys):
    assert run(BAD, "--json", "--object", "stop_session", "--version", "2.2.1") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["objects"], report["errors"], report["findings"]) == (1, 1, 0)
    (problem,) = report["problems"]
    assert problem["path"] == "$.session_id"
    assert problem["object"] == "stop_session"
    assert problem["version"] == "2.2.1"
    assert problem["section"] == "mod_commands, StopSession object"


def test_standard_input_is_a_file_called_dash(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert command("-") == 1
    assert capsys.readouterr().out.startswith("-: $.session_id")


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path, capsys):
    assert command(str(tmp_path / "none.json")) == 2
    assert "none.json: No such file" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path, capsys):
    (tmp_path / "bad.json").write_text(BAD)
    assert command(str(tmp_path), str(tmp_path / "bad.json")) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"ocpilot validate: {tmp_path}: Is a directory\n")
    assert "$.session_id" in said.out


def test_several_files_are_summed_up(tmp_path, capsys):
    names = [tmp_path / name for name in ("a.json", "b.jsonl")]
    names[0].write_text(BAD)
    names[1].write_text(f"{STOP}\n{ODD}\n")
    assert command(*map(str, names)) == 1
    assert capsys.readouterr().err == "3 objects, 1 errors, 1 findings\n"


def test_json_without_problems_is_one_object_too(run, capsys):
    assert run(STOP, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"problems": [], "objects": 1, "errors": 0, "findings": 0}
    assert run(f"{BAD}\n{BAD}", "--json") == 1
    assert [problem["line"] for problem in json.loads(capsys.readouterr().out)["problems"]] == [1, 2]


def test_a_terminal_sees_how_far_we_are(run, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lines = [STOP] * Progress.EVERY
    assert run("\n".join([*lines, BAD])) == 1
    said = capsys.readouterr().err
    assert f"f.json: {Progress.EVERY} objects, 0 errors, 0 findings\r\x1b[K{Progress.EVERY + 1} objects" in said


def test_a_part_of_a_class_is_accepted_by_name(run, capsys):
    assert run('{"twentyfourseven": true}', "--object", "hours") == 0
    assert run('{"twentyfourseven": "x"}', "--object", "hours", "--version", "2.2.1") == 1
    assert "$.twentyfourseven: found" in capsys.readouterr().out


def test_an_object_of_2_1_1_is_known_by_its_fields(run, capsys):
    token = {"uid": "1", "type": "RFID", "auth_id": "DE8ACC12E46L89", "issuer": "x", "valid": True, "whitelist": 1}
    assert run(json.dumps({**token, "last_updated": "2015-06-29T22:39:09Z"}), "--json") == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["object"], problem["version"], problem["path"]) == ("token", "2.1.1", "$.whitelist")


def test_a_kind_that_a_version_does_not_have_is_said(run, capsys):
    assert run("{}", "--object", "booking", "--version", "2.2.1") == 1
    assert "$: found a Booking, expected an object that OCPI 2.2.1 has" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--version", "1.0", "f"], ["--object", "thing", "f"]])
def test_wrong_usage_exits_with_2(words):
    with pytest.raises(SystemExit) as end:
        command(*words)
    assert end.value.code == 2


SITE = {
    "country_code": "NL",
    "party_id": "GFX",
    "id": "=743",
    "publish": True,
    "address": "Stolpweg 12",
    "city": "Den Hoorn",
    "country": "NLD",
    "coordinates": {"latitude": "53.024728", "longitude": "4.752871"},
    "time_zone": "Europe/Amsterdam",
    "images": None,
    "last_updated": "2026-06-07T16:18:31Z",
}


def test_who_sent_an_object_and_its_id_stand_beside_what_is_wrong(run, capsys):
    assert run(json.dumps([SITE])) == 0
    assert capsys.readouterr().out.endswith("[mod_locations, Location] in NL/GFX =743\n")


def test_a_summary_says_each_kind_of_problem_once_and_errors_first(run, capsys, tmp_path):
    broken = SITE | {"city": 7, "evses": 1}
    listed = {"status_code": 1000, "timestamp": "2026-06-07T16:18:31Z", "data": [SITE, broken]}
    assert run(json.dumps(listed), "--summary") == 1
    error, _, first, example, *others = capsys.readouterr().out.splitlines()
    assert error.startswith("       1  location $.evses: found 1, expected a list [")
    assert first.startswith("       2  location $.images: found null, expected a list, or no such field (accepted) [")
    assert example == f"          first: {tmp_path}/f.json: $.data[0].images NL/GFX =743"
    assert len(others) == 2


def test_the_table_for_an_operator_has_a_row_for_each_problem_and_no_formulas(run, tmp_path):
    table = tmp_path / "wrong.csv"
    assert run(json.dumps([SITE, SITE]), "--csv", str(table)) == 0
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [(row["owner"], row["id"], row["path"]) for row in rows] == [
        ("NL/GFX", "'=743", "$[0].images"),
        ("NL/GFX", "'=743", "$[1].images"),
    ]


def test_a_table_that_cannot_be_written_is_said(run, tmp_path):
    with pytest.raises(UserError, match=r"--csv .*none/wrong.csv: No such file"):
        run(STOP, "--csv", str(tmp_path / "none" / "wrong.csv"))


def test_a_file_may_be_packed(tmp_path, capsys):
    packed = tmp_path / "f.json.gz"
    packed.write_bytes(gzip.compress(BAD.encode()))
    assert command(str(packed)) == 1
    assert "$.session_id" in capsys.readouterr().out
    packed.write_bytes(packed.read_bytes()[:30])
    assert command(str(packed)) == 2
    assert "found broken gzip" in capsys.readouterr().err


def test_another_encoding_is_named_with_its_place(tmp_path, capsys):
    file = tmp_path / "f.json"
    file.write_bytes('{"name": "Café"}'.encode("latin-1"))
    assert command(str(file)) == 1
    assert 'not in UTF-8, perhaps in Latin-1: byte 0xe9 after \'{"name": "Caf\'' in capsys.readouterr().out
