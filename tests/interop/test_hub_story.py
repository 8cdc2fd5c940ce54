"""A driver of a 2.3.0 provider charges at a 2.1.1 operator through the hub; each sees it in his own version."""

from datetime import timedelta
from decimal import Decimal

import pytest
from members import body_in
from street import ALL, station_of

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import object_in, value_of
from ocpilot.app.office import cdr_credits
from ocpilot.app.orders import commands
from ocpilot.base.ids import PartyId
from ocpilot.simulator.car import SimulatedCar
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, Session

LADE = PartyId("SE", "LAD")
LOCATION = ObjectKey(module=ModuleID.LOCATIONS, party=LADE, id="L1")


@pytest.fixture
async def street(three, bodies):
    """The operator has a station, and everybody knows its place and price."""
    evse = bodies.evse("E1", capabilities=list(ALL))
    async with station_of(three.lade, bodies, evse) as station:
        await three.value("Resa", ModuleID.LOCATIONS, "L1")
        await three.value("Resa", ModuleID.TARIFFS, "T1")
        yield station


async def charge(three, station):
    """The driver starts with his app; the command that did it."""
    driver = await three.driver()
    await three.push()
    await station.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
    command = await commands.start_session(three.resa.platform, driver, LOCATION, "E1", "1")
    await three.push()
    for _ in range(10):  # a station far ahead of its messages is taken for a wrong clock
        three.lade.clock.ahead += timedelta(minutes=1)
        await station.play(60)
    return driver, await three.resa.platform.store.commands.get(command.id)


async def test_the_place_its_price_and_its_state_come_in_the_provider_s_version(three, street):
    location = await three.value("Resa", ModuleID.LOCATIONS, "L1")
    assert (location.country_code, location.party_id, location.time_zone) == ("SE", "LAD", "Europe/Stockholm")
    [at_hub] = await three.held("Nav", ModuleID.LOCATIONS, "L1")
    [at_resa] = await three.held("Resa", ModuleID.LOCATIONS, "L1")
    assert (at_hub.version, at_resa.version) == (Version.V2_1_1, Version.V2_3_0)
    assert at_hub.last_updated == at_resa.last_updated
    assert "type" in body_in(at_hub)
    assert "type" not in body_in(at_resa)
    assert (await three.value("Resa", ModuleID.TARIFFS, "T1")).elements[0].price_components[0].price == Decimal("3.5")

    await street.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
    await street.play(1)
    own = object_in(await three.lade.platform.store.locations.get(LOCATION))

    async def moved():
        location = await three.value("Resa", ModuleID.LOCATIONS, "L1")
        return location.evses[0].status == own["evses"][0]["status"] != "AVAILABLE"

    await three.until(moved)


async def test_a_whole_charge_passes_and_comes_to_nobody_else(three, street):
    driver, command = await charge(three, street)
    assert (command.response, command.result) == ("ACCEPTED", "ACCEPTED")

    [mine] = await three.lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    session = await three.value("Resa", ModuleID.SESSIONS, mine.key.id)
    assert (session.party_id, session.cdr_token.party_id, session.location_id) == ("LAD", "RES", "L1")
    assert (session.evse_uid, session.connector_id, session.status) == ("E1", "1", "ACTIVE")
    [at_hub] = await three.held("Nav", ModuleID.SESSIONS, mine.key.id)
    assert (at_hub.version, at_hub.audience, "auth_id" in body_in(at_hub)) == (Version.V2_1_1, "SERES", True)

    stop = await commands.stop_session(three.resa.platform, driver, mine.key.id)
    await three.push()
    stop = await three.resa.platform.store.commands.get(stop.id)
    assert (stop.response, stop.result) == ("ACCEPTED", "ACCEPTED")
    await street.play(1)
    await three.jobs("Lade", minutes=1)

    [own] = await three.lade.platform.store.objects.newest(ModuleID.CDRS, 5)
    cdr = await three.value("Resa", ModuleID.CDRS, own.key.id)
    billed = value_of(CDR, own)
    assert (cdr.party_id, cdr.cdr_token.party_id, cdr.total_energy) == ("LAD", "RES", billed.total_energy)
    assert cdr.total_cost.before_taxes == billed.total_cost.before_taxes > 0
    assert cdr.cdr_location.evse_uid == "E1"
    [stored] = await three.held("Nav", ModuleID.CDRS, own.key.id)
    assert (stored.version, "cdr_location" in body_in(stored)) == (Version.V2_1_1, False)

    await cdr_credits.credit(three.lade.platform, own.key.id)
    credits = [one for one in await three.lade.platform.store.objects.newest(ModuleID.CDRS, 5) if one.key != own.key]
    credit = await three.value("Resa", ModuleID.CDRS, credits[0].key.id)
    assert credit.total_cost.before_taxes == -billed.total_cost.before_taxes

    for module, ident in ((ModuleID.SESSIONS, mine.key.id), (ModuleID.CDRS, own.key.id), (ModuleID.CDRS, credit.id)):
        assert await three.held("Bee", module, ident) == []
    assert await three.held("Bee", ModuleID.LOCATIONS, "L1") != []


async def test_the_session_is_over_at_the_provider_too(three, street):
    driver, _ = await charge(three, street)
    [mine] = await three.lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    await three.value("Resa", ModuleID.SESSIONS, mine.key.id)
    await commands.stop_session(three.resa.platform, driver, mine.key.id)
    await three.push()
    await street.play(1)

    async def over():
        return (await three.value("Resa", ModuleID.SESSIONS, mine.key.id)).status == "COMPLETED"

    await three.until(over)
    assert value_of(Session, (await three.lade.platform.store.objects.newest(ModuleID.SESSIONS, 1))[0]).end_date_time


async def test_a_card_is_told_under_the_hub_s_party_and_asked_about_through_it(three, street, bodies):
    await three.resa.keep(ModuleID.TOKENS, bodies.token(whitelist="NEVER"))
    token = await three.value("Lade", ModuleID.TOKENS, "04A1B2C3")
    assert (token.country_code, token.party_id, token.contract_id) == ("SE", "NAV", "SE-RES-C00000001")
    [told] = await three.held("Lade", ModuleID.TOKENS, "04A1B2C3")
    assert (told.version, "auth_id" in body_in(told)) == (Version.V2_1_1, True)
    assert await three.held("Bee", ModuleID.TOKENS, "04A1B2C3") == []

    await street.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
    assert await street.present_token("04A1B2C3", 1) == "Accepted"
    await street.play(3)
    [mine] = await three.lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    session = await three.value("Resa", ModuleID.SESSIONS, mine.key.id)
    assert (session.cdr_token.party_id, session.cdr_token.uid) == ("RES", "04A1B2C3")
    assert session.auth_method == "AUTH_REQUEST"
