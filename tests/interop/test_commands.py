"""A foreign provider or terminal provider orders at a station of ours, and our desk at a foreign operator's
(mod_commands; mod_payments, "Transaction")."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from strangers import Habits, stranger
from street import station_of

from ocpilot.app.cards import terminal_charges
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.orders import commands, reservations
from ocpilot.app.partners import peers
from ocpilot.base import time
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.simulator.car import SimulatedCar
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Session

VERSIONS = ("2.2.1", "2.3.0")
THEIRS = {"country_code": "DE", "party_id": "XYZ"}


@asynccontextmanager
async def guest(node, role="EMSP", version="2.3.0", party="XYZ", habits=None):
    """A foreign platform that has registered with this node."""
    async with stranger(role, version, habits) as there:
        there.party = party
        invitation = await peers.invite(node.platform, party)
        said = await there.register(invitation.versions_url, invitation.token)
        assert said.status == 1000, said.text
        yield there


@pytest.fixture
def token(bodies):
    """A Token that nobody has pushed; as it is written in every version."""

    def made(party="XYZ", kind="AD_HOC_USER", uid="PAID-1"):
        return bodies.token(uid, country_code="DE", party_id=party, type=kind, whitelist="NEVER")

    return made


async def order(lade, there, word, **body):
    """Send a command; the answer, and what came of it, once that is known."""
    url = f"{there.base}/roam/{there.version}/commands/{word}/7?request_id=a%20b"
    said = await there.ask("POST", "commands", word, role="RECEIVER", body={"response_url": url} | body)
    await lade.platform.background.drain()
    return said


async def session_at(lade):
    [stored] = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    return value_of(Session, stored)


# ---- START_SESSION and STOP_SESSION --------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "version"), [("PTP", "2.3.0"), *(("EMSP", one) for one in VERSIONS)])
async def test_a_start_with_a_token_nobody_pushed_charges_and_is_stopped(lade, bodies, token, role, version):
    async with guest(lade, role, version) as there, station_of(lade, bodies, bodies.evse()) as station:
        await station.plug_in(1, SimulatedCar(max_kw=11, soc=10, battery_kwh=80))
        place = {"location_id": "L1", "evse_uid": "E1", "authorization_reference": "PAY-7"}
        said = await order(lade, there, "START_SESSION", token=token(), **place)
        assert (said.http, said.status, said.data["result"]) == (200, 1000, "ACCEPTED")
        assert said.data["timeout"] > 0
        await station.play(1)
        session = await session_at(lade)
        assert (session.cdr_token.uid, session.cdr_token.party_id) == ("PAID-1", "XYZ")
        assert (session.authorization_reference, session.auth_method) == ("PAY-7", "COMMAND")
        assert (await order(lade, there, "STOP_SESSION", session_id=session.id)).data["result"] == "ACCEPTED"
        assert there.results["7"] == [{"result": "ACCEPTED"}] * 2
        assert (await there.ask("GET", "tokens", "DE", "XYZ", "PAID-1", role="RECEIVER")).http == 404


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_result_goes_to_the_whole_url_and_says_from_whom_to_whom(lade, bodies, token, version):
    async with guest(lade, version=version) as there, station_of(lade, bodies, bodies.evse()):
        await order(lade, there, "START_SESSION", token=token(), location_id="L1", evse_uid="E1")
        [result] = there.requests("POST", "START_SESSION/7")
        assert result.query == {"request_id": "a b"}
        headers = {name: value for name, value in result.headers.items() if name.startswith("ocpi-")}
        assert headers == {
            "ocpi-to-country-code": "DE",
            "ocpi-to-party-id": "XYZ",
            "ocpi-from-country-code": "SE",
            "ocpi-from-party-id": "LAD",
        }


async def test_a_connector_belongs_to_an_evse_and_some_evses_demand_one(lade, bodies, token):
    two = [bodies.connector("1"), bodies.connector("2")]
    demanding = bodies.evse(connectors=two, capabilities=["START_SESSION_CONNECTOR_REQUIRED"])
    async with guest(lade) as there, station_of(lade, bodies, demanding, bodies.evse("E2")):
        for missing, place in (("evse_uid", {"connector_id": "1"}), ("connector_id", {"evse_uid": "E1"})):
            said = await order(lade, there, "START_SESSION", token=token(), location_id="L1", **place)
            assert (said.http, said.status) == (200, 2001)
            assert [problem["path"] for problem in said.data] == [f"$.{missing}"]
        full = {"evse_uid": "E1", "connector_id": "1"}
        for place, evse in ((full, "E1"), ({}, "E2")):
            said = await order(lade, there, "START_SESSION", token=token(), location_id="L1", **place)
            assert said.data["result"] == "ACCEPTED"
            [command] = await lade.platform.store.commands.recent(1)
            assert command.evse_uid == evse


@pytest.mark.parametrize(
    "url", ["ftp://a.example/x", "https://user:pass@a.example/x", "a.example", "https://" + "a" * 260]
)
async def test_a_response_url_that_leads_nowhere_is_2001(lade, bodies, token, url):
    async with guest(lade) as there, station_of(lade, bodies, bodies.evse()):
        body = {"response_url": url, "token": token(), "location_id": "L1", "evse_uid": "E1"}
        said = await there.ask("POST", "commands", "START_SESSION", role="RECEIVER", body=body)
        assert (said.http, said.status) == (200, 2001)
        for method, query in (("GET", "?duration=60&"), ("DELETE", "?")):
            path = f"2.3.0/receiver/chargingprofiles/S1{query}response_url={url}"
            assert (await lade.ask(method, path, there.key)).status == 2001
        assert await lade.platform.store.commands.recent(1) == ()


async def test_who_has_no_role_that_sends_commands_may_send_none(lade, bodies):
    async with guest(lade, "SCSP") as there, station_of(lade, bodies, bodies.evse()):
        body = {"response_url": f"{there.base}/roam/x", "location_id": "L1", "evse_uid": "E1", "connector_id": "1"}
        reply = await lade.ask("POST", "2.3.0/receiver/commands/UNLOCK_CONNECTOR", there.key, body)
        assert (reply.http, reply.status) == (200, 2000)
        assert "commands are for EMSP, OTHER, PTP" in reply.message


# ---- UNLOCK_CONNECTOR ----------------------------------------------------------------------------------------------


async def test_a_connector_is_unlocked_but_not_while_anothers_driver_charges(lade, bodies, token):
    place = {"location_id": "L1", "evse_uid": "E1", "connector_id": "1"}
    async with (
        guest(lade) as there,
        guest(lade, party="ABC") as other,
        station_of(lade, bodies, bodies.evse()) as station,
    ):
        assert (await order(lade, there, "UNLOCK_CONNECTOR", **place)).data["result"] == "ACCEPTED"
        await station.plug_in(1, SimulatedCar(max_kw=11, soc=10, battery_kwh=80))
        await order(lade, there, "START_SESSION", token=token(), **place)
        await station.play(1)
        said = await order(lade, other, "UNLOCK_CONNECTOR", **place)
        assert (said.data["result"], said.data["message"][0]["text"]) == ("REJECTED", "somebody else charges there")
        assert (await order(lade, there, "UNLOCK_CONNECTOR", **place)).data["result"] == "ACCEPTED"
        unknown = await order(lade, there, "UNLOCK_CONNECTOR", **(place | {"connector_id": "9"}))
        assert (unknown.http, unknown.status) == (200, 2003)


# ---- reservations --------------------------------------------------------------------------------------------------


def until(hours=1):
    return time.write(time.now() + timedelta(hours=hours))


@pytest.mark.parametrize("version", VERSIONS)
async def test_any_evse_is_one_that_can_be_reserved(lade, bodies, token, version):
    reservable = bodies.evse("E2", capabilities=["RESERVABLE"])
    async with guest(lade, version=version) as there, station_of(lade, bodies, bodies.evse(), reservable):
        wanted = {"token": token(), "location_id": "L1", "expiry_date": until(), "reservation_id": "R1"}
        assert (await order(lade, there, "RESERVE_NOW", **wanted)).data["result"] == "ACCEPTED"
        assert (await session_at(lade)).evse_uid == "E2"
        other = wanted | {"reservation_id": "R2", "evse_uid": "E1"}
        assert (await order(lade, there, "RESERVE_NOW", **other)).data["result"] == "NOT_SUPPORTED"


async def test_what_is_reserved_is_cancelled_not_stopped_and_only_by_who_reserved(lade, bodies, token):
    evse = bodies.evse(capabilities=["RESERVABLE"])
    async with guest(lade) as there, guest(lade, party="ABC") as other, station_of(lade, bodies, evse):
        wanted = {"token": token(), "location_id": "L1", "expiry_date": until(), "reservation_id": "R1"}
        await order(lade, there, "RESERVE_NOW", **wanted)
        session = await session_at(lade)
        stopped = await order(lade, there, "STOP_SESSION", session_id=session.id)
        assert stopped.data["result"] == "REJECTED"
        assert (await order(lade, other, "STOP_SESSION", session_id=session.id)).data["result"] == "UNKNOWN_SESSION"
        for who, result in ((other, "REJECTED"), (there, "ACCEPTED"), (there, "REJECTED")):
            assert (await order(lade, who, "CANCEL_RESERVATION", reservation_id="R1")).data["result"] == result
        assert (await session_at(lade)).status == "COMPLETED"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_operator_that_cancels_says_so_at_the_url_of_the_reservation(lade, bodies, token, version):
    evse = bodies.evse(capabilities=["RESERVABLE"])
    async with guest(lade, version=version) as there, station_of(lade, bodies, evse):
        wanted = {"token": token(), "location_id": "L1", "expiry_date": until(), "reservation_id": "R1"}
        await order(lade, there, "RESERVE_NOW", **wanted)
        peer = await peers.named(lade.platform, "XYZ")
        [kept] = await lade.platform.store.reservations.named(peer.id, "R1")
        await reservations.cancel(lade.platform, kept.id, "roadworks")
        await lade.platform.background.drain()
        assert [one["result"] for one in there.results["7"]] == ["ACCEPTED", "CANCELED_RESERVATION"]
        assert there.requests("POST", "RESERVE_NOW/7")[1].headers["ocpi-to-party-id"] == "XYZ"


# ---- what we send --------------------------------------------------------------------------------------------------


FOREIGN = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId("DE", "XYZ"), id="L1")


async def test_our_desk_unlocks_at_a_foreign_operator(resa, bodies):
    async with guest(resa, "CPO", habits=Habits(results="early")) as there:
        await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS))
        command = await commands.unlock_connector(resa.platform, FOREIGN, "E1", "1")
        assert (command.response, command.result) == ("ACCEPTED", "ACCEPTED")
        [asked] = there.requests("POST", "UNLOCK_CONNECTOR")
        assert (asked.body["evse_uid"], asked.body["connector_id"]) == ("E1", "1")


async def test_our_driver_names_the_connector_where_one_is_demanded(resa, bodies):
    two = [bodies.connector("1"), bodies.connector("2")]
    evse = bodies.evse(connectors=two, capabilities=["START_SESSION_CONNECTOR_REQUIRED"])
    driver = await accounts.create_driver(resa.platform, email="a@b.se", name="Ada", password="long enough")
    async with guest(resa, "CPO") as there:
        await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(evses=[evse], **THEIRS))
        for place in (("E1", None), (None, "1")):
            with pytest.raises(UserError, match="expected"):
                await commands.start_session(resa.platform, driver, FOREIGN, *place)
        assert there.requests("POST", "START_SESSION") == []


async def test_our_terminal_provider_starts_and_stops_at_a_foreign_operator(make_node, bodies):
    party = PartySettings(country_code="SE", party_id="PAY", role="PTP", name="Payr AB")
    async with make_node("Payr", (party,)) as payr, guest(payr, "CPO", habits=Habits(results="early")) as there:
        await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS))
        started = await terminal_charges.start(payr.platform, party.id, FOREIGN, "E1", "1", reference="PAY-7")
        assert (started.response, started.result) == ("ACCEPTED", "ACCEPTED")
        [asked] = there.requests("POST", "START_SESSION")
        assert (asked.body["token"]["type"], asked.body["authorization_reference"]) == ("AD_HOC_USER", "PAY-7")
        assert asked.headers["ocpi-from-party-id"] == "PAY"
        used = {name: asked.body["token"][name] for name in bodies.session()["cdr_token"]}
        for ident, cdr_token in (("S1", used), ("S2", used | {"party_id": "OTH"})):
            body = bodies.session(ident, **THEIRS, cdr_token=cdr_token, authorization_reference="PAY-7")
            assert (await there.ask("PUT", "sessions", "DE", "XYZ", ident, body=body)).http == 201
        assert (await payr.platform.store.commands.get(started.id)).session_id == "S1"
        assert (await terminal_charges.stop(payr.platform, party.id, "S1")).result == "ACCEPTED"
        with pytest.raises(NotFound):
            await terminal_charges.stop(payr.platform, party.id, "S2")


async def test_a_result_may_come_late_and_counts_once(resa, bodies):
    driver = await accounts.create_driver(resa.platform, email="a@b.se", name="Ada", password="long enough")
    async with guest(resa, "CPO", Version.V2_2_1, habits=Habits(results="never")) as there:
        await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS))
        command = await commands.start_session(resa.platform, driver, FOREIGN, "E1", "1")
        [asked] = there.requests("POST", "START_SESSION")
        for result in ("TIMEOUT", "ACCEPTED", "FAILED"):
            assert (await there.call("POST", asked.body["response_url"], body={"result": result})).status == 1000
        assert (await resa.platform.store.commands.get(command.id)).result == "ACCEPTED"
