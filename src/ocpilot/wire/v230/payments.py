"""The payments module: payment terminals and what they captured (mod_payments, extension of 2.3.0)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString1To255,
    CiString2,
    CiString3,
    CiString10,
    CiString20,
    CiString36,
    CiString45,
    DateTime,
    Url,
    Wire,
)
from ocpilot.wire.v230.locations import GeoLocation
from ocpilot.wire.v230.types import Price


class InvoiceCreator(StrEnum):
    """Who writes the driver's invoice (mod_payments, "InvoiceCreator")."""

    CPO = "CPO"
    PTP = "PTP"


class CaptureStatusCode(StrEnum):
    """(mod_payments, "CaptureStatusCode")."""

    SUCCESS = "SUCCESS"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
    FAILED = "FAILED"


class Terminal(Wire, frozen=True, kw_only=True):
    """A payment terminal and the Locations and EVSEs it serves (mod_payments, "Terminal object")."""

    terminal_id: CiString36
    customer_reference: CiString36 | None = None
    party_id: CiString3 | None = None
    country_code: CiString2 | None = None
    address: CiString45 | None = None
    city: CiString45 | None = None
    postal_code: CiString10 | None = None
    state: CiString20 | None = None
    country: CiString3 | None = None
    coordinates: GeoLocation | None = None
    invoice_base_url: Url | None = None
    invoice_creator: InvoiceCreator | None = None
    reference: CiString36 | None = None
    location_ids: tuple[CiString36, ...] = ()
    evse_uids: tuple[CiString36, ...] = ()
    last_updated: DateTime


class FinancialAdviceConfirmation(Wire, frozen=True, kw_only=True):
    """What was captured for a session; `total_costs` in `currency` (mod_payments, "Financial Advice Confirmation")."""

    id: CiString36
    authorization_reference: CiString36
    total_costs: Price
    currency: CiString3
    eft_data: Annotated[tuple[CiString1To255, ...], AT_LEAST_ONE]
    capture_status_code: CaptureStatusCode
    capture_status_message: CiString1To255 | None = None
    last_updated: DateTime
