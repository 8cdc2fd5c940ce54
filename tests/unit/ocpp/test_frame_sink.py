"""The gateway gives every frame to its sink, and says there what became of a connection."""

import pytest
from websockets.exceptions import InvalidStatus

from ocpilot.app.kept.frames import FrameDirection

IN, OUT, NOTE, FAULT = FrameDirection


async def test_every_frame_of_both_sides_goes_to_the_sink_in_order(served, eventually):
    async with served.station() as station:
        await station.call("Heartbeat", {}, "1")
        await station.send("[2,")
        await station.read()
    await eventually(lambda: served.frames[-1][1] is NOTE)
    assert [(direction, text[:20]) for _, direction, text in served.frames] == [
        (NOTE, "connected: ocpp1.6"),
        (IN, '[2, "1", "Heartbeat"'),
        (OUT, '[3,"1",{"currentTime'),
        (IN, "[2,"),
        (OUT, '[4,"-1","FormationVi'),
        (NOTE, "closed: 1000"),
    ]
    assert {station for station, _, _ in served.frames} == {"CS1"}


async def test_a_refused_station_and_a_wrong_protocol_are_faults(served, eventually):
    with pytest.raises(InvalidStatus):
        async with served.connect(password="wrong"):
            pass
    assert served.frames[-1] == ("CS1", FAULT, "refused: 401 not authorized, from 127.0.0.1")
    async with served.connect(subprotocols=("ocpp9",)):
        pass
    assert served.frames[-1] == ("CS1", FAULT, "refused: offers the subprotocols ocpp9")


async def test_a_lost_connection_is_a_fault_and_why_we_close_one_is_said(served, eventually):
    async with served.connect() as older:
        async with served.connect() as newer:
            await older.wait_closed()
            await eventually(
                lambda: ("CS1", NOTE, "closing: a newer connection of this station took over") in served.frames
            )
            newer.transport.abort()
        await eventually(lambda: ("CS1", FAULT, "lost: the connection ended without a goodbye") in served.frames)
