"""Where the money of an invoice went: per kind of cost, per month, per driver, and what was charged for it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.billing.invoice import Invoice, InvoiceLine
from ocpilot.billing.receipt import ReceiptLine


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one charge, one for each tax; or one line that is no charge's."""

    lines: tuple[InvoiceLine, ...]

    @property
    def first(self) -> InvoiceLine:
        """The one that says where and when."""
        return self.lines[0]

    @property
    def sign(self) -> int:
        """-1 when it is taken back."""
        return -1 if sum(line.net for line in self.lines) < 0 else 1


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was charged; `amount` is that of the charges alone, as shown (`shown`)."""

    charges: int
    kwh: Decimal
    duration: timedelta
    amount: Decimal

    @property
    def per_kwh(self) -> Decimal | None:
        """What a kWh came to on average, to four decimals."""
        return round(self.amount / self.kwh, 4) if self.kwh > 0 else None


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the whole; `share` of the sum of all, from 0 to 1."""

    name: str
    amount: Decimal
    share: float


def shown(line: InvoiceLine) -> Decimal:
    """What a line says: with tax where prices were shown with it."""
    return line.net if line.gross is None else line.gross


def lines_shown(invoice: Invoice) -> tuple[InvoiceLine, ...]:
    """Its lines as its reader sees prices: a business sees them without tax, whatever was worked out with it."""
    if invoice.terms.prices_include_tax:
        return invoice.lines
    return tuple(msgspec.structs.replace(line, gross=None) for line in invoice.lines)


def charged(lines: Iterable[InvoiceLine]) -> Iterator[Charged]:
    """Lines of the same charge that stand one after the other as one; what takes one back is another."""
    same: list[InvoiceLine] = []
    for line in lines:
        if same and not (line.cdr and line.cdr == same[0].cdr and (line.net < 0) == (same[0].net < 0)):
            yield Charged(lines=tuple(same))
            same = []
        same.append(line)
    if same:
        yield Charged(lines=tuple(same))


def figures(invoice: Invoice) -> Figures:
    """Of all charges; those taken back count below zero."""
    found = [one for one in charged(lines_shown(invoice)) if one.first.charge is not None]
    facts = [(one.sign, one.first.charge) for one in found if one.first.charge is not None]
    return Figures(
        charges=sum(sign for sign, _ in facts),
        kwh=sum((sign * charge.kwh for sign, charge in facts), Decimal(0)),
        duration=sum((sign * charge.duration for sign, charge in facts), timedelta()),
        amount=sum((shown(line) for one in found for line in one.lines), Decimal(0)),
    )


def by_kind(invoice: Invoice) -> tuple[Slice, ...]:
    """What was paid for: the names of price lines, the largest first; a line without them by its own text."""
    return _slices(_kinds(invoice))


def by_month(invoice: Invoice) -> tuple[Slice, ...]:
    """Per month of the buyer's calendar, first to last; named by its first day."""
    zone = ZoneInfo(invoice.terms.zone)

    def month(line: InvoiceLine) -> str:
        day = line.end.astimezone(zone).date() if line.end else invoice.end
        return day.replace(day=1).isoformat()

    return tuple(sorted(_slices((month(line), shown(line)) for line in lines_shown(invoice)), key=lambda one: one.name))


def month_of(one: Slice) -> date:
    """The first day of a month that is a part."""
    return date.fromisoformat(one.name)


def grouped_by(
    lines: Sequence[InvoiceLine], key: Callable[[InvoiceLine], tuple[str, ...]]
) -> dict[tuple[str, ...], list[InvoiceLine]]:
    """Lines by cost centre or driver in the order of their names, those without at the end."""
    found: dict[tuple[str, ...], list[InvoiceLine]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return {name: found[name] for name in sorted(found, key=lambda name: (not any(name), name))}


def _kinds(invoice: Invoice) -> Iterator[tuple[str, Decimal]]:
    """Of each line its price lines. What they differ from it, rounded one by one, counts to the first."""
    for line in lines_shown(invoice):
        parts = [(detail.label, shown_of(detail, line)) for detail in line.details] or [(line.text, shown(line))]
        difference = shown(line) - sum(amount for _, amount in parts)
        yield parts[0][0], parts[0][1] + difference
        yield from parts[1:]


def shown_of(detail: ReceiptLine, line: InvoiceLine) -> Decimal:
    """What a price line of it says, with tax as the line does; below zero where the line is, as it stands as it was."""
    side = detail.amount.excl if line.gross is None else detail.amount.incl
    amount = detail.amount.shown if side is None else side
    return -amount if shown(line) < 0 < amount else amount


def _slices(parts: Iterable[tuple[str, Decimal]]) -> tuple[Slice, ...]:
    sums: dict[str, Decimal] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, Decimal(0)) + amount
    whole = sum((amount for amount in sums.values() if amount > 0), Decimal(0))
    return tuple(
        Slice(name=name, amount=amount, share=float(max(amount, Decimal(0)) / whole) if whole else 0.0)
        for name, amount in sorted(sums.items(), key=lambda part: -part[1])
        if amount
    )
