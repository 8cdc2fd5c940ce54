"""An invoice as UN/CEFACT Cross Industry Invoice, profile EN 16931 of Factur-X and ZUGFeRD."""

from datetime import date

from ocpilot.billing.en16931 import F_TAX, Document, Line, Means, Party, VatRow, document_of
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.xml_tree import Element, XmlTree

_CII = "urn:un:unece:uncefact:data:standard:"
_NAMES = {
    "rsm": f"{_CII}CrossIndustryInvoice:100",
    "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_CII}QualifiedDataType:100",
    "udt": f"{_CII}UnqualifiedDataType:100",
}
_PROFILE = "urn:cen.eu:en16931:2017"
#: UNTDID 2379: a date as CCYYMMDD.
_DAY = {"format": "102"}


def cii(invoice: Invoice) -> bytes:
    """The XML. UserError with all that keeps it from being one, such as taxes that are no VAT."""
    return _Cii(invoice).document(document_of(invoice))


class _Cii:
    """Writes one invoice. The order of elements is that of the schema."""

    def __init__(self, invoice: Invoice) -> None:
        self._invoice = invoice
        self._xml = XmlTree(_NAMES)
        self._leaf, self._node = self._xml.leaf, self._xml.node

    def document(self, found: Document) -> bytes:
        leaf, node, invoice = self._leaf, self._node, self._invoice
        return self._xml.document(
            "rsm:CrossIndustryInvoice",
            node(
                "rsm:ExchangedDocumentContext",
                node("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", _PROFILE)),
            ),
            node(
                "rsm:ExchangedDocument",
                leaf("ram:ID", invoice.number),
                leaf("ram:TypeCode", found.type),
                self._day("ram:IssueDateTime", invoice.issued_on),
                node("ram:IncludedNote", leaf("ram:Content", found.note)),
            ),
            node(
                "rsm:SupplyChainTradeTransaction",
                *(self._line(line) for line in found.lines),
                self._agreement(found),
                self._delivery(found),
                self._settlement(found),
            ),
        )

    def _day(self, tag: str, day: date | None, kind: str = "udt:DateTimeString") -> Element | None:
        return self._node(tag, self._leaf(kind, f"{day:%Y%m%d}" if day else None, _DAY))

    def _period(self, found: Document | Line) -> Element | None:
        start, end = self._day("ram:StartDateTime", found.start), self._day("ram:EndDateTime", found.end)
        return self._node("ram:BillingSpecifiedPeriod", start, end)

    def _line(self, line: Line) -> Element | None:
        leaf, node = self._leaf, self._node
        unit = {"unitCode": line.unit}
        properties = (
            node("ram:ApplicableProductCharacteristic", leaf("ram:Description", name), leaf("ram:Value", value))
            for name, value in line.properties
        )
        price = (leaf("ram:ChargeAmount", line.price), leaf("ram:BasisQuantity", line.base, unit))
        return node(
            "ram:IncludedSupplyChainTradeLineItem",
            node("ram:AssociatedDocumentLineDocument", leaf("ram:LineID", line.id)),
            node(
                "ram:SpecifiedTradeProduct",
                leaf("ram:Name", line.name),
                leaf("ram:Description", line.description),
                *properties,
            ),
            node("ram:SpecifiedLineTradeAgreement", node("ram:NetPriceProductTradePrice", *price)),
            node("ram:SpecifiedLineTradeDelivery", leaf("ram:BilledQuantity", line.quantity, unit)),
            self._line_settlement(line),
        )

    def _line_settlement(self, line: Line) -> Element | None:
        leaf, node = self._leaf, self._node
        charge = (leaf("ram:IssuerAssignedID", line.charge), leaf("ram:TypeCode", "130")) if line.charge else ()
        return node(
            "ram:SpecifiedLineTradeSettlement",
            self._category(line),
            self._period(line),
            node("ram:SpecifiedTradeSettlementLineMonetarySummation", leaf("ram:LineTotalAmount", line.net)),
            node("ram:AdditionalReferencedDocument", *charge),
            node("ram:ReceivableSpecifiedTradeAccountingAccount", leaf("ram:ID", line.cost_centre)),
        )

    def _category(self, line: Line) -> Element | None:
        leaf = self._leaf
        return self._node(
            "ram:ApplicableTradeTax",
            leaf("ram:TypeCode", "VAT"),
            leaf("ram:CategoryCode", line.category.value),
            leaf("ram:RateApplicablePercent", line.rate),
        )

    def _agreement(self, found: Document) -> Element | None:
        order = self._leaf("ram:IssuerAssignedID", self._invoice.terms.order_reference)
        return self._node(
            "ram:ApplicableHeaderTradeAgreement",
            self._leaf("ram:BuyerReference", found.buyer_reference),
            self._party("ram:SellerTradeParty", found.seller),
            self._party("ram:BuyerTradeParty", found.buyer),
            self._node("ram:BuyerOrderReferencedDocument", order),
        )

    def _party(self, tag: str, party: Party) -> Element | None:
        leaf, node = self._leaf, self._node
        legal, endpoint = party.legal, party.endpoint
        return node(
            tag,
            leaf("ram:Name", party.name),
            node(
                "ram:SpecifiedLegalOrganization",
                leaf("ram:ID", legal.id, {"schemeID": legal.scheme}) if legal else None,
            ),
            self._contact(party),
            self._address(party),
            node(
                "ram:URIUniversalCommunication",
                leaf("ram:URIID", endpoint.id, {"schemeID": endpoint.scheme}) if endpoint else None,
            ),
            node("ram:SpecifiedTaxRegistration", leaf("ram:ID", party.vat_number, {"schemeID": "VA"})),
            node("ram:SpecifiedTaxRegistration", leaf("ram:ID", F_TAX, {"schemeID": "FC"})) if party.f_tax else None,
        )

    def _contact(self, party: Party) -> Element | None:
        if not (party.email or party.phone):
            return None
        leaf, node = self._leaf, self._node
        return node(
            "ram:DefinedTradeContact",
            leaf("ram:PersonName", party.name),
            node("ram:TelephoneUniversalCommunication", leaf("ram:CompleteNumber", party.phone)),
            node("ram:EmailURIUniversalCommunication", leaf("ram:URIID", party.email)),
        )

    def _address(self, party: Party) -> Element | None:
        leaf, address = self._leaf, party.address
        one, two, *rest = (*address.lines, "", "")
        return self._node(
            "ram:PostalTradeAddress",
            leaf("ram:PostcodeCode", address.postal_code),
            leaf("ram:LineOne", one),
            leaf("ram:LineTwo", two),
            leaf("ram:LineThree", " ".join(rest)),
            leaf("ram:CityName", address.city),
            leaf("ram:CountryID", address.country),
            leaf("ram:CountrySubDivisionName", address.region),
        )

    def _delivery(self, found: Document) -> Element:
        """It has to be there, if only empty."""
        address = self._node("ram:PostalTradeAddress", self._leaf("ram:CountryID", found.deliver_to))
        place = self._node("ram:ShipToTradeParty", address)
        return self._xml.always("ram:ApplicableHeaderTradeDelivery", place)

    def _settlement(self, found: Document) -> Element | None:
        leaf, node, invoice = self._leaf, self._node, self._invoice
        return node(
            "ram:ApplicableHeaderTradeSettlement",
            leaf("ram:PaymentReference", found.means[0].reference if found.means else None),
            leaf("ram:InvoiceCurrencyCode", invoice.currency),
            *(self._means(means) for means in found.means),
            *(self._tax(row) for row in found.vat),
            self._period(found),
            node(
                "ram:SpecifiedTradePaymentTerms",
                leaf("ram:Description", found.terms),
                self._day("ram:DueDateDateTime", invoice.due_on),
            ),
            self._sums(),
            self._credited(),
        )

    def _means(self, means: Means) -> Element | None:
        leaf, node = self._leaf, self._node
        return node(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            leaf("ram:TypeCode", means.code),
            node(
                "ram:PayeePartyCreditorFinancialAccount",
                leaf("ram:IBANID" if means.is_iban else "ram:ProprietaryID", means.account),
            ),
            node("ram:PayeeSpecifiedCreditorFinancialInstitution", leaf("ram:BICID", means.institution)),
        )

    def _tax(self, row: VatRow) -> Element | None:
        leaf = self._leaf
        return self._node(
            "ram:ApplicableTradeTax",
            leaf("ram:CalculatedAmount", row.amount),
            leaf("ram:TypeCode", "VAT"),
            leaf("ram:ExemptionReason", row.reason),
            leaf("ram:BasisAmount", row.base),
            leaf("ram:CategoryCode", row.category.value),
            leaf("ram:ExemptionReasonCode", row.code),
            leaf("ram:RateApplicablePercent", row.rate),
        )

    def _sums(self) -> Element | None:
        leaf, invoice = self._leaf, self._invoice
        return self._node(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            leaf("ram:LineTotalAmount", invoice.net),
            leaf("ram:TaxBasisTotalAmount", invoice.net),
            leaf("ram:TaxTotalAmount", invoice.tax, {"currencyID": invoice.currency}),
            leaf("ram:RoundingAmount", invoice.rounding or None),
            leaf("ram:GrandTotalAmount", invoice.total),
            leaf("ram:TotalPrepaidAmount", invoice.terms.prepaid or None),
            leaf("ram:DuePayableAmount", invoice.payable),
        )

    def _credited(self) -> Element | None:
        terms = self._invoice.terms
        if not terms.credits:
            return None
        day = self._day("ram:FormattedIssueDateTime", terms.credits_issued_on, "qdt:DateTimeString")
        return self._node("ram:InvoiceReferencedDocument", self._leaf("ram:IssuerAssignedID", terms.credits), day)
