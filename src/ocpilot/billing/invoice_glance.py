"""Where the money went, at a glance: key figures, bars per kind of cost and month, sums of cost centres or drivers."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import mark
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.invoice_entries import group_sums
from ocpilot.billing.invoice_sums import Slice, by_kind, by_month, figures, month_of
from ocpilot.billing.invoice_words import has_vat
from ocpilot.billing.paper import Fact, PaperWords

#: More bars than these are no glance any more: the smallest become one.
_MOST_BARS = 6


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the whole: `share` is how long its bar is, from 0 to 1."""

    name: str
    amount: str
    share: float
    percent: str


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """What the template shows of it; any part may be empty where it would say nothing."""

    title: str
    facts: tuple[Fact, ...]
    bars: tuple[Bar, ...]
    months: tuple[Bar, ...]
    group_header: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]


def glance_of(invoice: Invoice, words: PaperWords) -> Glance:
    """In the words of the paper."""
    translate = words.translate
    kinds, months = by_kind(invoice), by_month(invoice)
    named = [(formats.month(month_of(one), words.locale), one) for one in months]
    header = (mark("Cost centre or driver"), mark("Charges"), mark("Energy"), mark("Amount"))
    return Glance(
        title=translate(mark("At a glance")),
        facts=tuple(_facts(invoice, words)),
        bars=_bars([(one.name, one) for one in _few(kinds, translate(mark("Other")))], words),
        months=_bars(named, words),
        group_header=tuple(translate(text) for text in header),
        groups=tuple(_groups(invoice, words)),
    )


def _facts(invoice: Invoice, words: PaperWords) -> Iterator[Fact]:
    found, translate = figures(invoice), words.translate
    if not found.charges:
        return
    yield Fact(translate(mark("Charges")), formats.number(Decimal(found.charges), words.locale))
    yield Fact(translate(mark("Energy")), words.kwh(found.kwh))
    yield Fact(translate(mark("Time")), formats.duration(found.duration))
    if found.per_kwh is not None:
        text = mark("Per kWh, excl. VAT") if has_vat(invoice) else mark("Per kWh")
        text = mark("Per kWh, incl. VAT") if invoice.terms.prices_include_tax else text
        yield Fact(translate(text), words.money(round(found.per_kwh, 2)))


def _few(slices: Sequence[Slice], other: str) -> Sequence[Slice]:
    if len(slices) <= _MOST_BARS:
        return slices
    rest = slices[_MOST_BARS - 1 :]
    amount, share = sum((one.amount for one in rest), Decimal(0)), sum(one.share for one in rest)
    return [*slices[: _MOST_BARS - 1], Slice(name=other, amount=amount, share=share)]


def _bars(named: Sequence[tuple[str, Slice]], words: PaperWords) -> tuple[Bar, ...]:
    """One alone says nothing."""
    if len(named) < 2:
        return ()
    return tuple(
        Bar(
            name=name,
            amount=words.amount(one.amount),
            share=one.share,
            percent=formats.percent(Decimal(round(one.share * 100)), words.locale),
        )
        for name, one in named
    )


def _groups(invoice: Invoice, words: PaperWords) -> Iterator[tuple[str, ...]]:
    for one in group_sums(invoice, words):
        charges = formats.number(Decimal(one.charges), words.locale)
        yield (one.name, charges, words.kwh(one.kwh), words.amount(one.amount))
