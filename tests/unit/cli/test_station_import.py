"""`ocpilot station import` on a real store: a whole table or nothing."""

import json

import msgspec
import pytest

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.app.stations import stations
from ocpilot.base import time
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings, Settings
from ocpilot.cli import station
from ocpilot.demo import network
from ocpilot.main.commands import parser
from ocpilot.main.joined import Switchboard
from ocpilot.main.station_commands import StationsOf
from ocpilot.ocpp.calls import StationCaller
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Location

LAD = PartyId("SE", "LAD")
TABLE = "station,location,evse_uid,connector\nCP-1,LOC1,E1,1\nCP-1,LOC1,E2,1\nCP-1,LOC1,E2,2\nCP-2,LOC1,E3,1\n"


@pytest.fixture
async def platform(store, place) -> Platform:
    settings = Settings(parties=(PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade"),))
    key = ObjectKey(module=ModuleID.LOCATIONS, party=LAD, id="LOC1")
    await store.locations.put(own(key, place, place.last_updated))
    return Platform(
        settings=settings,
        clock=time.now,
        store=store,
        partners=None,
        stations=StationCaller(Switchboard()),
        sealing=Seal(settings),
    )


@pytest.fixture
def place() -> Location:
    like = next(network.locations())
    connectors = like.evses[0].connectors[0]
    two = tuple(msgspec.structs.replace(connectors, id=str(number)) for number in (1, 2))
    evses = tuple(
        msgspec.structs.replace(like.evses[0], uid=uid, evse_id=f"SE*LAD*{uid}", connectors=two)
        for uid in ("E1", "E2", "E3")
    )
    return msgspec.structs.replace(like, id="LOC1", country_code="SE", party_id="LAD", evses=evses)


@pytest.fixture
def run(platform, tmp_path, capsys):
    async def ask(table, *words):
        file = tmp_path / "stations.csv"
        file.write_text(table, "utf-8")
        args = parser().parse_args(["station", "import", str(file), *words])
        status = await station.run(args, StationsOf(platform))
        return status, capsys.readouterr().out

    return ask


async def wrong(run, table):
    with pytest.raises(InvalidObject) as refused:
        await run(table)
    return [f"{one.path}: {one.found}" for one in refused.value.problems]


async def test_stations_of_a_table_may_connect_with_the_passwords_that_are_shown(run, store):
    _, out = await run(TABLE, "--json")
    taken = json.loads(out)
    assert [(one["station"], one["connectors"]) for one in taken] == [("CP-1", 3), ("CP-2", 1)]
    kept = await store.stations.get("CP-1")
    assert [(one.evse_id, one.connector_id, one.evse_uid) for one in kept.connectors] == [
        (1, 1, "E1"),
        (2, 1, "E2"),
        (2, 2, "E2"),
    ]
    assert await passwords.matches(taken[0]["password"], kept.password_hash)


async def test_a_dry_run_takes_nothing(run, store):
    _, out = await run(TABLE, "--dry-run")
    assert "2 stations would be taken over" in out
    assert "password" not in out
    assert await store.stations.all() == ()


async def test_what_is_known_of_a_station_stays_when_its_connectors_change(run, store, platform):
    connector = StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1")
    first = await stations.add(
        platform, "CP-1", party=LAD, location_id="LOC1", connectors=(connector,), password="its-own-password"
    )
    await store.stations.connected("CP-1", "ocpp1.6", time.now())
    await run(TABLE)
    kept = await store.stations.get("CP-1")
    assert (kept.password_hash, kept.connected, len(kept.connectors)) == (first.password_hash, True, 3)


async def test_semicolons_and_numbers_of_ones_own_are_read(run, store):
    await run("station;location;evse_uid;evse_number\nCP-9;LOC1;E3;7\n")
    [connector] = (await store.stations.get("CP-9")).connectors
    assert (connector.evse_id, connector.connector_id) == (7, 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("station,place\n", ["line 1: nothing", "line 1: nothing", "line 1: place"]),
        ("station,location,evse_uid\nCP-1,,E1\n,LOC1,E2\n", ["line 2 location: nothing", "line 3 station: nothing"]),
        ("station,location,evse_uid,evse_number\nCP-1,LOC1,E1,0\n", ["line 2 evse_number: 0"]),
        ("station,location,evse_uid\nCP-1,LOC9,E1\nCP-2,LOC1,E9\n", ["line 2 location: LOC9", "line 3 evse_uid: E9"]),
        ("station,location,evse_uid,connector\nCP-1,LOC1,E1,5\n", ["line 2 connector: 5"]),
        (
            "station,location,evse_uid,connector\nA,LOC1,E1,1\nB,LOC1,e1,1\n",
            ["line 3 connector: 1 of line 2 once more"],
        ),
    ],
)
async def test_all_that_is_wrong_is_said_and_nothing_is_taken(run, store, table, said):
    assert await wrong(run, table) == said
    assert await store.stations.all() == ()


async def test_an_evse_of_another_station_is_not_taken_away(run, store):
    await run(TABLE)
    assert await wrong(run, "station,location,evse_uid\nCP-5,LOC1,E3\n") == ["line 2 evse_uid: E3"]
