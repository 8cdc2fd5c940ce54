"""Somebody without an account charges at a station of ours, and has nothing but a link."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ocpilot.app.drivers.charge_views import Stage
from ocpilot.app.guests import ad_hoc, evse_pages
from ocpilot.app.guests.evse_pages import Obstacle
from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import own
from ocpilot.base.errors import NotFound, UserError
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Capability, Status, TariffType

from ..conftest import LOCATION, OPERATOR, TARIFF


@pytest.fixture
async def street(operator):
    """The operator lets anybody charge, by stations that can be started from afar."""
    settings = operator.platform.settings
    open_to_all = replace(settings, web=replace(settings.web, ad_hoc=True))
    operator.platform = dataclasses.replace(operator.platform, settings=open_to_all)
    operator.reborn()
    await put_evses(operator)
    return operator


async def put_evses(world, **changes):
    able = {"capabilities": (Capability.REMOTE_START_STOP_CAPABLE,), **changes}
    evses = tuple(replace(evse, **able) for evse in LOCATION.evses)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    newer = world.now + timedelta(seconds=1)
    await world.store.locations.put(own(key, replace(LOCATION, evses=evses, last_updated=newer), newer))


async def page(world, evse_id="SE*LAD*E1"):
    return await evse_pages.find(world.platform, evse_id)


async def start(world):
    secret = await ad_hoc.start(world.platform, await page(world), "1", "sv")
    await world.platform.background.drain()
    return secret


async def test_from_the_link_to_the_receipt(street):
    secret = await start(street)
    assert (await ad_hoc.view(street.platform, secret)).start.stage == Stage.PLUG_IN
    id_tag = street.stations.calls[0][3]
    transaction = await street.start(id_tag)
    session = await street.only(ModuleID.SESSIONS)
    assert (session["auth_method"], session["cdr_token"]["type"]) == ("COMMAND", "AD_HOC_USER")
    street.passes(1800)
    await street.meter(transaction, 6000)
    view = await ad_hoc.view(street.platform, secret)
    assert view.charge.running
    assert view.charge.kwh == 5

    street.passes(1800)
    stop = await ad_hoc.stop(street.platform, secret)
    await street.platform.background.drain()
    assert street.stations.calls[-1] == ("stop", "S1", transaction)
    assert (await ad_hoc.stopping(street.platform, secret, stop.id)).stage == Stage.PLUG_IN
    with pytest.raises(NotFound):
        await ad_hoc.receipt(street.platform, secret)
    await street.stop(transaction, 11_000)
    await street.jobs.once()
    receipt = await ad_hoc.receipt(street.platform, secret)
    assert receipt.account_id is None
    assert receipt.pdf.startswith(b"%PDF")
    assert "Laddning" in receipt.body or "Energi" in receipt.body
    assert (await street.store.transactions.get(transaction)).state == TransactionState.BILLED
    assert street.partners.calls == []


async def test_the_price_without_a_contract_counts_where_there_is_one(street):
    component = replace(TARIFF.elements[0].price_components[0], price=9)
    dear = replace(
        TARIFF,
        id="T2",
        type=TariffType.AD_HOC_PAYMENT,
        elements=(replace(TARIFF.elements[0], price_components=(component,)),),
    )
    await tariffs.put(street.platform, dear)
    connector = replace(LOCATION.evses[0].connectors[0], tariff_ids=("T1", "T2"))
    await put_evses(street, connectors=(connector,))
    assert [one.id for one in (await page(street)).without_contract.plugs[0].tariffs] == ["T2"]
    await start(street)
    transaction = await street.start(street.stations.calls[0][3])
    street.passes(3600)
    await street.stop(transaction, 11_000)
    await street.jobs.once()
    cost = (await street.only(ModuleID.CDRS))["total_cost"]
    assert cost["before_taxes"] == 90


@pytest.mark.parametrize("written", ["SE*LAD*E1", "se*lad*e1", "SELADE1", "seladE1"])
async def test_an_evse_is_found_however_its_id_is_written(street, written):
    assert (await page(street, written)).point.evse.uid == "E1"


@pytest.mark.parametrize("written", ["SE*LAD*E9", "", "*", "E1", "SE-LAD-E1\x00"])
async def test_another_id_is_nobodys(street, written):
    with pytest.raises(NotFound):
        await page(street, written.replace("\x00", ""))


async def test_a_charge_without_an_account_must_be_allowed(operator):
    await put_evses(operator)
    found = await page(operator)
    assert not found.ad_hoc
    with pytest.raises(UserError):
        await ad_hoc.start(operator.platform, found, "1", "en")


async def test_a_station_that_is_away_stands_in_the_way(street):
    street.stations.connected = False
    assert (await page(street)).obstacle is Obstacle.AWAY


@pytest.mark.parametrize(
    ("status", "obstacle"),
    [
        (Status.AVAILABLE, None),
        (Status.CHARGING, None),
        (Status.OUTOFORDER, Obstacle.BROKEN),
        (Status.INOPERATIVE, Obstacle.BROKEN),
        (Status.RESERVED, Obstacle.RESERVED),
    ],
)
async def test_a_status_stands_in_the_way_when_nobody_can_charge(street, status, obstacle):
    """CHARGING may be a car that is plugged in: only a transaction tells."""
    await put_evses(street, status=status)
    assert (await page(street)).obstacle is obstacle


async def test_a_running_charge_stands_in_the_way_of_the_next(street):
    await street.token()
    await street.start()
    assert (await page(street)).obstacle is Obstacle.BUSY
    assert (await page(street, "SE*LAD*E2")).obstacle is None


async def test_a_link_works_for_thirty_days_and_then_for_nobody(street):
    secret = await start(street)
    street.passes(29 * 86_400)
    await street.jobs.once()
    assert (await ad_hoc.view(street.platform, secret)).start.command
    street.passes(2 * 86_400)
    with pytest.raises(NotFound):
        await ad_hoc.view(street.platform, secret)
    await street.jobs.once()
    assert await street.store.ad_hoc.by_token(secret) is None


async def test_a_link_shows_its_own_charge_only(street):
    first = await start(street)
    other = await ad_hoc.start(street.platform, await page(street, "SE*LAD*E2"), "1", "en")
    await street.platform.background.drain()
    assert first != other
    stop = (await ad_hoc.view(street.platform, other)).start.command
    with pytest.raises(NotFound):
        await ad_hoc.stopping(street.platform, first, stop.id)
    with pytest.raises(NotFound):
        await ad_hoc.view(street.platform, first[:-1] + ("A" if first[-1] != "A" else "B"))
