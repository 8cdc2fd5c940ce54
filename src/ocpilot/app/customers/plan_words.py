"""A price plan in a line of words, for pages and for a terminal."""

from decimal import Decimal

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.billing.plans import Margin, Plan


def words_of(plan: Plan, translate: Translate, locale: str = "en") -> str:
    """What a charge costs by it, what a month costs, and what that includes."""
    base = translate(mark("the operator's price"))
    if plan.tariff is not None:
        base = translate(mark("tariff {name}")).format(name=plan.tariff.id)
    elif plan.series:
        base = translate(mark("spot price {name}")).format(name=plan.series)
    parts = [base, *([margin_words(plan.margin, plan.currency, translate, locale)] if plan.margin else [])]
    for amount, text in (
        (plan.monthly_fee, mark("{amount} {currency} per month")),
        (plan.included_kwh, mark("{amount} kWh included")),
        (Decimal(plan.included_minutes), mark("{amount} min included")),
    ):
        if amount:
            parts.append(translate(text).format(amount=formats.number(amount, locale), currency=plan.currency))
    return ", ".join(parts)


def margin_words(margin: Margin, currency: str, translate: Translate, locale: str = "en") -> str:
    """`+8 %, +0.15 SEK per kWh`."""
    parts = (
        (margin.percent, "{amount} %"),
        (margin.per_kwh, translate(mark("{amount} {currency} per kWh"))),
        (margin.per_charge, translate(mark("{amount} {currency} per charge"))),
    )
    told = [text.format(amount=_signed(value, locale), currency=currency) for value, text in parts if value]
    return ", ".join(told) or translate(mark("no margin"))


def _signed(value: Decimal, locale: str) -> str:
    return ("+" if value > 0 else "") + formats.number(value, locale, 5)
