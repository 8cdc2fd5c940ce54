"""An invoice as UBL 2.1 the way Peppol wants it: BIS Billing 3, self-billed ones as BIS Self-Billing 3."""

from collections.abc import Iterator
from decimal import Decimal

from ocpilot.base.errors import UserError
from ocpilot.billing.en16931 import F_TAX, Document, Line, Means, Party, VatRow, document_of
from ocpilot.billing.invoice import Invoice, InvoiceKind
from ocpilot.billing.taxes import TaxCategory
from ocpilot.billing.xml_tree import Element, XmlTree

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_PEPPOL = "urn:fdc:peppol.eu:2017:poacc"
#: Peppol's rule SE-R-006.
_SWEDISH_RATES = frozenset({Decimal(6), Decimal(12), Decimal(25)})
_SELF_BILLED = frozenset({InvoiceKind.SELF_BILLED, InvoiceKind.SELF_BILLED_CREDIT})


def ubl(invoice: Invoice) -> bytes:
    """The XML. UserError with all that keeps it from being one: no electronic address, taxes that are no VAT."""
    found = document_of(invoice)
    problems = list(_problems(found, invoice))
    if problems:
        raise UserError(f"invoice {invoice.number} cannot go by Peppol: {'; '.join(problems)}")
    return _Ubl(invoice).document(found)


def _problems(found: Document, invoice: Invoice) -> Iterator[str]:
    for role, party in (("seller", invoice.terms.seller), ("buyer", invoice.terms.buyer)):
        if ":" not in party.electronic_address:
            address = party.electronic_address or "nothing"
            yield f"electronic address of the {role} {party.name}: found {address}, expected such as 0007:5567321707"
    rates = {row.rate for row in found.vat if row.category is TaxCategory.STANDARD} - _SWEDISH_RATES
    if found.seller.address.country == "SE" and found.seller.vat_number.startswith("SE") and rates:
        listed = ", ".join(f"{rate:f}" for rate in sorted(rate for rate in rates if rate is not None))
        yield f"a Swedish seller has VAT of 6, 12 or 25 % there, found {listed} %"


class _Ubl:
    """Writes one invoice. The order of elements is that of the schema."""

    def __init__(self, invoice: Invoice) -> None:
        self._invoice = invoice
        self._is_credit = invoice.terms.kind.is_credit
        self._root = "CreditNote" if self._is_credit else "Invoice"
        names = {
            "": f"{_UBL}{self._root}-2",
            "cac": f"{_UBL}CommonAggregateComponents-2",
            "cbc": f"{_UBL}CommonBasicComponents-2",
        }
        self._xml = XmlTree(names)
        self._leaf, self._node = self._xml.leaf, self._xml.node

    def document(self, found: Document) -> bytes:
        invoice, leaf = self._invoice, self._leaf
        process = "selfbilling" if invoice.terms.kind in _SELF_BILLED else "billing"
        return self._xml.document(
            self._root,
            leaf("cbc:CustomizationID", f"urn:cen.eu:en16931:2017#compliant#{_PEPPOL}:{process}:3.0"),
            leaf("cbc:ProfileID", f"{_PEPPOL}:{process}:01:1.0"),
            leaf("cbc:ID", invoice.number),
            leaf("cbc:IssueDate", invoice.issued_on),
            None if self._is_credit else leaf("cbc:DueDate", invoice.due_on),
            leaf(f"cbc:{self._root}TypeCode", found.type),
            leaf("cbc:Note", found.note),
            leaf("cbc:DocumentCurrencyCode", invoice.currency),
            leaf("cbc:BuyerReference", found.buyer_reference),
            self._period(found),
            self._node("cac:OrderReference", leaf("cbc:ID", invoice.terms.order_reference)),
            self._credited(),
            self._node("cac:AccountingSupplierParty", self._party(found.seller)),
            self._node("cac:AccountingCustomerParty", self._party(found.buyer)),
            self._delivery(found),
            *(self._means(means) for means in found.means),
            self._node("cac:PaymentTerms", leaf("cbc:Note", found.terms)),
            self._taxes(found),
            self._sums(),
            *(self._line(line) for line in found.lines),
        )

    def _amount(self, tag: str, value: Decimal | None) -> Element | None:
        return self._leaf(tag, value, {"currencyID": self._invoice.currency})

    def _period(self, found: Document | Line) -> Element | None:
        start, end = self._leaf("cbc:StartDate", found.start), self._leaf("cbc:EndDate", found.end)
        return self._node("cac:InvoicePeriod", start, end)

    def _credited(self) -> Element | None:
        terms = self._invoice.terms
        if not terms.credits:
            return None
        number, day = self._leaf("cbc:ID", terms.credits), self._leaf("cbc:IssueDate", terms.credits_issued_on)
        return self._node("cac:BillingReference", self._node("cac:InvoiceDocumentReference", number, day))

    def _party(self, party: Party) -> Element | None:
        leaf, node = self._leaf, self._node
        endpoint, legal = party.endpoint, party.legal
        return node(
            "cac:Party",
            leaf("cbc:EndpointID", endpoint.id, {"schemeID": endpoint.scheme}) if endpoint else None,
            node("cac:PartyName", leaf("cbc:Name", party.name)),
            self._address(party),
            self._tax_scheme(party.vat_number, "VAT"),
            self._tax_scheme(F_TAX, "TAX") if party.f_tax else None,
            node(
                "cac:PartyLegalEntity",
                leaf("cbc:RegistrationName", party.name),
                leaf("cbc:CompanyID", legal.id, {"schemeID": legal.scheme}) if legal else None,
            ),
            self._contact(party),
        )

    def _address(self, party: Party) -> Element | None:
        leaf, node, address = self._leaf, self._node, party.address
        street, more, *rest = (*address.lines, "", "")
        return node(
            "cac:PostalAddress",
            leaf("cbc:StreetName", street),
            leaf("cbc:AdditionalStreetName", more),
            leaf("cbc:CityName", address.city),
            leaf("cbc:PostalZone", address.postal_code),
            leaf("cbc:CountrySubentity", address.region),
            node("cac:AddressLine", leaf("cbc:Line", " ".join(rest))),
            node("cac:Country", leaf("cbc:IdentificationCode", address.country)),
        )

    def _tax_scheme(self, number: str, scheme: str) -> Element | None:
        if not number:
            return None
        kind = self._node("cac:TaxScheme", self._leaf("cbc:ID", scheme))
        return self._node("cac:PartyTaxScheme", self._leaf("cbc:CompanyID", number), kind)

    def _contact(self, party: Party) -> Element | None:
        if not (party.email or party.phone):
            return None
        name, phone = self._leaf("cbc:Name", party.name), self._leaf("cbc:Telephone", party.phone)
        return self._node("cac:Contact", name, phone, self._leaf("cbc:ElectronicMail", party.email))

    def _delivery(self, found: Document) -> Element | None:
        country = self._node("cac:Country", self._leaf("cbc:IdentificationCode", found.deliver_to))
        return self._node("cac:Delivery", self._node("cac:DeliveryLocation", self._node("cac:Address", country)))

    def _means(self, means: Means) -> Element | None:
        leaf, node = self._leaf, self._node
        branch = node("cac:FinancialInstitutionBranch", leaf("cbc:ID", means.institution))
        return node(
            "cac:PaymentMeans",
            leaf("cbc:PaymentMeansCode", means.code),
            leaf("cbc:PaymentID", means.reference),
            node("cac:PayeeFinancialAccount", leaf("cbc:ID", means.account), branch),
        )

    def _taxes(self, found: Document) -> Element | None:
        total = self._amount("cbc:TaxAmount", self._invoice.tax)
        return self._node("cac:TaxTotal", total, *(self._tax(row) for row in found.vat))

    def _tax(self, row: VatRow) -> Element | None:
        base, amount = self._amount("cbc:TaxableAmount", row.base), self._amount("cbc:TaxAmount", row.amount)
        why = (self._leaf("cbc:TaxExemptionReasonCode", row.code), self._leaf("cbc:TaxExemptionReason", row.reason))
        return self._node("cac:TaxSubtotal", base, amount, self._category("cac:TaxCategory", row, *why))

    def _category(self, tag: str, found: VatRow | Line, *why: Element | None) -> Element | None:
        category, rate = self._leaf("cbc:ID", found.category.value), self._leaf("cbc:Percent", found.rate)
        return self._node(tag, category, rate, *why, self._node("cac:TaxScheme", self._leaf("cbc:ID", "VAT")))

    def _sums(self) -> Element | None:
        invoice, amount = self._invoice, self._amount
        return self._node(
            "cac:LegalMonetaryTotal",
            amount("cbc:LineExtensionAmount", invoice.net),
            amount("cbc:TaxExclusiveAmount", invoice.net),
            amount("cbc:TaxInclusiveAmount", invoice.total),
            amount("cbc:PrepaidAmount", invoice.terms.prepaid or None),
            amount("cbc:PayableRoundingAmount", invoice.rounding or None),
            amount("cbc:PayableAmount", invoice.payable),
        )

    def _line(self, line: Line) -> Element | None:
        leaf, node = self._leaf, self._node
        unit = {"unitCode": line.unit}
        properties = (
            node("cac:AdditionalItemProperty", leaf("cbc:Name", name), leaf("cbc:Value", value))
            for name, value in line.properties
        )
        charge = (leaf("cbc:ID", line.charge), leaf("cbc:DocumentTypeCode", "130")) if line.charge else ()
        return node(
            f"cac:{self._root}Line",
            leaf("cbc:ID", line.id),
            leaf("cbc:CreditedQuantity" if self._is_credit else "cbc:InvoicedQuantity", line.quantity, unit),
            self._amount("cbc:LineExtensionAmount", line.net),
            leaf("cbc:AccountingCost", line.cost_centre),
            self._period(line),
            node("cac:DocumentReference", *charge),
            node(
                "cac:Item",
                leaf("cbc:Description", line.description),
                leaf("cbc:Name", line.name),
                self._category("cac:ClassifiedTaxCategory", line),
                *properties,
            ),
            node("cac:Price", self._amount("cbc:PriceAmount", line.price), leaf("cbc:BaseQuantity", line.base, unit)),
        )
