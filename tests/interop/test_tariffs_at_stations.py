"""Stations of OCPP 2.1 are told the Tariffs of their EVSEs, over a socket, with the real database."""

from datetime import timedelta

import pytest
from raw_station import raw_station

from ocpilot.app.stations import station_views
from ocpilot.app.stations.station_tariffs import StationTariffs
from ocpilot.base import time
from ocpilot.cli import station_lines
from ocpilot.wire.protocol import ModuleID, Version

ACCEPTED = {"status": "Accepted"}


@pytest.fixture
async def station(lade, bodies):
    async with raw_station(lade, bodies, "ocpp2.1") as station:
        station.answers["SetDefaultTariff"] = ACCEPTED
        station.answers["ClearTariffs"] = {"clearTariffsResult": [ACCEPTED]}
        yield station


async def look(node):
    await StationTariffs(node.platform).once()


async def price(node, bodies, ident="T1", price=4, step=1, **fields):
    component = {"type": "ENERGY", "price": price, "vat": 25, "step_size": step}
    fields = {"elements": [{"price_components": [component]}], "last_updated": time.write(node.clock())} | fields
    await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, ident, **fields))


def told(station):
    """EVSE, tariffId and price of each SetDefaultTariff."""
    asked = [payload for action, payload in station.asked if action == "SetDefaultTariff"]
    return [(one["evseId"], one["tariff"]["energy"]["prices"][0]["priceKwh"]) for one in asked]


async def test_each_evse_is_told_its_tariff_once_and_again_when_it_changes(lade, bodies, station):
    await look(lade)
    await look(lade)
    assert told(station) == [(1, 3.5), (2, 3.5)]
    [first, _] = [payload["tariff"] for action, payload in station.asked if action == "SetDefaultTariff"]
    assert [one["language"] for one in first["description"]] == ["en", "de", "nl", "sv"]
    assert first["tariffId"].startswith("T1-")
    await price(lade, bodies)
    await look(lade)
    await look(lade)
    assert told(station)[2:] == [(1, 4), (2, 4)]


async def test_it_is_told_again_when_it_booted(lade, station):
    await look(lade)
    await station.boot()
    await look(lade)
    assert told(station) == [(1, 3.5), (2, 3.5)] * 2


async def test_only_the_evse_with_another_tariff_is_told(lade, bodies, station):
    await look(lade)
    await price(lade, bodies, "T2")
    now = time.write(lade.clock())
    evses = [bodies.evse("E1"), bodies.evse("E2", connectors=[bodies.connector(tariff_ids=["T2"])], last_updated=now)]
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=evses, last_updated=now))
    await look(lade)
    assert told(station) == [(1, 3.5), (2, 3.5), (2, 4)]


async def test_a_tariff_without_an_exact_form_takes_the_one_before_away(lade, bodies, station, capsys):
    await look(lade)
    await price(lade, bodies, step=500)
    await look(lade)
    cleared = await station.was_asked("ClearTariffs", 2)
    assert [one["evseId"] for one in cleared] == [1, 2]
    assert all(one["tariffIds"][0].startswith("T1-") for one in cleared)
    [kept, _] = (await lade.platform.store.station_tariffs.of("CS1")).evses
    assert (kept.has, kept.said, kept.why) == (None, "Inexpressible", "energy: a step_size of more than 1")
    now = await station_views.one(lade.platform, "CS1")
    station_lines.print_station(now, as_json=False)
    assert capsys.readouterr().out.count("Tariff none: energy: a step_size of more than 1") == 2


async def test_a_tariff_that_begins_later_is_told_when_it_begins(lade, bodies, station):
    begins = lade.clock() + timedelta(hours=1)
    await price(lade, bodies, "T1", 3, end_date_time=time.write(begins))
    await price(lade, bodies, "T2", 5, start_date_time=time.write(begins))
    connectors = [bodies.connector(tariff_ids=["T1", "T2"])]
    evses = [bodies.evse(uid, connectors=connectors) for uid in ("E1", "E2")]
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=evses, last_updated=time.write(lade.clock())))
    await look(lade)
    assert told(station) == [(1, 3), (2, 3)]
    lade.clock.ahead = timedelta(hours=1, minutes=1)
    await look(lade)
    assert told(station)[2:] == [(1, 5), (2, 5)]


@pytest.mark.parametrize("error", ["NotSupported", "NotImplemented"])
async def test_a_station_that_knows_no_tariffs_is_left_alone_until_it_boots(lade, bodies, station, error):
    station.answers["SetDefaultTariff"] = error
    for cost in (3, 4):
        await price(lade, bodies, price=cost)
        await look(lade)
    assert [action for action, _ in station.asked] == ["SetDefaultTariff"]
    await station.boot()
    await look(lade)
    assert len(await station.was_asked("SetDefaultTariff", 2)) == 2


async def test_a_word_that_is_no_yes_is_kept_and_not_tried_again(lade, station):
    station.answers["SetDefaultTariff"] = {"status": "ConditionNotSupported"}
    await look(lade)
    await look(lade)
    assert told(station) == [(1, 3.5), (2, 3.5)]
    [kept, _] = (await lade.platform.store.station_tariffs.of("CS1")).evses
    assert (kept.has, kept.said) == (None, "ConditionNotSupported")


async def test_stations_of_older_versions_are_told_nothing(lade, bodies):
    async with raw_station(lade, bodies, "ocpp2.0.1") as station:
        await look(lade)
        assert station.asked == []
