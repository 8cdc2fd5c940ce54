"""A month of a provider: CDRs of three operators through clearing, invoices, payments and reconciliation, to the cent.

`OCPILOT_LONG=1` has 10,000 CDRs, else there are fewer. Every CDR that is wrong in some way must be found, every amount
accounted for, and the books must be balanced.
"""

import asyncio
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

import bank_files
import billed
from ocpilot.app import months
from ocpilot.app.books import bank_payments, reconciliation
from ocpilot.app.cdrs import cdrs, clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import invoicing
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.clearing_records import Clearing, ClearingState, Wanted
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import text_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.secrets import Seal
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.ids import PartyId
from ocpilot.billing.cdr import credit_of
from ocpilot.billing.ledger import Account
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

COUNT = 10_000 if os.environ.get("OCPILOT_LONG") else 600
TOKENS = [f"T{number}" for number in range(50)]
ZERO = Decimal(0)
_numbers = itertools.count(1)
CURRENCIES = ("SEK", "EUR")
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


@dataclass
class Month:
    """The provider, what the operators sent, and what is wrong with it: one in a hundred CDRs is too dear, and another
    one comes twice, under two ids."""

    platform: Platform
    peers: dict[PartyId, Peer]
    right: dict[str, CDR]
    wrong: dict[str, CDR]
    twice: list[CDR]

    async def receive(self) -> None:
        """Sessions and CDRs come; the doubled ones last."""
        sent = [self.wrong.get(cdr.id, cdr) for cdr in self.right.values()]
        for start in range(0, COUNT, 20):
            await asyncio.gather(*(told(self.platform, cdr, self.peers) for cdr in sent[start : start + 20]))
        await settled(self.platform)
        for cdr in self.twice:
            await told(self.platform, cdr, self.peers)
        await settled(self.platform)

    async def mend(self, key: ObjectKey) -> None:
        """Its operator credits what was too dear, and sends a right one."""
        first, peer = self.wrong[key.id], self.peers[key.party]
        credit = credit_of(first, first.last_updated + timedelta(days=1))
        mended = msgspec.structs.replace(self.right[key.id], id=f"{key.id}-2")
        for cdr in (credit, mended):
            await cdrs.receive(self.platform, peer, OWN_VERSION, codec.body_of(cdr))

    async def of_state(self, state: ClearingState) -> tuple[Clearing, ...]:
        return await self.platform.store.clearings.listed(Wanted(states=(state,), limit=100_000))


@pytest.fixture
async def month(store, tmp_path) -> Month:
    """Fifty Tokens: 45 drivers and a company; three operators whose invoices we write."""
    settings = billed.settings_of(tmp_path)
    platform = Platform(
        settings=settings,
        clock=lambda: billed.NOW,
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
        country = operator.party.country_code
        partner = billed.customer_of(CustomerKind.OPERATOR, str(operator.party), country, vat_number="DE136695976")
        await store.customers.add(msgspec.structs.replace(partner, party=operator.party, self_billing=True))
    numbers = await billed.peers_of(store)
    await billed.settle(platform, numbers, TOKENS)
    made = list(billed.cdrs(COUNT, TOKENS))
    return Month(
        platform=platform,
        peers={party: await store.peers.get(number) for party, number in numbers.items()},
        right={cdr.id: cdr for cdr in made},
        wrong={cdr.id: too_dear(cdr) for cdr in made[50::100]},
        twice=[msgspec.structs.replace(cdr, id=f"{cdr.id}-B") for cdr in made[20::100]],
    )


async def test_every_amount_of_a_month_is_accounted_for(month):
    await month.receive()
    accepted, disputed = await cleared(month)
    written = [kept async for kept, _, _ in invoicing.run(month.platform)]
    sold = [kept for kept in written if kept.number.startswith("F-")]
    bought = [kept for kept in written if kept.number.startswith("S-")]
    agree(accepted, sold, bought)
    await all_paid(month.platform, sold, bought)
    await balanced(month.platform, sold, bought)
    found = await reconciliation.check(month.platform, months.Month(first=date(2026, 11, 1)))
    assert found.summary.charges >= COUNT
    assert {one.about.split("/")[1] for one in found.findings} == {one.key.id for one in disputed}


async def cleared(month: Month) -> tuple[Sequence[Clearing], Sequence[Clearing]]:
    """Everything wrong is found. Doubled ones are dropped; the ones too dear are disputed, and half of them mended.
    What is accepted in the end, and what is still disputed."""
    held = await month.of_state(ClearingState.HELD)
    assert {one.key.id for one in held if one.findings[0].rule == "price"} == set(month.wrong)
    assert {one.key.id for one in held if one.findings[0].rule != "price"} == {cdr.id for cdr in month.twice}
    mended = sorted(month.wrong)[::2]
    for one in held:
        is_wrong = one.key.id in month.wrong
        action, why = (Action.DISPUTE, "a tenth too much") if is_wrong else (Action.DROP, "came twice")
        await clearing_actions.act(month.platform, one.key, action, WHO, why)
        if one.key.id in mended:
            await month.mend(one.key)
    await settled(month.platform)
    disputed = await month.of_state(ClearingState.DISPUTED)
    assert {one.key.id for one in disputed} == set(month.wrong) - set(mended)
    assert {one.key.id for one in await month.of_state(ClearingState.CREDITED)} == set(mended)
    accepted = [one for one in await month.of_state(ClearingState.ACCEPTED) if one.credits is None]
    assert len(accepted) == COUNT - len(disputed)
    return accepted, disputed


def agree(accepted: Sequence[Clearing], sold: Sequence[KeptInvoice], bought: Sequence[KeptInvoice]) -> None:
    """Each CDR is sold once; what we pay operators is what their CDRs say, and what drivers pay is that and a cent per
    charge at most (amounts of CDRs have four decimals, those of charges two)."""
    lines = [line.cdr for kept in sold for line in kept.invoice.lines]
    assert sorted(lines) == sorted(f"{one.key.party.key}/{one.key.id}" for one in accepted)
    for currency in CURRENCIES:
        cost = sum((one.total for one in accepted if one.currency == currency), ZERO)
        assert total(bought, currency, "net") == cost
        assert abs(total(sold, currency, "net") - cost) <= Decimal("0.01") * len(lines)


async def all_paid(platform: Platform, sold: Sequence[KeptInvoice], bought: Sequence[KeptInvoice]) -> None:
    """Everybody pays at once but one, who is late, and one who pays in two halves; then we pay the operators."""
    late, halves, *at_once = sold
    assert await pay(platform, at_once) == len(at_once)
    half = round(halves.invoice.payable / 2, 2)
    await bank(platform, halves.invoice.currency, [(halves.invoice.payment_reference, half)])
    left = {one.number: one.amount for one in await platform.store.ledger.open_invoices()}
    assert set(left) == {late.number, halves.number, *(kept.number for kept in bought)}
    assert left[halves.number] == halves.invoice.payable - half
    await pay(platform, [late])
    rest = [(halves.invoice.payment_reference, halves.invoice.payable - half)]
    await bank(platform, halves.invoice.currency, rest)
    await pay(platform, bought, side="DBIT")


async def balanced(platform: Platform, sold: Sequence[KeptInvoice], bought: Sequence[KeptInvoice]) -> None:
    """Nothing is open, nothing unmatched, all accounts together are zero, and the bank holds what is left."""
    assert await platform.store.ledger.open_invoices() == ()
    books = {(one.account, one.currency): one.amount for one in await platform.store.ledger.balances()}
    for currency in CURRENCIES:
        assert sum(amount for (_, its), amount in books.items() if its == currency) == 0
        assert books.get((Account.UNMATCHED, currency), ZERO) == ZERO
        in_bank = total(sold, currency, "payable") - total(bought, currency, "payable")
        assert books[Account.BANK, currency] == in_bank


def total(invoices: Sequence[KeptInvoice], currency: str, name: str) -> Decimal:
    """The sum of an amount of invoices in one currency."""
    return sum((getattr(kept.invoice, name) for kept in invoices if kept.invoice.currency == currency), ZERO)


async def pay(platform: Platform, invoices, side: str = "CRDT") -> int:
    """A file of the bank in which all of these are paid; how many it matched."""
    matched = 0
    for currency in CURRENCIES:
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
            bank_id=f"B{next(_numbers)}",
            side=side,
            currency=currency,
        )
        for reference, amount in paid
    ]
    name = f"{side}-{currency}-{len(paid)}.xml"
    taken = await bank_payments.take_file(platform, name, bank_files.camt(*entries), WHO)
    return len(taken.new)
