"""The gateway on a real server, with a bare websocket as the station."""


async def test_a_station_boots_and_learns_the_time_and_the_interval(served):
    async with served.station() as station:
        answer = await station.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    assert answer == [3, "1", {"status": "Accepted", "currentTime": "2026-11-23T09:00:00Z", "interval": 300}]
    assert served.platform.words()[:2] == ["connected", "booted"]
