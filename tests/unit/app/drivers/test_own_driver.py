"""A platform that is operator and provider: a driver of ours at a station of ours, without any peer."""

from datetime import timedelta

import msgspec
import pytest

from ocpilot.app.charges import charges
from ocpilot.app.drivers import charge_views
from ocpilot.app.kept.charge_records import Reservation, TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import accounts, tokens
from ocpilot.app.ocpi.bodies import text_of, value_of
from ocpilot.app.orders import commands, reservations
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Session

LOCATION = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId.of("SE", "LAD"), id="L1")


@pytest.fixture
async def driver(both):
    return await accounts.create_driver(both.platform, email="a@b.se", name="Ada", password="long enough")


async def start(both, driver):
    command = await commands.start_session(both.platform, driver, LOCATION, "E1", "1")
    await both.platform.background.drain()
    return await both.store.commands.get(command.id)


async def test_from_the_app_to_the_receipt(both, driver):
    command = await start(both, driver)
    assert (command.response, command.result) == ("ACCEPTED", "ACCEPTED")
    transaction = await both.start(both.stations.calls[0][3])
    session = await both.only(ModuleID.SESSIONS)
    assert (session["auth_method"], session["cdr_token"]["uid"]) == ("COMMAND", driver.token_uids[0])
    assert (await both.store.commands.get(command.id)).session_id == session["id"]

    both.passes(3600)
    stop = await commands.stop_session(both.platform, driver, session["id"])
    await both.platform.background.drain()
    assert both.stations.calls[-1] == ("stop", "S1", transaction)
    assert (await both.store.commands.get(stop.id)).result == "ACCEPTED"
    await both.stop(transaction, 11_000)
    await both.jobs.once()
    [cdr] = await both.store.objects.newest(ModuleID.CDRS, 2)
    receipt = await both.store.documents.receipt_of(cdr.key)
    assert (receipt.number, receipt.account_id) == ("R-000001", driver.id)
    assert (await both.store.transactions.get(transaction)).state == TransactionState.BILLED
    assert both.partners.calls == []


async def test_a_station_that_is_away_refuses_at_once(both, driver):
    both.stations.connected = False
    command = await start(both, driver)
    assert (command.response, command.result) == ("REJECTED", "REJECTED")


async def test_a_card_of_another_provider_with_the_same_uid_is_no_charge_of_our_driver(both):
    driver = await accounts.create_driver(
        both.platform, email="a@b.se", name="A", password="long enough", cards=("CARD1",)
    )
    await both.charge()
    [stored] = await both.store.objects.newest(ModuleID.SESSIONS, 2)
    assert len(await charge_views.charges(both.platform, driver)) == 1
    session = value_of(Session, stored)
    foreign = msgspec.structs.replace(session.cdr_token, country_code="DE", party_id="FRE")
    body = text_of(msgspec.structs.replace(session, cdr_token=foreign))
    await both.store.objects.put(msgspec.structs.replace(stored, body=body))
    assert await charge_views.charges(both.platform, driver) == ()
    with pytest.raises(NotFound):
        await charge_views.charge_view(both.platform, driver, stored.key.party, stored.key.id)
    with pytest.raises(NotFound):
        await commands.stop_session(both.platform, driver, stored.key.id)


async def test_a_card_of_ours_is_no_business_of_any_peer(both):
    await accounts.create_driver(both.platform, email="a@b.se", name="A", password="long enough", cards=("CARD1",))
    await both.charge()
    await both.jobs.once()
    found = await both.store.objects.newest(ModuleID.SESSIONS, 2) + await both.store.objects.newest(ModuleID.CDRS, 2)
    assert [one.audience for one in found] == ["SERES", "SERES"]


async def test_a_driver_of_ours_who_does_not_come_gets_a_receipt_for_his_reservation(both, driver):
    await both.reservation_tariff()
    token = (await tokens.known(both.platform, driver.token_uids[0]))[0][1]
    station = await both.store.stations.get("S1")
    begun = both.platform.clock()
    kept = await both.store.reservations.add(
        Reservation(
            peer_id=0,
            owner=PartyId.of("SE", "RES"),
            reservation_id="R1",
            command_id="C1",
            station_id="S1",
            evse_id=1,
            party=LOCATION.party,
            location_id="L1",
            evse_uid="E1",
            ocpi_connector_id="1",
            token=text_of(token),
            id_tag=tokens.id_tag_of(token.uid),
            session_id="S1",
            terms=await charges.terms_now(both.platform, station, station.connectors[0], driver=None),
            began_at=begun,
            until=begun + timedelta(minutes=30),
        )
    )
    await reservations.accepted(both.platform, kept.id, kept)
    both.passes(3600)
    await both.jobs.once()
    [cdr] = await both.store.objects.newest(ModuleID.CDRS, 2)
    receipt = await both.store.documents.receipt_of(cdr.key)
    assert (receipt.number, receipt.account_id) == ("R-000001", driver.id)
    assert (await both.only(ModuleID.CDRS))["total_cost"]["before_taxes"] == 10
