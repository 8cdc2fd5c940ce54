"""The version details of 2.1.1: endpoints without a role (version_information_endpoint)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, Url, Wire, Words
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230.versions import AnyVersionNumber

MODULES = Words(
    ModuleID,
    without=[
        ModuleID.BOOKINGS,
        ModuleID.CHARGING_PROFILES,
        ModuleID.HUB_CLIENT_INFO,
        ModuleID.INVOICE_RECONCILIATION,
        ModuleID.PAYMENTS,
    ],
)
AnyModuleID = Annotated[str, MODULES]


class Endpoint(Wire, frozen=True, kw_only=True):
    """One module and its URL (version_information_endpoint, "Endpoint")."""

    identifier: AnyModuleID
    url: Url


class VersionDetails(Wire, frozen=True, kw_only=True):
    """The endpoints of one version (version_information_endpoint, "Version details endpoint")."""

    version: AnyVersionNumber
    endpoints: Annotated[tuple[Endpoint, ...], AT_LEAST_ONE]
