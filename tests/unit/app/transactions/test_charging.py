"""A charge at a station of ours, from the first StatusNotification to the CDR, and what stations do to it."""

from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import (
    Admission,
    BootInfo,
    IdToken,
    Knock,
    SampledValue,
    StartEvent,
    StationSample,
    StatusEvent,
    StopEvent,
)
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.ocpi.homes import put_ours
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID


async def status(world, word, connector=1):
    await world.service.status("S1", StatusEvent(evse_id=connector, status=word, at=world.now))


async def changes(world):
    """How many writes the change log holds."""
    cursor = await world.store.changes.cursor(world.peer.id)
    return len(await world.store.changes.after(cursor, 1000))


# ---- the whole charge ----------------------------------------------------------------------------------------------


async def test_a_whole_charge_becomes_one_session_and_one_cdr(operator):
    await operator.token()
    transaction = await operator.start()
    running = await operator.only(ModuleID.SESSIONS)
    assert (running["status"], running["kwh"]) == ("ACTIVE", 0)

    operator.passes(1800)
    await operator.meter(transaction, 6000)
    running = await operator.only(ModuleID.SESSIONS)
    assert (running["kwh"], running["total_cost"]["before_taxes"]) == (5, Decimal("20.00"))

    operator.passes(1800)
    await operator.stop(transaction, 11_000)
    await operator.jobs.once()
    session, cdr = await operator.only(ModuleID.SESSIONS), await operator.only(ModuleID.CDRS)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 10)
    assert (cdr["session_id"], cdr["total_energy"], cdr["total_time"]) == (session["id"], 10, 1)
    assert cdr["total_cost"]["before_taxes"] == Decimal("40.00")
    assert cdr["total_cost"]["taxes"][0]["amount"] == Decimal("10.00")
    assert (cdr["remark"], cdr["auth_method"]) == ("EVDisconnected", "WHITELIST")
    assert (await operator.store.transactions.get(transaction)).state == TransactionState.BILLED


async def test_the_price_is_that_of_the_start(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(60)
    await operator.dearer_tariff()
    operator.passes(3540)
    await operator.stop(transaction, 11_000)
    await operator.jobs.once()
    cdr = await operator.only(ModuleID.CDRS)
    assert cdr["total_cost"]["before_taxes"] == Decimal("40.00")
    assert cdr["tariffs"][0]["elements"][0]["price_components"][0]["price"] == Decimal("4.00")


async def test_time_the_car_asks_for_nothing_is_parking(operator):
    await operator.token()
    transaction = await operator.start()
    await status(operator, "Charging")
    operator.passes(1800)
    await operator.meter(transaction, 6000)
    await status(operator, "SuspendedEV")
    operator.passes(1800)
    await operator.stop(transaction, 6000)
    await operator.jobs.once()
    assert (await operator.only(ModuleID.CDRS))["total_parking_time"] == Decimal("0.5")


# ---- starts --------------------------------------------------------------------------------------------------------


async def test_a_repeated_start_gets_the_same_transaction_and_answer(operator):
    await operator.token()
    event = StartEvent(evse_id=1, token=IdToken("CARD1"), meter_start_wh=Decimal(1000), at=operator.now)
    first = await operator.service.start("S1", event)
    operator.passes(30)
    operator.reborn()
    assert await operator.service.start("S1", event) == first
    assert len(await operator.store.objects.newest(ModuleID.SESSIONS, 10)) == 1


async def test_a_start_by_an_unknown_token_is_kept_answered_unknown_and_held(operator):
    event = StartEvent(evse_id=1, token=IdToken("NOBODY"), meter_start_wh=Decimal(0), at=operator.now)
    answer = await operator.service.start("S1", event)
    assert answer.id_tag.status == "Unknown"
    operator.passes(600)
    await operator.stop(answer.transaction_id, 2000)
    await operator.jobs.once()
    held = await operator.store.transactions.get(answer.transaction_id)
    assert (held.state, held.held_because) == (TransactionState.HELD, "Nobody knows the token it was started with")
    assert await operator.store.objects.newest(ModuleID.SESSIONS, 10) == ()
    assert await operator.store.objects.newest(ModuleID.CDRS, 10) == ()


async def test_a_start_on_a_connector_we_do_not_know_is_kept_and_held(operator):
    await operator.token()
    transaction = await operator.start(connector=7)
    operator.passes(600)
    await operator.stop(transaction, 3000)
    await operator.jobs.once()
    assert (await operator.store.transactions.get(transaction)).state == TransactionState.HELD


# ---- meter values --------------------------------------------------------------------------------------------------


async def test_values_without_transaction_id_go_to_the_open_one_of_the_connector(operator):
    await operator.token()
    await operator.start()
    operator.passes(600)
    await operator.meter(None, 3000)
    operator.passes(600)
    await operator.meter(-1, 3500)
    assert (await operator.only(ModuleID.SESSIONS))["kwh"] == Decimal("2.5")


async def test_values_of_an_idle_connector_are_nobodys(operator):
    await operator.meter(None, 3000)
    assert await operator.store.objects.newest(ModuleID.SESSIONS, 10) == ()


async def test_repeated_values_change_nothing_and_tell_nobody(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    await operator.meter(transaction, 3000)
    before = await changes(operator)
    await operator.meter(transaction, 3000)
    assert await changes(operator) == before
    assert len(await operator.store.transactions.samples(transaction)) == 1


async def test_values_in_kwh_and_without_unit_are_understood(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    values = (SampledValue(value="55", measurand="SoC"), SampledValue(value="3.00", unit="kWh"))
    await operator.service.meter_values("S1", 1, transaction, (StationSample(at=operator.now, values=values),))
    await operator.service.sessions.drain()
    assert (await operator.only(ModuleID.SESSIONS))["kwh"] == 2


async def test_values_after_the_stop_are_kept_and_those_before_it_still_count(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    late = operator.sample(2500)
    operator.passes(600)
    await operator.stop(transaction, 4000)
    await operator.service.meter_values("S1", 1, transaction, (late,))
    assert len(await operator.store.transactions.samples(transaction)) == 1
    assert (await operator.only(ModuleID.SESSIONS))["kwh"] == 3


async def test_signed_values_travel_byte_for_byte_into_the_cdr(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(3600)
    blob = 'OCMF|{"RD":[{"RV":"11.0","RU":"kWh"}]}|{"SD":"3046"}'
    values = (
        SampledValue(value="11000", unit="Wh"),
        SampledValue(value=blob, format="SignedData", context="Transaction.End"),
    )
    await operator.service.meter_values("S1", 1, transaction, (StationSample(at=operator.now, values=values),))
    await operator.service.sessions.drain()
    await operator.stop(transaction, 11_000)
    await operator.jobs.once()
    assert (await operator.only(ModuleID.CDRS))["signed_data"] == {
        "encoding_method": "OCMF",
        "signed_values": [{"nature": "End", "plain_data": '{"RD":[{"RV":"11.0","RU":"kWh"}]}', "signed_data": blob}],
    }


# ---- stops ---------------------------------------------------------------------------------------------------------


async def test_a_repeated_stop_changes_nothing_and_is_answered_the_same(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    event = StopEvent(transaction_id=transaction, meter_stop_wh=Decimal(4000), at=operator.now, id_tag="CARD1")
    first = await operator.service.stop("S1", event)
    session = await operator.only(ModuleID.SESSIONS)
    operator.passes(600)
    assert await operator.service.stop("S1", msgspec.structs.replace(event, at=operator.now)) == first
    assert await operator.only(ModuleID.SESSIONS) == session


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(("FLEET", "fleet"), "Accepted"), (("FLEET", "OTHER"), "Invalid"), ((None, None), "Invalid")],
)
async def test_whoever_is_of_the_same_group_may_stop(operator, groups, expected):
    for uid, group in zip(("CARD1", "CARD2"), groups, strict=True):
        await operator.token(uid=uid, group_id=group)
    transaction = await operator.start()
    event = StopEvent(transaction_id=transaction, meter_stop_wh=Decimal(4000), at=operator.now, id_tag="CARD2")
    assert (await operator.service.stop("S1", event)).status == expected


async def test_values_that_come_with_the_stop_are_counted(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    sample = operator.sample(3000)
    operator.passes(600)
    event = StopEvent(transaction_id=transaction, meter_stop_wh=Decimal(4000), at=operator.now, samples=(sample,))
    await operator.service.stop("S1", event)
    assert len(await operator.store.transactions.samples(transaction)) == 1
    assert (await operator.only(ModuleID.SESSIONS))["kwh"] == 3


async def test_a_stop_with_a_wrong_id_ends_the_only_open_transaction(operator):
    await operator.token()
    transaction = await operator.start()
    operator.passes(600)
    await operator.stop(-1, 4000)
    assert (await operator.store.transactions.get(transaction)).meter_stop_wh == 4000


async def test_a_stop_of_nothing_is_kept_for_a_person(operator):
    await operator.stop(4711, 4000)
    await operator.stop(4711, 4000)
    await operator.jobs.once()
    [held] = await operator.store.transactions.in_state(TransactionState.HELD)
    assert (held.meter_stop_wh, held.station_id) == (4000, "S1")


async def test_a_transaction_whose_stop_is_lost_ends_at_its_last_value_after_the_next_start(operator):
    await operator.token()
    lost = await operator.start()
    operator.passes(600)
    await operator.meter(lost, 4000)
    operator.passes(600)
    await operator.start(meter=4000)
    await operator.jobs.once()
    assert (await operator.store.transactions.get(lost)).state == TransactionState.OPEN
    operator.passes(600)
    await operator.jobs.once()
    ended = await operator.store.transactions.get(lost)
    assert (ended.state, ended.stop_reason) == (TransactionState.BILLED, "its stop was lost")
    assert (ended.stopped_at - ended.started_at).total_seconds() == 600
    cdr = await operator.only(ModuleID.CDRS)
    assert cdr["total_energy"] == 3


# ---- statuses and connections --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Preparing", "CHARGING"),
        ("SuspendedEVSE", "CHARGING"),
        ("Reserved", "RESERVED"),
        ("Unavailable", "INOPERATIVE"),
        ("Faulted", "OUTOFORDER"),
    ],
)
async def test_a_status_becomes_that_of_the_evse(operator, word, expected):
    await status(operator, word, connector=2)
    assert ((await operator.evse("E1"))["status"], (await operator.evse("E2"))["status"]) == ("AVAILABLE", expected)


async def test_the_same_status_again_tells_nobody(operator):
    before = await changes(operator)
    await status(operator, "Available")
    await status(operator, "Charging")
    await status(operator, "SuspendedEV")
    assert await changes(operator) == before + 1


async def test_a_fault_of_connector_0_goes_for_every_evse_and_available_for_none(operator):
    await status(operator, "Faulted", connector=0)
    assert [(await operator.evse(uid))["status"] for uid in ("E1", "E2")] == ["OUTOFORDER", "OUTOFORDER"]
    await status(operator, "Available", connector=0)
    assert (await operator.evse("E1"))["status"] == "OUTOFORDER"


async def test_a_lost_station_is_unknown_its_session_stays_active_and_both_come_back(operator):
    await operator.token()
    await operator.service.connected("S1", "ocpp1.6")
    await status(operator, "Available", connector=2)
    await operator.start()
    await operator.service.disconnected("S1")
    assert [(await operator.evse(uid))["status"] for uid in ("E1", "E2")] == ["UNKNOWN", "UNKNOWN"]
    assert (await operator.only(ModuleID.SESSIONS))["status"] == "ACTIVE"
    await operator.service.connected("S1", "ocpp1.6")
    assert [(await operator.evse(uid))["status"] for uid in ("E1", "E2")] == ["CHARGING", "AVAILABLE"]


async def test_what_a_station_says_of_itself_is_kept(operator):
    answer = await operator.service.booted("S1", BootInfo(vendor="V", model="M", firmware="1.2"))
    assert answer.accepted
    assert await operator.service.heartbeat("S1") == operator.now
    station = await operator.store.stations.get("S1")
    assert (station.vendor, station.firmware, station.last_seen) == ("V", "1.2", operator.now)


@pytest.mark.parametrize(
    ("station", "password", "expected"),
    [
        ("S1", "not so secret", Admission.ADMITTED),
        ("S1", "wrong", Admission.REFUSED),
        ("S1", None, Admission.REFUSED),
        ("S9", "not so secret", Admission.WAITING),
    ],
)
async def test_only_a_known_station_with_its_password_connects(operator, station, password, expected):
    knock = Knock(station_id=station, password=password, remote="192.0.2.1")
    assert await operator.service.authenticate(knock) is expected


@pytest.mark.parametrize(("word", "kept"), [("AVAILABLE", "OUTOFORDER"), ("INOPERATIVE", "INOPERATIVE")])
async def test_a_location_written_anew_does_not_hide_what_its_station_says_of_an_evse(operator, word, kept):
    await status(operator, "Faulted")
    evses = tuple(msgspec.structs.replace(one, status=word) for one in operator.location.evses)
    place = msgspec.structs.replace(operator.location, evses=evses, last_updated=operator.now)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId.of(place.country_code, place.party_id), id=place.id)
    await put_ours(operator.platform, own(key, place, place.last_updated))
    assert ((await operator.evse("E1"))["status"], (await operator.evse("E2"))["status"]) == (kept, word)
