"""A customer as texts by name, as a form, a table and a command give them, and what is wrong with them, all at once."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec
from babel import Locale

from ocpilot.app.filled_in import FilledIn
from ocpilot.app.kept.customer_records import Customer, CustomerKind, Cycle, InvoiceFormat, PaidBy
from ocpilot.base.ids import PartyId
from ocpilot.base.texts import languages
from ocpilot.base.zones import UTC, zone_named
from ocpilot.billing import registered_numbers
from ocpilot.billing.parties import Address, BusinessParty, Payee

_COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()) - {
    "EU",
    "UN",
    "ZZ",
}
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
#: Scheme of the EAS list, then the number there.
_ELECTRONIC = re.compile(r"\d{4}:\S+")
_PARTNERS = frozenset({CustomerKind.PROVIDER, CustomerKind.OPERATOR})
_AT_PLACES = frozenset({CustomerKind.HOST, CustomerKind.HOME})
#: Who is a business unless something else is said.
BUSINESSES = _PARTNERS | {CustomerKind.COMPANY, CustomerKind.HOST}
_NOT_GIVEN = Decimal("NaN")

#: Every field with what it is, in the order of forms.
FIELDS: Mapping[str, str] = {
    "kind": "driver, company, provider, operator, host or home",
    "name": "of the person or the company",
    "street": "street and number; several lines are parted by |",
    "postal_code": "",
    "city": "",
    "region": "state or province",
    "country": "two letters, such as SE",
    "organisation_number": "",
    "vat_number": "with the letters of its country, such as SE556703748501",
    "business": "yes or no; yes of all but drivers and home",
    "email": "where invoices go",
    "phone": "",
    "electronic_address": "where e-invoices go, such as 0007:5567037485",
    "language": "of invoices",
    "time_zone": "such as Europe/Stockholm",
    "currency": "such as SEK; empty: each currency has its own invoice",
    "cycle": "when an invoice is written: charge, week or month",
    "days": "until it is to be paid",
    "invoice_format": "pdf, factur-x or peppol",
    "paid_by": "transfer or card",
    "buyer_reference": "",
    "order_reference": "",
    "plan": "name of a price plan; empty: what the operator asks",
    "plan_since": "the first day of that plan, such as 2026-12-01; empty: from now on",
    "party": "of providers and operators, such as SE/RES",
    "self_billing": "yes: whoever buys writes the invoice (of providers and operators)",
    "locations": "of a host, and where a home driver charges: ids of Locations of ours with spaces",
    "share": "of a host: per cent of what is earned there",
    "home_rate": "what a home driver gets per kWh",
    "since": "of a host and at home: the first day that counts, such as 2026-11-01; empty: from now on",
    "bankgiro": "where we pay to",
    "plusgiro": "",
    "iban": "",
    "bic": "",
    "swish": "",
    "f_tax": "yes: approved for Swedish F-tax",
}


def texts_of(customer: Customer) -> dict[str, str]:
    """What stands in the fields now."""
    facts, payee = customer.party_facts, customer.payee
    return {
        "kind": customer.kind,
        "name": facts.name,
        "street": " | ".join(facts.address.lines),
        "postal_code": facts.address.postal_code,
        "city": facts.address.city,
        "region": facts.address.region,
        "country": facts.address.country,
        "organisation_number": facts.organisation_number,
        "vat_number": facts.vat_number,
        "business": _word(customer.is_business),
        "email": facts.email,
        "phone": facts.phone,
        "electronic_address": facts.electronic_address,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "currency": customer.currency or "",
        "cycle": customer.cycle,
        "days": str(customer.days),
        "invoice_format": customer.invoice_format,
        "paid_by": customer.paid_by,
        "buyer_reference": customer.buyer_reference,
        "order_reference": customer.order_reference,
        "plan": customer.plan,
        "plan_since": "",
        "party": str(customer.party) if customer.party else "",
        "self_billing": _word(customer.self_billing),
        "locations": " ".join(customer.locations),
        "share": customer.share,
        "home_rate": customer.home_rate,
        "since": customer.since.isoformat() if customer.since else "",
        **msgspec.structs.asdict(payee),
        "f_tax": _word(facts.f_tax),
    }


def customer_of(texts: Mapping[str, str], now: datetime) -> Customer:
    """The customer that all fields make; one that is left out is empty. InvalidObject with everything that is wrong."""
    reading = FilledIn("customer", texts, FIELDS)
    reading.needed("kind", " or ".join(CustomerKind))
    kind = reading.word("kind", CustomerKind, CustomerKind.DRIVER)
    customer = Customer(
        kind=kind,
        party_facts=_facts(reading),
        language=reading.checked("language", _language) or "en",
        time_zone=reading.checked("time_zone", _zone) or "UTC",
        currency=reading.currency("currency") or None,
        cycle=reading.word("cycle", Cycle, Cycle.MONTH),
        days=reading.whole("days", 365, 30),
        invoice_format=reading.word("invoice_format", InvoiceFormat, InvoiceFormat.PDF),
        paid_by=reading.word("paid_by", PaidBy, PaidBy.TRANSFER),
        is_business=reading.yes("business", usual=kind in BUSINESSES),
        buyer_reference=reading.text("buyer_reference"),
        order_reference=reading.text("order_reference"),
        party=_party(reading),
        self_billing=reading.yes("self_billing", usual=False),
        plan=reading.text("plan"),
        locations=tuple(dict.fromkeys(reading.text("locations").split())),
        share=reading.text("share"),
        home_rate=reading.text("home_rate"),
        since=_day(reading, "since"),
        payee=Payee(
            bankgiro=reading.checked("bankgiro", registered_numbers.bankgiro),
            plusgiro=reading.checked("plusgiro", registered_numbers.plusgiro),
            iban=reading.checked("iban", registered_numbers.iban),
            bic=reading.checked("bic", registered_numbers.bic),
            swish=reading.text("swish"),
        ),
        created_at=now,
    )
    _day(reading, "plan_since")
    _of_kind(reading, customer)
    reading.require_right()
    return customer


def warnings_of(customer: Customer, home: str) -> Iterator[str]:
    """What may be meant so, and costs something if not. `home` is the seller's country."""
    facts = customer.party_facts
    if customer.is_business and not facts.vat_number and facts.country != home:
        yield f"a business in {facts.country} without a VAT number: it gets no reverse charge, VAT is charged"
    if customer.kind in _AT_PLACES and customer.payee == Payee():
        yield "nothing says where we pay to (bankgiro, plusgiro, iban or swish)"
    if not facts.email and not facts.electronic_address:
        yield "without email and electronic_address no invoice can be sent"


def _facts(reading: FilledIn) -> BusinessParty:
    reading.needed("country", FIELDS["country"])
    country = reading.checked("country", _country)
    return BusinessParty(
        name=reading.needed("name", "that of the person or the company"),
        address=Address(
            lines=tuple(line.strip() for line in reading.text("street").split("|") if line.strip()),
            postal_code=reading.text("postal_code"),
            city=reading.text("city"),
            region=reading.text("region"),
            country=country,
        ),
        organisation_number=reading.checked(
            "organisation_number", lambda text: registered_numbers.organisation_number(text, country)
        ),
        vat_number=reading.checked("vat_number", lambda text: registered_numbers.vat_number(text, country)),
        email=reading.checked("email", lambda text: _shaped(text, _EMAIL, "an address such as anna@example.org")),
        phone=reading.text("phone"),
        electronic_address=reading.checked(
            "electronic_address", lambda text: _shaped(text, _ELECTRONIC, "scheme and number, such as 0007:5567037485")
        ),
        f_tax=reading.yes("f_tax", usual=False),
    )


def _of_kind(reading: FilledIn, customer: Customer) -> None:
    """What only some kinds of customers have, and what they need."""
    kind = customer.kind
    if kind in _PARTNERS and customer.party is None and not reading.text("party"):
        reading.wrong("party", f"the party of the {kind}, such as SE/RES")
    own = {
        "locations": tuple(_AT_PLACES),
        "since": tuple(_AT_PLACES),
        "share": (CustomerKind.HOST,),
        "home_rate": (CustomerKind.HOME,),
    }
    for name, kinds in {**own, "party": tuple(_PARTNERS)}.items():
        if kind not in kinds and reading.text(name):
            reading.wrong(name, f"nothing for a {kind}")
    if customer.self_billing and kind not in _PARTNERS:
        reading.wrong("self_billing", f"no for a {kind}")
    if kind is CustomerKind.HOST:
        reading.number("share", Decimal("0.01"), Decimal(100), _NOT_GIVEN)
    if kind is CustomerKind.HOME:
        reading.number("home_rate", Decimal("0.0001"), Decimal(1000), _NOT_GIVEN)
        if not customer.currency and not reading.text("currency"):
            reading.wrong("currency", "that of home_rate, such as SEK")
    if kind in _AT_PLACES and not customer.locations:
        reading.wrong("locations", "ids of Locations of ours")
    if customer.invoice_format is InvoiceFormat.PEPPOL and not customer.party_facts.electronic_address:
        reading.wrong("electronic_address", "where e-invoices go, for invoice_format is peppol", "nothing")


def _party(reading: FilledIn) -> PartyId | None:
    given = reading.text("party")
    if not given:
        return None
    try:
        return PartyId.parse(given)
    except ValueError:
        reading.wrong("party", "a party such as SE/RES")
        return None


def _day(reading: FilledIn, name: str) -> date | None:
    given = reading.text(name)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        reading.wrong(name, "a day such as 2026-11-01")
        return None


def _country(text: str) -> str:
    if text.upper() not in _COUNTRIES:
        raise ValueError("a country in two letters, such as SE")
    return text.upper()


def _language(text: str) -> str:
    if text.lower() not in languages():
        raise ValueError(f"one of {', '.join(languages())}")
    return text.lower()


def _zone(text: str) -> str:
    if zone_named(text) is UTC and text != UTC.key:
        raise ValueError("a time zone such as Europe/Stockholm")
    return text


def _shaped(text: str, shape: re.Pattern[str], expected: str) -> str:
    if shape.fullmatch(text) is None:
        raise ValueError(expected)
    return text


def _word(value: bool) -> str:
    return "yes" if value else "no"
