"""What is on no invoice yet is worked out anew when Tokens, customers and plans change; what is on one never is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

import billed
from ocpilot.app.books import setting_off
from ocpilot.app.books.ledger_views import faults
from ocpilot.app.cdrs import cdr_match
from ocpilot.app.customers import customers, fees
from ocpilot.app.invoicing import crediting, invoicing, rating
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep
from ocpilot.app.kept.customer_records import CustomerKind, CustomerToken
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.plans import Margin, Plan
from ocpilot.wire.protocol import ModuleID

LADE = billed.OPERATORS[0]
BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)


async def invoices(platform: Platform):
    while await rating.rate(platform):
        pass
    return [kept async for kept, _, _ in invoicing.run(platform, until=platform.clock())]


async def charged(platform: Platform, *starts: datetime, first: int = 1, uid: str = "T0"):
    """Charges at a partner's, accepted."""
    (peer,) = (await billed.peers_of(platform.store, [LADE])).values() if first == 1 else (1,)
    found = [billed.cdr_of(number, LADE, uid, start) for number, start in enumerate(starts, start=first)]
    for cdr in found:
        await billed.accept(platform.store, cdr, await billed.receive(platform, cdr, peer), peer)
    return found


async def ours(platform: Platform, cdr):
    """A charge at our own station, issued to nobody."""
    key = billed.key_of(ModuleID.CDRS, LADE.party, cdr.id)
    stored = own(key, cdr, billed.NOW)
    await platform.store.objects.put(stored)
    clearing = Clearing(
        key=key,
        peer_id=None,
        audience=None,
        token_uid="#na",
        state=ClearingState.ISSUED,
        currency=cdr.currency,
        total=cdr.total_cost.before_taxes,
        kwh=cdr.total_energy,
        ended_at=cdr.end_date_time,
        at=cdr.last_updated,
    )
    step = ClearingStep(key=key, before=None, after=clearing.state, who="test", why="", at=billed.NOW)
    await platform.store.clearings.begin(clearing, step)
    return stored


async def at_place(platform: Platform, kind: CustomerKind, name: str, **said: object):
    return await platform.store.customers.add(billed.customer_of(kind, name, locations=("L1",), **said))


async def test_each_host_of_a_site_gets_his_share(provider):
    for name, share in (("Torget", "10"), ("Parkering", "5")):
        await at_place(provider, CustomerKind.HOST, name, share=share)
    cdr = billed.cdr_of(1, LADE, "X", BEGAN)
    await ours(provider, cdr)
    written = {kept.invoice.terms.seller.name: kept.invoice.net for kept in await invoices(provider)}
    net = cdr.total_cost.before_taxes
    assert written == {"Torget": round(net / 10, 2), "Parkering": round(net / 20, 2)}


async def test_a_host_who_comes_later_gets_his_share_since_the_day_that_is_said(provider):
    for number, start in ((1, BEGAN), (21, BEGAN + timedelta(days=1)), (41, BEGAN + timedelta(days=2))):
        cdr = billed.cdr_of(number, LADE, "X", start)
        await cdr_match.match(provider, await ours(provider, cdr))
    while await rating.rate(provider):
        pass
    place = billed.place_of(LADE, 1)
    await provider.store.locations.put(own(billed.key_of(ModuleID.LOCATIONS, LADE.party, "L1"), place, billed.NOW))
    said = {"kind": "host", "name": "Torget", "locations": "L1", "share": "10", "country": "SE"}
    await customers.add(provider, {**said, "since": "2026-11-21"})
    (kept,) = await invoices(provider)
    assert [item.key.id for item in await provider.store.bill_items.on(kept.number)] == ["CDR-000021", "CDR-000041"]
    with pytest.raises(InvalidObject, match="since: found 'soon', expected a day such as 2026-11-01"):
        await customers.change(provider, kept.invoice.terms.customer_number, {"since": "soon"})


async def test_a_home_is_not_paid_for_what_was_charged_at_a_partners_place_with_the_same_id(provider):
    await at_place(provider, CustomerKind.HOME, "Anna", home_rate="2", currency="SEK")
    (cdr,) = await charged(provider, BEGAN)
    assert cdr.cdr_location.id == "L1"
    assert await invoices(provider) == []


async def test_what_is_on_no_invoice_yet_goes_over_to_whoever_has_the_token_since_then(provider):
    anna, bo = await billed.drivers(provider.store, 2)
    await charged(provider, BEGAN - timedelta(days=2), BEGAN)
    while await rating.rate(provider):
        pass
    token = CustomerToken(uid="T0", customer_id=bo.id, since=BEGAN - timedelta(days=1))
    await customers.give_token(provider, token, take_over=True)
    written = await invoices(provider)
    assert [(kept.customer_id, len(kept.invoice.lines)) for kept in written] == [(anna.id, 1), (bo.id, 1)]
    await customers.give_token(provider, msgspec.structs.replace(token, customer_id=anna.id), take_over=True)
    assert await invoices(provider) == []


async def test_what_was_charged_after_a_token_was_taken_is_on_no_invoice(provider):
    await billed.drivers(provider.store, 1)
    await charged(provider, BEGAN - timedelta(days=2), BEGAN)
    while await rating.rate(provider):
        pass
    await customers.take_token(provider, "T0", BEGAN - timedelta(days=1))
    (only,) = await invoices(provider)
    assert [line.start for line in only.invoice.lines] == [BEGAN - timedelta(days=2)]


async def test_what_is_billed_again_has_what_was_put_right(provider):
    company = await provider.store.customers.add(billed.customer_of(CustomerKind.COMPANY, "Spedition", "NL"))
    await billed.give(provider.store, company, "T0", "4711")
    await charged(provider, BEGAN)
    (first,) = await invoices(provider)
    assert (first.invoice.lines[0].cost_centre, first.invoice.tax > 0) == ("4711", True)
    await crediting.credit(provider, first.number, "wrong cost centre and no VAT number", again=True, who="kim")
    await billed.give(provider.store, company, "T0", "4712")
    await customers.change(provider, company.number, {"vat_number": "SE556703748501"})
    (second,) = await invoices(provider)
    assert (second.invoice.lines[0].cost_centre, second.invoice.net) == ("4712", first.invoice.net)
    (item,) = await provider.store.bill_items.on(second.number)
    assert item.turn == 2
    assert await invoices(provider) == []


async def test_a_vat_number_that_comes_later_counts_for_what_is_on_no_invoice_yet(provider):
    customer = billed.customer_of(CustomerKind.OPERATOR, "Lade", "NL", self_billing=True)
    operator = await provider.store.customers.add(msgspec.structs.replace(customer, party=LADE.party, is_business=True))
    await charged(provider, BEGAN)
    while await rating.rate(provider):
        pass
    await customers.change(provider, operator.number, {"vat_number": "NL004495445B01"})
    (kept,) = [kept for kept in await invoices(provider) if kept.purpose is Purpose.PURCHASE]
    assert kept.invoice.taxes[0].tax.category == "AE"


async def test_a_charge_is_credited_once_when_both_it_and_its_invoice_are_taken_back(provider):
    await billed.drivers(provider.store, 1)
    cdr, _ = await charged(provider, BEGAN, BEGAN + timedelta(days=1))
    (first,) = await invoices(provider)
    await take_back(provider, cdr)
    while await rating.rate(provider):
        pass
    await crediting.credit(provider, first.number, "not his car", who="kim")
    assert await invoices(provider) == []
    assert {one.amount for one in await provider.store.ledger.balances()} == {Decimal(0)}


async def test_a_credit_note_for_charges_of_one_invoice_names_it_and_comes_off_it(provider):
    await billed.drivers(provider.store, 1)
    first, second = await charged(provider, BEGAN, BEGAN + timedelta(days=1))
    (bill,) = await invoices(provider)
    await take_back(provider, first)
    (note,) = await invoices(provider)
    terms = note.invoice.terms
    assert (note.kind, terms.credits, terms.credits_issued_on) == ("credit_note", bill.number, bill.invoice.issued_on)
    left = bill.invoice.payable - note.invoice.payable
    assert {one.number: one.amount for one in await provider.store.ledger.open_invoices()} == {bill.number: left}
    assert (await invoicing.numbered(provider, bill.number)).credited_by is None
    assert second.id in {item.key.id for item in await provider.store.bill_items.on(bill.number)}


async def test_an_invoice_of_which_a_charge_was_credited_apart_is_taken_back_only_to_be_billed_again(provider):
    await billed.drivers(provider.store, 1)
    first, _ = await charged(provider, BEGAN, BEGAN + timedelta(days=1))
    (bill,) = await invoices(provider)
    await take_back(provider, first)
    (note,) = await invoices(provider)
    with pytest.raises(Conflict, match=f"charges of {bill.number} were credited by {note.number} already"):
        await crediting.credit(provider, bill.number, "not his car", who="kim")
    await crediting.credit(provider, bill.number, "not his car", again=True, who="kim")
    await invoices(provider)
    owed = sum(one.amount for one in await provider.store.ledger.open_invoices())
    assert owed == bill.invoice.payable - note.invoice.payable


async def test_charges_of_several_invoices_are_named_in_a_sentence_and_set_off_by_a_person(provider):
    await billed.drivers(provider.store, 1)
    first = await charged(provider, BEGAN)
    bills = await invoices(provider)
    first += await charged(provider, BEGAN + timedelta(days=1), first=2)
    bills += await invoices(provider)
    for cdr in first:
        await take_back(provider, cdr)
    (note,) = await invoices(provider)
    assert note.invoice.terms.notes == ("Charges of these invoices are taken back: F-000001, F-000002.",)
    await setting_off.between(provider, note.number, bills[0].number, None)
    await setting_off.between(provider, bills[1].number, note.number, Decimal(7))
    open_now = {one.number: one.amount for one in await provider.store.ledger.open_invoices()}
    assert open_now == {"F-000002": bills[1].invoice.payable - 7, note.number: 7 - bills[1].invoice.payable}
    with pytest.raises(Conflict, match=r"K-000001 and F-000001: found -24\.51 and 0\.00 SEK open"):
        await setting_off.between(provider, note.number, bills[0].number, None)
    assert await faults(provider) == ()


async def take_back(platform: Platform, cdr):
    back = credit_of(cdr, cdr.last_updated + timedelta(days=1))
    await billed.accept(platform.store, back, await billed.receive(platform, back, 1), 1)


# ---- plans -----------------------------------------------------------------------------------------------------------


class Clock:
    now = billed.NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def anna(provider):
    """A platform whose clock can be set, and a driver of October with plan GOLD: a fee, and 10 kWh a month."""
    provider = Platform(
        settings=provider.settings, clock=Clock(), store=provider.store, partners=None, stations=None, sealing=None
    )
    gold = Plan(name="GOLD", currency="SEK", monthly_fee=Decimal(99), included_kwh=Decimal(10))
    dear = Plan(name="DEAR", currency="SEK", monthly_fee=Decimal(49), margin=Margin(percent=Decimal(100)))
    for plan in (gold, dear):
        await provider.store.plans.add(plan, billed.NOW)
    (driver,) = await billed.drivers(provider.store, 1, plan="GOLD", created_at=datetime(2026, 11, 5, tzinfo=UTC))
    return provider, driver.number


async def test_a_charge_is_priced_by_the_plan_of_then_with_what_that_included(anna):
    platform, number = anna
    await charged(platform, BEGAN)
    await customers.change(platform, number, {"plan": "DEAR"})
    (kept,) = await invoices(platform)
    assert [(line.text, line.net) for line in kept.invoice.lines] == [
        ("Charging at Laddplats 1", Decimal("21.60")),
        ("Included in the plan: 6.001 of 10 kWh, November 2026", Decimal("-21.60")),
    ]
    await charged(platform, BEGAN + timedelta(hours=9), billed.NOW + timedelta(hours=1), first=2)
    platform.clock.now = billed.NOW + timedelta(days=1)
    (late,) = await invoices(platform)
    assert [(line.text, line.net) for line in late.invoice.lines] == [
        ("Charging at Laddplats 2", Decimal("25.21")),
        ("Charging at Laddplats 3", Decimal("57.62")),
        ("Included in the plan: 3.999 of 10 kWh, November 2026", Decimal("-14.40")),
    ]


async def test_every_plan_a_customer_had_in_a_month_has_its_fee_and_a_mistake_of_the_same_day_has_none(anna):
    platform, number = anna
    await customers.change(platform, number, {"plan": "DEAR"})
    await fees.charge(platform)
    await customers.change(platform, number, {"plan": ""})
    await fees.charge(platform)
    await fees.charge(platform)
    (kept,) = await invoices(platform)
    assert [line.text for line in kept.invoice.lines] == [
        "Monthly fee GOLD, November 2026",
        "Monthly fee GOLD, December 2026",
    ]
    await customers.change(platform, number, {"plan": "GOLD"})
    assert (await customers.numbered(platform, number)).earlier_plans == ()
    platform.clock.now += timedelta(days=3)
    await customers.change(platform, number, {"plan": "DEAR"})
    await fees.charge(platform)
    platform.clock.now += timedelta(hours=1)
    (kept,) = await invoices(platform)
    assert [line.text for line in kept.invoice.lines] == ["Monthly fee DEAR, December 2026"]


MIDNIGHT = datetime(2026, 12, 9, 23, tzinfo=UTC)


async def test_a_plan_holds_from_the_day_that_was_said(anna):
    """From 10 December by the calendar of the books: a charge the evening before has the old price and its fee."""
    platform, number = anna
    await customers.change(platform, number, {"plan": "DEAR", "plan_since": "2026-12-10"})
    known = await customers.numbered(platform, number)
    assert [known.plan_at(MIDNIGHT + timedelta(seconds=one)) for one in (-1, 0)] == ["GOLD", "DEAR"]
    assert known.plans_after(platform.clock()) == ((MIDNIGHT, "DEAR"),)
    assert await fees.charge(platform) == 2, "of GOLD, for November and December"
    await charged(platform, MIDNIGHT - timedelta(hours=1), MIDNIGHT + timedelta(hours=1))
    platform.clock.now = MIDNIGHT + timedelta(days=1)
    assert await fees.charge(platform) == 1, "of DEAR, now that it has begun"
    (kept,) = await invoices(platform)
    assert [(line.text, line.net) for line in kept.invoice.lines if not line.cdr][:3] == [
        ("Monthly fee GOLD, November 2026", 99),
        ("Monthly fee GOLD, December 2026", 99),
        ("Monthly fee DEAR, December 2026", 49),
    ]
    assert [line.net for line in kept.invoice.lines if line.cdr] == [Decimal("21.60"), Decimal("50.42")]


async def test_a_plan_that_is_to_come_can_be_another_one_or_none(anna):
    platform, number = anna
    gold = await customers.numbered(platform, number)
    for wanted in ("DEAR", "", "DEAR"):
        await customers.change(platform, number, {"plan": wanted, "plan_since": "2027-01-01"})
        known = await customers.numbered(platform, number)
        assert (known.plan, len(known.earlier_plans)) == (wanted, 1)
    await customers.change(platform, number, {"email": "anna@example.org"})
    assert (await customers.numbered(platform, number)).plan == "DEAR", "nothing was said of plans"
    await customers.change(platform, number, {"plan": "GOLD"})
    known = await customers.numbered(platform, number)
    assert (known.plan, known.plan_since, known.earlier_plans) == (gold.plan, None, ())


async def test_a_plan_from_an_earlier_day_of_the_month_takes_what_is_on_no_invoice_with_it(anna):
    platform, number = anna
    await fees.charge(platform)
    await customers.change(platform, number, {"plan": "DEAR", "plan_since": "2026-12-01"})
    await fees.charge(platform)
    (kept,) = await invoices(platform)
    assert [line.text for line in kept.invoice.lines] == [
        "Monthly fee GOLD, November 2026",
        "Monthly fee DEAR, December 2026",
    ]


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-11-30", "2026-12-01, the first of this month"), ("2028-01-01", "to 2027-12-03"), ("x", "a day")],
)
async def test_a_day_that_is_over_or_far_away_is_refused(anna, day, said):
    platform, number = anna
    with pytest.raises(InvalidObject, match=said):
        await customers.change(platform, number, {"plan": "DEAR", "plan_since": day})


async def test_a_new_customer_may_get_his_plan_later(provider):
    await provider.store.plans.add(Plan(name="GOLD", currency="SEK", monthly_fee=Decimal(99)), billed.NOW)
    fields = {"kind": "driver", "name": "Bo", "country": "SE", "plan": "GOLD", "plan_since": "2027-01-01"}
    known = (await customers.add(provider, fields)).customer
    assert [known.plan_at(one) for one in (billed.NOW, datetime(2027, 1, 1, tzinfo=UTC))] == ["", "GOLD"]
    assert await fees.charge(provider) == 0
