"""Single charges of an invoice are taken back by credit notes, which together never come to more than it does."""

from datetime import timedelta
from decimal import Decimal

import pytest

import billed
from ocpilot.app import months
from ocpilot.app.books import reconciliation, reminders
from ocpilot.app.books.ledger_views import faults
from ocpilot.app.customers import customers
from ocpilot.app.invoicing import crediting, invoicing, rating
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.en16931 import document_of
from ocpilot.billing.four_way import Step
from ocpilot.billing.invoice import InvoiceKind, amount_of
from ocpilot.billing.ledger import Account
from ocpilot.billing.plans import Plan
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

WHY = "the station was broken"


async def run(platform):
    while await rating.rate(platform):
        pass
    return [kept async for kept, _, _ in invoicing.run(platform, until=platform.clock())]


@pytest.fixture
async def invoice(provider):
    """A driver's month of seven charges, shown with VAT."""
    await billed.drivers(provider.store, 1)
    await billed.accepted(provider, 7, operators=billed.OPERATORS[:1])
    [kept] = await run(provider)
    return kept


async def credited(platform, invoice, *charges, again=False):
    return await crediting.credit(platform, invoice.number, WHY, again=again, charges=charges, who="kim")


async def ids(platform, number):
    return [item.key.id for item in await platform.store.bill_items.on(number)]


async def test_one_charge_is_credited_and_the_rest_stays_to_be_paid(provider, invoice):
    name = (await ids(provider, invoice.number))[2]
    line = invoice.invoice.lines[2]
    note = await credited(provider, invoice, name)
    assert (note.kind, note.number, note.invoice.terms.credits) == (InvoiceKind.CREDIT_NOTE, "K-000001", invoice.number)
    assert (note.invoice.lines, note.invoice.terms.why) == ((line,), WHY)
    assert amount_of(note.invoice) == line.gross
    left = await provider.store.ledger.open_of(invoice.number)
    assert left == invoice.invoice.payable - line.gross
    assert (await provider.store.invoices.get(invoice.number)).credited_by is None
    assert await faults(provider) == ()
    document_of(note.invoice)
    assert await run(provider) == [], "it is not billed again"
    [item] = await provider.store.bill_items.on(note.number)
    assert (item.net, item.kwh) == (-line.net, -line.charge.kwh)


async def test_a_charge_that_is_to_be_billed_again_comes_with_the_next_run(provider, invoice):
    first, *_ = await ids(provider, invoice.number)
    note = await credited(provider, invoice, f"selad/{first.lower()}", again=True)
    [again] = await run(provider)
    assert await ids(provider, again.number) == [first]
    assert again.invoice.lines[0].net == note.invoice.lines[0].net
    assert (await credited(provider, again, first)).invoice.total == again.invoice.total
    assert (await provider.store.invoices.get(again.number)).credited_by == "K-000002", "that was all of it"


async def test_all_charges_one_by_one_come_to_the_invoice_to_the_cent(provider, invoice):
    notes = [await credited(provider, invoice, name) for name in await ids(provider, invoice.number)]
    for side in ("net", "tax", "total", "rounding"):
        assert sum(getattr(note.invoice, side) for note in notes) == getattr(invoice.invoice, side)
    assert await provider.store.ledger.open_of(invoice.number) == 0
    assert (await provider.store.invoices.get(invoice.number)).credited_by == notes[-1].number
    assert await faults(provider) == ()
    with pytest.raises(Conflict, match="credited by K-000007 already"):
        await credited(provider, invoice, again=True)


async def test_the_rest_is_credited_whole_and_only_that_is_billed_again(provider, invoice):
    gone, *others = await ids(provider, invoice.number)
    first = await credited(provider, invoice, gone)
    rest = await credited(provider, invoice, again=True)
    assert amount_of(first.invoice) + amount_of(rest.invoice) == amount_of(invoice.invoice)
    assert await provider.store.ledger.open_of(invoice.number) == 0
    [again] = await run(provider)
    assert await ids(provider, again.number) == others
    assert await faults(provider) == ()


async def test_what_cannot_be_credited_says_why(provider, invoice):
    first, second, *_ = await ids(provider, invoice.number)
    await credited(provider, invoice, first)
    with pytest.raises(Conflict, match=f"of invoice {invoice.number}, {first} was credited already"):
        await credited(provider, invoice, first, second)
    with pytest.raises(NotFound, match=f"no charge C404 on invoice {invoice.number}"):
        await credited(provider, invoice, second, "C404")
    with pytest.raises(Conflict, match="is a credit note"):
        await crediting.credit(provider, "K-000001", WHY, charges=[first], who="kim")
    with pytest.raises(UserError, match="says why"):
        await crediting.credit(provider, invoice.number, " ", charges=[second], who="kim")
    assert (await provider.store.invoices.series()) == ("F", "K")
    assert await provider.store.invoices.broken_seals("K") == (), "no number was left out"


async def test_of_two_charges_with_one_id_it_is_said_whose_is_meant(provider):
    await billed.drivers(provider.store, 1)
    _, *euro = billed.OPERATORS
    for operator, peer in zip(euro, (await billed.peers_of(provider.store, euro)).values(), strict=True):
        cdr = billed.cdr_of(1, operator, "T0", billed.NOW - timedelta(days=3))
        await billed.accept(provider.store, cdr, await billed.receive(provider, cdr, peer), peer)
    [kept] = await run(provider)
    with pytest.raises(Conflict, match="2 charges CDR-000001 on invoice F-000001"):
        await credited(provider, kept, "CDR-000001")
    note = await credited(provider, kept, "NLTNM/CDR-000001")
    assert [line.cdr for line in note.invoice.lines] == ["NLTNM/CDR-000001"]


async def test_a_charge_is_credited_by_its_operator_or_by_us_and_not_by_both(provider, invoice):
    first, second, *_ = await ids(provider, invoice.number)
    await credited(provider, invoice, first)
    for name in (first, second):
        key = billed.key_of(ModuleID.CDRS, billed.OPERATORS[0].party, name)
        stored = await provider.store.objects.held(key)
        back = credit_of(value_of(CDR, stored), billed.NOW - timedelta(days=1))
        await billed.accept(provider.store, back, await billed.receive(provider, back, stored.peer_id), stored.peer_id)
    [note] = await run(provider)
    assert [line.cdr for line in note.invoice.lines] == [f"SELAD/{second}"], "the first was credited by us"
    with pytest.raises(Conflict, match=f"{second} was credited already"):
        await credited(provider, invoice, second)


async def test_what_a_plan_included_of_it_is_not_given_back_and_can_be_used_again(provider):
    """Thirty kWh are free: the first charge cost nothing, and the last one all of it."""
    await provider.store.plans.add(Plan(name="Thirty", currency="SEK", included_kwh=Decimal(30)), billed.NOW)
    await billed.drivers(provider.store, 1, plan="Thirty")
    await billed.accepted(provider, 7, operators=billed.OPERATORS[:1])
    [kept] = await run(provider)
    names = await ids(provider, kept.number)
    note = await credited(provider, kept, names[-1])
    assert note.invoice.net == kept.invoice.lines[len(names) - 1].net
    left = kept.invoice.net - note.invoice.net
    await credited(provider, kept, *names[:-1])
    assert await provider.store.ledger.open_of(kept.number) == 0
    assert left > 0


async def test_the_four_way_check_knows_what_was_taken_back(provider, invoice):
    async def open_ends():
        found = await reconciliation.check(provider, months.parse("2026-11"))
        told = ({(one.about.partition("/")[2], str(one.found)) for one in some} for some in (found.open, found.settled))
        return tuple(told)

    before, _ = await open_ends()
    first, second, *_ = await ids(provider, invoice.number)
    await credited(provider, invoice, first)
    await credited(provider, invoice, second, again=True)
    await rating.rate(provider)
    still, settled = await open_ends()
    assert settled == {(first, f"given away with K-000001 by kim on {invoice.invoice.issued_on}: {WHY}")}
    assert {one for one in still - before if one[0]} == {(second, "on no invoice (sale)")}


async def test_what_was_written_off_and_is_credited_after_all_is_owed_to_nobody(provider, invoice):
    async def stands():
        lost = [one.amount for one in await provider.store.ledger.balances() if one.account is Account.BAD_DEBTS]
        return await provider.store.ledger.open_of(invoice.number), sum(lost)

    whole = invoice.invoice.payable
    await reminders.write_off(provider, invoice.number, "bankrupt")
    first, second, *_ = await ids(provider, invoice.number)
    note = await credited(provider, invoice, first)
    assert await stands() == (0, whole - amount_of(note.invoice))
    await credited(provider, invoice, second)
    await credited(provider, invoice)
    assert await stands() == (0, 0)
    assert await faults(provider) == ()


async def test_the_rest_of_an_invoice_may_be_given_away_by_somebody_else_for_another_reason(provider, invoice):
    first, *rest = await ids(provider, invoice.number)
    await credited(provider, invoice, first)
    await crediting.credit(provider, invoice.number, "goodwill", who="bo")
    found = await reconciliation.check(provider, months.parse("2026-11"))
    day = invoice.invoice.issued_on
    assert {(one.about.partition("/")[2], str(one.found)) for one in found.settled} == {
        (first, f"given away with K-000001 by kim on {day}: {WHY}"),
        *((one, f"given away with K-000002 by bo on {day}: goodwill") for one in rest),
    }


async def test_what_was_to_be_billed_again_and_is_not_is_no_gift(provider, invoice):
    """The Token is nobody's any more when it is worked out again."""
    await credited(provider, invoice, again=True)
    [customer] = [one async for one in customers.every(provider)]
    for token in await provider.store.customers.tokens(customer.id):
        await customers.take_token(provider, token.uid, token.since + timedelta(seconds=1))
    await rating.rate(provider)
    found = await reconciliation.check(provider, months.parse("2026-11"))
    told = f"{invoice.number} was taken back by K-000001, and it was not billed again"
    assert [str(one.found) for one in found.open if one.step is Step.BILL].count(told) == 7
    assert found.settled == ()


async def test_charges_between_partners_are_credited_as_cdrs(provider):
    said = billed.customer_of(CustomerKind.OPERATOR, "Ladda", self_billing=True, party=PartyId("SE", "LAD"))
    await provider.store.customers.add(said)
    await billed.accepted(provider, 2, operators=billed.OPERATORS[:1])
    [kept] = await run(provider)
    assert kept.purpose is Purpose.PURCHASE
    with pytest.raises(UserError, match="credit the CDR itself"):
        await crediting.credit(provider, kept.number, WHY, charges=await ids(provider, kept.number), who="kim")
