"""Whole texts: one object, lists, envelopes, JSON Lines."""

import json

import pytest

from ocpilot.base.problem import Severity
from ocpilot.wire.kinds import kind_named
from ocpilot.wire.protocol import Version
from ocpilot.wire.validation import check_lines, check_text

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


ANSWER = b'{"status_code":1000,"timestamp":"2026-11-23T08:00:00Z","data":[' + STOP + b"," + BAD + b"]}"


def test_each_line_may_be_an_envelope_or_a_list():
    assert found(ANSWER + b"\n[" + BAD + b"]\n") == [
        (1, "stop_session", []),
        (1, "stop_session", ["$.data[1].session_id"]),
        (2, "stop_session", ["$[0].session_id"]),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_blank_lines_are_no_objects(end):
    mark = b"\xef\xbb\xbf"
    assert found(mark + STOP) == [(None, "stop_session", [])]
    assert found(mark + end + STOP + end + end + BAD + end) == [
        (2, "stop_session", []),
        (4, "stop_session", ["$.session_id"]),
    ]


def test_json_lines_are_known_by_their_second_line_when_the_first_is_broken():
    broken = STOP[:-1] + b",}"
    assert found(broken + b"\n" + BAD) == [(1, None, ["$"]), (2, "stop_session", ["$.session_id"])]


def test_json_over_several_lines_is_one_text():
    pretty = json.dumps([json.loads(STOP), json.loads(BAD)], indent=2).encode()
    assert found(pretty) == [(None, "stop_session", []), (None, "stop_session", ["$[1].session_id"])]
    assert found(pretty[:-1]) == [(None, None, ["$"])]
    assert found(b'{"response_url":"https://example.com/1"}'.replace(b"}", b'\n,"session_id":"S1"}')) == [
        (None, "stop_session", [])
    ]


def test_lines_are_checked_as_they_come():
    read = []

    def lines():
        for number in range(5):
            read.append(number)
            yield STOP + b"\n"

    checked = check_lines(lines())
    assert (next(checked).line, read) == (1, [0, 1])
    assert (next(checked).line, read) == (2, [0, 1])
    assert (next(checked).line, read) == (3, [0, 1, 2])


def test_a_text_may_be_longer_than_what_a_partner_may_send():
    many = b"[" + b",".join([STOP] * 300_000) + b"]"
    assert len(many) > 16 * 1024 * 1024
    assert len(check_text(many)) == 300_000


@pytest.mark.parametrize(
    ("envelope", "paths"),
    [
        ({"status_code": 1000, "timestamp": "yesterday"}, ["$.timestamp"]),
        ({"status_code": 7, "timestamp": "2026-11-23T08:00:00Z"}, ["$.status_code"]),
        ({"status_code": "1000", "timestamp": "2026-11-23T08:00:00+00:00"}, ["$.status_code", "$.timestamp"]),
    ],
)
def test_the_fields_of_an_envelope_are_checked_like_others(envelope, paths):
    assert found(json.dumps(envelope).encode()) == [(None, "envelope", paths)]


def test_the_part_of_an_object_is_told_kindly():
    (checked,) = check_text(b'{"status":"CHARGING","last_updated":"2026-11-23T08:00:00Z"}')
    (problem,) = checked.problems
    assert problem.found == "what looks like a part of an EVSE or a Session or a ClientInfo, such as a PATCH has"
    assert problem.severity is Severity.ERROR


def test_a_part_is_checked_as_what_was_asked_for():
    (checked,) = check_text(b'{"status":"CHARGNG","floor_level":"1"}', kind=kind_named("evse"))
    told, *others = checked.problems
    assert (told.found, told.severity) == ("what looks like a part of an EVSE, such as a PATCH has", Severity.FINDING)
    assert [problem.path for problem in others] == ["$.uid", "$.status", "$.connectors", "$.last_updated"]


def test_a_class_that_never_travels_alone_is_checked_when_it_is_named():
    (checked,) = check_text(b'{"type":"ENERGY","price":1}', kind=kind_named("price_component"))
    assert [problem.path for problem in checked.problems] == ["$.step_size"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "nothing"),
        (b" \n", "nothing"),
        ('[{"a":1}]'.encode("utf-16"), "text in UTF-16, not in UTF-8"),
        (b"id;name\n1;x", r"text that begins with 'id;name\n1;x'"),
        (b"<html>", "text that begins with '<html>'"),
        (b"{", "body is no JSON: Input data was truncated"),
    ],
)
def test_what_does_not_even_begin_as_json_is_named(text, said):
    (checked,) = check_text(text)
    assert [problem.found for problem in checked.problems] == [said]


# ---- lists: each item on its own, so that a long one is not held as objects ------------------------------------------

ITEM = b'{"country_code":"SE","party_id":"RES","uid":"A","type":"RFID","contract_id":"C","issuer":"R","valid":true,'
ITEM += b'"whitelist":"ALLOWED","last_updated":"2026-11-01T10:00:00Z"}'


def test_an_item_that_cannot_be_read_is_named_and_the_others_are_checked():
    broken = ITEM.replace(b'"uid":"A"', b'"uid":"A","uid":"B"')
    checked = check_text(b"\n [ " + b", ".join((ITEM, broken, ITEM.replace(b"true", b"7"))) + b" ]\n")
    assert [[problem.path for problem in one.problems] for one in checked] == [[], ["$[1]"], ["$[2].valid"]]
    assert [one.kind for one in checked] == ["token", None, "token"]


def test_a_list_that_does_not_end_is_one_problem_and_an_empty_one_is_none():
    [cut] = check_text(b"[" + ITEM + b", ")
    assert [problem.path for problem in cut.problems] == ["$"]
    assert check_text(b"[]") == ()


def test_what_is_no_object_in_a_list_is_a_problem():
    [checked] = check_text(b"[7]")
    assert [(problem.path, problem.found) for problem in checked.problems] == [("$[0]", "7")]


def test_a_list_in_a_line_of_json_lines_has_its_line():
    checked = check_text(b"[" + ITEM + b"]\n[" + ITEM + b"," + ITEM + b"]\n")
    assert [one.line for one in checked] == [1, 2, 2]
