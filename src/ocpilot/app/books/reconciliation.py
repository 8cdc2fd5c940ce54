"""The four-way check of a time and a partner: every charge from Session to payment (`billing.four_way`)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.app.book_days import books_zone, today
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.reconciliation_records import ChangedInvoice, LooseEnd, Span, Trail
from ocpilot.app.kept.records import Record
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.texts import mark
from ocpilot.billing import four_way
from ocpilot.billing.four_way import Billed, Charge, Fault, Finding, Invoiced, Side, Standing, Step, Text, text

_PAGE = 1000
_SIDES = {
    Purpose.SALE: Side.SALE,
    Purpose.ROAMING: Side.SALE,
    Purpose.PURCHASE: Side.PURCHASE,
}
_STANDING = {
    ClearingState.ISSUED: Standing.COUNTS,
    ClearingState.ACCEPTED: Standing.COUNTS,
    ClearingState.NEW: Standing.HELD,
    ClearingState.HELD: Standing.HELD,
    ClearingState.DISPUTED: Standing.DISPUTED,
    ClearingState.CREDITED: Standing.CREDITED,
    ClearingState.DROPPED: Standing.DROPPED,
}


class Totals(Record, frozen=True, kw_only=True):
    """What was looked at in one currency: CDRs that count, and those that were credited, for their Credit CDRs
    count; what of them is billed and on invoices (before taxes), and what is open of these invoices (with taxes)."""

    currency: str
    cdrs: int = 0
    total: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    open: Decimal = Decimal(0)

    def with_more(self, more: "Totals") -> "Totals":
        """Both together."""
        return Totals(
            currency=self.currency,
            cdrs=self.cdrs + more.cdrs,
            total=self.total + more.total,
            billed=self.billed + more.billed,
            invoiced=self.invoiced + more.invoiced,
            open=self.open + more.open,
        )


class Summary(Record, frozen=True, kw_only=True):
    """What a check found. `charges` and `invoices` are how many were looked at, `faults` how many were found, by step
    and fault."""

    since: datetime
    until: datetime
    partner: str | None
    charges: int
    invoices: int
    totals: tuple[Totals, ...]
    faults: tuple[tuple[Step, Fault, int], ...]


class Reconciled(Record, frozen=True, kw_only=True):
    """The summary and every finding, in the order of the charges: what is open, and what a person settled."""

    summary: Summary
    findings: tuple[Finding, ...]

    @property
    def open(self) -> tuple[Finding, ...]:
        """Those somebody has to go on with."""
        return tuple(one for one in self.findings if one.fault is not Fault.SETTLED)

    @property
    def settled(self) -> tuple[Finding, ...]:
        """The others: who settled each, when and why."""
        return tuple(one for one in self.findings if one.fault is Fault.SETTLED)


async def check(platform: Platform, month: Month, partner: str | None = None) -> Reconciled:
    """The check of a month, with all or with one partner, by the name of its peer or as `SE/RES`. NotFound."""
    since, until = month.moments(books_zone(platform))
    parties = None if partner is None else await parties_of(platform, partner)
    span = Span(since=since, until=until, parties=parties)
    running = _Check(platform, span)
    findings = tuple([one async for one in running.run()])
    return Reconciled(summary=running.summary(partner, findings), findings=findings)


async def parties_of(platform: Platform, partner: str) -> tuple[str, ...]:
    """The parties of a partner (`SERES`), by the name of its peer or by one of them. NotFound."""
    peer = await platform.store.peers.by_name(partner)
    if peer is not None and peer.parties:
        return tuple(peer.parties)
    plain = "".join(ch for ch in partner.upper() if ch.isalnum())
    known = {party for one in await platform.store.peers.all() for party in one.parties}
    if plain in known:
        return (plain,)
    raise NotFound(f"no partner {partner!r}; `ocpilot peer list` has them all")


class _Check:
    """One check. An invoice is looked at with the first of its charges; of charges only sums are kept."""

    def __init__(self, platform: Platform, span: Span) -> None:
        self._platform = platform
        self._span = span
        self._trails = platform.store.trails
        self._seen: set[str] = set()
        self._ours = {one.id.key for one in platform.settings.parties}
        self._today = today(platform)
        self._charges = 0
        self._totals: dict[str, Totals] = {}

    async def run(self) -> AsyncIterator[Finding]:
        """Page by page."""
        async for one in self._loose():
            yield one
        after: Trail | None = None
        confirmed = self._platform.clock() - timedelta(hours=self._platform.settings.cards.confirmed_within)
        while trails := await self._trails.charges(self._span, after, _PAGE, confirmed):
            after = trails[-1]
            for trail in trails:
                self._count(trail)
                for one in four_way.of_charge(self._charge(trail)):
                    yield one
            for invoice in await self._invoices(trails):
                self._add(invoice.currency, Totals(currency=invoice.currency, open=invoice.open))
                for one in four_way.of_invoice(invoice, self._today):
                    yield one

    def summary(self, partner: str | None, findings: Sequence[Finding]) -> Summary:
        """Of what was looked at."""
        counted = Counter((one.step, one.fault) for one in findings)
        return Summary(
            since=self._span.since,
            until=self._span.until,
            partner=partner,
            charges=self._charges,
            invoices=len(self._seen),
            totals=tuple(self._totals[currency] for currency in sorted(self._totals)),
            faults=tuple((step, fault, counted[step, fault]) for step, fault in sorted(counted)),
        )

    def _count(self, trail: Trail) -> None:
        self._charges += 1
        if _STANDING[trail.state] in {Standing.COUNTS, Standing.CREDITED}:
            self._add(trail.currency, Totals(currency=trail.currency, cdrs=1, total=trail.total))
        for item in trail.items:
            if item.credited_by is None:
                invoiced = item.net if item.invoice else Decimal(0)
                self._add(item.currency, Totals(currency=item.currency, billed=item.net, invoiced=invoiced))

    def _add(self, currency: str, more: Totals) -> None:
        so_far = self._totals.get(currency)
        self._totals[currency] = more if so_far is None else so_far.with_more(more)

    async def _loose(self) -> AsyncIterator[Finding]:
        running = self._platform.clock() - timedelta(hours=self._platform.settings.roaming.cdr_missing_after)
        after: LooseEnd | None = None
        while ends := await self._trails.sessions_without_cdr(self._span, after, _PAGE):
            after = ends[-1]
            for one in ends:
                fault = Fault.MISSING if one.at < running else Fault.WAITS
                found = text(mark("no CDR; the Session is {status}"), status=one.status)
                yield _loose(one, fault, found, text(mark("a CDR")), page="sessions")
        for one in await self._trails.uncleared(self._span, _PAGE):
            found = text(mark("nobody has looked at it"))
            yield _loose(one, Fault.WAITS, found, text(mark("accepted or held")), page="cdrs")
        for one in await self._trails.cards_without_receipt(self._span, _PAGE):
            yield four_way.of_card(one.id, one.status)
        for invoice in await self._trails.changed_invoices(self._span, _PAGE):
            yield _changed(invoice)
        for one in await self._trails.items_without_cdr(self._span, _PAGE):
            found = text(mark("billed on {invoice}, and the CDR is not here"), invoice=one.status or "–")
            yield _loose(one, Fault.MISSING, found, text(mark("its CDR")), page="cdrs")

    async def _invoices(self, trails: Sequence[Trail]) -> Sequence[Invoiced]:
        numbers = {item.invoice for trail in trails for item in trail.items if item.invoice} - self._seen
        self._seen |= numbers
        return await self._trails.invoices(sorted(numbers)) if numbers else ()

    def _charge(self, trail: Trail) -> Charge:
        return Charge(
            cdr=f"{trail.party}/{trail.id}",
            partner=self._partner(trail),
            standing=_STANDING[trail.state],
            why=trail.why,
            currency=trail.currency,
            total=trail.total,
            kwh=trail.kwh,
            sides=self._sides(trail),
            session=trail.session,
            session_kwh=trail.session_kwh,
            bills=trail.bills,
            rated=trail.rated,
            receipt=trail.receipt,
            card=trail.card,
            owed=trail.owed,
            named=trail.named,
            credit=trail.credits is not None,
            items=tuple(_billed(trail)),
        )

    def _partner(self, trail: Trail) -> str:
        if trail.peer_id:
            return trail.party
        return "" if trail.audience in self._ours else trail.audience

    def _sides(self, trail: Trail) -> tuple[Side, ...]:
        """A Credit CDR of what was never billed is billed to nobody; nor what only passes through our hub."""
        if trail.credits is not None and not trail.credits_billed:
            return ()
        if not trail.peer_id:
            return (Side.SALE,)
        return (Side.SALE, Side.PURCHASE) if trail.audience in {"", *self._ours} else ()


def _billed(trail: Trail) -> Iterator[Billed]:
    for item in trail.items:
        if item.purpose in _SIDES:
            yield Billed(
                side=_SIDES[item.purpose],
                purpose=item.purpose,
                as_cdr=item.purpose in {Purpose.ROAMING, Purpose.PURCHASE},
                net=item.net,
                currency=item.currency,
                invoice=item.invoice,
                credited_by=item.credited_by,
                given=item.given,
            )


def _changed(invoice: ChangedInvoice) -> Finding:
    said = {"currency": invoice.currency}
    return Finding(
        step=Step.INVOICE,
        fault=Fault.DIFFERS,
        about=invoice.number,
        partner=invoice.party,
        found=text(mark("the partner's records come to {amount} {currency}"), amount=invoice.now, **said),
        expected=text(mark("{amount} {currency}, as when it was registered"), amount=invoice.before, **said),
        amount=abs(invoice.now - invoice.before),
        currency=invoice.currency,
        where="/console/reconciliation",
    )


def _loose(end: LooseEnd, fault: Fault, found: Text, expected: Text, *, page: str) -> Finding:
    return Finding(
        step=Step.CDR,
        fault=fault,
        about=f"{end.party}/{end.id}",
        partner=end.partner or end.party,
        found=found,
        expected=expected,
        where=f"/console/{page}/{end.party[:2]}/{end.party[2:]}/{end.id}",
    )
