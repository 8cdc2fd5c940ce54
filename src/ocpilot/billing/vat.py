"""Which VAT is on a charge and on a fee: whose country's, at which rate, or to be paid by the buyer.

Charging an electric vehicle is a supply of electricity, which is a supply of goods (CJEU C-282/22); a provider between
operator and driver buys and sells it (CJEU C-60/23); what is paid whether or not one charges is a service by itself
(same). Articles are of Directive 2006/112/EC; docs/decisions/20261126-vat.md says what an accountant must look at.
"""

from datetime import date
from decimal import Decimal

from ocpilot.base.money_settings import Supply
from ocpilot.base.zones import two_letters
from ocpilot.billing.parties import BusinessParty
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.billing.vat_rates import EU_RATES, VatRules
from ocpilot.wire.v230 import CDR

EU = frozenset(EU_RATES)
#: Where electricity sold to a reseller is taxed where he is established: the EU by article 38; Switzerland by article
#: 7(2) MWSTG, whose law is Liechtenstein's too; the United Kingdom by SI 2004/3148. Norway and Iceland are not known to
#: have the rule: what is charged there is taxed there.
_TAXED_AT_THE_RESELLER = EU | {"CH", "LI", "GB"}
#: No VAT: the taxes of the CDR are those of states, provinces and counties.
_SALES_TAX = frozenset({"US", "CA"})
#: The prefix of VAT numbers where it is not the country.
_PREFIXES = {"EL": "GR"}
_TO_RESELLER = "Reverse charge: articles 38 and 195 of Directive 2006/112/EC"
_TO_CONSUMER = "Reverse charge: articles 39 and 195 of Directive 2006/112/EC"
_DOMESTIC = "Reverse charge: electricity to a taxable dealer, article 199a(1)(e) of Directive 2006/112/EC"
_SERVICE = "Reverse charge: articles 44 and 196 of Directive 2006/112/EC"
_DEALER_ABROAD = "Outside the scope of VAT: electricity to a taxable dealer established in {}"
_FOR_RESALE = "No tax: sold to be sold on in {}"
_SERVICE_ABROAD = "Outside the scope of VAT: service to a business established in {}"

STANDARD = VatRules()


def tax_of_charge(
    seller: BusinessParty,
    buyer: BusinessParty,
    *,
    buyer_is_business: bool,
    buyer_is_reseller: bool,
    place: str,
    day: date,
    rules: VatRules = STANDARD,
) -> Tax:
    """The VAT on what was charged in `place` (ISO 3166-1 alpha-2), on the day it ended by the clock there.

    Without a VAT number a business of the EU cannot be shown to be one: it is sold to as anybody is. NotBillable when
    the rate is not known.
    """
    if _is_taxable(buyer, is_business=buyer_is_business) and buyer_is_reseller and place in _TAXED_AT_THE_RESELLER:
        return _resold(seller, buyer.country, day, rules)
    if _owes_it_itself(seller, buyer, place, is_business=buyer_is_business):
        return _by_buyer(place, _TO_CONSUMER)
    return _standard(place, day, Supply.ELECTRICITY, rules)


def tax_of_service(
    seller: BusinessParty,
    buyer: BusinessParty,
    *,
    buyer_is_business: bool,
    day: date,
    rules: VatRules = STANDARD,
) -> Tax:
    """The VAT on a service, such as a monthly fee: a business is taxed where it is (article 44), anybody else where the
    seller is (article 45). NotBillable when the rate is not known."""
    if buyer.country == seller.country or not _is_taxable(buyer, is_business=buyer_is_business):
        return _standard(seller.country, day, Supply.SERVICE, rules)
    if buyer.country in EU:
        return _by_buyer(buyer.country, _SERVICE)
    return _outside(_SERVICE_ABROAD, buyer.country)


def tax_of_cdr(
    cdr: CDR,
    seller: BusinessParty,
    buyer: BusinessParty,
    *,
    buyer_is_business: bool,
    buyer_is_reseller: bool,
    day: date,
    rules: VatRules = STANDARD,
) -> Tax:
    """The tax on a charge: VAT by our rules; in North America what its operator says (NotBillable as above)."""
    place = two_letters(cdr.cdr_location.country)
    if place in _SALES_TAX:
        return _outside(_FOR_RESALE, place) if buyer_is_reseller else together(taxes_of_cdr(cdr), place)
    return tax_of_charge(
        seller,
        buyer,
        buyer_is_business=buyer_is_business,
        buyer_is_reseller=buyer_is_reseller,
        place=place,
        day=day,
        rules=rules,
    )


def taxes_of_cdr(cdr: CDR) -> tuple[Tax, ...]:
    """The taxes a CDR states, by their names (types, "TaxAmount"). A rate that is not stated is worked out."""
    cost, country = cdr.total_cost, two_letters(cdr.cdr_location.country)
    rates = (
        (tax.name, _worked_out(tax.amount, cost.before_taxes) if tax.percentage is None else tax.percentage)
        for tax in cost.taxes
    )
    return tuple(Tax(category=TaxCategory.STANDARD, rate=rate, name=name, country=country) for name, rate in rates)


def together(taxes: tuple[Tax, ...], country: str) -> Tax:
    """Taxes on the same amount as the one tax of a line: their rates added up, their names with each rate."""
    if not taxes:
        return Tax(category=TaxCategory.OUTSIDE, country=country, reason="No tax stated")
    if len(taxes) == 1:
        return taxes[0]
    return Tax(
        category=TaxCategory.STANDARD,
        rate=sum((tax.rate for tax in taxes), Decimal(0)),
        name=" + ".join(f"{tax.name} {tax.rate.normalize():f} %" for tax in taxes),
        country=country,
    )


def country_of_vat_number(number: str) -> str:
    """Whose VAT number it is, by its first two letters; empty when it does not begin so."""
    prefix = number.strip()[:2].upper()
    return _PREFIXES.get(prefix, prefix) if prefix.isalpha() else ""


def _resold(seller: BusinessParty, country: str, day: date, rules: VatRules) -> Tax:
    """Electricity to a reseller: the tax of the country he is in (article 38)."""
    if country == seller.country:
        if country in rules.domestic_reverse_charge:
            return _by_buyer(country, _DOMESTIC)
        return _standard(country, day, Supply.ELECTRICITY, rules)
    if country in EU:
        return _by_buyer(country, _TO_RESELLER)
    return _outside(_DEALER_ABROAD, country)


def _is_taxable(buyer: BusinessParty, *, is_business: bool) -> bool:
    return is_business and (bool(buyer.vat_number) or buyer.country not in EU)


def _owes_it_itself(seller: BusinessParty, buyer: BusinessParty, place: str, *, is_business: bool) -> bool:
    """Who is registered where he charges pays the VAT of a seller who is not established there (article 195)."""
    registered = is_business and country_of_vat_number(buyer.vat_number) == place
    return registered and place in EU and seller.country != place


def _standard(country: str, day: date, supply: Supply, rules: VatRules) -> Tax:
    rate = rules.rate(country, day, supply)
    return Tax(category=TaxCategory.STANDARD if rate else TaxCategory.ZERO, rate=rate, country=country)


def _by_buyer(country: str, reason: str) -> Tax:
    return Tax(category=TaxCategory.REVERSE_CHARGE, country=country, reason=reason)


def _outside(reason: str, country: str) -> Tax:
    return Tax(category=TaxCategory.OUTSIDE, country=country, reason=reason.format(country))


def _worked_out(amount: Decimal, before: Decimal) -> Decimal:
    """Per cent, to the 4 decimals OCPI has."""
    return round(amount * 100 / before, 4) if before else Decimal(0)
