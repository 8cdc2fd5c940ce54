"""What a station does wrong is answered as OCPP demands or ends its connection, with the reason; others notice nothing.

A bystander is connected in every test, and is served as if nothing happened.
"""

import asyncio
import contextlib
import json
import os
import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bare_station import BareStation, basic
from ocpilot.ocpp.pace import PaceLimits
from ocpilot.ocpp.rpc import MAX_MESSAGE

PASSWORD = "sixteen-letters-"
HEARTBEAT = '[2,"1","Heartbeat",{}]'


@pytest.fixture
async def bystander(served):
    """A station that behaves, on the same gateway."""
    async with served.station("GOOD") as station:
        yield station
        assert (await station.call("Heartbeat", {}, "after"))[0] == 3


async def closed(station, sending=()):
    """How the connection ends, at the latest when all this was sent."""
    try:
        for text in sending:
            await station.send(text)
        while True:
            await station.read()
    except ConnectionClosed as ended:
        return ended.rcvd.code, ended.rcvd.reason


async def raw(served, sent, station_id="CS1"):
    """A socket on which a handshake was made by hand, and then whatever bytes a test wants."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        f"GET /ocpp/{station_id} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: {basic(station_id, PASSWORD)}\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        assert b"101" in await reader.readline()
        while await reader.readline() != b"\r\n":
            pass
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def ended(reader):
    """The other side has closed; what we sent and it did not read makes that a reset."""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(10):
            await reader.read()


def frame(payload, opcode=1, fin=True, length=None):
    """A masked frame of a client; `length` is what it says, whatever follows."""
    size = len(payload) if length is None else length
    head = bytes([(128 if fin else 0) | opcode])
    if size < 126:
        head += bytes([128 | size])
    elif size < 65536:
        head += bytes([128 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([128 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


async def test_a_message_that_is_too_large_ends_its_connection(served, bystander, caplog):
    async with served.station() as station:
        assert (await closed(station, ["x" * (MAX_MESSAGE + 1)]))[0] == 1009
    await bystander.call("Heartbeat", {})
    assert "CS1: closed: 1009" in caplog.text


async def test_a_message_that_is_too_large_in_pieces_ends_its_connection(served, bystander, caplog):
    piece = frame(b"x" * 1_000_000, fin=False)
    more = frame(b"x" * 1_000_000, opcode=0, fin=False)
    reader, writer = await raw(served, piece + more * 5)
    await ended(reader)
    assert "CS1: closed: 1009" in caplog.text
    writer.close()


async def test_a_frame_cut_in_half_costs_nobody_anything(served, bystander, eventually):
    _, writer = await raw(served, frame(HEARTBEAT.encode())[:-5])
    assert (await bystander.call("Heartbeat", {}))[0] == 3
    await eventually(lambda: served.gateway.holds("CS1"))
    writer.transport.abort()
    await eventually(lambda: not served.gateway.holds("CS1"))
    assert ("heartbeat", "CS1") not in served.platform.heard


async def test_a_frame_whose_second_half_comes_later_is_one_message(served, bystander):
    whole = frame(HEARTBEAT.encode())
    reader, writer = await raw(served, whole[:9])
    assert (await bystander.call("Heartbeat", {}))[0] == 3
    writer.write(whole[9:])
    async with asyncio.timeout(10):
        assert b"currentTime" in await reader.read(200)
    writer.close()


async def test_a_handshake_that_never_ends_keeps_nobody_out(served, bystander):
    with socket.create_connection(("127.0.0.1", served.port)) as half:
        half.sendall(b"GET /ocpp/CS1 HTTP/1.1\r\nHost: x\r\nUpgr")
        async with served.station() as station:
            assert (await station.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize(
    "sent",
    [
        frame(b"\xff\xfe\xfd"),
        frame(b"x", opcode=3),
        bytes([0b1111_0001, 128, 0, 0, 0, 0]),
        b"\x81\x05hello",
        frame(b"x" * 126, opcode=9),
        frame(b"x", opcode=0),
    ],
    ids=["no UTF-8", "unknown opcode", "reserved bits", "no mask", "long ping", "continues nothing"],
)
async def test_bytes_that_are_no_websocket_end_their_connection(served, bystander, sent, eventually):
    reader, writer = await raw(served, sent)
    await ended(reader)
    writer.close()
    await eventually(lambda: not served.gateway.holds("CS1"))


async def test_a_text_that_is_none_is_told_in_one_line(served, eventually, caplog):
    reader, writer = await raw(served, frame(b"\xff\xfe\xfd"))
    await ended(reader)
    writer.close()
    await eventually(lambda: not served.gateway.holds("CS1"))
    [told] = [one for one in caplog.records if "UTF-8" in one.getMessage()]
    assert (told.getMessage(), told.exc_info) == ("CS1: closed: 1007 a text that is no UTF-8", None)


@pytest.mark.parametrize("name", ["CS1/", "CS1/1"])
async def test_a_slash_after_the_identity_is_refused_with_the_reason(served, name, caplog):
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect(name):
            pass
    said = "no identity of a station has a slash"
    assert (refused.value.response.status_code, said in refused.value.response.body.decode()) == (404, True)
    assert f"{said}: found /ocpp/{name}" in caplog.text


async def test_a_flood_of_calls_is_closed_with_the_reason_and_a_quick_station_is_not(serve_with, platform, caplog):
    pace = PaceLimits(per_second=1_000_000, burst=1_000_000, flood=50)
    async with serve_with(platform, pace=pace) as served, served.station("GOOD") as good:
        platform.gate.clear()
        async with served.station() as flooding:
            status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
            calls = [json.dumps([2, str(number), "StatusNotification", status]) for number in range(200)]
            asyncio.get_running_loop().call_later(0.1, platform.gate.set)
            assert await closed(flooding, calls) == (1008, "too many messages that did not wait for an answer")
        for number in range(200):
            assert (await good.call("Heartbeat", {}, str(number)))[0] == 3
    assert "security: station CS1 is closed: it floods us" in caplog.text


async def test_a_flood_of_nonsense_is_closed(serve_with, platform):
    async with serve_with(platform, pace=PaceLimits(flood=20)) as served, served.station() as station:
        assert (await closed(station, ['[9,"x"]'] * 40))[0] == 1008


async def test_who_is_too_fast_is_read_more_slowly(serve_with, platform):
    async with serve_with(platform, pace=PaceLimits(per_second=20, burst=1)) as served, served.station() as station:
        began = asyncio.get_running_loop().time()
        for number in range(5):
            await station.call("Heartbeat", {}, str(number))
        assert asyncio.get_running_loop().time() - began > 0.15


async def test_no_more_stations_than_there_is_room_for(serve_with, platform):
    async with serve_with(platform, connections=2) as served, served.station("A"), served.station("B"):
        with pytest.raises(InvalidStatus) as refused:
            async with served.station("C"):
                pass
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (503, "60")


async def test_room_is_free_again_when_a_station_leaves(serve_with, platform, eventually):
    async with serve_with(platform, connections_per_address=1) as served:
        async with served.station("A"):
            with pytest.raises(InvalidStatus) as refused:
                async with served.station("B"):
                    pass
            assert refused.value.response.status_code == 429
        await eventually(lambda: not served.gateway.holds("A"))
        async with served.station("B") as station:
            assert (await station.call("Heartbeat", {}))[0] == 3


async def test_two_stations_with_one_identity_do_not_throw_each_other_out_for_ever(served, bystander, caplog):
    async with contextlib.AsyncExitStack() as both:
        for _ in range(61):
            await (await both.enter_async_context(served.station())).call("Heartbeat", {})
        with pytest.raises(InvalidStatus) as refused:
            async with served.station():
                pass
    assert refused.value.response.status_code == 429
    assert "are there two of that name?" in caplog.text


async def test_a_station_that_does_not_answer_pings_is_let_go(serve_with, platform, eventually):
    async with serve_with(platform, ping=0.05) as served:
        _, writer = await raw(served, frame(HEARTBEAT.encode()))
        await eventually(lambda: platform.words()[-1:] == ["disconnected"])
        writer.close()


async def test_without_pings_a_silent_station_is_let_go_and_one_that_talks_is_not(serve_with, platform, eventually):
    async with serve_with(platform, silence=1.5) as served, served.station("GOOD") as good, served.station() as silent:
        for number in range(20):
            await good.call("Heartbeat", {}, str(number))
            await asyncio.sleep(0.1)
        assert (await closed(silent)) == (1001, "nothing was heard for too long")
        assert served.gateway.holds("GOOD")


async def test_a_station_that_does_not_read_is_let_go_when_a_newer_one_comes(serve_with, platform, eventually):
    async with serve_with(platform, hand_over=0.2) as served:
        _, writer = await raw(served, b"")
        writer.transport.pause_reading()
        broken = frame(b'[2,"1","' + b"x" * 200 + b'",{}]') * 400
        for _ in range(60):
            writer.write(broken)
        async with served.station() as newer, asyncio.timeout(20):
            assert (await newer.call("Heartbeat", {}))[0] == 3
        writer.transport.abort()


# ---- whatever else ------------------------------------------------------------------------------------------------

MORE = int(os.environ.get("OCPILOT_FUZZ", "1"))


def cut_call(rng):
    return json.dumps([rng.choice([2, 3, 4, 9, "2"]), "1", "Heartbeat", {}][: rng.randrange(5)]).encode()


#: What a broken station may send.
NONSENSE = (
    lambda rng: rng.randbytes(rng.randrange(60)),
    lambda rng: frame(rng.randbytes(rng.randrange(300)), opcode=rng.choice([0, 1, 2, 3, 8, 9, 10])),
    lambda rng: frame(HEARTBEAT.encode(), fin=False),
    lambda rng: frame(cut_call(rng)),
    lambda rng: frame(HEARTBEAT.encode())[: rng.randrange(20)],
    lambda rng: frame(b"[" * rng.randrange(5000)),
    lambda rng: frame(b"x", length=rng.choice([10, 70_000, 2**40])),
)


@settings(max_examples=60 * MORE, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_whatever_a_station_sends_a_bystander_is_served(served, seed):
    rng = random.Random(seed)
    async with served.station("GOOD") as good:
        station_id = rng.choice(["CS1", "CS2"])
        sent = b"".join(rng.choice(NONSENSE)(rng) for _ in range(rng.randrange(1, 8)))
        _, writer = await raw(served, sent, station_id)
        assert (await good.call("Heartbeat", {}, "during"))[0] == 3
        writer.transport.abort()
        async with served.station(station_id) as again:
            assert (await BareStation(again.socket).call("Heartbeat", {}))[0] == 3
        assert (await good.call("Heartbeat", {}, "after"))[0] == 3
