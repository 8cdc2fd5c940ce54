"""Drivers see their own invoices and nobody else's; who pays by invoice finds it at the charge."""

from datetime import UTC, datetime

import msgspec
import pytest

import issued as made
from issued import issued
from ocpilot.app.invoicing import driver_invoices
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.customer_records import CustomerKind, CustomerToken
from ocpilot.wire.protocol import ModuleID

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


async def customer_with(store, *uids, kind=CustomerKind.DRIVER, name="Anna Berg"):
    customer = await made.customer(store, name, kind=kind)
    for uid in uids:
        await store.customers.give(CustomerToken(uid=uid, customer_id=customer.id, since=SINCE))
    return customer


async def test_a_driver_lists_his_invoices_and_opens_each_as_pdf(reader, world):
    store = world.platform.store
    anna = await customer_with(store, *world.anna.token_uids)
    mine, others = await issued(store, anna), await issued(store, await customer_with(store, *world.omar.token_uids))
    assert (await reader.get("/account/invoices")).status == 303
    await reader.sign_in("omar@example.org")
    words = (await reader.get("/account/invoices")).words
    assert (others.number in words, mine.number in words) == (True, False)
    assert (await reader.get(f"/account/invoices/{mine.number}.pdf")).status == 404
    assert (await reader.get(f"/console/invoices/{mine.number}")).status == 404
    pdf = await reader.get(f"/account/invoices/{others.number}.pdf")
    assert (pdf.status, pdf.text[:4]) == (200, "%PDF")
    assert (await reader.get("/account/invoices/F-999999.pdf")).status == 404


@pytest.mark.parametrize("kind", [CustomerKind.DRIVER, CustomerKind.COMPANY])
async def test_whose_card_is_one_of_several_of_a_customer_does_not_see_what_the_others_charged(world, kind):
    store = world.platform.store
    uids = [*world.anna.token_uids, *(world.omar.token_uids if kind is CustomerKind.DRIVER else ())]
    together = await customer_with(store, *uids, kind=kind)
    kept = await issued(store, together)
    for account in (world.anna, world.omar):
        assert await driver_invoices.listed(world.platform, account, 9) == ()
        with pytest.raises(Exception, match="no invoice"):
            await driver_invoices.one(world.platform, account, kept.number)


async def test_a_token_that_was_somebody_else_s_shows_none_of_his_invoices(world):
    store = world.platform.store
    before = await customer_with(store, *world.anna.token_uids, name="Berit")
    await issued(store, before)
    for uid in world.anna.token_uids:
        await store.customers.end(uid, datetime(2026, 6, 1, tzinfo=UTC))
    assert await driver_invoices.listed(world.platform, world.anna, 9) == ()


async def test_without_an_invoice_the_page_says_that_charges_have_receipts(reader, world):
    await reader.sign_in("omar@example.org")
    assert "Otherwise each charge has its receipt." in (await reader.get("/account/invoices")).words


async def test_a_charge_says_on_which_invoice_it_is_and_who_pays(reader, world):
    store = world.platform.store
    omar = await customer_with(store, *world.omar.token_uids, name="Omar Haddad")
    [bill] = await store.objects.newest(ModuleID.CDRS, 9, world.omar.token_uids)
    line = made.line("118.84")
    item = BillItem(
        purpose=Purpose.SALE,
        key=bill.key,
        customer_id=omar.id,
        currency="SEK",
        at=made.ISSUED,
        net=line.net,
        lines=(line,),
    )
    charge = f"/charges/SE/LAD/session-{world.omar.id}-1"
    await reader.sign_in("omar@example.org")
    assert "The receipt follows when it is checked." in (await reader.get(charge)).words
    await store.bill_items.rated([bill.key], [item])
    assert "This charge is on your next invoice." in (await reader.get(charge)).words
    assert "next invoice" in (await reader.get("/charges")).words
    kept = await issued(store, omar)
    assert f'href="/account/invoices/{kept.number}.pdf"' in (await reader.get(charge)).text
    assert f'href="/account/invoices/{kept.number}.pdf"' in (await reader.get("/charges")).text
    company = msgspec.structs.replace(omar, kind=CustomerKind.COMPANY, party_facts=made.SELLER)
    await store.customers.save(company)
    page = await reader.get(charge)
    assert "Resa AB pays for this charge by invoice." in page.words
    assert kept.number not in page.text
