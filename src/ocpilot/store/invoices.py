"""Invoices: numbered without gaps, sealed one after the other, each written with its items and its ledger entry."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from ocpilot.app.kept.bill_records import (
    BillItem,
    Booking,
    Choosing,
    CreditDrafting,
    Draft,
    Drafting,
    Group,
    InvoiceQuery,
    InvoiceSum,
    KeptInvoice,
    Listed,
    Purpose,
    UsedBefore,
)
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import fold
from ocpilot.billing.allowances import Used, month_of
from ocpilot.billing.invoice import Invoice, amount_of, negated
from ocpilot.store.bill_items import item_of
from ocpilot.store.ledger import book as book_in
from ocpilot.store.ledger import given_up_less, take_back
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("invoices")
_ITEMS = load("bill_items")
_CLEARINGS = load("clearings")
_INVOICE = msgspec.json.Decoder(Invoice)
#: Fees go onto the same invoice as what was charged.
_WITH_FEES = {Purpose.SALE: (Purpose.SALE, Purpose.FEE), Purpose.FEE: (Purpose.SALE, Purpose.FEE)}
_PAGE = 500
#: So many rows are read whole as quickly as by an index.
_FEW = 128


class PostgresInvoices:
    """`app.kept.bill_records.Invoices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(
        self,
        group: Group,
        *,
        until: datetime,
        limit: int | None,
        zone: ZoneInfo,
        choose: Choosing,
        draft: Drafting,
        book: Booking,
    ) -> KeptInvoice | None:
        """See the port."""
        asked: dict[str, object] = {
            "customer_id": group.customer_id,
            "purposes": [str(one) for one in _WITH_FEES.get(group.purpose, (group.purpose,))],
            "currency": group.currency,
            "until": until,
            "limit": limit,
        }
        async with self._database.transaction() as session:
            await session.row(_SQL["lock_customer"], {"customer_id": group.customer_id})
            found = [item_of(row) for row in await session.rows(_ITEMS["open"], asked)]
            if not found:
                return None
            items = choose(found)
            drafted = await asyncio.to_thread(draft, items, await _used(session, items, zone))
            kept = await _write(session, drafted, group.customer_id, group.purpose)
            ids = [item.id for item in items]
            put = await session.rows(_ITEMS["put_on"], {"number": kept.number, "ids": ids})
            if len(put) != len(ids):
                raise Conflict(f"invoice {kept.number}: an item was put onto another invoice meanwhile")
            await _book(session, book, kept)
        if _doubled(kept.number):
            await self._database.row(_SQL["counted_anew"])
        return kept

    async def credit(
        self, number: str, draft: Callable[[KeptInvoice, Sequence[Invoice]], Draft], book: Booking, *, again: bool
    ) -> KeptInvoice:
        """See the port."""
        async with self._database.transaction() as session:
            first = await _uncredited(session, number)
            if not again:
                await _refuse_twice(session, number)
            kept = await _write(session, draft(first, await _notes(session, number)), first.customer_id, first.purpose)
            if again:
                items = [item_of(row) for row in await session.rows(_ITEMS["on"], {"number": number})]
                await session.rows(_ITEMS["again"], {"ids": [item.id for item in items if not item.taken_back]})
            await session.rows(_CLEARINGS["unrate_invoice"], {"number": number})
            await _book(session, book, kept)
            await _credited(session, number, kept)
            return kept

    async def credit_charges(
        self, number: str, charges: Sequence[str], draft: CreditDrafting, book: Booking, *, zone: ZoneInfo, again: bool
    ) -> KeptInvoice:
        """See the port."""
        async with self._database.transaction() as session:
            first = await _uncredited(session, number)
            await session.row(_SQL["lock_customer"], {"customer_id": first.customer_id})
            items = await _charges(session, number, charges)
            notes = await _notes(session, number)
            back = [_taken_back(item) for item in items]
            drafted = await asyncio.to_thread(draft, first, back, await _used(session, back, zone), notes)
            kept = await _write(session, drafted, first.customer_id, first.purpose)
            ids = [item.id for item in items]
            lines = [json_of(item.lines) for item in back]
            taken = {"number": kept.number, "ids": ids, "nets": [item.net for item in back], "lines": lines}
            await session.rows(_ITEMS["take_back"], taken)
            if again:
                await session.rows(_ITEMS["again"], {"ids": ids})
                await session.rows(_CLEARINGS["unrate_items"], {"ids": ids})
            await _book(session, book, kept)
            if sum(amount_of(one) for one in (*notes, kept.invoice)) == amount_of(first.invoice):
                await _credited(session, number, kept)
            else:
                await given_up_less(session, number, kept.number, kept.invoice.issued_on)
            return kept

    async def get(self, number: str) -> KeptInvoice | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"number": number})
        return kept_of(row) if row else None

    async def by_reference(self, reference: str) -> tuple[KeptInvoice, ...]:
        """See the port."""
        return tuple(kept_of(row) for row in await self._database.rows(_SQL["by_reference"], {"reference": reference}))

    async def page(
        self,
        *,
        customer_id: int | None = None,
        since: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[KeptInvoice, ...]:
        """See the port."""
        asked = {"customer_id": customer_id, "since": since, "after": after, "limit": limit}
        return tuple(kept_of(row) for row in await self._database.rows(_SQL["page"], asked))

    async def listed(self, query: InvoiceQuery) -> tuple[Listed, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["listed"], msgspec.structs.asdict(query))
        return tuple(Listed(kept_of(row), row["open"]) for row in rows)

    async def sums(self, query: InvoiceQuery) -> tuple[InvoiceSum, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["sums"], msgspec.structs.asdict(query))
        return tuple(record_of(InvoiceSum, row) for row in rows)

    async def series(self) -> tuple[str, ...]:
        """See the port."""
        return tuple(row["series"] for row in await self._database.rows(_SQL["series"]))

    async def broken_seals(self, series: str) -> tuple[str, ...]:
        """See the port."""
        broken: list[str] = []
        last, seal = 0, b""
        while True:
            asked = {"series": series, "after": last, "limit": _PAGE}
            rows = await self._database.rows(_SQL["of_series"], asked)
            if not rows:
                return tuple(broken)
            for row in rows:
                broken += [_number(series, missing) for missing in range(last + 1, row["place"])]
                if _seal(seal, row["body"]) != row["seal"]:
                    broken.append(row["number"])
                last, seal = row["place"], row["seal"]


async def _used(session: Session, items: Sequence[BillItem], zone: ZoneInfo) -> UsedBefore:
    """What the customer's charges on earlier invoices used in the months of these items."""
    asked = {
        "customer_id": items[0].customer_id,
        "zone": zone.key,
        "since": month_of(items[0].at, zone),
        "until": month_of(items[-1].at, zone),
    }
    rows = await session.rows(_ITEMS["used"], asked)
    return {(row["month"], row["plan"]): Used(kwh=row["kwh"], seconds=row["seconds"]) for row in rows}


async def _uncredited(session: Session, number: str) -> KeptInvoice:
    """An invoice, locked; Conflict when all of it was credited, NotFound."""
    row = await session.row(_SQL["lock"], {"number": number})
    if row is None:
        raise NotFound(f"no invoice {number}")
    first = kept_of(row)
    if first.kind.is_credit:
        raise Conflict(f"{number} is a credit note: it cannot be credited")
    if first.credited_by is not None:
        raise Conflict(f"invoice {number} was credited by {first.credited_by} already")
    return first


async def _notes(session: Session, number: str) -> tuple[Invoice, ...]:
    """Credit notes that took single charges of an invoice back."""
    return tuple(kept_of(row).invoice for row in await session.rows(_ITEMS["notes"], {"number": number}))


async def _charges(session: Session, number: str, charges: Sequence[str]) -> list[BillItem]:
    """Those of an invoice, in its order. NotFound, Conflict."""
    on = [item_of(row) for row in await session.rows(_ITEMS["on"], {"number": number})]
    for one in charges:
        found = sum(fold(one) in _names(item) for item in on)
        if not found:
            raise NotFound(f"no charge {one} on invoice {number}")
        if found > 1:
            raise Conflict(f"{found} charges {one} on invoice {number}: say whose is meant, such as SELAD/{one}")
    wanted = {fold(one) for one in charges}
    items = [item for item in on if not wanted.isdisjoint(_names(item))]
    rows = await session.rows(_ITEMS["being_credited"], {"ids": [item.id for item in items]})
    twice = {item.key.id for item in items if item.taken_back} | {str(row["id"]) for row in rows}
    if twice:
        raise Conflict(f"of invoice {number}, {', '.join(sorted(twice))} was credited already")
    return items


def _names(item: BillItem) -> set[str]:
    return {fold(item.key.id), fold(f"{item.key.party.key}/{item.key.id}")}


def _taken_back(item: BillItem) -> BillItem:
    return msgspec.structs.replace(
        item,
        takes_back=item.id,
        kwh=-item.kwh,
        seconds=-item.seconds,
        net=-item.net,
        lines=tuple(negated(line) for line in item.lines),
    )


async def _credited(session: Session, number: str, note: KeptInvoice) -> None:
    """All of an invoice is credited, and what was booked beside it falls with it."""
    await session.row(_SQL["credited"], {"number": number, "credited_by": note.number})
    await take_back(session, number, note.invoice.issued_on)


async def _refuse_twice(session: Session, number: str) -> None:
    """Conflict when charges of an invoice were credited by a note of their own: they would be once more."""
    notes = [str(row["number"]) for row in await session.rows(_ITEMS["credited_apart"], {"number": number})]
    if notes:
        raise Conflict(
            f"charges of {number} were credited by {', '.join(notes)} already: "
            "credit it so that the rest is billed again (--again)"
        )


async def _write(session: Session, draft: Draft, customer_id: int, purpose: Purpose) -> KeptInvoice:
    """Make an invoice with the next number of the series and keep it, all in the session's transaction."""
    last = await session.row(_SQL["lock_series"], {"series": draft.series})
    place = last["issued"] + 1 if last else 1
    invoice = draft.make(_number(draft.series, place))
    body = msgspec.json.encode(invoice).decode()
    kept = KeptInvoice(
        number=invoice.number,
        series=draft.series,
        kind=invoice.terms.kind,
        customer_id=customer_id,
        purpose=purpose,
        issued_at=invoice.issued_at,
        invoice=invoice,
        seal=_seal(last["seal"] if last else b"", body),
        who=draft.who,
        again=draft.again,
    )
    values = {
        **msgspec.structs.asdict(kept),
        "place": place,
        "currency": invoice.currency,
        "total": invoice.total,
        "payment_reference": invoice.payment_reference,
        "body": body,
    }
    await session.row(_SQL["add"], values)
    return kept


async def _book(session: Session, book: Booking, kept: KeptInvoice) -> None:
    """An invoice of nothing has nothing to book."""
    entry = book(kept.invoice)
    if entry.lines and not await book_in(session, entry):
        raise Conflict(f"{entry.key} is in the books already")


def _doubled(number: str) -> bool:
    """Has a series twice as many as when this was last so? The server looks by itself too, but once a minute only."""
    place = int(number.rpartition("-")[2])
    return place >= _FEW and place & (place - 1) == 0


def _number(series: str, place: int) -> str:
    return f"{series}-{place:06d}"


def _seal(before: bytes, body: str) -> bytes:
    return hashlib.sha256(before + body.encode()).digest()


def kept_of(row: asyncpg.Record) -> KeptInvoice:
    """The invoice in a row."""
    return record_of(KeptInvoice, row, invoice=_INVOICE.decode(row["body"]))
