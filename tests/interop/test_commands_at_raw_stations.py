"""OCPI's commands and charging profiles at bare stations of every OCPP version: which word comes back for which."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from raw_station import PROTOCOLS, SILENCE, raw_station
from street import ALL, LOCATION

from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import object_in
from ocpilot.app.orders import charging_profiles, commands
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import ChargingProfile, ChargingProfilePeriod

ASKED = {
    "ocpp1.6": {"start": "RemoteStartTransaction", "stop": "RemoteStopTransaction"},
    "ocpp2.0.1": {"start": "RequestStartTransaction", "stop": "RequestStopTransaction"},
}
ASKED["ocpp2.1"] = ASKED["ocpp2.0.1"]
NOW = time.write(time.now())

#: What a station may answer to whatever it is asked, and what that is in OCPI.
ANSWERS = [
    ({"status": "Accepted"}, "ACCEPTED"),
    ({"status": "Rejected"}, "REJECTED"),
    ("NotSupported", "NOT_SUPPORTED"),
    ("NotImplemented", "NOT_SUPPORTED"),
    ("InternalError", "REJECTED"),
    ({"status": 7}, "FAILED"),
]


class Desk:
    """A provider whose driver has orders for an operator's raw station."""

    def __init__(self, connection, station, driver):
        self.connection, self.station, self.driver = connection, station, driver

    @property
    def lade(self) -> Platform:
        return self.connection.lade.platform

    @property
    def resa(self) -> Platform:
        return self.connection.resa.platform

    async def result(self, command):
        for platform in (self.lade, self.resa, self.lade):
            await platform.background.drain()
        return (await self.resa.store.commands.get(command.id)).result

    async def start(self):
        return await commands.start_session(self.resa, self.driver, LOCATION, "E1", "1")

    async def reserve(self):
        until = time.now() + timedelta(hours=1)
        return await commands.reserve_now(self.resa, self.driver, LOCATION, "E1", until)

    async def charge(self):
        """The driver starts with his app; the Session as a push would have brought it to the provider."""
        words = ASKED[self.station.protocol]
        self.station.answers[words["start"]] = {"status": "Accepted"}
        assert await self.result(await self.start()) == "ACCEPTED"
        [asked] = await self.station.was_asked(words["start"])
        if self.station.protocol == "ocpp1.6":
            started = {"connectorId": 1, "idTag": asked["idTag"], "meterStart": 0, "timestamp": NOW}
            await self.station.call("StartTransaction", started)
        else:
            await self.station.call("TransactionEvent", event("Started", 0, remoteStartId=asked["remoteStartId"]))
        [stored] = await self.lade.store.objects.newest(ModuleID.SESSIONS, 5)
        known = msgspec.structs.replace(stored, peer_id=self.connection.lade_at_resa.id, audience=None)
        await self.resa.store.objects.put(known)
        return known


def event(kind, number, remoteStartId=None, **fields):
    about = {"transactionId": "T-1"} | ({} if remoteStartId is None else {"remoteStartId": remoteStartId})
    return {
        "eventType": kind,
        "timestamp": NOW,
        "triggerReason": "RemoteStart",
        "seqNo": number,
        "transactionInfo": about,
        "evse": {"id": 1, "connectorId": 1},
    } | fields


@asynccontextmanager
async def desk_at(newest, bodies, protocol):
    lade, resa = newest.lade, newest.resa
    quick = msgspec.structs.replace(lade.platform.settings.roaming, command_timeout=1.0)
    settings = msgspec.structs.replace(lade.platform.settings, roaming=quick)
    object.__setattr__(lade.platform, "settings", settings)
    async with raw_station(lade, bodies, protocol, capabilities=list(ALL)) as station:
        stored = await lade.platform.store.locations.get(LOCATION)
        await resa.platform.store.locations.put(msgspec.structs.replace(stored, peer_id=newest.lade_at_resa.id))
        driver = await accounts.create_driver(resa.platform, email="a@b.se", name="Ada", password="long enough")
        yield Desk(newest, station, driver)


@pytest.fixture(params=PROTOCOLS)
async def desk(request, newest, bodies):
    async with desk_at(newest, bodies, request.param) as desk:
        yield desk


async def test_start(desk):
    for answer, word in ANSWERS:
        desk.station.answers[ASKED[desk.station.protocol]["start"]] = answer
        assert await desk.result(await desk.start()) == word, answer


async def test_a_silent_station_is_a_timeout_and_one_that_is_gone_is_none(desk):
    desk.station.answers[ASKED[desk.station.protocol]["start"]] = SILENCE
    assert await desk.result(await desk.start()) == "TIMEOUT"
    await desk.station.socket.close()
    await desk.station.gone.wait()
    while await desk.lade.stations.is_connected("CS1"):  # noqa: ASYNC110 - the gateway has no event for it
        await asyncio.sleep(0.01)
    assert (await desk.start()).response == "REJECTED"


async def test_of_two_orders_to_a_silent_station_each_times_out_and_the_second_never_reaches_it(desk):
    word = ASKED[desk.station.protocol]["start"]
    desk.station.answers[word] = SILENCE
    first, second = await desk.start(), await desk.start()
    assert (await desk.result(first), await desk.result(second)) == ("TIMEOUT", "TIMEOUT")
    assert len(await desk.station.was_asked(word)) == 1


async def test_a_start_is_linked_by_its_number_and_stopped(desk):
    session = await desk.charge()
    body = object_in(session)
    assert (body["status"], body["auth_method"], body["cdr_token"]["type"]) == ("ACTIVE", "COMMAND", "APP_USER")
    action = ASKED[desk.station.protocol]["stop"]
    for answer, word in ANSWERS:
        desk.station.answers[action] = answer
        stopped = await commands.stop_session(desk.resa, desk.driver, session.key.id)
        assert await desk.result(stopped) == word, answer
    asked = await desk.station.was_asked(action)
    assert asked[0] == {"transactionId": 1 if desk.station.protocol == "ocpp1.6" else "T-1"}


async def started_at(station, evse_id, asked):
    """What a station tells when it carries out a remote start."""
    if station.protocol == "ocpp1.6":
        started = {"connectorId": evse_id, "idTag": asked["idTag"], "meterStart": 0, "timestamp": NOW}
        await station.call("StartTransaction", started)
        return
    told = event("Started", 0, remoteStartId=asked["remoteStartId"], idToken=asked["idToken"], evse={"id": evse_id})
    told["transactionInfo"]["transactionId"] = f"T-{evse_id}"
    await station.call("TransactionEvent", told)


async def test_two_starts_of_one_driver_at_once_each_get_the_charge_at_their_evse(desk):
    words = ASKED[desk.station.protocol]
    desk.station.answers[words["start"]] = {"status": "Accepted"}
    orders = {uid: await commands.start_session(desk.resa, desk.driver, LOCATION, uid, "1") for uid in ("E1", "E2")}
    for order in orders.values():
        assert await desk.result(order) == "ACCEPTED"
    for evse_id, asked in enumerate(await desk.station.was_asked(words["start"], 2), 1):
        await started_at(desk.station, evse_id, asked)
    sessions = [object_in(one) for one in await desk.lade.store.objects.newest(ModuleID.SESSIONS, 5)]
    received = {one.evse_uid: one.session_id for one in await desk.lade.store.commands.recent(5)}
    assert {one["evse_uid"]: one["id"] for one in sessions} == received
    references = {one["evse_uid"]: one["authorization_reference"] for one in sessions}
    assert references == {uid: order.authorization_reference for uid, order in orders.items()}


UNLOCKS = [
    ({"status": "Unlocked"}, "ACCEPTED"),
    ({"status": "UnlockFailed"}, "FAILED"),
    ({"status": "NotSupported"}, "NOT_SUPPORTED"),
    ({"status": "OngoingAuthorizedTransaction"}, "REJECTED"),
    ({"status": "UnknownConnector"}, "REJECTED"),
    ("NotImplemented", "NOT_SUPPORTED"),
    ("GenericError", "FAILED"),
    (SILENCE, "TIMEOUT"),
]


async def test_unlock(desk):
    for answer, word in UNLOCKS if desk.station.protocol != "ocpp1.6" else [*UNLOCKS[:3], *UNLOCKS[-3:]]:
        desk.station.answers["UnlockConnector"] = answer
        assert await desk.result(await commands.unlock_connector(desk.resa, LOCATION, "E1", "1")) == word, answer


RESERVATIONS = [
    ({"status": "Accepted"}, "ACCEPTED"),
    ({"status": "Faulted"}, "EVSE_INOPERATIVE"),
    ({"status": "Occupied"}, "EVSE_OCCUPIED"),
    ({"status": "Rejected"}, "REJECTED"),
    ({"status": "Unavailable"}, "EVSE_INOPERATIVE"),
    ("NotImplemented", "NOT_SUPPORTED"),
    (SILENCE, "TIMEOUT"),
]


@pytest.mark.parametrize(("answer", "word"), RESERVATIONS)
async def test_reserve(desk, answer, word):
    desk.station.answers["ReserveNow"] = answer
    assert await desk.result(await desk.reserve()) == word


@pytest.mark.parametrize(
    ("answer", "word"),
    [({"status": "Accepted"}, "ACCEPTED"), ({"status": "Rejected"}, "UNKNOWN_RESERVATION"), (SILENCE, "TIMEOUT")],
)
async def test_cancel_a_reservation(desk, answer, word):
    desk.station.answers |= {"ReserveNow": {"status": "Accepted"}, "CancelReservation": answer}
    reserved = await desk.reserve()
    assert await desk.result(reserved) == "ACCEPTED"
    assert await desk.result(await commands.cancel_reservation(desk.resa, desk.driver, reserved.id)) == word


@pytest.mark.parametrize(
    ("word", "session", "result"),
    [("Expired", "COMPLETED", "ACCEPTED"), ("Removed", "COMPLETED", "CANCELED_RESERVATION")],
)
async def test_a_reservation_that_the_station_ends_is_over(newest, bodies, word, session, result):
    async with desk_at(newest, bodies, "ocpp2.0.1") as desk:
        desk.station.answers["ReserveNow"] = {"status": "Accepted"}
        reserved = await desk.reserve()
        await desk.result(reserved)
        [asked] = await desk.station.was_asked("ReserveNow")
        update = {"reservationId": asked["id"], "reservationUpdateStatus": word}
        assert await desk.station.call("ReservationStatusUpdate", update | {"reservationId": 999}) == {}
        assert await desk.station.call("ReservationStatusUpdate", update) == {}
        [stored] = await desk.lade.store.objects.newest(ModuleID.SESSIONS, 5)
        assert object_in(stored)["status"] == session
        assert await desk.result(reserved) == result


PROFILE = ChargingProfile(
    charging_rate_unit="A", charging_profile_period=(ChargingProfilePeriod(start_period=0, limit=Decimal("6.0")),)
)


def schedule(station):
    """The limits that a station names, in the words of its version."""
    limits = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
    if station.protocol == "ocpp1.6":
        return {"status": "Accepted", "connectorId": 1, "scheduleStart": NOW, "chargingSchedule": limits}
    return {"status": "Accepted", "schedule": limits | {"evseId": 1, "duration": 600, "scheduleStart": NOW}}


async def test_charging_profiles(desk):
    session = await desk.charge()
    for answer, word in ANSWERS[:2]:
        desk.station.answers["SetChargingProfile"] = answer
        command = await charging_profiles.set_profile(desk.resa, session, PROFILE)
        assert await desk.result(command) == word, (command, await desk.lade.store.commands.recent(1))
    for answer, word in [({"status": "Accepted"}, "ACCEPTED"), ({"status": "Unknown"}, "UNKNOWN")]:
        desk.station.answers["ClearChargingProfile"] = answer
        assert await desk.result(await charging_profiles.clear_profile(desk.resa, session)) == word, answer
    for answer, word in [
        (schedule(desk.station), "ACCEPTED"),
        ANSWERS[1],
        ("NotImplemented", "REJECTED"),
        (SILENCE, "REJECTED"),
    ]:
        desk.station.answers["GetCompositeSchedule"] = answer
        assert await desk.result(await charging_profiles.ask_profile(desk.resa, session, 600)) == word, answer
