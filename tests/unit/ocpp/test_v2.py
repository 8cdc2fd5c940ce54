"""OCPP 2.0.1 and 2.1 over a socket: what stations say reaches the platform, and what we ask fits the standard."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from begun import charge
from ocpilot.app.kept.station_events import IdToken, StationReservation
from ocpilot.ocpp import schemas
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.v2 import V21, V201
from ocpilot.wire.v230 import ChargingProfile, ChargingProfilePeriod, ChargingRateUnit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M", "serialNumber": "7"}}
STARTED = {
    "eventType": "Started",
    "timestamp": "2026-11-23T08:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T-1", "chargingState": "Charging", "remoteStartId": 5},
    "evse": {"id": 2, "connectorId": 1},
    "idToken": {"idToken": "TAG", "type": "ISO14443"},
    "meterValue": [
        {
            "timestamp": "2026-11-23T08:00:00Z",
            "sampledValue": [
                {
                    "value": 1.5,
                    "context": "Transaction.Begin",
                    "unitOfMeasure": {"unit": "Wh", "multiplier": 3},
                    "signedMeterValue": {
                        "signedMeterData": "T0NNRnx7fXx7fQ==",
                        "signingMethod": "ECDSA",
                        "encodingMethod": "OCMF",
                        "publicKey": "",
                    },
                }
            ],
        }
    ],
}


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
def version(request):
    return request.param


@pytest.fixture
async def station(served, version):
    async with served.connect(subprotocols=(version,)) as socket:

        async def call(action, payload, ident="1"):
            await socket.send(json.dumps([2, ident, action, payload]))
            async with asyncio.timeout(10):
                return json.loads(await socket.recv())

        yield call


async def test_a_station_boots_and_is_heard(served, station):
    answer = await station("BootNotification", BOOT)
    assert answer == [3, "1", {"currentTime": "2026-11-23T09:00:00Z", "interval": 300, "status": "Accepted"}]
    assert (await station("Heartbeat", {}, "2"))[2] == {"currentTime": "2026-11-23T09:00:00Z"}
    status = {"timestamp": "2026-11-23T08:00:00Z", "connectorStatus": "Occupied", "evseId": 2, "connectorId": 1}
    assert await station("StatusNotification", status, "3") == [3, "3", {}]
    assert served.platform.heard[-1][:3] == ("status", 2, "Occupied")


async def test_a_transaction_event_reaches_the_platform_whole(served, station):
    assert (await station("TransactionEvent", STARTED))[2] == {"idTokenInfo": {"status": "Accepted"}}
    [event] = served.platform.events
    assert (event.station_key, event.evse_id, event.remote_start_id, event.state) == ("T-1", 2, 5, "Charging")
    assert event.token == IdToken("TAG", "ISO14443")
    [value] = event.samples[0].values
    assert (Decimal(value.value), value.unit, value.multiplier, value.signed.data) == (
        Decimal("1.5"),
        "Wh",
        3,
        "OCMF|{}|{}",
    )


async def test_an_event_without_a_token_is_answered_without_one(station):
    event = STARTED | {"eventType": "Updated", "seqNo": 1}
    event.pop("idToken")
    assert (await station("TransactionEvent", event))[2] == {}


async def test_a_card_is_answered_in_the_words_of_2_x(station):
    known = await station("Authorize", {"idToken": {"idToken": "TAG", "type": "ISO14443"}})
    assert known[2] == {"idTokenInfo": {"status": "Accepted"}}
    assert (await station("Authorize", {"idToken": {"idToken": "X", "type": "eMAID"}}, "2"))[2] == {
        "idTokenInfo": {"status": "Invalid"}
    }


async def test_a_broken_frame_is_refused_in_the_words_of_2_x(served, version):
    async with served.connect(subprotocols=(version,)) as socket:
        await socket.send("garbage")
        async with asyncio.timeout(10):
            assert json.loads(await socket.recv())[:3] == [4, "-1", "RpcFrameworkError"]


def profile() -> ChargingProfile:
    period = ChargingProfilePeriod(start_period=0, limit=Decimal("16.49"))
    return ChargingProfile(charging_rate_unit=ChargingRateUnit.A, charging_profile_period=(period,))


RUNNING = charge(7, 2, "T-1")


@pytest.mark.parametrize("spoken", [V201(), V21()])
def test_what_we_ask_fits_the_standard(spoken):
    token = IdToken("TAG", "ISO14443")
    every = [
        spoken.remote_start(2, token, 5),
        spoken.remote_start(None, IdToken("APP"), 5),
        spoken.remote_stop(RUNNING),
        spoken.unlock(2, 1),
        spoken.reserve(StationReservation(id=1, evse_id=2, token=token, until=NOON)),
        spoken.cancel_reservation(1),
        spoken.set_charging_profile(RUNNING, profile()),
        spoken.clear_charging_profile(RUNNING),
        spoken.active_charging_profile(RUNNING, 600, ChargingRateUnit.W),
    ]
    for asked in every:
        checked = schemas.check_call(spoken.schemas, asked.action, asked.payload)
        assert (checked.findings, checked.errors) == ((), ()), asked.action


@pytest.mark.parametrize(
    ("said", "word"),
    [("Unlocked", "Unlocked"), ("OngoingAuthorizedTransaction", "Rejected"), ("UnknownConnector", "Rejected")],
)
def test_an_unlock_is_answered_in_the_words_of_16(said, word):
    spoken = V201()
    assert spoken.status_of(spoken.unlock(1, 1), CallResult(id="1", payload={"status": said})) == word


def test_a_composite_schedule_reads_as_an_active_profile():
    spoken = V21()
    asked = spoken.active_charging_profile(RUNNING, 600, ChargingRateUnit.W)
    schedule = {
        "evseId": 2,
        "duration": 600,
        "scheduleStart": "2026-11-23T08:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}],
    }
    answer = CallResult(id="1", payload={"status": "Accepted", "schedule": schedule})
    found = spoken.active_profile_of(asked, answer, NOON)
    assert found.profile.charging_profile.charging_profile_period[0].limit == 11000
    assert spoken.active_profile_of(asked, CallError(id="1", code="NotSupported"), NOON).status == "NotSupported"
