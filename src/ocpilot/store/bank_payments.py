"""Payments of bank files: what the bank says, what became of it, and its ledger entry, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from ocpilot.app.kept.bank_payment_records import (
    BankFile,
    Deciding,
    DecidingBeside,
    KeptPayment,
    Move,
    PaymentStep,
    SettingOff,
)
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.billing import bgmax
from ocpilot.billing.bank_payment import BankPayment
from ocpilot.billing.ledger import Entry
from ocpilot.billing.settling import Left
from ocpilot.billing.told_twice import APART, Told
from ocpilot.store.ledger import book
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("bank_payments")
_PAYMENT = msgspec.json.Decoder(BankPayment)


class PostgresBankPayments:
    """`app.kept.bank_payment_records.BankPayments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_file(self, file: BankFile) -> BankFile:
        """See the port."""
        row = await self._database.row(_SQL["add_file"], msgspec.structs.asdict(file))
        return record_of(BankFile, row) if row else file

    async def finished(self, file_id: int) -> None:
        """See the port."""
        await self._database.row(_SQL["finished"], {"file_id": file_id})

    async def files(self, limit: int = 20) -> tuple[BankFile, ...]:
        """See the port."""
        return tuple(record_of(BankFile, row) for row in await self._database.rows(_SQL["files"], {"limit": limit}))

    async def add(
        self, payment: BankPayment, file: BankFile, at: datetime, numbers: Sequence[str], decide: DecidingBeside
    ) -> KeptPayment | None:
        """See the port."""
        body = msgspec.json.encode(payment).decode()
        facts = {name: getattr(payment, name) for name in ("account", "bank_id", "day", "amount", "currency")}
        values = {**facts, "file_id": file.id, "body": body, "why": str(Left.NO_REFERENCE), "at": at}
        async with self._database.transaction() as session:
            await session.row(_SQL["lock_currency"], {"currency": payment.currency})
            row = await session.row(_SQL["add"], values)
            if row is None:
                return None
            kept = _kept(row)
            return (await _decided(session, [kept], numbers, decide(await _near(session, kept))))[0]

    async def move(self, ids: Sequence[int], numbers: Sequence[str], decide: Deciding) -> tuple[KeptPayment, ...]:
        """See the port."""
        async with self._database.transaction() as session:
            found = {row["id"]: _kept(row) for row in await session.rows(_SQL["lock"], {"ids": list(ids)})}
            missing = [one for one in ids if one not in found]
            if missing:
                raise NotFound(f"no payment {missing[0]}")
            return await _decided(session, [found[one] for one in ids], numbers, decide)

    async def set_off(self, numbers: Sequence[str], decide: SettingOff) -> Entry:
        """See the port."""
        async with self._database.transaction() as session:
            entry = decide(await _open_of(session, numbers))
            if not await book(session, entry):
                raise Conflict(f"{entry.key} is in the books already")
            return entry

    async def get(self, payment_id: int) -> KeptPayment | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"id": payment_id})
        return _kept(row) if row else None

    async def steps(self, payment_id: int) -> tuple[PaymentStep, ...]:
        """See the port."""
        return await _steps(self._database, payment_id)

    async def page(self, *, unmatched: bool = False, limit: int = 100) -> tuple[KeptPayment, ...]:
        """See the port."""
        asked = {"unmatched": unmatched, "limit": limit}
        return tuple(_kept(row) for row in await self._database.rows(_SQL["page"], asked))

    async def doubled(self, limit: int) -> tuple[tuple[Told, Told], ...]:
        """See the port."""
        found = []
        for row in await self._database.rows(_SQL["doubled"], {"limit": limit}):
            one, other = await self.get(row["id"]), await self.get(row["other"])
            if one is not None and other is not None:
                told = _told(one, row["format"], row["together"])
                found.append((told, _told(other, row["other_format"], row["other_together"])))
        return tuple(found)

    async def of_invoice(self, number: str) -> tuple[tuple[int, PaymentStep], ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of_invoice"], {"number": number})
        return tuple((row["payment_id"], record_of(PaymentStep, row)) for row in rows)


async def _decided(
    session: Session, payments: Sequence[KeptPayment], numbers: Sequence[str], decide: Deciding
) -> tuple[KeptPayment, ...]:
    """Ask what is to be done, write it."""
    open_of = await _open_of(session, numbers)
    moves = decide(payments, await _steps(session, payments[0].id), open_of)
    return tuple([await _moved(session, one.id, move) for one, move in zip(payments, moves, strict=True)])


async def _near(session: Session, kept: KeptPayment) -> tuple[Told, ...]:
    payment = kept.payment
    days = {"since": payment.day - APART, "until": payment.day + APART}
    rows = await session.rows(_SQL["near"], {**days, "currency": payment.currency, "id": kept.id})
    return tuple(_told(_kept(row), row["format"]) for row in rows)


def _told(kept: KeptPayment, form: str, together: Decimal | None = None) -> Told:
    """`together` is what its file has of its day, for payments that were kept before their deposits were."""
    payment = kept.payment
    if payment.deposit is None and form == bgmax.FORMAT:
        payment = msgspec.structs.replace(payment, deposit=together)
    on_nothing = kept.open == kept.payment.amount
    dropped = kept.why is Left.DROPPED
    return Told(number=kept.id, format=form, payment=payment, on_nothing=on_nothing, dropped=dropped)


async def _open_of(session: Session, numbers: Sequence[str]) -> dict[str, Decimal]:
    """What is open of invoices, locked."""
    await session.rows(_SQL["lock_invoices"], {"numbers": list(numbers)})
    await session.rows(_SQL["lock_receipts"], {"numbers": list(numbers)})
    if any("/" in number for number in numbers):
        await session.rows(_SQL["lock_partner_invoices"], {"numbers": list(numbers)})
    rows = await session.rows(_SQL["open_of"], {"numbers": list(numbers)})
    return dict.fromkeys(numbers, Decimal(0)) | {row["number"]: row["amount"] for row in rows}


async def _moved(session: Session, payment_id: int, move: Move) -> KeptPayment:
    for step in move.steps:
        await session.row(_SQL["step"], {**msgspec.structs.asdict(step), "payment_id": payment_id})
    if move.entry is not None and move.entry.lines and not await book(session, move.entry):
        raise Conflict(f"{move.entry.key} is in the books already")
    values = {"id": payment_id, "open": move.open, "customer_id": move.customer_id, "why": move.why}
    row = await session.row(_SQL["move"], values)
    if row is None:
        raise NotFound(f"no payment {payment_id}")
    return _kept(row)


async def _steps(session: Session, payment_id: int) -> tuple[PaymentStep, ...]:
    return tuple(record_of(PaymentStep, row) for row in await session.rows(_SQL["steps"], {"id": payment_id}))


def _kept(row: asyncpg.Record) -> KeptPayment:
    return record_of(KeptPayment, row, payment=_PAYMENT.decode(row["body"]))
