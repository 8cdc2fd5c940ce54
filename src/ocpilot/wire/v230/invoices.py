"""The invoice reconciliation module: which CDRs an invoice is for (mod_invoice_reconciliation)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, CiString2, CiString3, CiString36, CiString255, DateTime, Wire


class InvoiceReconciliationRecord(Wire, frozen=True, kw_only=True):
    """(mod_invoice_reconciliation, "InvoiceReconciliationRecord object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    invoice_id: CiString255
    cdrs: Annotated[tuple[CiString36, ...], AT_LEAST_ONE]
    last_updated: DateTime
