"""Objects of ours that a person said are for one party: `ocpilot load --for`."""

import json

import msgspec
import pytest

from ocpilot.app.charges import authorize
from ocpilot.app.ocpi import tariffs
from ocpilot.app.office import catalogue
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base.errors import Conflict, UnknownToken, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.main.platform_commands import Loading
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Connector

LATER = "2026-11-02T12:00:00Z"


async def load(node, body, audience=None):
    return await catalogue.take_over(node.platform, json.dumps(body).encode(), Version.V2_3_0, audience)


async def listed(connection, module):
    reply = await connection.lade.ask("GET", f"{connection.version}/sender/{module}", connection.resas_token)
    return [one["id"] for one in reply.data]


async def pushed(connection):
    """Everything that waits for Resa."""
    worker = PushWorker(connection.lade.platform, connection.resa_at_lade.id, lambda: 0.5)
    while await worker.round(connection.resa_at_lade):
        pass


async def there(connection, ident="T1"):
    return await connection.resa.platform.store.objects.find(ModuleID.TARIFFS, ident)


@pytest.mark.parametrize(("audience", "seen"), [("SERES", ["T1"]), ("SEOTH", []), (None, ["T1"])])
async def test_a_tariff_is_listed_and_pushed_to_whom_it_is_for(newest, bodies, audience, seen):
    await load(newest.lade, bodies.tariff(Version.V2_3_0), audience)
    await pushed(newest)
    assert await listed(newest, "tariffs") == seen
    assert len(await there(newest)) == len(seen)


async def test_a_tariff_that_is_for_another_from_now_on_is_taken_back(newest, bodies):
    await load(newest.lade, bodies.tariff(Version.V2_3_0))
    await pushed(newest)
    await load(newest.lade, bodies.tariff(Version.V2_3_0), "SEOTH")
    await pushed(newest)
    assert await there(newest) == ()
    await load(newest.lade, bodies.tariff(Version.V2_3_0), catalogue.EVERYBODY)
    await pushed(newest)
    assert len(await there(newest)) == 1


async def test_a_file_loaded_again_is_for_whom_it_was(newest, bodies):
    await load(newest.lade, bodies.tariff(Version.V2_3_0), "SEOTH")
    await load(newest.lade, bodies.tariff(Version.V2_3_0, last_updated=LATER))
    assert await listed(newest, "tariffs") == []
    await load(newest.lade, bodies.location(), "SEOTH")
    await load(newest.lade, bodies.location(last_updated=LATER))
    assert await listed(newest, "locations") == []


@pytest.mark.parametrize("kind", ["location", "token"])
async def test_what_ocpi_cannot_take_back_is_not_narrowed(make_node, bodies, kind):
    parties = tuple(
        PartySettings(country_code="SE", party_id=party, role=role, name=party)
        for party, role in (("LAD", "CPO"), ("RES", "EMSP"))
    )
    async with make_node("Both", parties) as node:
        body = bodies.location() if kind == "location" else bodies.token()
        await load(node, body)
        with pytest.raises(Conflict, match="known to every peer already and cannot be taken back"):
            await load(node, body, "SEOTH")


async def test_a_charge_is_priced_by_the_tariff_of_its_drivers_party(lade, bodies):
    await load(lade, bodies.tariff(Version.V2_3_0, "ALL"))
    await load(lade, bodies.tariff(Version.V2_3_0, "CHEAP"), "SERES")
    connector = msgspec.convert(bodies.connector(tariff_ids=["ALL", "CHEAP"]), Connector)

    async def ids(driver):
        found = await tariffs.at_connector(lade.platform, PartyId("SE", "LAD"), connector, driver)
        return [one.id for one in found]

    assert await ids(PartyId("SE", "RES")) == ["CHEAP"]
    assert await ids(PartyId("SE", "OTH")) == ["ALL"]
    assert await ids(None) == ["ALL"]


async def test_a_token_for_one_operator_is_unknown_to_another(newest, bodies):
    resa, lade = newest.resa, newest.lade_at_resa
    await load(resa, bodies.token("FORLADE1"), "SELAD")
    await load(resa, bodies.token("FOROTHER"), "SEOTH")
    assert (await authorize.decide(resa.platform, lade, "FORLADE1", None, None)).allowed == "ALLOWED"
    with pytest.raises(UnknownToken):
        await authorize.decide(resa.platform, lade, "FOROTHER", None, None)


async def test_whom_a_file_is_for_is_said_as_a_party(lade, bodies):
    loading = Loading(lade.platform)
    data = json.dumps(bodies.tariff(Version.V2_3_0)).encode()
    await loading.load("tariff.json", data, "2.3.0", "SE/OTH")
    [stored] = await lade.platform.store.objects.find(ModuleID.TARIFFS, "T1")
    assert stored.audience == "SEOTH"
    with pytest.raises(UserError, match="--for: 'everyone' is no party"):
        await loading.load("tariff.json", data, None, "everyone")
