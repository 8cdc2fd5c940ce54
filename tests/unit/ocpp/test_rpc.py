"""The bookkeeping of a connection, with the time passed in."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.base.errors import StationUnreachable
from ocpilot.ocpp.frames import Call, CallResult
from ocpilot.ocpp.rpc import Answered, Ignored, Reply, Rpc, RpcLimits
from ocpilot.ocpp.v16 import V16

STOP = '[2,"7","StopTransaction",{"transactionId":1}]'


@pytest.fixture
def rpc():
    return Rpc(V16.words, RpcLimits(call_timeout=30.0, max_waiting=3, remembered=2, remember=120.0))


@settings(deadline=None)
@given(st.text() | st.text().map(lambda text: f'[2,"1",{text}'))
def test_any_text_is_handled_answered_or_ignored(text):
    assert isinstance(Rpc(V16.words).receive(text), Call | Answered | Reply | Ignored)


def test_a_broken_frame_is_answered_with_the_word_of_the_version(rpc):
    reply = rpc.receive('[2,"7","StopTransaction",')
    assert json.loads(reply.text)[:3] == [4, "7", "FormationViolation"]
    assert json.loads(rpc.receive("?").text)[:3] == [4, "-1", "FormationViolation"]


def test_one_call_is_in_flight_and_the_next_waits_for_its_answer(rpc):
    first, second = rpc.ask("A", {}, 0.0), rpc.ask("B", {}, 0.0)
    assert json.loads(rpc.next_to_send(0.0)) == [2, first.id, "A", {}]
    assert rpc.next_to_send(0.0) is None
    event = rpc.receive(f'[3,"{first.id}",{{"status":"Accepted"}}]')
    assert event == Answered(call=first, answer=CallResult(id=first.id, payload={"status": "Accepted"}))
    assert json.loads(rpc.next_to_send(1.0)) == [2, second.id, "B", {}]


def test_ids_of_calls_of_ours_fit_the_standard(rpc):
    assert len(rpc.ask("A", {}, 0.0).id) <= 36


def test_a_call_in_flight_times_out_counted_from_when_it_was_sent(rpc):
    call = rpc.ask("A", {}, 0.0)
    rpc.next_to_send(20.0)
    assert rpc.deadline() == 50.0
    assert rpc.expire(49.9) == ()
    assert rpc.expire(50.0) == (call,)
    assert rpc.deadline() is None


def test_a_call_that_was_never_sent_times_out_too_and_is_not_sent_later(rpc):
    rpc.ask("A", {}, 0.0)
    rpc.next_to_send(10.0)
    never_sent = rpc.ask("B", {}, 0.0)
    assert rpc.expire(30.0) == (never_sent,)
    assert [call.action for call in rpc.expire(40.0)] == ["A"]
    assert rpc.next_to_send(40.0) is None


def test_a_time_out_makes_room_and_the_late_answer_is_ignored(rpc):
    late, following = rpc.ask("A", {}, 0.0), rpc.ask("B", {}, 20.0)
    rpc.next_to_send(0.0)
    rpc.expire(30.0)
    assert json.loads(rpc.next_to_send(30.0))[1] == following.id
    assert isinstance(rpc.receive(f'[3,"{late.id}",{{}}]'), Ignored)
    assert isinstance(rpc.receive(f'[3,"{following.id}",{{}}]'), Answered)


def test_an_answer_given_twice_counts_once(rpc):
    call = rpc.ask("A", {}, 0.0)
    rpc.next_to_send(0.0)
    assert isinstance(rpc.receive(f'[4,"{call.id}","GenericError","",{{}}]'), Answered)
    assert isinstance(rpc.receive(f'[4,"{call.id}","GenericError","",{{}}]'), Ignored)


def test_a_call_that_nobody_waits_for_any_longer_is_not_sent(rpc):
    first, second, third = (rpc.ask(action, {}, 0.0) for action in "ABC")
    rpc.next_to_send(0.0)
    rpc.withdraw(first)
    rpc.withdraw(second)
    assert rpc.next_to_send(0.0) is None
    rpc.receive(f'[3,"{first.id}",{{}}]')
    assert json.loads(rpc.next_to_send(0.0))[1] == third.id


def test_too_many_waiting_calls_are_refused(rpc):
    for _ in range(3):
        rpc.ask("A", {}, 0.0)
    with pytest.raises(StationUnreachable, match="3 calls wait"):
        rpc.ask("A", {}, 0.0)


def test_a_repeated_call_gets_the_answer_it_got_before(rpc):
    text = rpc.answer(rpc.receive(STOP), {"idTagInfo": {"status": "Accepted"}}, 0.0)
    assert rpc.answered(rpc.receive(STOP), 10.0) == text


def test_the_same_id_with_another_payload_is_another_call(rpc):
    rpc.answer(rpc.receive(STOP), {}, 0.0)
    assert rpc.answered(rpc.receive(STOP.replace("1}", "2}")), 1.0) is None


def test_a_refused_call_may_be_tried_again_with_the_same_id(rpc):
    rpc.refuse(rpc.receive(STOP), "InternalError")
    assert rpc.answered(rpc.receive(STOP), 1.0) is None


def test_a_heartbeat_is_never_answered_with_an_old_time(rpc):
    heartbeat = rpc.receive('[2,"1","Heartbeat",{}]')
    rpc.answer(heartbeat, {"currentTime": "old"}, 0.0)
    assert rpc.answered(heartbeat, 1.0) is None


def test_only_the_last_answers_are_remembered_and_not_for_long(rpc):
    first, second, third = (rpc.receive(STOP.replace('"7"', f'"{ident}"')) for ident in (1, 2, 3))
    for call in (first, second, third):
        rpc.answer(call, {}, 0.0)
    assert rpc.answered(first, 1.0) is None
    assert rpc.answered(second, 1.0) == '[3,"2",{}]'
    assert rpc.answered(second, 121.0) is None
