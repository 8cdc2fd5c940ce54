"""Charges at connectors that the platform does not know, or not yet."""

import json

import msgspec
import pytest
from odd_stations import CARD, SECOND_CARD, Became, event, odd_station, play, start, status, stop, values
from street import LOCATION, OPERATOR
from test_odd_events import billed, ended, other

from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.stations import stations
from ocpilot.app.transactions import held_charges
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.metering.findings import Oddity
from ocpilot.wire.protocol import ModuleID

HELD = Became("held")


async def third_evse(node, bodies) -> None:
    """The Location has three EVSEs, the station two of them."""
    await node.keep(ModuleID.LOCATIONS, bodies.location(evses=[bodies.evse(f"E{one}") for one in (1, 2, 3)]))


# ---- not known -----------------------------------------------------------------------------------------------------


async def test_a_connector_nobody_knows_says_nothing_of_the_others(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [status(0, "Available"), status(1, "Faulted", connector=7)])
        evse = await lade.platform.store.locations.get(msgspec.structs.replace(LOCATION, sub="E1"))
        assert json.loads(evse.body)["status"] == "AVAILABLE"
        await play(station, [status(2, "Faulted", connector=0)])
        evse = await lade.platform.store.locations.get(msgspec.structs.replace(LOCATION, sub="E1"))
        assert json.loads(evse.body)["status"] == "OUTOFORDER"


@pytest.mark.parametrize(("version", "word"), [("ocpp1.6", "Blocked"), ("ocpp2.0.1", "NotAtThisLocation")])
async def test_a_connector_nobody_knows_sells_nothing(lade, bodies, version, word) -> None:
    async with odd_station(lade, bodies, version) as station:
        said = station.said(0)
        if version == "ocpp1.6":
            payload = {"connectorId": 7, "idTag": CARD, "meterStart": 0, "timestamp": said}
            answers = [(await station.call("StartTransaction", payload, 0))["idTagInfo"] for _ in range(2)]
        else:
            about = {"transactionInfo": {"transactionId": "T1"}, "evse": {"id": 7, "connectorId": 1}, "seqNo": 0}
            token = {"idToken": {"idToken": CARD, "type": "ISO14443"}, "timestamp": said}
            payload = {"eventType": "Started", "triggerReason": "Authorized", **about, **token}
            answers = [(await station.call("TransactionEvent", payload, 0))["idTokenInfo"]]
    assert answers[0]["status"] == word
    assert answers[-1]["status"] != "Accepted"


async def test_a_person_says_which_evse_it_is_and_all_that_was_held_there_is_billed(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await third_evse(lade, bodies)
        first = [start(0, connector=3), stop(60, 11_000)]
        second = [start(70, 11_000, tag=SECOND_CARD, connector=3), stop(130, 21_000, of=1)]
        await play(station, [*first, *second])
        assert await station.became(140) == [HELD, HELD]
        [one, _] = await held_charges.held(lade.platform)
        assert [evse.uid for evse in await held_charges.evses_for(lade.platform, one.transaction)] == ["E3"]
        await held_charges.release(lade.platform, one.transaction.id, evse_uid="E3")
        assert await station.became(150) == [billed("10"), billed("10")]
        await play(station, [start(160, 21_000, connector=3), stop(220, 31_000, of=2)])
        assert (await station.became(230))[-1] == billed("10")
    known = await lade.platform.store.stations.get("CS1")
    assert known.connectors[-1] == StationConnector(evse_id=3, evse_uid="E3", ocpi_connector_id="1")


async def test_what_cannot_be_is_refused(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0, connector=3), stop(60, 11_000)])
        await station.became(70)
        number = station.numbers[0]
        with pytest.raises(Conflict, match="EVSE E2 is connector 2 of CS1"):
            await held_charges.release(lade.platform, number, evse_uid="E2")
        await third_evse(lade, bodies)
        third = (StationConnector(evse_id=1, evse_uid="E3", ocpi_connector_id="1"),)
        await stations.add(lade.platform, "CS2", party=OPERATOR, location_id="L1", connectors=third, password=None)
        with pytest.raises(Conflict, match="EVSE E3 is of station CS2"):
            await held_charges.release(lade.platform, number, evse_uid="E3")
        [one] = await held_charges.held(lade.platform)
        assert await held_charges.evses_for(lade.platform, one.transaction) == ()
        with pytest.raises(NotFound, match="no EVSE E9"):
            await held_charges.release(lade.platform, number, evse_uid="E9")
        with pytest.raises(Conflict, match="say which it is"):
            await held_charges.release(lade.platform, number)


async def test_a_card_nobody_knows_stays_held_at_its_evse(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await third_evse(lade, bodies)
        await play(station, [start(0, tag="04FFFFFF", connector=3), stop(60, 11_000)])
        await station.became(70)
        await held_charges.release(lade.platform, station.numbers[0], evse_uid="E3")
        assert await station.became(75) == [other("held", Oddity.TOKEN_UNKNOWN)]
        await held_charges.release(lade.platform, station.numbers[0], uid=CARD)
        assert await station.became(80) == [billed("10")]


async def test_connector_0_of_a_station_with_one_is_that_one(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        kept = await lade.platform.store.stations.get("CS1")
        await lade.platform.store.stations.save(msgspec.structs.replace(kept, connectors=kept.connectors[:1]))
        await play(station, [start(0, connector=0), values(30, 6000), stop(60, 11_000)])
        assert await station.became(70) == [billed("10")]


async def test_connector_0_of_a_station_with_two_is_one_of_them(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        await third_evse(lade, bodies)
        await play(station, [start(0, connector=0), stop(60, 11_000)])
        assert await station.became(70) == [HELD]
        [one] = await held_charges.held(lade.platform)
        assert [evse.uid for evse in await held_charges.evses_for(lade.platform, one.transaction)] == ["E1", "E2"]
        await held_charges.release(lade.platform, one.transaction.id, evse_uid="E2")
        assert await station.became(80) == [billed("10")]
    assert len((await lade.platform.store.stations.get("CS1")).connectors) == 2


# ---- not yet known -------------------------------------------------------------------------------------------------


async def test_a_station_says_where_it_is_when_the_car_is_plugged_in(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [event(0, "Started", 1000, token=CARD, trigger="Authorized")])
        assert await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5) == ()
        await play(station, [event(1, "Updated", 1000, seq=1, evse=1, state="Charging", trigger="CablePluggedIn")])
        [session] = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
        assert json.loads(session.body)["evse_uid"] == "E1"
        await play(station, [ended(60, seq=2)])
        assert await station.became(70) == [billed("10")]


async def test_two_drivers_show_their_cards_before_either_plugs_in(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        steps = [
            event(0, "Started", token=CARD, trigger="Authorized"),
            event(0.05, "Started", key="T2", token=SECOND_CARD, trigger="Authorized"),
            event(1, "Updated", 1000, seq=1, evse=2, state="Charging", trigger="CablePluggedIn"),
            event(2, "Updated", 7000, key="T2", seq=1, evse=1, state="Charging", trigger="CablePluggedIn"),
            ended(61, 11_000, seq=2),
            ended(62, 8000, key="T2", seq=2),
        ]
        await play(station, steps)
        found = await station.became(90)
    assert [(one.state, one.kwh) for one in found] == [("billed", 10), ("billed", 1)], [one.kinds for one in found]


async def test_the_card_comes_with_the_place(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        steps = [
            event(0, "Started", trigger="CablePluggedIn"),
            event(5, "Updated", 1000, seq=1, evse=1, token=CARD, state="Charging", trigger="Authorized"),
            ended(65, seq=2),
        ]
        await play(station, steps)
        assert await station.became(90) == [billed("10")]


async def test_who_never_plugs_in_is_nobody_s_charge(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        steps = [
            event(0, "Started", token=CARD, trigger="Authorized"),
            event(1, "Ended", seq=1, trigger="EVConnectTimeout"),
        ]
        await play(station, steps)
        [found] = await station.became(90)
    assert found == other("dropped")
