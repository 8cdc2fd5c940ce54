"""Stations by the JSON API over real HTTP: found, looked into, and called, by keys that may."""

from datetime import timedelta

import pytest
from backoffice import office
from msgspec import structs

from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.frames import FrameDirection, FrameLine
from ocpilot.app.kept.station_events import CallAnswer, StatusEvent
from ocpilot.app.kept.station_notice_records import StationNotice
from ocpilot.app.stations import stations
from ocpilot.base.errors import StationTimeout, StationUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.base.settings import PartySettings
from ocpilot.wire.v230 import Status

OTH = PartySettings(country_code="SE", party_id="OTH", role="CPO", name="Other AB")


class OneStation:
    """`StationCalls` of which one call is needed, and `CallSchemas`: `answer` is given or raised."""

    def __init__(self):
        self.asked = []
        self.answer = CallAnswer(payload={"status": "Accepted", "n": 1.5})

    async def call(self, station_id, action, payload):
        self.asked.append((station_id, action, payload))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def problems(self, protocol, action, payload):
        if "type" in payload:
            return ()
        return (Problem(path="$.type", found="nothing", expected=f"a required field of {action} in {protocol}"),)

    def actions(self, protocol):
        return ("Reset",)


@pytest.fixture
async def there(lade, bodies):
    """The platform of the operator with the Location L1 and its station CP1, which is connected."""
    await (await office(lade, name="setup")).ask("PUT", "/locations/SE/LAD/L1", bodies.location())
    one = StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1")
    platform = lade.platform
    for name in ("CP1", "CP2"):
        await stations.add(
            platform,
            name,
            party=PartyId.of("SE", "LAD"),
            location_id="L1",
            connectors=(one,),
            password=None,
        )
    await stations.connected(platform, "CP1", "ocpp1.6")
    fake = OneStation()
    object.__setattr__(platform, "stations", fake)
    object.__setattr__(platform, "call_schemas", fake)
    lade.fake = fake
    return lade


async def test_stations_are_listed_in_pages_and_by_what_is_asked(there):
    erp = await office(there)
    first = await erp.get("/stations?limit=1")
    assert [one["id"] for one in first.body["items"]] == ["CP1"]
    second = await erp.get(f"/stations?limit=1&cursor={first.body['next']}")
    assert ([one["id"] for one in second.body["items"]], second.body["next"]) == (["CP2"], None)
    for query, found in (
        ("connected=true", ["CP1"]),
        ("connected=false", ["CP2"]),
        ("location_id=l1", ["CP1", "CP2"]),
        ("text=cp2", ["CP2"]),
        ("status=RESERVED", []),
    ):
        assert [one["id"] for one in (await erp.get(f"/stations?{query}")).body["items"]] == found
    assert (await erp.get("/stations?connected=perhaps")).status == 400
    assert (await erp.get("/stations?cursor=zz")).status == 400


async def test_a_station_shows_its_evses_and_what_it_said(there):
    erp, platform = await office(there), there.platform
    station = await platform.store.stations.get("CP1")
    why = stations.why_of(StatusEvent(evse_id=1, status="Faulted", error_code="GroundFailure", info="E17"))
    await stations.set_evse_status(platform, stations.evse_key(station, "E1"), Status.OUTOFORDER, why)
    shown = (await erp.get("/stations/CP1")).body
    assert (shown["connected"], shown["protocol"], shown["party"]) == (True, "ocpp1.6", "SE/LAD")
    [evse] = shown["evses"]
    assert (evse["status"], evse["reason"], evse["error"], evse["info"]) == (
        "OUTOFORDER",
        "fault",
        "GroundFailure",
        "E17",
    )
    await platform.store.station_notices.add(
        "CP1", StationNotice(action="FirmwareStatusNotification", at=platform.clock(), payload='{"status":"Installed"}')
    )
    [notice] = (await erp.get("/stations/CP1/notices")).body["items"]
    assert notice["payload"] == '{"status":"Installed"}'
    month = f"{platform.clock():%Y-%m}"
    report = (await erp.get(f"/stations/CP1/reports/{month}")).body
    assert (report["month"], report["uptime"]["outages"], report["earned"]) == (month, 1, [])
    assert (await erp.get("/stations/CP1/reports/never")).status == 422
    assert (await erp.get("/stations/CP9")).status == 404


async def test_the_log_of_a_station_is_paged_and_filtered(there):
    erp, now = await office(there), there.platform.clock()
    line = FrameLine(
        at=now,
        station_id="CP1",
        direction=FrameDirection.IN,
        action="Heartbeat",
        message_id="1",
        text='[2,"1","Heartbeat",{}]',
        size=22,
    )
    out = structs.replace(line, direction=FrameDirection.OUT, text='[4,"1","GenericError","",{}]', failed=True)
    await there.platform.store.frames.add([line, out, structs.replace(line, at=now - timedelta(hours=2))])
    cursor, seen = "", []
    while cursor is not None:
        page = (await erp.get(f"/stations/CP1/log?limit=1{cursor and '&cursor=' + cursor}")).body
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [2, 1, 3]
    since = f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    for query, found in (
        ("failed=true", 1),
        ("direction=in", 2),
        ("action=heartbeat", 3),
        (f"since={since}", 2),
        (f"until={since}", 1),
    ):
        assert len((await erp.get(f"/stations/CP1/log?{query}")).body["items"]) == found
    assert (await erp.get("/stations/CP1/log?direction=up")).status == 400


async def test_any_call_is_checked_sent_and_answered_as_the_station_does(there):
    erp, fake = await office(there), there.fake
    done = await erp.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})
    assert (done.status, done.body) == (200, {"status": "Accepted", "n": 1.5})
    assert fake.asked == [("CP1", "Reset", {"type": "Soft"})]
    short = await erp.ask("POST", f"{there.base}/api/stations/CP1/call/Reset", {"type": "Soft"})
    assert (short.status, len(fake.asked)) == (200, 2)
    wrong = await erp.ask("POST", "/stations/CP1/call/Reset")
    assert wrong.status == 422
    assert wrong.body["errors"] == [
        {"path": "$.type", "found": "nothing", "expected": "a required field of Reset in ocpp1.6"}
    ]
    assert (await erp.ask("POST", "/stations/CP1/call/Reset", raw=b"[1]")).status == 422
    assert (await erp.ask("POST", "/stations/CP1/call/Reset", raw=b"{")).status == 400
    assert len(fake.asked) == 2


async def test_a_station_that_refuses_is_silent_or_away_is_a_problem_of_its_own(there):
    erp, fake = await office(there), there.fake
    for answer, status, words in (
        (CallAnswer(error="NotSupported", description="never"), 502, "the station refused Reset: NotSupported never"),
        (StationTimeout("station CP1 did not answer Reset in time"), 504, "did not answer"),
        (StationUnreachable("station CP1 is not connected"), 503, "not connected"),
    ):
        fake.answer = answer
        said = await erp.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})
        assert (said.status, said.headers["Content-Type"]) == (status, "application/problem+json")
        assert words in said.body["detail"]
    fake.answer = CallAnswer(error="NotSupported", description="never")
    said = await erp.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})
    assert (said.body["ocpp_error"], said.body["ocpp_description"]) == ("NotSupported", "never")
    never = await erp.ask("POST", "/stations/CP2/call/Reset", {"type": "Soft"})
    assert (never.status, "has never connected" in never.body["detail"]) == (503, True)


async def test_a_key_calls_only_stations_of_its_party_and_only_with_the_scope(there):
    platform = there.platform
    both = structs.replace(platform.settings, parties=(*platform.settings.parties, OTH))
    object.__setattr__(platform, "settings", both)
    other = await office(there, party="SE/OTH", name="other")
    assert (await other.get("/stations")).body["items"] == []
    for path in ("/stations/CP1", "/stations/CP1/log", "/stations/CP1/variables"):
        assert (await other.get(path)).status == 404
    assert (await other.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})).status == 404
    reading = await office(there, "stations:read", name="reading")
    assert (await reading.get("/stations/CP1")).status == 200
    refused = await reading.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})
    assert (refused.status, refused.body["required_scope"]) == (403, "stations:write")
    own = await office(there, party="SE/LAD", name="own")
    assert (await own.ask("POST", "/stations/CP1/call/Reset", {"type": "Soft"})).status == 200


async def test_a_text_is_put_on_the_screen_of_a_station(there):
    erp = await office(there)
    text = {"text": "Stängt", "language": "sv", "until": "2099-12-25T00:00:00Z"}
    old = await erp.ask("POST", "/stations/CP1/messages", text)
    assert (old.status, "OCPP 1.6" in old.body["detail"]) == (422, True)
    await stations.connected(there.platform, "CP1", "ocpp2.0.1")
    object.__setattr__(there.platform, "call_schemas", AnyCall())
    shown = await erp.ask("POST", "/stations/CP1/messages", text)
    [(_, action, payload)] = there.fake.asked
    assert (shown.status, shown.body) == (200, {"number": payload["message"]["id"], "status": "Accepted"})
    assert (action, payload["message"]["message"]["content"]) == ("SetDisplayMessage", "Stängt")


class AnyCall:
    """`CallSchemas` to which everything is right."""

    def problems(self, protocol, action, payload):
        return ()
