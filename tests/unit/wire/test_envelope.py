"""The envelope around every answer."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpilot.base.errors import PeerNonsense
from ocpilot.wire.envelope import Envelope, read_response, response
from ocpilot.wire.jsontext import loads

NOW = datetime(2026, 11, 23, 8, 0, 0, 250000, tzinfo=UTC)


def test_an_answer_wraps_json_that_is_ready():
    assert loads(response(b'[{"price":0.10}]', now=NOW)) == {
        "data": [{"price": Decimal("0.10")}],
        "status_code": 1000,
        "timestamp": "2026-11-23T08:00:00.250Z",
    }


def test_an_error_has_a_message_and_no_data():
    assert loads(response(None, 2001, 'missing "x"', now=NOW)) == {
        "status_code": 2001,
        "status_message": 'missing "x"',
        "timestamp": "2026-11-23T08:00:00.250Z",
    }


def test_what_we_write_we_read():
    assert read_response(response(b"{}", 1000, "Success", now=NOW)) == Envelope(
        status_code=1000, status_message="Success", data={}, timestamp=NOW
    )


@pytest.mark.parametrize(("code", "ok"), [("1000", True), ("1999", True), ("2000", False), ('"1000"', True)])
def test_only_codes_from_1000_to_1999_say_that_it_worked(code, ok):
    assert read_response(f'{{"status_code":{code}}}'.encode()).ok is ok


def test_a_missing_or_wrong_timestamp_and_message_do_no_harm():
    found = read_response(b'{"status_code":1000,"status_message":7,"timestamp":"now","data":null}')
    assert found == Envelope(status_code=1000)


@pytest.mark.parametrize("text", [b"<html>", b"[]", b"{}", b'{"status_code":true}', b'{"status_code":"OK"}', b"\xff"])
def test_what_is_no_envelope_is_the_peers_nonsense(text):
    with pytest.raises(PeerNonsense, match="no OCPI"):
        read_response(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"status_code":1000,"status_code":1000}',
        b'{"status_code":1000,"status\\u005fcode":1000}',
        b'{"status_code":1000,"data":null,"data":null}',
        b'{"status_code":1000.0}',
        b'{"status_code":1e3}',
        b'{"status_code":true}',
        b'{"status_code":1000,"status_message":"\xff"}',
        b'{"status_code":1000} {}',
        b'{"status_message":"Success"}',
    ],
)
def test_what_only_looks_like_a_success_is_none(text):
    with pytest.raises(PeerNonsense):
        read_response(text)


@pytest.mark.parametrize("more", [b"", b',"data":null', b',"status_message":null', b',"timestamp":null', b',"other":1'])
def test_a_success_is_one_whatever_it_leaves_out_or_adds(more):
    assert read_response(b'{ "status_code": 1000%b }' % more) == Envelope(status_code=1000)


def test_a_message_may_hold_the_names_of_fields():
    said = read_response(
        b'{"status_code":1000,"status_message":"\\"status_code\\"","timestamp":"2026-11-23T08:00:00.250Z"}'
    )
    assert (said.ok, said.status_message, said.timestamp) == (True, '"status_code"', NOW)
