"""Amounts as Stripe counts them: whole numbers of the smallest coin (docs.stripe.com/currencies)."""

from decimal import Decimal

from ocpilot.base.money import HALF_UP

#: Two decimals for Stripe, whatever ISO 4217 says of them.
_TWO = frozenset({"ISK", "UGX"})


def _decimals(currency: str) -> int:
    return 2 if currency in _TWO else HALF_UP.decimals_for(currency)


def to_coins(amount: Decimal, currency: str) -> int:
    """12.34 EUR are 1234; 500 JPY are 500. ValueError for a part of a coin."""
    coins = amount.scaleb(_decimals(currency))
    if coins != int(coins):
        raise ValueError(f"{amount} {currency} is no whole number of the smallest coin")
    return int(coins)


def from_coins(coins: int, currency: str) -> Decimal:
    """The amount again, with the decimals of the currency."""
    return HALF_UP.round(Decimal(coins).scaleb(-_decimals(currency)), currency)
