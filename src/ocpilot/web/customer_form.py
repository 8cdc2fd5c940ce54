"""A customer as a form: which fields each kind has, in which words, and what was filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from ocpilot.app.customers.customer_fields import FIELDS
from ocpilot.app.kept.customer_records import CustomerKind, Cycle, InvoiceFormat, PaidBy
from ocpilot.base.problem import Problem
from ocpilot.base.texts import languages, mark
from ocpilot.web.sign_in import text

_YES_NO = (("no", mark("No")), ("yes", mark("Yes")))
_PARTNERS = frozenset({CustomerKind.PROVIDER, CustomerKind.OPERATOR})
_SELLERS = frozenset({CustomerKind.OPERATOR, CustomerKind.HOST, CustomerKind.HOME})
_BUYERS = frozenset({CustomerKind.DRIVER, CustomerKind.COMPANY})


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `options` are values with their words, none for a text; `kinds` has whom it is for."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    kinds: frozenset[CustomerKind] = frozenset(CustomerKind)
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields under one heading."""

    title: str
    fields: tuple[Field, ...]


_WHO = Group(
    title=mark("Who"),
    fields=(
        Field(name="name", label=mark("Name"), required=True),
        Field(name="street", label=mark("Street (lines parted by |)")),
        Field(name="postal_code", label=mark("Postal code")),
        Field(name="city", label=mark("Town")),
        Field(name="region", label=mark("State or province")),
        Field(name="country", label=mark("Country (two letters)"), required=True),
        Field(name="organisation_number", label=mark("Organisation number")),
        Field(name="business", label=mark("Is a business"), options=_YES_NO),
        Field(name="vat_number", label=mark("VAT number")),
        Field(name="f_tax", label=mark("Approved for Swedish F-tax"), options=_YES_NO, kinds=_SELLERS),
        Field(name="email", label=mark("Email for invoices")),
        Field(name="phone", label=mark("Phone")),
    ),
)
_TERMS = Group(
    title=mark("Terms"),
    fields=(
        Field(name="party", label=mark("Party, such as SE/RES"), kinds=_PARTNERS, required=True),
        Field(name="self_billing", label=mark("Whoever buys writes the invoice"), options=_YES_NO, kinds=_PARTNERS),
        Field(name="plan", label=mark("Price plan"), kinds=_BUYERS),
        Field(
            name="plan_since",
            label=mark("First day of that plan, such as 2026-12-01 (empty: from now on)"),
            kinds=_BUYERS,
        ),
        Field(
            name="locations",
            label=mark("Ids of Locations, with spaces"),
            kinds=frozenset({CustomerKind.HOST, CustomerKind.HOME}),
            required=True,
        ),
        Field(
            name="share",
            label=mark("Share of what is earned there, in per cent"),
            kinds=frozenset({CustomerKind.HOST}),
            required=True,
        ),
        Field(
            name="home_rate",
            label=mark("What a kWh at home is paid with"),
            kinds=frozenset({CustomerKind.HOME}),
            required=True,
        ),
        Field(
            name="since",
            label=mark("First day that counts, such as 2026-11-01 (empty: from now on)"),
            kinds=frozenset({CustomerKind.HOST, CustomerKind.HOME}),
        ),
        Field(name="currency", label=mark("Currency (empty: that of each charge)")),
        Field(
            name="cycle",
            label=mark("An invoice for each"),
            options=(
                (Cycle.MONTH, mark("Month")),
                (Cycle.WEEK, mark("Week")),
                (Cycle.CHARGE, mark("Charge")),
            ),
        ),
        Field(name="days", label=mark("Days until it is to be paid")),
        Field(
            name="paid_by",
            label=mark("Paid by"),
            options=((PaidBy.TRANSFER, mark("Transfer")), (PaidBy.CARD, mark("Card"))),
        ),
    ),
)
_DOCUMENTS = Group(
    title=mark("Invoices"),
    fields=(
        Field(name="language", label=mark("Language"), options=tuple((one, one) for one in languages())),
        Field(name="time_zone", label=mark("Time zone")),
        Field(
            name="invoice_format",
            label=mark("How it is sent"),
            options=(
                (InvoiceFormat.PDF, "PDF"),
                (InvoiceFormat.FACTUR_X, mark("PDF with its data (Factur-X)")),
                (InvoiceFormat.PEPPOL, mark("E-invoice (Peppol)")),
            ),
        ),
        Field(name="electronic_address", label=mark("Address for e-invoices, such as 0007:5567037485")),
        Field(name="buyer_reference", label=mark("Reference of the buyer")),
        Field(name="order_reference", label=mark("Order number")),
    ),
)
_PAYEE = Group(
    title=mark("Where we pay to"),
    fields=(
        Field(name="bankgiro", label="Bankgiro", kinds=_SELLERS),
        Field(name="plusgiro", label="Plusgiro", kinds=_SELLERS),
        Field(name="iban", label="IBAN", kinds=_SELLERS),
        Field(name="bic", label="BIC", kinds=_SELLERS),
        Field(name="swish", label="Swish", kinds=_SELLERS),
    ),
)
_GROUPS: Final = (_WHO, _TERMS, _DOCUMENTS, _PAYEE)


def groups_of(kind: CustomerKind) -> tuple[Group, ...]:
    """What is asked of this kind of customer."""
    asked = (
        Group(title=group.title, fields=tuple(one for one in group.fields if kind in one.kinds)) for group in _GROUPS
    )
    return tuple(group for group in asked if group.fields)


def given(form: FormData) -> dict[str, str]:
    """What was filled in, of the fields that came."""
    return {name: text(form, name) for name in FIELDS if name in form}


def labelled(problems: tuple[Problem, ...]) -> list[tuple[str, Problem]]:
    """Problems with what their field is called."""
    labels: Mapping[str, str] = {one.name: one.label for group in _GROUPS for one in group.fields}
    return [(labels.get(problem.path, problem.path), problem) for problem in problems]
