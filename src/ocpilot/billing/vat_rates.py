"""VAT rates by country and day: the table that comes with us, and what an operator sets over it.

Standard rates as published by the tax offices and in the European Commission's "Taxes in Europe" database. Some
countries tax electricity at another rate (Ireland, Luxembourg, Malta, Greece, Croatia and Slovakia did in 2025);
whether that holds at a charging station an operator's accountant decides, so it is a setting, not in this table
(docs/decisions/20261126-vat.md).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.base.errors import NotBillable
from ocpilot.base.money_settings import BillingSettings, Supply

#: From a day on, per cent.
Since = tuple[date, Decimal]

_KNOWN_SINCE = date(2018, 1, 1)


def _rates(first: str, *changes: tuple[int, int, str]) -> tuple[Since, ...]:
    """The rate of 2018, then (year, month, rate): all of them changed on the first of a month."""
    return ((_KNOWN_SINCE, Decimal(first)), *((date(year, month, 1), Decimal(rate)) for year, month, rate in changes))


EU_RATES: Mapping[str, tuple[Since, ...]] = {
    "AT": _rates("20"),
    "BE": _rates("21"),
    "BG": _rates("20"),
    "CY": _rates("19"),
    "CZ": _rates("21"),
    "DE": _rates("19", (2020, 7, "16"), (2021, 1, "19")),
    "DK": _rates("25"),
    "EE": _rates("20", (2024, 1, "22"), (2025, 7, "24")),
    "ES": _rates("21"),
    "FI": _rates("24", (2024, 9, "25.5")),
    "FR": _rates("20"),
    "GR": _rates("24"),
    "HR": _rates("25"),
    "HU": _rates("27"),
    "IE": _rates("23", (2020, 9, "21"), (2021, 3, "23")),
    "IT": _rates("22"),
    "LT": _rates("21"),
    "LU": _rates("17", (2023, 1, "16"), (2024, 1, "17")),
    "LV": _rates("21"),
    "MT": _rates("18"),
    "NL": _rates("21"),
    "PL": _rates("23"),
    "PT": _rates("23"),
    "RO": _rates("19", (2025, 8, "21")),
    "SE": _rates("25"),
    "SI": _rates("22"),
    "SK": _rates("20", (2025, 1, "23")),
}
RATES: Mapping[str, tuple[Since, ...]] = {
    **EU_RATES,
    "CH": _rates("7.7", (2024, 1, "8.1")),
    "GB": _rates("20"),
    "IS": _rates("24"),
    "LI": _rates("7.7", (2024, 1, "8.1")),
    "NO": _rates("25"),
}


class OwnRate(msgspec.Struct, frozen=True):
    """A rate that an operator set. `supply` None: of whatever is sold."""

    country: str
    since: date
    rate: Decimal
    supply: Supply | None


class VatRules(msgspec.Struct, frozen=True):
    """What of VAT is not the same for everybody: rates, and where resellers of one country charge each other none."""

    own_rates: tuple[OwnRate, ...] = ()
    domestic_reverse_charge: frozenset[str] = frozenset(BillingSettings().domestic_reverse_charge)

    def rate(self, country: str, day: date, supply: Supply) -> Decimal:
        """Per cent, on this day: the newest of what the operator set, for this supply before any, else the table.

        NotBillable when there is none.
        """
        own = [one for one in self.own_rates if one.country == country and one.supply in {None, supply}]
        rates = (
            _on([(one.since, one.rate) for one in own if one.supply], day),
            _on([(one.since, one.rate) for one in own], day),
            _on(RATES.get(country, ()), day),
        )
        found = next((rate for rate in rates if rate is not None), None)
        if found is None:
            raise NotBillable(
                f"no VAT rate is known for {country} on {day}, expected one in the setting billing.vat_rates, such as "
                f'{{country = "{country}", since = {day.replace(day=1)}, rate = "20"}}'
            )
        return found


def rules_of(settings: BillingSettings) -> VatRules:
    """The rules with an operator's own settings."""
    own = tuple(OwnRate(one.country.upper(), one.since, one.rate, one.supply) for one in settings.vat_rates)
    return VatRules(own, frozenset(country.upper() for country in settings.domestic_reverse_charge))


def _on(rates: Iterable[Since], day: date) -> Decimal | None:
    return max(((since, rate) for since, rate in rates if since <= day), default=(day, None))[1]
