"""Frames: what is read from text, and what broken text is answered with."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.ocpp import frames
from ocpilot.ocpp.frames import Broken, Call, CallError, CallResult, ResultError, Send

MAX = 10_000

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
nearly_frames = st.tuples(
    st.sampled_from([2, 3, 4, 5, 6, 7, "2", 2.0, True]), json_values, json_values, json_values
).map(list)


def unmarked(frame):
    """A call is marked by the text it came in."""
    return msgspec.structs.replace(frame, mark=0) if isinstance(frame, Call) else frame


@settings(deadline=None)
@given(st.text() | json_values.map(json.dumps) | nearly_frames.map(json.dumps))
def test_any_text_is_read_as_something_and_never_raises(text):
    assert isinstance(frames.read(text, MAX), Call | CallResult | CallError | ResultError | Send | Broken)


@settings(deadline=None)
@given(
    st.text(min_size=1, max_size=36, alphabet=st.characters(codec="utf-8")),
    st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), st.integers(-(2**63), 2**63 - 1) | st.booleans()),
)
def test_what_is_written_is_read_back(ident, payload):
    for frame in (
        Call(id=ident, action="Heartbeat", payload=payload),
        CallResult(id=ident, payload=payload),
        CallError(id=ident, code="GenericError", description="why", details=payload),
        ResultError(id=ident, code="GenericError", description="why", details=payload),
        Send(id=ident, action="NotifyPeriodicEventStream", payload=payload),
    ):
        assert unmarked(frames.read(frames.write(frame), MAX)) == frame


def test_fractions_are_exact_decimals():
    call = frames.read('[2,"1","MeterValues",{"v":0.30004000000000003}]', MAX)
    assert unmarked(call) == Call(id="1", action="MeterValues", payload={"v": Decimal("0.30004000000000003")})
    assert frames.write(call) == '[2,"1","MeterValues",{"v":0.30004000000000003}]'


@pytest.mark.parametrize(
    ("text", "ident"),
    [
        ("", None),
        ("no json", None),
        ("{}", None),
        ("[]", None),
        ('[2,"1","Heartbeat",{}', "1"),
        ('[2,"1"]', "1"),
        ('[2,"1","Heartbeat"]', "1"),
        ('[2,"1","Heartbeat",[]]', "1"),
        ('[2,"1",7,{}]', "1"),
        ('[2,1,"Heartbeat",{}]', None),
        ('[2,"","Heartbeat",{}]', None),
        (f'[2,"{"x" * 37}","Heartbeat",{{}}]', None),
        ("[" * 9_000, None),
        ('[2,"1","A",{"n":1e99999999999999999999}]', "1"),
        ('[2,"1","A",{"n":"\\ud800"}]', "1"),
        ("\ud800", None),
        (f'[2,"1","A",{{"n":"{"x" * MAX}"}}]', "1"),
    ],
)
def test_a_broken_call_is_answered_under_its_id_if_that_can_be_read(text, ident):
    frame = frames.read(text, MAX)
    assert isinstance(frame, Broken)
    assert (frame.id, frame.answered) == (ident, True)


@pytest.mark.parametrize(
    "text",
    [
        '[3,"1",[]]',
        '[3,"1"]',
        '[3,"1",{}',
        '[4,"1"',
        "[3,7,{}]",
        '[5,7,"A",{}]',
        '[6,"1","A"]',
        '[6,"1","A",[]]',
        '[6,"1"',
        '[7,"1","A",{}]',
        '["2","1","A",{}]',
        "[null,1,2]",
    ],
)
def test_a_broken_answer_and_an_unknown_message_type_are_never_answered(text):
    frame = frames.read(text, MAX)
    assert isinstance(frame, Broken)
    assert not frame.answered


@pytest.mark.parametrize("rest", ['"Nope"', '"Nope",null,null', '"Nope","",[]', '"Nope","",{},"more"'])
def test_a_refusal_without_its_description_or_details_is_still_a_refusal(rest):
    assert frames.read(f'[4,"1",{rest}]', MAX) == CallError(id="1", code="Nope")


def test_a_description_is_cut_to_the_255_characters_of_the_standard():
    written = json.loads(frames.write(CallError(id="1", code="GenericError", description="x" * 300)))
    assert written == [4, "1", "GenericError", "x" * 255, {}]
