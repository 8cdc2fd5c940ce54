"""A driver with a price plan sees what he pays: before the charge, while it runs, and after it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import issued as made
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.customer_records import CustomerToken
from ocpilot.billing.plans import Margin, Plan
from ocpilot.billing.spot import PricePoint
from ocpilot.wire.protocol import ModuleID

STATION = "/stations/SE/LAD/VASTERAS-ERIKSLUND"
CHARGE = "/charges/SE/LAD/session-1-3"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


async def pays_by(world, account, plan: Plan):
    store = world.platform.store
    assert await store.plans.add(plan, SINCE)
    customer = await made.customer(store, account.name, plan=plan.name)
    for uid in account.token_uids:
        await store.customers.give(CustomerToken(uid=uid, customer_id=customer.id, since=SINCE))
    return customer


async def test_the_margin_of_his_plan_is_in_the_price_and_he_is_told_so(reader, world):
    margin = Margin(percent=Decimal(10), per_charge=Decimal(2))
    await pays_by(world, world.omar, Plan(name="FAIR", currency="SEK", margin=margin))
    assert "6.50 SEK per kWh incl. VAT" in (await reader.get(STATION)).words
    await reader.sign_in("omar@example.org")
    for path in (STATION, "/"):
        words = (await reader.get(path)).words
        assert "These are your prices, by your price plan FAIR." in words
        assert "7.15 SEK per kWh incl. VAT" in words
        assert "Start fee: 8.00 SEK incl. VAT" in words
    assert "6.50 SEK" not in (await reader.get(STATION)).words


async def test_a_plan_by_the_hour_shows_the_price_of_this_hour(reader, world):
    now = world.platform.clock()
    point = PricePoint(at=now - timedelta(minutes=30), until=now + timedelta(minutes=30), price=Decimal("0.80"))
    await world.platform.store.price_series.import_points("SE3", "SEK", [point])
    spot = Plan(name="SPOT", currency="SEK", series="SE3", margin=Margin(per_kwh=Decimal("0.20")))
    await pays_by(world, world.omar, spot)
    await reader.sign_in("omar@example.org")
    words = (await reader.get(STATION)).words
    assert "1.25 SEK per kWh incl. VAT" in words
    assert "this is the price now" in words
    assert "Start fee" not in words


async def test_the_cost_of_a_charge_is_what_the_plan_makes_of_it_then_what_is_billed(reader, world):
    customer = await pays_by(world, world.omar, Plan(name="HALF", margin=Margin(percent=Decimal(-50))))
    store = world.platform.store
    [bill] = await store.objects.newest(ModuleID.CDRS, 9, world.omar.token_uids)
    charge = f"/charges/SE/LAD/session-{world.omar.id}-1"
    await reader.sign_in("omar@example.org")
    before = (await reader.get(charge)).words
    line = made.line("33.00")
    item = BillItem(
        purpose=Purpose.SALE,
        key=bill.key,
        customer_id=customer.id,
        currency="SEK",
        at=made.ISSUED,
        net=line.net,
        lines=(line,),
    )
    await store.bill_items.rated([bill.key], [item])
    after = await reader.get(charge)
    assert f"Cost {line.gross or line.net:.2f} SEK" in after.words
    assert f"Cost {line.gross or line.net:.2f} SEK" not in before
    assert f"{line.gross or line.net:.2f} SEK" in (await reader.get("/charges")).words


async def test_a_running_charge_costs_so_far_what_the_plan_makes_of_it(reader, world):
    await reader.sign_in("anna@example.org")
    assert "Kostnad hittills 36,45 kr inkl. moms" in (await reader.get(CHARGE)).words
    await pays_by(world, world.anna, Plan(name="HALF", margin=Margin(percent=Decimal(-50))))
    assert "Kostnad hittills 18,23 kr inkl. moms" in (await reader.get(CHARGE)).words
