"""Between members of a hub: bookings, payment terminals and invoice records, in both modes (mod_bookings, mod_payments,
mod_invoice_reconciliation)."""

from decimal import Decimal

import msgspec
import pytest
from market import headers
from members import BEE, LAD, RES, hub_with
from test_bookings import asked, at, place

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import invoices, payments
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS, CONFIRMATIONS, TERMINALS
from ocpilot.app.orders import booking_calls, bookings
from ocpilot.app.partners import peers
from ocpilot.base import time
from ocpilot.base.errors import Conflict, PeerRefused
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HubMode, PartySettings
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import (
    Booking,
    BookingLocation,
    BookingRequest,
    CanceledReason,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Price,
    Terminal,
)

LADE, RESA, PAYR = PartyId("SE", "LAD"), PartyId("SE", "RES"), PartyId("SE", "PAY")
PAY = PartySettings(country_code="SE", party_id="PAY", role="PTP", name="Payr AB")
UPDATED = "2026-11-01T10:00:00Z"


@pytest.fixture(params=list(HubMode))
async def members(request, databases, start, tmp_path):
    """A hub with the operator Lade and the providers Resa and Bee, all of 2.3.0; others may join."""
    async with hub_with(start, databases, tmp_path, mode=request.param) as hub:
        for party, name in ((LAD, "Lade"), (RES, "Resa"), (BEE, "Bee")):
            await hub.join(party, name, Version.V2_3_0)
        await hub.push()
        yield hub


async def kept(hub, name, module, sub=""):
    """Objects of a module that a member has from others."""
    found = [one for ident in ("BL1", "T1", "F1") for one in await hub.held(name, module, ident)]
    return [one for one in found if one.key.sub == sub]


# ---- bookings ------------------------------------------------------------------------------------------------------


async def sells(hub):
    await bookings.put_location(hub.lade.platform, msgspec.convert(place(), BookingLocation))
    await hub.push()


async def books(hub, name="Resa", **fields):
    request = msgspec.convert(asked(**fields), BookingRequest)
    return await booking_calls.request(hub.nodes[name].platform, await hub.at(name), request)


async def booking_at(hub, name, ident):
    found = [one for one in await hub.held(name, ModuleID.BOOKINGS, ident) if one.key.sub == BOOKINGS]
    return value_of(Booking, found[0]) if found else None


async def test_every_provider_sees_where_times_can_be_booked(members):
    await sells(members)
    for name in ("Resa", "Bee"):
        [one] = await kept(members, name, ModuleID.BOOKINGS, BOOKING_LOCATIONS)
        assert one.key.party == LADE
        reply = await members.ask(name, "GET", "2.3.0/sender/Booking/booking_locations")
        assert [found["id"] for found in reply.data] == ["BL1"]


@pytest.mark.parametrize("told", [True, False])
async def test_a_time_is_booked_through_the_hub_and_offered_to_nobody_any_more(members, told):
    """With the operator named in headers, and found by his BookingLocation."""
    await sells(members)
    if told:
        sent = headers("SERES", "SELAD")
        reply = await members.ask("Resa", "POST", "2.3.0/sender/Booking", asked(), headers=sent)
        assert reply.data["reservation_status"] == "RESERVED"
        ident = reply.data["id"]
    else:
        ident = (await books(members)).id
        assert (await booking_at(members, "Resa", ident)).reservation_status == "RESERVED"
    await members.push()
    assert (await booking_at(members, "Resa", ident)).reservation_status == "RESERVED"
    assert await booking_at(members, "Bee", ident) is None
    for name in ("Resa", "Bee"):
        [free] = await kept(members, name, ModuleID.BOOKINGS, BOOKING_LOCATIONS)
        slots = [slot for one in value_of(BookingLocation, free).calendars for slot in one.available_timeslots]
        assert [time.write(slot.start_date_time) for slot in slots] == [at(8), at(12)]


async def test_another_provider_neither_gets_the_time_nor_sees_who_has_it(members):
    await sells(members)
    mine = await books(members)
    token = asked()["tokens"][0] | {"party_id": "BEE"}
    his = await books(members, "Bee", party_id="BEE", tokens=[token])
    assert his.reservation_status == "REJECTED"
    assert his.id != mine.id
    await members.push()
    listed = await members.ask("Bee", "GET", "2.3.0/sender/Booking", headers=headers("SEBEE", "SELAD"))
    assert [one["id"] for one in listed.data] == [his.id]


async def test_nobody_books_in_the_name_of_another(members):
    await sells(members)
    said = await members.ask("Bee", "POST", "2.3.0/sender/Booking", asked(), headers=headers("SEBEE", "SELAD"))
    assert said.status == 2001
    found = await members.lade.platform.store.objects.newest(ModuleID.BOOKINGS, 10)
    assert [one for one in found if one.key.sub == BOOKINGS] == []


async def test_what_the_operator_does_with_a_booking_reaches_who_has_it(members):
    await sells(members)
    ident = (await books(members)).id
    await bookings.cancel(members.lade.platform, bookings.key_of(LADE, ident), CanceledReason.BROKEN_CHARGER)
    await members.push()
    gone = await booking_at(members, "Resa", ident)
    assert (gone.reservation_status, gone.canceled.who_canceled) == ("CANCELED", "CPO")
    assert await booking_at(members, "Bee", ident) is None


async def test_who_has_a_booking_changes_and_cancels_it(members):
    await sells(members)
    first = await books(members)
    changed = await books(members, start=14, end=15)
    assert (changed.id, time.write(changed.period.start_date_time)) == (first.id, at(14))
    gone = await books(members, start=14, end=15, canceled={"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"})
    assert gone.reservation_status == "CANCELED"
    await members.push()
    assert (await booking_at(members, "Resa", first.id)).reservation_status == "CANCELED"


async def test_a_booking_at_a_place_nobody_has_is_unknown(members):
    with pytest.raises(PeerRefused, match="2003"):
        await books(members, booking_location_id="BL9")


# ---- invoice records -----------------------------------------------------------------------------------------------


@pytest.fixture
async def charged(members, bodies):
    """Two CDRs of Lade that Resa has, and one that Bee has."""
    for ident, provider in (("C1", "RES"), ("C2", "RES"), ("C9", "BEE")):
        cdr = bodies.cdr(Version.V2_3_0, ident, provider)
        await members.lade.keep(ModuleID.CDRS, cdr, audience=f"SE{provider}")
    await members.push()
    return members


async def record_at(hub, name, ident):
    return [
        value_of(InvoiceReconciliationRecord, one)
        for one in await hub.held(name, ModuleID.INVOICE_RECONCILIATION, ident)
    ]


async def test_what_an_invoice_is_for_reaches_its_payer_alone_and_adds_up(charged):
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ("C1", "C2"))
    await charged.push()
    [record] = await record_at(charged, "Resa", issued.key.id)
    assert record.cdrs == ("C1", "C2")
    assert await record_at(charged, "Bee", issued.key.id) == []
    assert await record_at(charged, "Nav", issued.key.id) == []
    there = await invoices.reconcile(charged.resa.platform, issued.key, (await charged.at("Resa")).id)
    assert ([(one.cdrs, one.before_taxes) for one in there.totals], there.unknown) == ([(2, 10.5)], ())


async def test_a_record_that_changed_and_one_that_was_withdrawn(charged):
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ("C1", "C2"))
    await charged.push()
    await invoices.issue(charged.lade.platform, LADE, "2026-11", ("C1",))
    await charged.push()
    [record] = await record_at(charged, "Resa", issued.key.id)
    assert record.cdrs == ("C1",)
    await invoices.withdraw(charged.lade.platform, LADE, issued.key.id)
    await charged.push()
    assert await record_at(charged, "Resa", issued.key.id) == []


async def test_the_provider_s_own_record_reaches_the_operator(charged):
    issued = await invoices.issue(charged.resa.platform, RESA, "R-1", ("C1", "C2"))
    await charged.push()
    [record] = await record_at(charged, "Lade", issued.key.id)
    assert (record.party_id, record.cdrs) == ("RES", ("C1", "C2"))
    there = await invoices.reconcile(charged.lade.platform, issued.key, (await charged.at("Lade")).id)
    assert [one.cdrs for one in there.totals] == [2]


async def test_a_record_for_who_is_away_waits_and_arrives(charged):
    nav = charged.nav.platform
    await peers.suspend(nav, await charged.at_hub("Resa"))
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ("C1", "C2"))
    await charged.push()
    assert await record_at(charged, "Resa", issued.key.id) == []
    await peers.resume(nav, await charged.at_hub("Resa"))
    [record] = await charged.until(lambda: record_at(charged, "Resa", issued.key.id))
    assert record.cdrs == ("C1", "C2")


# ---- payment terminals ---------------------------------------------------------------------------------------------


@pytest.fixture
async def paying(members):
    """The same with the terminal provider Payr, whose terminal T1 stands at Lade's."""
    await members.join(PAY, "Payr", Version.V2_3_0)
    await members.push()
    terminal = Terminal(terminal_id="T1", last_updated=time.parse(UPDATED))
    await payments.put_terminal(members.nodes["Payr"].platform, PAYR, terminal, LADE)
    await members.push()
    return members


async def test_a_terminal_reaches_the_operator_it_stands_at_and_nobody_else(paying):
    [there] = await kept(paying, "Lade", ModuleID.PAYMENTS, TERMINALS)
    assert there.key.party == PAYR
    assert await kept(paying, "Resa", ModuleID.PAYMENTS, TERMINALS) == []
    assert await kept(paying, "Nav", ModuleID.PAYMENTS, TERMINALS) == []


async def test_the_operator_says_what_his_terminal_serves(paying):
    lade = paying.lade.platform
    await payments.assign(lade, await paying.at("Lade"), "T1", {"location_ids": ["L1"]}, LADE)
    payr = paying.nodes["Payr"].platform
    key = ObjectKey(module=ModuleID.PAYMENTS, party=PAYR, id="T1", sub=TERMINALS)
    assert value_of(Terminal, await payr.store.objects.get(key)).location_ids == ("L1",)
    [here] = await kept(paying, "Lade", ModuleID.PAYMENTS, TERMINALS)
    assert value_of(Terminal, here).location_ids == ("L1",)
    await payments.ask_to_deactivate(lade, await paying.at("Lade"), "T1", LADE)
    assert value_of(Terminal, await payr.store.objects.get(key)).location_ids == ()


async def test_the_operator_asks_for_a_terminal_of_a_provider(paying):
    lade = paying.lade.platform
    await payments.ask_to_activate(lade, await paying.at("Lade"), {"terminal_id": "T2", "location_ids": ["L2"]}, LADE)
    await paying.push()
    [here] = await paying.held("Lade", ModuleID.PAYMENTS, "T2")
    assert value_of(Terminal, here).location_ids == ("L2",)


async def test_what_was_captured_reaches_the_operator(paying):
    captured = FinancialAdviceConfirmation(
        id="F1",
        authorization_reference="A1",
        total_costs=Price(before_taxes=Decimal("5.25")),
        currency="SEK",
        eft_data=("paid",),
        capture_status_code="SUCCESS",
        last_updated=time.parse(UPDATED),
    )
    await payments.confirm(paying.nodes["Payr"].platform, PAYR, captured, LADE)
    await paying.push()
    [there] = await kept(paying, "Lade", ModuleID.PAYMENTS, CONFIRMATIONS)
    assert value_of(FinancialAdviceConfirmation, there).authorization_reference == "A1"
    assert await kept(paying, "Resa", ModuleID.PAYMENTS, CONFIRMATIONS) == []


async def test_a_list_of_terminals_is_asked_of_their_provider(paying):
    path = "2.3.0/sender/payments/terminals"
    asked_him = await paying.ask("Lade", "GET", path, headers=headers("SELAD", "SEPAY"))
    assert [one["terminal_id"] for one in asked_him.data] == ["T1"]
    assert (await paying.ask("Resa", "GET", path, headers=headers("SERES", "SEPAY"))).data in ([], None)
    assert (await paying.ask("Lade", "GET", path)).data == [], "the hub keeps none"


async def test_of_several_terminal_providers_none_is_guessed(paying):
    await paying.join(PartySettings(country_code="SE", party_id="ZAH", role="PTP", name="Zahl"), "Zahl", Version.V2_3_0)
    await paying.push()
    with pytest.raises(Conflict, match="behind Nav: found 2 terminal providers"):
        await payments.ask_to_activate(paying.lade.platform, await paying.at("Lade"), {"terminal_id": "T1"}, LADE)
