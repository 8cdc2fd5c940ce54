"""Estimates on a terminal: one line by line, several side by side, and over time with bars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from zoneinfo import ZoneInfo

from babel import dates

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate, mark
from ocpilot.cli.tables import aligned
from ocpilot.pricing.estimate import Estimate, cheapest
from ocpilot.pricing.sentences import sentences
from ocpilot.pricing.trace import Part
from ocpilot.pricing.words import part_label

Estimates = Sequence[Estimate]

_BAR = 30
_PARTS = (Part.FIXED, Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION, Part.LIMIT)


@dataclass(frozen=True)
class Words:
    """A reader's language, and the clock of the Location."""

    translate: Translate
    locale: str
    zone: ZoneInfo

    def cost(self, one: Estimate) -> str:
        """The whole cost, with the tax as far as it is known."""
        return self.unknown if one.cost is None else self.money(one.cost.shown, one)

    def per_kwh(self, one: Estimate) -> str:
        """The whole cost per kWh."""
        return self.unknown if one.per_kwh is None else self.money(one.per_kwh, one)

    def money(self, amount: Decimal, one: Estimate) -> str:
        """In the currency of the estimate."""
        return formats.money(amount, one.tariff.currency, self.locale)

    def clock(self, at: datetime, *, offset: bool = False) -> str:
        """`Thu 26 Nov 18:00`."""
        pattern = "EEE d MMM HH:mm xxx" if offset else "EEE d MMM HH:mm"
        return dates.format_datetime(at, pattern, tzinfo=self.zone, locale=self.locale)

    @property
    def unknown(self) -> str:
        """Of a cost."""
        return self.translate(mark("not known"))


def explained(one: Estimate, words: Words) -> Iterator[str]:
    """The plan, every line with its reasons, the total, and what that is per kWh."""
    yield _plan(one, words)
    yield from sentences(one.priced, words.translate, words.locale)
    if one.per_kwh is not None:
        yield words.translate(mark("Per kWh, all in all: {price}")).format(price=words.per_kwh(one))


def compared(estimates: Estimates, words: Words) -> Iterator[str]:
    """One row per Tariff, the cheapest first where all are in one currency."""
    translate, first = words.translate, estimates[0]
    yield _plan(first, words)
    parts = [part for part in _PARTS if any(_of(one, part) is not None for one in estimates)]
    header = [translate(mark("Tariff")), *(part_label(part, translate) for part in parts)]
    header += [translate(mark("Total")), translate(mark("Per kWh")), ""]
    one_currency = len({one.tariff.currency for one in estimates}) == 1
    ordered = sorted(estimates, key=attrgetter("rank")) if one_currency else estimates
    rows = [
        [
            one.tariff.id,
            *(_part(one, part, words) for part in parts),
            words.cost(one),
            words.per_kwh(one),
            _without_tax(one, words),
        ]
        for one in ordered
    ]
    yield from aligned([header, *rows])


def over_time(begun: Sequence[Estimates], words: Words) -> Iterator[str]:
    """The start, what each Tariff would cost then, and for a single one the cost as a bar; at the end the cheapest."""
    translate, single = words.translate, len(begun) == 1
    every = [one for row in begun for one in row]
    most = max((one.cost.shown for one in every if one.cost is not None), default=Decimal(0))
    shifts = len({one.plan.start.astimezone(words.zone).utcoffset() for one in begun[0]}) > 1
    header = [translate(mark("Start")), *(row[0].tariff.id for row in begun)]
    rows = [[*header, translate(mark("Per kWh")), ""] if single else header]
    for same_start in zip(*begun, strict=True):
        cells = [words.clock(same_start[0].plan.start, offset=shifts), *map(words.cost, same_start)]
        rows.append([*cells, words.per_kwh(same_start[0]), _bar(same_start[0], most)] if single else cells)
    yield from _with_bars(rows) if single else aligned(rows)
    for currency in dict.fromkeys(one.tariff.currency for one in every):
        best = cheapest(one for one in every if one.tariff.currency == currency)
        if best is not None:
            text = translate(mark("Cheapest: {start}, tariff {tariff}: {cost}, {price} per kWh"))
            yield text.format(
                start=words.clock(best.plan.start, offset=shifts),
                tariff=best.tariff.id,
                cost=words.cost(best),
                price=words.per_kwh(best),
            )


def _with_bars(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Bars stand to the left."""
    lines = aligned([row[:-1] for row in rows])
    return (f"{line}  {row[-1]}".rstrip() for line, row in zip(lines, rows, strict=True))


def _plan(one: Estimate, words: Words) -> str:
    """`Thu 26 Nov 18:00 – Thu 26 Nov 21:04: 30 kWh in 2 h 44 min, then parked for 20 min`."""
    plan = one.plan
    text = words.translate(mark("{start} – {end}: {energy} kWh in {time}"))
    if plan.parked > timedelta():
        text = words.translate(mark("{start} – {end}: {energy} kWh in {time}, then parked for {parked}"))
    return text.format(
        start=words.clock(plan.start),
        end=words.clock(plan.end),
        energy=formats.number(plan.curve.kwh, words.locale),
        time=formats.duration(plan.charged - plan.start),
        parked=formats.duration(plan.parked),
    )


def _of(one: Estimate, part: Part) -> Decimal | None:
    """What a part comes to."""
    lines = [line.amount.shown for line in one.priced.lines if line.part is part]
    return sum(lines, Decimal(0)) if lines else None


def _part(one: Estimate, part: Part, words: Words) -> str:
    amount = _of(one, part)
    decimals = HALF_UP.decimals_for(one.tariff.currency)
    return "–" if amount is None else formats.fixed(amount, words.locale, decimals)


def _without_tax(one: Estimate, words: Words) -> str:
    return words.translate(mark("excl. VAT")) if one.cost is not None and one.cost.incl is None else ""


def _bar(one: Estimate, most: Decimal) -> str:
    return "█" * round(_BAR * one.cost.shown / most) if one.cost is not None and most > 0 else ""
