"""From CDRs that were accepted to invoices: each CDR once, numbers without gaps, the books balanced."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import msgspec
import pytest

import billed
from ocpilot.app.customers import fees
from ocpilot.app.invoicing import crediting, invoicing, rating
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.clearing_records import ClearingState, ClearingStep, Moved
from ocpilot.app.kept.customer_records import CustomerKind, Cycle
from ocpilot.base.errors import Conflict, UserError
from ocpilot.base.ids import PartyId
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.en16931 import document_of
from ocpilot.billing.invoice import InvoiceKind, InvoiceLine
from ocpilot.billing.plans import Plan
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.wire.protocol import ModuleID


def line_of(tax):
    return InvoiceLine(text="x", unit_price=Decimal(1), net=Decimal(1), tax=tax)


ITEM = BillItem(
    purpose=Purpose.SALE,
    key=billed.key_of(ModuleID.CDRS, billed.PROVIDER, "C1"),
    customer_id=1,
    currency="SEK",
    at=billed.NOW,
    net=Decimal(1),
    lines=(),
)


async def run(platform, **asked):
    await rating.rate(platform)
    return [kept async for kept, _, _ in invoicing.run(platform, **asked)]


async def test_a_drivers_month_is_one_invoice_per_currency_with_the_vat_of_each_place(provider):
    await billed.drivers(provider.store, 1)
    await billed.accepted(provider, 9)
    kronor, euro = sorted(await run(provider), key=lambda kept: kept.invoice.currency, reverse=True)
    assert (kronor.number, euro.number) in {("F-000001", "F-000002"), ("F-000002", "F-000001")}
    assert [row.tax.rate for row in kronor.invoice.taxes] == [Decimal(25)]
    assert {(row.tax.country, row.tax.rate) for row in euro.invoice.taxes} == {("DE", 19), ("NL", 21)}
    assert len(kronor.invoice.lines) + len(euro.invoice.lines) == 9
    assert await run(provider) == []


async def test_every_cdr_is_on_one_invoice_and_the_books_balance(provider):
    await billed.drivers(provider.store, 4)
    keys = await billed.accepted(provider, 24, ("T0", "T1", "T2", "T3"))
    written = await run(provider)
    on_paper = [item.key.id for kept in written for item in await provider.store.bill_items.on(kept.number)]
    assert sorted(on_paper) == sorted(cdr.id for _, cdr, _ in keys)
    balances = await provider.store.ledger.balances()
    for currency in ("SEK", "EUR"):
        assert sum(one.amount for one in balances if one.currency == currency) == 0
    left = await provider.store.ledger.open_invoices()
    assert {one.number: one.amount for one in left} == {kept.number: kept.invoice.payable for kept in written}
    assert await provider.store.invoices.broken_seals("F") == ()


async def test_a_month_that_is_not_over_waits_and_one_who_leaves_is_billed_at_once(provider):
    await billed.drivers(provider.store, 1)
    peers = await billed.peers_of(provider.store)
    today = billed.cdr_of(1, billed.OPERATORS[0], "T0", billed.NOW - timedelta(hours=3))
    key = await billed.receive(provider, today, peers[billed.OPERATORS[0].party])
    await billed.accept(provider.store, today, key, peers[billed.OPERATORS[0].party])
    assert await run(provider) == []
    assert len(await run(provider, until=billed.NOW)) == 1


async def test_who_is_billed_charge_by_charge_gets_an_invoice_for_each(provider):
    await billed.drivers(provider.store, 1, cycle=Cycle.CHARGE)
    await billed.accepted(provider, 4, operators=billed.OPERATORS[:1])
    assert [len(kept.invoice.lines) for kept in await run(provider)] == [1, 1, 1, 1]


async def test_an_operator_who_is_billed_in_reverse_gets_our_sum_of_his_cdrs_with_reverse_charge_abroad(provider):
    customers = provider.store.customers
    for operator in billed.OPERATORS:
        customer = billed.customer_of(
            CustomerKind.OPERATOR, str(operator.party), operator.party.country_code, vat_number="NL001234567B01"
        )
        await customers.add(msgspec.structs.replace(customer, party=operator.party, self_billing=True))
    keys = await billed.accepted(provider, 30)
    written = {kept.invoice.terms.seller.name: kept for kept in await run(provider)}
    dutch = written["NL/TNM"]
    assert dutch.kind is InvoiceKind.SELF_BILLED
    assert dutch.number == f"S-{int(dutch.number[2:]):06}"
    assert [(row.tax.category, row.amount) for row in dutch.invoice.taxes] == [(TaxCategory.REVERSE_CHARGE, 0)]
    theirs = sum(cdr.total_cost.before_taxes for key, cdr, _ in keys if key.party == PartyId("NL", "TNM"))
    assert dutch.invoice.net == theirs
    assert len(dutch.invoice.lines) == 1
    assert written["SE/LAD"].invoice.tax == round(written["SE/LAD"].invoice.net / 4, 2)


async def test_a_credit_cdr_after_the_invoice_becomes_a_credit_note_of_the_same_amount(provider):
    await billed.drivers(provider.store, 1)
    [(_, cdr, peer)] = await billed.accepted(provider, 1)
    [first] = await run(provider)
    back = credit_of(cdr, cdr.last_updated + timedelta(days=1))
    await billed.accept(provider.store, back, await billed.receive(provider, back, peer), peer)
    [note] = await run(provider, until=billed.NOW)
    assert (note.kind, note.number) == (InvoiceKind.CREDIT_NOTE, "K-000001")
    assert note.invoice.payable == first.invoice.payable
    balances = {one.account: one.amount for one in await provider.store.ledger.balances()}
    assert set(balances.values()) == {Decimal(0)}


async def test_a_credit_cdr_before_the_invoice_leaves_nothing_to_pay(provider):
    await billed.drivers(provider.store, 1)
    [(_, cdr, peer)] = await billed.accepted(provider, 1)
    await rating.rate(provider)
    back = credit_of(cdr, cdr.last_updated + timedelta(days=1))
    await billed.accept(provider.store, back, await billed.receive(provider, back, peer), peer)
    [only] = await run(provider, until=billed.NOW)
    assert (only.invoice.payable, only.invoice.due_on) == (Decimal(0), None)


async def test_what_a_person_holds_back_after_it_was_rated_is_on_no_invoice(provider):
    await billed.drivers(provider.store, 1)
    [(key, _, _), *_] = await billed.accepted(provider, 3, operators=billed.OPERATORS[:1])
    await rating.rate(provider)
    clearing = await provider.store.clearings.get(key)
    held = msgspec.structs.replace(clearing, state=ClearingState.DISPUTED, why="not my car")
    step = ClearingStep(
        key=key, before=clearing.state, after=held.state, who="anna@example.org", why=held.why, at=billed.NOW
    )
    move = Moved(before=frozenset({clearing.state}), after=held, step=step)
    assert await provider.store.clearings.move_together([move])
    [kept] = await run(provider)
    assert len(kept.invoice.lines) == 2


async def test_an_invoice_is_taken_back_once_and_what_was_on_it_can_be_billed_again(provider):
    await billed.drivers(provider.store, 1)
    await billed.accepted(provider, 3, operators=billed.OPERATORS[:1])
    [kept] = await run(provider)
    with pytest.raises(UserError, match="says why"):
        await crediting.credit(provider, kept.number, " ", who="kim")
    note = await crediting.credit(provider, kept.number, "wrong address", again=True, who="kim")
    assert (note.invoice.terms.credits, note.invoice.payable) == (kept.number, kept.invoice.payable)
    with pytest.raises(Conflict, match="was credited by K-000001 already"):
        await crediting.credit(provider, kept.number, "again", who="kim")
    with pytest.raises(Conflict, match="is a credit note"):
        await crediting.credit(provider, note.number, "no", who="kim")
    [second] = await run(provider)
    assert second.invoice.lines == kept.invoice.lines
    assert await provider.store.ledger.open_of(kept.number) == 0
    assert await provider.store.ledger.open_of(second.number) == second.invoice.payable


async def test_runs_beside_each_other_bill_every_cdr_once(provider):
    await billed.drivers(provider.store, 6, cycle=Cycle.CHARGE)
    await billed.accepted(provider, 36, [f"T{number}" for number in range(6)], billed.OPERATORS[:1])
    await rating.rate(provider)

    async def alone():
        return [kept async for kept, _, _ in invoicing.run(provider)]

    written = [kept for some in await asyncio.gather(alone(), alone(), alone()) for kept in some]
    assert sorted(kept.number for kept in written) == [f"F-{number:06}" for number in range(1, 37)]
    lines = [line.cdr for kept in written for line in kept.invoice.lines]
    assert len(lines) == len(set(lines)) == 36


async def test_nothing_of_an_issued_invoice_and_of_the_books_can_be_changed(provider, database_url):
    await billed.drivers(provider.store, 1)
    await billed.accepted(provider, 1)
    await run(provider)
    connection = await asyncpg.connect(database_url)
    for statement in (
        "UPDATE invoice SET body = '{}'",
        "UPDATE invoice SET total = 0",
        "DELETE FROM invoice",
        "UPDATE ledger_line SET amount = 1",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_line VALUES (1, 99, 'bank', 5, 'SEK', NULL, NULL)",
    ):
        with pytest.raises(asyncpg.RaiseError):
            await connection.execute(statement)
    await connection.close()


async def test_a_charge_without_a_known_vat_rate_waits_and_says_what_is_missing(provider):
    await billed.drivers(provider.store, 1)
    far = billed.Operator(PartyId("JP", "TEP"), "JPN", "Tokyo", "JPY", Decimal(50), Decimal(10))
    [(key, _, _)] = await billed.accepted(provider, 1, operators=(far,))
    assert await run(provider) == []
    clearing = await provider.store.clearings.get(key)
    assert "no VAT rate is known for JP" in clearing.problem
    assert not clearing.rated


async def test_a_month_over_a_change_of_the_vat_rate_has_both(provider):
    await billed.drivers(provider.store, 1)
    finland = billed.Operator(PartyId("FI", "VIR"), "FIN", "Helsinki", "EUR", Decimal("0.35"), Decimal(24))
    peers = await billed.peers_of(provider.store, (finland,))
    for number, day in ((1, datetime(2024, 8, 30, 9, tzinfo=UTC)), (2, datetime(2024, 9, 1, 9, tzinfo=UTC))):
        cdr = billed.cdr_of(number, finland, "T0", day)
        await provider.store.customers.give(
            msgspec.structs.replace(
                (await provider.store.customers.of_tokens(["T0"]))[0], since=day.replace(year=2024, month=1, day=1)
            )
        )
        key = await billed.receive(provider, cdr, peers[finland.party])
        await billed.accept(provider.store, cdr, key, peers[finland.party])
    [kept] = await run(provider)
    assert [row.tax.rate for row in kept.invoice.taxes] == [Decimal("24"), Decimal("25.5")]


async def test_items_of_a_purpose_are_told_apart(provider):
    await billed.drivers(provider.store, 1)
    customer = billed.customer_of(CustomerKind.OPERATOR, "Ladda Sverige")
    await provider.store.customers.add(msgspec.structs.replace(customer, party=PartyId("SE", "LAD")))
    [(key, _, _)] = await billed.accepted(provider, 1)
    await rating.rate(provider)
    assert [item.purpose for item in await provider.store.bill_items.of(key)] == [Purpose.SALE, Purpose.PURCHASE]
    written = await run(provider)
    assert [kept.purpose for kept in written] == [Purpose.SALE]  # he bills us himself


async def test_what_a_plan_includes_is_used_up_over_the_invoices_of_a_month(provider):
    await provider.store.plans.add(Plan(name="Thirty", currency="SEK", included_kwh=Decimal(30)), billed.NOW)
    await billed.drivers(provider.store, 1, plan="Thirty", cycle=Cycle.CHARGE)
    keys = await billed.accepted(provider, 6, operators=billed.OPERATORS[:1])
    kwh = [cdr.total_energy for _, cdr, _ in keys]
    written = sorted(await run(provider), key=lambda kept: kept.invoice.start)
    paid = [kept.invoice.net for kept in written]
    assert sum(kwh) > 30 > sum(kwh[:4])
    assert paid[:4] == [0, 0, 0, 0]
    assert sum(paid) == round((sum(kwh) - 30) * Decimal("3.60"), 2)


async def test_a_plan_that_is_not_known_keeps_the_charge_waiting(provider):
    await billed.drivers(provider.store, 1, plan="Gone")
    [(key, _, _)] = await billed.accepted(provider, 1)
    assert await run(provider) == []
    assert "found plan 'Gone'" in (await provider.store.clearings.get(key)).problem


async def test_what_is_not_subject_to_vat_gets_a_business_an_invoice_of_its_own(provider):
    """A company in Norway charges in Sweden, with Swedish VAT; its monthly fee is taxed where it is, which is not here.
    Together they would be no e-invoice (BR-O-11)."""
    await provider.store.plans.add(Plan(name="Member", currency="SEK", monthly_fee=Decimal(39)), billed.NOW)
    since = datetime(2026, 11, 3, tzinfo=UTC)
    said = billed.customer_of(
        CustomerKind.COMPANY, "Oslo Bud AS", "NO", is_business=True, plan="Member", plan_since=since
    )
    await billed.give(provider.store, await provider.store.customers.add(said), "T0")
    await billed.accepted(provider, 2, operators=billed.OPERATORS[:1])
    await fees.charge(provider)
    written = await run(provider)
    assert [[row.tax.category for row in kept.invoice.taxes] for kept in written] == [
        [TaxCategory.STANDARD],
        [TaxCategory.OUTSIDE],
    ]
    assert [len(kept.invoice.lines) for kept in written] == [2, 1]
    for kept in written:
        document_of(kept.invoice)  # it can be an e-invoice
    assert await run(provider) == []


@pytest.mark.parametrize(("tax", "papers"), [("VAT", 2), ("State tax", 1)])
def test_only_vat_is_parted(tax, papers):
    outside = msgspec.structs.replace(ITEM, lines=(line_of(Tax(category=TaxCategory.OUTSIDE)),))
    taxed = msgspec.structs.replace(ITEM, lines=(line_of(Tax(category=TaxCategory.STANDARD, name=tax)),))
    assert len(invoicing.of_one_scope([outside, taxed])) == 3 - papers


async def test_the_fee_of_a_month_is_charged_once_and_stands_beside_its_charges(provider):
    await provider.store.plans.add(Plan(name="Member", currency="SEK", monthly_fee=Decimal(39)), billed.NOW)
    since = datetime(2026, 11, 3, tzinfo=UTC)
    await billed.drivers(provider.store, 1, plan="Member", plan_since=since)
    await billed.accepted(provider, 2, operators=billed.OPERATORS[:1])
    assert [await fees.charge(provider), await fees.charge(provider)] == [2, 0]  # November and December
    [kept] = await run(provider)
    assert [line.net for line in kept.invoice.lines if not line.cdr] == [Decimal(39)]
    assert len(kept.invoice.lines) == 3
