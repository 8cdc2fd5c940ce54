"""Whole texts: one object, lists, envelopes, JSON Lines."""

from ocpilot.wire.kinds import kind_named
from ocpilot.wire.protocol import Version
from ocpilot.wire.validation import check_text

STOP = b'{"response_url":"https://example.com/1","session_id":"S1"}'
BAD = b'{"response_url":"https://example.com/1","session_id":[]}'


def found(data, **given):
    return [
        (checked.line, checked.kind, [str(p.path) for p in checked.problems]) for checked in check_text(data, **given)
    ]


def test_one_object():
    assert found(STOP) == [(None, "stop_session", [])]
    assert found(BAD) == [(None, "stop_session", ["$.session_id"])]


def test_a_list_names_the_place_of_each_problem():
    assert found(b"[" + STOP + b"," + BAD + b"]") == [
        (None, "stop_session", []),
        (None, "stop_session", ["$[1].session_id"]),
    ]
    assert found(b"[]") == []


def test_an_envelope_is_opened_and_checked_itself():
    envelope = b'{"status_code":"1000","data":[' + BAD + b"]}"
    assert found(envelope) == [
        (None, "envelope", ["$.status_code", "$.timestamp"]),
        (None, "stop_session", ["$.data[0].session_id"]),
    ]
    assert found(b'{"status_code":2001,"timestamp":"2026-11-23T08:00:00Z"}') == []


def test_json_lines_are_numbered():
    assert found(STOP + b"\n\n" + BAD + b"\n{\n") == [
        (1, "stop_session", []),
        (3, "stop_session", ["$.session_id"]),
        (4, None, ["$"]),
    ]


def test_what_is_no_json_or_no_known_object_is_a_problem():
    assert found(b"<html>\n</html>") == [(None, None, ["$"])]
    assert found(b"[1]") == [(None, None, ["$[0]"])]
    assert found(b'{"a":1}') == [(None, None, ["$"])]


def test_kind_and_version_can_be_given():
    (checked,) = check_text(b"{}", kind=kind_named("token"), version=Version.V2_2_1)
    assert (checked.kind, checked.version) == ("token", Version.V2_2_1)
    assert len(checked.problems) == 9
