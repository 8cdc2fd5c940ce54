"""A month of a provider: CDRs of three operators through clearing, invoices, payments and reconciliation, to the cent.

`OCPILOT_LONG=1` has 10,000 CDRs, else there are fewer. Every CDR that is wrong in some way must be found, every amount
accounted for, and the books must be balanced.
"""

import asyncio
import os
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import msgspec

import bank_files
import billed
from ocpilot.app import bank_payments, cdrs, clearing_actions, invoicing, reconciliation
from ocpilot.app.bodies import text_of
from ocpilot.app.clearing_moves import Action
from ocpilot.app.clearing_records import ClearingState
from ocpilot.app.customer_records import CustomerKind
from ocpilot.app.jobs import Jobs
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.records import StoredObject
from ocpilot.app.secrets import Seal
from ocpilot.base.ids import PartyId
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.ledger import Account
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

COUNT = 10_000 if os.environ.get("OCPILOT_LONG") else 600
TOKENS = [f"T{number}" for number in range(50)]
ZERO = Decimal(0)
WHO = "anna@example.org"


def too_dear(cdr: CDR) -> CDR:
    """Its operator asks a tenth more than its Tariff says."""
    cost = msgspec.structs.replace(cdr.total_cost, before_taxes=cdr.total_cost.before_taxes * Decimal("1.1"))
    return msgspec.structs.replace(cdr, total_cost=cost)


async def told(platform: Platform, cdr: CDR, peers) -> None:
    """Its operator sends the Session and the CDR."""
    party = PartyId.of(cdr.country_code, cdr.party_id)
    session = billed.session_of(cdr)
    key = billed.key_of(ModuleID.SESSIONS, party, session.id)
    await platform.store.objects.put(
        StoredObject(
            key=key,
            version=OWN_VERSION,
            body=text_of(session),
            last_updated=session.last_updated,
            peer_id=peers[party].id,
        )
    )
    await cdrs.receive(platform, peers[party], OWN_VERSION, codec.body_of(cdr))


async def settled(platform: Platform) -> Jobs:
    """The jobs have nothing left to do."""
    jobs = Jobs(platform)
    while True:
        await jobs.once()
        left = await platform.store.documents.unchecked_cdrs(1) or await platform.store.clearings.uncleared(1)
        if not left and not await platform.store.clearings.unrated(1, platform.clock() - timedelta(days=1)):
            assert not jobs.failures
            return jobs


async def of_state(platform: Platform, state: ClearingState):
    return await platform.store.clearings.in_states([state], limit=100_000)


async def sums(platform: Platform) -> dict[tuple[Account, str], Decimal]:
    return {(one.account, one.currency): one.amount for one in await platform.store.ledger.balances()}


async def test_every_amount_of_a_month_is_accounted_for(store, tmp_path):
    settings = billed.settings_of(tmp_path)
    now = billed.NOW
    platform = Platform(
        settings=settings,
        clock=lambda: now,
        store=store,
        partners=object(),
        stations=object(),
        sealing=Seal(settings),
    )
    await billed.drivers(store, len(TOKENS) - 5)
    company = await store.customers.add(billed.customer_of(CustomerKind.COMPANY, "Bud AB", is_business=True))
    for number in range(45, 50):
        await billed.give(store, company, f"T{number}", cost_centre=f"Avdelning {number % 2}")
    for operator in billed.OPERATORS:
        partner = billed.customer_of(
            CustomerKind.OPERATOR, str(operator.party), operator.party.country_code, vat_number="DE136695976"
        )
        await store.customers.add(msgspec.structs.replace(partner, party=operator.party, self_billing=True))
    numbers = await billed.peers_of(store)
    peers = {party: await store.peers.get(number) for party, number in numbers.items()}
    await billed.settle(platform, numbers, TOKENS)

    # What came: one in a hundred is too dear, another one comes twice under two ids.
    made = list(billed.cdrs(COUNT, TOKENS))
    dear = {cdr.id for number, cdr in enumerate(made) if number % 100 == 50}
    twice = [msgspec.structs.replace(cdr, id=f"{cdr.id}-B") for number, cdr in enumerate(made) if number % 100 == 20]
    sent = [too_dear(cdr) if cdr.id in dear else cdr for cdr in made]
    for start in range(0, COUNT, 20):
        await asyncio.gather(*(told(platform, cdr, peers) for cdr in sent[start : start + 20]))
    await settled(platform)
    for cdr in twice:
        await told(platform, cdr, peers)
    await settled(platform)

    held = await of_state(platform, ClearingState.HELD)
    rules = Counter(one.findings[0].rule for one in held)
    assert len(held) == len(dear) + len(twice)
    assert rules["price"] == len(dear)
    assert {one.key.id for one in held if one.findings[0].rule != "price"} == {cdr.id for cdr in twice}

    # The ones too dear are disputed; half of their operators credit them and send right ones. Doubled ones are dropped.
    wrong = {cdr.id: cdr for cdr in sent if cdr.id in dear}
    right = {cdr.id: cdr for cdr in made}
    for one in held:
        if one.key.id not in wrong:
            await clearing_actions.act(platform, one.key, Action.DROP, WHO, "came twice")
            continue
        await clearing_actions.act(platform, one.key, Action.DISPUTE, WHO, "a tenth too much")
        if sorted(wrong).index(one.key.id) % 2:
            credit = credit_of(wrong[one.key.id], wrong[one.key.id].last_updated + timedelta(days=1))
            await cdrs.receive(platform, peers[one.key.party], OWN_VERSION, codec.body_of(credit))
            mended = msgspec.structs.replace(right[one.key.id], id=f"{one.key.id}-2")
            await cdrs.receive(platform, peers[one.key.party], OWN_VERSION, codec.body_of(mended))
    await settled(platform)
    disputed = await of_state(platform, ClearingState.DISPUTED)
    assert len(disputed) + len(await of_state(platform, ClearingState.CREDITED)) == len(dear)
    assert len(await of_state(platform, ClearingState.DROPPED)) == len(twice)
    accepted = [one for one in await of_state(platform, ClearingState.ACCEPTED) if one.credits is None]
    assert len(accepted) == COUNT - len(disputed)

    # Invoices: to 45 drivers and a company, and in the name of three operators; each CDR once on each side.
    written = [kept async for kept, _, _ in invoicing.run(platform)]
    sold = [kept for kept in written if kept.number.startswith("F-")]
    bought = [kept for kept in written if kept.number.startswith("S-")]
    lines = [line.cdr for kept in sold for line in kept.invoice.lines]
    assert sorted(lines) == sorted(f"{one.key.party.key}/{one.key.id}" for one in accepted)
    for currency in ("SEK", "EUR"):
        cost = sum((one.total for one in accepted if one.currency == currency), ZERO)
        assert sum((kept.invoice.net for kept in bought if kept.invoice.currency == currency), ZERO) == cost
        net = sum((kept.invoice.net for kept in sold if kept.invoice.currency == currency), ZERO)
        assert abs(net - cost) <= Decimal("0.01") * len(lines)

    # Everybody pays but one, one pays half; we pay the operators.
    assert await pay(platform, sold[2:]) == len(sold) - 2
    half = sold[1].invoice.payable / 2
    await bank(platform, sold[1].invoice.currency, [(sold[1].invoice.payment_reference, round(half, 2))])
    left = {one.number: one.amount for one in await store.ledger.open_invoices()}
    assert set(left) == {sold[0].number, sold[1].number, *(kept.number for kept in bought)}
    await pay(platform, sold[:1])
    await bank(
        platform,
        sold[1].invoice.currency,
        [(sold[1].invoice.payment_reference, sold[1].invoice.payable - round(half, 2))],
    )
    await pay(platform, bought, side="DBIT")

    # Nothing is open, nothing is unmatched, and the books are balanced.
    assert await store.ledger.open_invoices() == ()
    books = await sums(platform)
    for currency in ("SEK", "EUR"):
        assert sum(amount for (_, its), amount in books.items() if its == currency) == 0
        assert books.get((Account.UNMATCHED, currency), ZERO) == ZERO
        in_bank = sum((kept.invoice.payable for kept in sold if kept.invoice.currency == currency), ZERO)
        out = sum((kept.invoice.payable for kept in bought if kept.invoice.currency == currency), ZERO)
        assert books[Account.BANK, currency] == in_bank - out

    # The four-way check finds what is still open, and nothing else.
    found = await reconciliation.check(platform, Month(first=date(2026, 11, 1)))
    assert {one.cdr.split("/")[1] for one in found.findings} == {one.key.id for one in disputed}
    assert found.summary.charges >= COUNT


async def pay(platform: Platform, invoices, side: str = "CRDT") -> int:
    """A file of the bank in which all of these are paid; how many it matched."""
    matched = 0
    for currency in ("SEK", "EUR"):
        those = [kept for kept in invoices if kept.invoice.currency == currency]
        paid = [(kept.invoice.payment_reference, kept.invoice.payable) for kept in those]
        matched += await bank(platform, currency, paid, side) if paid else 0
    return matched


async def bank(platform: Platform, currency: str, paid, side: str = "CRDT") -> int:
    """A camt.053 statement with these payments (reference, amount)."""
    entries = [
        bank_files.entry(
            str(amount),
            bank_files.transaction(ocr=reference),
            bank_id=f"{side}-{reference}-{amount}",
            side=side,
            currency=currency,
        )
        for reference, amount in paid
    ]
    name = f"{side}-{currency}-{len(paid)}.xml"
    taken = await bank_payments.take_file(platform, name, bank_files.camt(*entries), WHO)
    return len(taken.new)
