"""`ocpilot convert` on the command line."""

import argparse
import json

import pytest

from ocpilot.cli import convert

TOKEN = {
    "uid": "04A1",
    "type": "RFID",
    "auth_id": "SE-MSP-C00000001",
    "issuer": "Ladda",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-23T08:00:00Z",
}
WHOLE = {**TOKEN, "country_code": "SE", "party_id": "LAD", "contract_id": "SE-MSP-C00000001"}
del WHOLE["auth_id"]
PLACE = {"publish": True, "city": "Umeå", "address": "Storgatan 1", "country": "SWE", "time_zone": "Europe/Stockholm"}
CONNECTOR = {"id": "1", "standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE"}
STAMP = {"last_updated": "2026-11-23T08:00:00Z"}
EVSE = {
    "uid": "E1",
    "status": "CHARGING",
    "connectors": [{**CONNECTOR, **STAMP, "max_voltage": 230, "max_amperage": 16}],
    **STAMP,
}
LOCATION = {
    **PLACE,
    **STAMP,
    "country_code": "SE",
    "party_id": "LAD",
    "id": "L1",
    "coordinates": {"latitude": "63.825910", "longitude": "20.263166"},
    "evses": [EVSE, {**EVSE, "uid": "E2"}],
}
SESSION = {
    **STAMP,
    "country_code": "SE",
    "party_id": "LAD",
    "id": "S1",
    "start_date_time": "2026-11-23T08:00:00Z",
    "kwh": 1,
    "cdr_token": {name: WHOLE[name] for name in ("country_code", "party_id", "uid", "type", "contract_id")},
    "auth_method": "WHITELIST",
    "location_id": "L1",
    "evse_uid": "E2",
    "connector_id": "1",
    "currency": "SEK",
    "status": "ACTIVE",
}


@pytest.fixture
def file(tmp_path):
    """Writes a value as a file and gives its name."""

    def write(value, name="f.json"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


def command(*words):
    parser = argparse.ArgumentParser()
    convert.add_parser(parser.add_subparsers())
    return convert.run(parser.parse_args(["convert", *words]))


def test_an_object_of_2_1_1_needs_its_owner_to_be_right_in_later_versions(file, capsys):
    assert command("--to", "2.3.0", "--party", "SE*LAD", file(TOKEN)) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == WHOLE
    assert said.err == ""


def test_without_the_owner_the_object_is_written_and_what_is_wrong_is_said(file, capsys):
    assert command("--to", "2.2.1", file(TOKEN)) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["contract_id"] == WHOLE["contract_id"]
    assert "assumed: $.country_code: left out" in said.err
    assert "wrong in 2.2.1: $.party_id: found nothing, expected a value" in said.err


def test_what_is_lost_is_said_and_is_no_failure(file, capsys):
    assert command("--to", "2.1.1", file([{**WHOLE, "group_id": "G"}])) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == [TOKEN]
    assert '[0] lost: $.group_id: 2.1.1 has no such field: "G"' in said.err


def test_json_holds_everything(file, capsys):
    assert command("--to", "2.1.1", "--json", "--party", "SE/LAD", file({**WHOLE, "type": "APP_USER"})) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "objects": [{**TOKEN, "type": "OTHER"}],
        "losses": [{"object": 0, "path": "$.type", "what": "the word APP_USER becomes OTHER"}],
        "assumptions": [],
        "wrong": [],
    }
    assert said.err == ""


def test_a_session_finds_its_location_for_2_1_1(file, capsys):
    location = file({**LOCATION, "postal_code": "90325"}, "location.json")
    assert command("--to", "2.1.1", "--location", location, file(SESSION)) == 0
    place = json.loads(capsys.readouterr().out)["location"]
    assert [evse["uid"] for evse in place["evses"]] == ["E2"]
    assert place["city"] == "Umeå"


def test_a_session_of_2_1_1_finds_its_token(file, capsys):
    location = file(LOCATION, "location.json")
    command("--to", "2.1.1", "--location", location, file(SESSION))
    old = file(capsys.readouterr().out, "old.json")
    token = file(WHOLE, "token.json")
    assert command("--to", "2.3.0", "--party", "SE/LAD", "--token", token, old) == 0
    assert json.loads(capsys.readouterr().out) == SESSION


def test_an_answer_is_opened(file, capsys):
    answer = {"status_code": 1000, "timestamp": STAMP["last_updated"], "data": [{**WHOLE, "group_id": "G"}]}
    assert command("--to", "2.1.1", file(answer)) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == [TOKEN]
    assert ".data[0] lost: $.group_id" in said.err
    assert command("--to", "2.1.1", file({**answer, "data": WHOLE})) == 0
    assert json.loads(capsys.readouterr().out) == TOKEN


def test_json_lines_stay_json_lines_and_a_wrong_one_is_left_out_and_told(file, capsys):
    lines = [WHOLE, [{**WHOLE, "group_id": "G"}, WHOLE], {**WHOLE, "valid": []}, WHOLE]
    text = "\n\n".join(map(json.dumps, lines))
    name = file(text)
    assert command("--to", "2.1.1", name) == 1
    said = capsys.readouterr()
    assert [json.loads(line) for line in said.out.splitlines()] == [TOKEN] * 4
    assert [line for line in said.err.splitlines() if "SE/LAD" not in line] == [
        'line 3 [0] lost: $.group_id: 2.1.1 has no such field: "G"',
        f"{name}:5: token in 2.3.0: $.valid: found [], expected true or false",
    ]


def test_all_that_is_wrong_in_a_list_is_told(file, capsys):
    name = file([{**WHOLE, "valid": []}, WHOLE, {**WHOLE, "issuer": []}])
    assert command("--to", "2.1.1", name) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(": ")[2] for line in said.err.splitlines()] == ["$[0].valid", "$[2].issuer"]


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ("{", (), "body is no JSON"),
        ("[1]", (), "found int, expected an object"),
        ('{"a": 1}', (), "no known kind"),
        ('{"status_code": 2001}', (), "found an answer without data"),
        ('{"reservation_id": "1", "response_url": "https://example.com/"}', (), "OCPI 2.1.1 has no CancelReservation"),
        ("{}", ("--object", "token", "--from", "2.2.1"), "token in 2.2.1: $.uid: found nothing, expected a value"),
    ],
)
def test_what_cannot_be_converted_exits_with_1(file, capsys, value, options, message):
    assert command("--to", "2.1.1", *options, file(value)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err


def test_a_file_or_party_that_is_none_is_wrong_usage(file, capsys):
    assert command("--to", "2.1.1", "none.json") == 2
    assert command("--to", "2.2.1", "--party", "Ladda AB", file(TOKEN)) == 2
    assert "--party: 'Ladda AB' is no party" in capsys.readouterr().err
