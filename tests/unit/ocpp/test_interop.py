"""The `ocpp` package as an independent client: another's reading of the standard agrees with ours."""

import asyncio

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus, RemoteStartStopStatus

from ocpilot.app.kept.station_events import IdToken


class ForeignStation(ChargePoint):
    """Checks everything it gets against its own schemas."""

    @on(Action.remote_start_transaction)
    def on_remote_start(self, id_tag, **_):
        accepted = RemoteStartStopStatus.accepted if id_tag == "TAG" else RemoteStartStopStatus.rejected
        return call_result.RemoteStartTransaction(status=accepted)


async def test_a_station_of_another_make_charges(served):
    async with served.connect() as socket:
        station = ForeignStation("CS1", socket)
        reading = asyncio.create_task(station.start())
        booted = await station.call(call.BootNotification(charge_point_model="M", charge_point_vendor="V"))
        assert booted.status == RegistrationStatus.accepted
        assert (await station.call(call.Heartbeat())).current_time == "2026-11-23T09:00:00Z"
        status = call.StatusNotification(connector_id=1, error_code="NoError", status="Available")
        assert await station.call(status) is not None
        authorized = await station.call(call.Authorize(id_tag="TAG"))
        assert authorized.id_tag_info["status"] == AuthorizationStatus.accepted
        assert await served.calls.remote_start("CS1", 1, IdToken("TAG"), 1) == "Accepted"
        assert await served.calls.remote_start("CS1", 1, IdToken("NOBODY"), 1) == "Rejected"
        assert await served.calls.unlock("CS1", 1) == "NotSupported"
        started = await station.call(
            call.StartTransaction(connector_id=1, id_tag="TAG", meter_start=0, timestamp="2026-11-23T08:00:00Z")
        )
        stopped = await station.call(
            call.StopTransaction(
                transaction_id=started.transaction_id, meter_stop=500, timestamp="2026-11-23T08:30:00Z", reason="Local"
            )
        )
        assert stopped is not None
        reading.cancel()
        await asyncio.wait({reading})
    assert [word for word in served.platform.words() if word in ("start", "stop")] == ["start", "stop"]
