"""The console's pages about stations that nobody added: seen, let in, sent away, given codes; and security events."""

import re
from datetime import timedelta

import pytest

from ocpilot.app.kept.newcomer_records import WaitingStation
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import BootInfo, CallAnswer
from ocpilot.app.kept.station_notice_records import StationNotice
from ocpilot.app.stations import station_security
from ocpilot.base.errors import StationTimeout
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID

from .conftest import CPO, NOW

PAGE = "/console/newcomers/NY-1"
PLACE = "VASTERAS-ERIKSLUND"
FORM = {
    "location": PLACE,
    "uid-0": "NY-1-1",
    "evse-id-0": "SE*LAD*ENY1*1",
    "uid-1": "",
    "standard": "IEC_62196_T2",
    "format": "CABLE",
    "power_type": "AC_3_PHASE",
    "max_voltage": "230",
    "max_amperage": "16",
    "tariffs": "STAD",
}


@pytest.fixture
def platform(office):
    return office[0]


async def comes(platform, station_id="NY-1", protocol="ocpp1.6", **told):
    seen = NOW - timedelta(hours=2)
    waiting = WaitingStation(
        id=station_id, password_hash="x", security_profile=1, remote="10.1.2.3", first_seen=seen, last_seen=seen, **told
    )
    await platform.store.newcomers.add(waiting, 100)
    await platform.store.stations.connected(station_id, protocol, seen)
    await platform.store.newcomers.booted(station_id, BootInfo(vendor="Volt", model="V2", serial="7"), NOW)


async def test_stations_that_wait_are_counted_on_the_page_of_stations(console, platform):
    assert "Stations that wait to be let in" not in (await console.get("/console/stations")).words
    await comes(platform)
    page = await console.get("/console/stations")
    assert "Stations that wait to be let in: 1" in page.words
    assert 'href="/console/newcomers"' in page.text


async def test_the_list_says_what_a_station_says_of_itself_since_when_and_from_where(console, platform):
    assert "No station waits" in (await console.get("/console/newcomers")).words
    await comes(platform)
    words = (await console.get("/console/newcomers")).words
    assert re.search(r"NY-1 Volt V2 7 .*06:30.* 08:30.* 10\.1\.2\.3 1 password", words)


@pytest.mark.parametrize(
    ("protocol", "payload", "count"),
    [
        ("ocpp1.6", {"configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}]}, 2),
        ("ocpp1.6", {"configurationKey": [], "unknownKey": ["NumberOfConnectors"]}, None),
        ("ocpp1.6", {"configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "many"}]}, None),
        (
            "ocpp2.0.1",
            {"getVariableResult": [{"attributeStatus": one} for one in ("Accepted",) * 3 + ("UnknownComponent",) * 5]},
            3,
        ),
        ("ocpp2.1", {"getVariableResult": "nonsense"}, None),
        ("ocpp2.1", None, None),
    ],
)
async def test_evses_are_proposed_from_what_the_station_tells(console, platform, protocol, payload, count):
    platform.stations.answer = CallAnswer(payload=payload, error=None if payload else "NotSupported")
    await comes(platform, protocol=protocol)
    page = await console.get(PAGE)
    found = re.findall(r'value="(SE\*LAD\*ENY1\*\d)"', page.text)
    assert found == [f"SE*LAD*ENY1*{number}" for number in range(1, (count or 1) + 1)]
    assert (f"The station has {count} EVSEs" in page.words) == (count is not None)


async def test_a_station_that_does_not_answer_can_be_let_in_all_the_same(console, platform):
    platform.stations.answer = StationTimeout("silence")
    await comes(platform)
    assert "did not tell how many EVSEs" in (await console.get(PAGE)).words


async def test_letting_in_adds_the_evse_to_the_location_and_leads_to_the_station(console, platform):
    await comes(platform)
    page = await console.post(f"{PAGE}/approve", FORM)
    assert (page.status, page.headers["Location"]) == (303, "/console/stations/NY-1")
    station = await platform.store.stations.get("NY-1")
    assert (station.location_id, [one.evse_uid for one in station.connectors]) == (PLACE, ["NY-1-1"])
    key = ObjectKey(module=ModuleID.LOCATIONS, party=CPO, id=PLACE, sub="NY-1-1")
    evse = codec.loads((await platform.store.locations.get(key)).body.encode())
    assert (evse["evse_id"], evse["status"]) == ("SE*LAD*ENY1*1", "UNKNOWN")
    assert evse["connectors"][0]["tariff_ids"] == ["STAD"]
    assert "No station waits" in (await console.get("/console/newcomers")).words


async def test_an_evse_the_location_has_stays_as_it_is(console, platform):
    await comes(platform)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=CPO, id=PLACE, sub=f"{PLACE}-1")
    before = await platform.store.locations.get(key)
    await console.post(f"{PAGE}/approve", {**FORM, "uid-0": f"{PLACE}-1"})
    assert await platform.store.locations.get(key) == before
    assert [one.evse_uid for one in (await platform.store.stations.get("NY-1")).connectors] == [f"{PLACE}-1"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"location": "NOWHERE"}, "no Location of ours has the id NOWHERE"),
        ({"uid-0": ""}, "Name at least one EVSE."),
        ({"max_amperage": "lots"}, "max_amperage: found 'lots', expected a number from 1 to 3000"),
        ({"standard": "PLUG"}, "ConnectorType: found 'PLUG'"),
    ],
)
async def test_a_form_that_is_wrong_says_what_and_keeps_what_was_written(console, platform, changed, words):
    await comes(platform)
    page = await console.post(f"{PAGE}/approve", {**FORM, **changed})
    assert page.status == 400
    assert words in page.words.replace("&#39;", "'")
    assert 'value="STAD"' in page.text
    assert await platform.store.stations.get("NY-1") is None


async def test_sending_away_wants_a_second_thought_and_is_for_good(console, platform):
    await comes(platform)
    page = await console.get(PAGE)
    assert re.search(r"<details[^>]*><summary>Send it away</summary>", page.text)
    assert (await console.post(f"{PAGE}/refuse", {})).headers["Location"] == "/console/newcomers"
    assert (await platform.store.newcomers.get("NY-1")).decision == "refused"
    assert (await console.get(PAGE)).status == 404


async def test_codes_are_shown_once_with_their_evses(console, platform):
    form = {"location": PLACE, "evses": "A-1\nA-2, B-1 B-2", "count": "2", "days": "7"}
    page = await console.post("/console/station-codes", form)
    codes = re.findall(r'class="mono">([0-9a-f]{20})<', page.text)
    assert len(set(codes)) == 2
    assert re.search(rf"{codes[0]} A-1, A-2 {codes[1]} B-1, B-2", page.words)
    assert "after 7 days" in page.words
    assert codes[0] not in (await console.get("/console/station-codes")).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"count": "3"}, "4 EVSEs cannot be shared evenly among 3 stations"),
        ({"count": "0"}, "count: found"),
        ({"days": "x"}, "days: found"),
        ({"location": ""}, "no Location of ours"),
    ],
)
async def test_codes_that_cannot_be_made_say_why(console, changed, words):
    form = {"location": PLACE, "evses": "A-1 A-2 B-1 B-2", "count": "2", "days": "7", **changed}
    page = await console.post("/console/station-codes", form)
    assert page.status == 400
    assert words in page.words


async def test_security_events_stand_on_the_page_of_their_station(console, platform):
    await station_security.happened(platform, PLACE, "from 10.9.9.9 is not let in: a wrong password")
    own = '{"type":"TamperDetectionActivated","timestamp":"2026-11-23T08:00:00Z"}'
    notice = StationNotice(action="SecurityEventNotification", at=NOW, payload=own)
    await platform.store.station_notices.add(PLACE, notice)
    words = (await console.get(f"/console/stations/{PLACE}")).words
    assert "from 10.9.9.9 is not let in: a wrong password" in words
    assert "TamperDetectionActivated" in words


async def test_of_a_stranger_no_security_event_is_kept(platform):
    await station_security.happened(platform, "NOBODY", "is not let in")
    assert await platform.store.station_notices.of("NOBODY") == ()


async def test_the_qr_code_of_an_evse_leads_to_its_page(console, platform):
    page = await console.get(f"/console/stations/{PLACE}")
    assert "/evse/SE*LAD*EVASTERASERIKSLUND*1" in page.text
    svg = await console.get(f"/console/stations/{PLACE}/qr-1.svg")
    assert (svg.status, svg.headers["Content-Type"]) == (200, "image/svg+xml")
    assert (await console.get(f"/console/stations/{PLACE}/qr-1.png")).headers["Content-Type"] == "image/png"
    for wrong in ("qr-9.svg", "qr-1.gif", "qr-x.svg"):
        assert (await console.get(f"/console/stations/{PLACE}/{wrong}")).status == 404


async def test_who_came_not_for_thirty_days_is_forgotten(platform):
    await comes(platform, "NY-1")
    await comes(platform, "NY-2")
    await platform.store.newcomers.refuse("NY-2")
    await platform.store.newcomers.forget(NOW - timedelta(days=1))
    assert await platform.store.newcomers.get("NY-1") is not None
    await platform.store.newcomers.knocked("NY-2", NOW + timedelta(hours=1))
    await platform.store.newcomers.forget(NOW + timedelta(minutes=1))
    assert await platform.store.newcomers.get("NY-1") is None
    assert (await platform.store.newcomers.get("NY-2")).decision == "refused"
