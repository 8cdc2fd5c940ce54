"""A simulated station's link against a server that leaves at any moment."""

import asyncio
import json

import pytest
from ocpp.v16 import call, call_result
from websockets.asyncio.server import serve

from ocpilot.simulator.ledger import Ledger
from ocpilot.simulator.link import Address, StationLink
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.speech import Message, Reaction

MESSAGES = 5


class LeavingServer:
    """Answers calls, but leaves at the `leaves_at`-th: before it answers, or right after."""

    def __init__(self, leaves_at: int, after_the_answer: bool) -> None:
        self.leaves_at = leaves_at
        self.after_the_answer = after_the_answer
        self.calls = 0
        self.got: list[int] = []
        self.acknowledged: list[int] = []

    async def __call__(self, socket) -> None:
        async for text in socket:
            _, ident, _, payload = json.loads(text)
            self.calls += 1
            number = payload["connectorId"]
            self.got.append(number)
            leaving = self.calls == self.leaves_at
            if not leaving or self.after_the_answer:
                await socket.send(json.dumps([3, ident, {}]))
                self.acknowledged.append(number)
            if leaving:
                socket.transport.close()
                return


def link_to(server, reactions=None):
    async def greet():
        return True

    port = server.sockets[0].getsockname()[1]
    make = StationMake(backoff=Backoff(0.01, 0.02))
    return StationLink(
        Address(f"ws://127.0.0.1:{port}/ocpp", "CS1", None, OcppVersion.V16),
        make,
        reactions=reactions or {},
        greet=greet,
        ledger=Ledger(),
    )


def message(number, acknowledged):
    value = {"timestamp": "2026-11-23T07:00:00Z", "sampled_value": [{"value": "1"}]}
    said = call.MeterValues(connector_id=number, meter_value=[value])
    return Message(call=lambda: said, acknowledged=lambda _: acknowledged.append(number))


@pytest.mark.parametrize("after_the_answer", [False, True])
@pytest.mark.parametrize("leaves_at", range(1, MESSAGES + 1))
async def test_what_was_acknowledged_is_never_sent_again_and_the_rest_is_in_order(
    leaves_at, after_the_answer, eventually
):
    leaving, acknowledged = LeavingServer(leaves_at, after_the_answer), []
    async with serve(leaving, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        link = link_to(server)
        running = asyncio.create_task(link.run())
        for number in range(MESSAGES):
            link.tell(message(number, acknowledged))
        await eventually(lambda: link.undelivered == 0)
        running.cancel()
        await asyncio.wait({running})
    assert acknowledged == list(range(MESSAGES))
    again = [] if after_the_answer else [leaves_at - 1]
    assert leaving.got == sorted([*range(MESSAGES), *again])
    assert leaving.acknowledged == list(range(MESSAGES))


async def test_what_need_not_be_delivered_is_dropped_while_there_is_no_connection():
    patient = LeavingServer(0, after_the_answer=False)
    async with serve(patient, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        link = link_to(server)
        link.tell(Message(call=call.Heartbeat, durable=False))
        assert link.undelivered == 0


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ([2, "1", "UnlockConnector", {"connectorId": 1}], [3, "1", {"status": "Unlocked"}]),
        ([2, "1", "UnlockConnector", {}], [4, "1", "ProtocolError"]),
        ([2, "1", "Reset", {"type": "Hard"}], [4, "1", "NotSupported"]),
        ([2, "1", "Dance", {}], [4, "1", "NotImplemented"]),
    ],
)
async def test_the_servers_calls_are_answered(asked, answer):
    answers = asyncio.Queue()

    async def calling(socket) -> None:
        await socket.send(json.dumps(asked))
        answers.put_nowait(json.loads(await socket.recv()))
        await socket.wait_closed()

    async with serve(calling, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        link = link_to(server, {"UnlockConnector": lambda _: Reaction(call_result.UnlockConnector("Unlocked"))})
        running = asyncio.create_task(link.run())
        async with asyncio.timeout(10):
            assert (await answers.get())[:3] == answer
        running.cancel()
        await asyncio.wait({running})


def test_waits_between_tries_grow_to_their_limit_with_a_jitter():
    waits = Backoff(1.0, 8.0).waits()
    for most in (1, 2, 4, 8, 8):
        assert most / 2 <= next(waits) <= most
