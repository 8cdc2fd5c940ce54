"""The QR code that fills in a payment: the EPC's for euro, a link to Swish for kronor."""

import io
from decimal import Decimal
from urllib.parse import urlencode

import segno
from segno.helpers import make_epc_qr

from ocpilot.billing.invoice import Invoice
from ocpilot.billing.payment_ways import PaymentWay, WayKind, ways_to_pay

#: EPC069-12: what a SEPA credit transfer can carry, and the room for a name.
_MOST_EUROS = Decimal("999999999.99")
_LONGEST_NAME = 70


def payment_qr(invoice: Invoice) -> str | None:
    """SVG of the code, None when nobody scans one: another currency, no account for it, nothing to be paid, or it is we
    who pay."""
    if invoice.terms.kind.is_ours_to_pay:
        return None
    for way in ways_to_pay(invoice):
        code = _code(invoice, way)
        if code is not None:
            return _svg(code)
    return None


def _code(invoice: Invoice, way: PaymentWay) -> segno.QRCode | None:
    if way.kind is WayKind.SWISH:
        return segno.make_qr(swish_link(invoice, way), error="m")
    if way.kind is WayKind.IBAN and invoice.currency == "EUR" and invoice.payable <= _MOST_EUROS:
        is_structured = way.reference.startswith("RF")
        return make_epc_qr(
            invoice.terms.seller.name[:_LONGEST_NAME],
            way.account,
            invoice.payable,
            text=None if is_structured else way.reference,
            reference=way.reference if is_structured else None,
            bic=way.bic or None,
            encoding="utf-8",
        )
    return None


def swish_link(invoice: Invoice, way: PaymentWay) -> str:
    """The address that opens Swish with number, amount and message filled in (developer.swish.nu, "QR codes")."""
    filled = {
        "sw": way.account.replace(" ", ""),
        "amt": f"{invoice.payable:f}",
        "cur": invoice.currency,
        "msg": way.reference,
    }
    return f"https://app.swish.nu/1/p/sw/?{urlencode(filled)}"


def _svg(code: segno.QRCode) -> str:
    out = io.BytesIO()
    code.save(out, kind="svg", xmldecl=False, border=0, scale=4)
    return out.getvalue().decode()
