"""The versions module: which versions a platform speaks, and where (version_information_endpoint)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, Url, Wire, Words
from ocpilot.wire.protocol import InterfaceRole, ModuleID


class VersionNumber(StrEnum):
    """Known words of the OpenEnum (version_information_endpoint, "VersionNumber")."""

    V2_0 = "2.0"
    V2_1 = "2.1"
    V2_1_1 = "2.1.1"
    V2_2 = "2.2"
    V2_2_1 = "2.2.1"
    V2_3_0 = "2.3.0"


AnyVersionNumber = Annotated[str, Words(VersionNumber)]
AnyModuleID = Annotated[str, Words(ModuleID)]


class VersionInfo(Wire, frozen=True, kw_only=True):
    """One version and the URL of its details (version_information_endpoint, "Version")."""

    version: AnyVersionNumber
    url: Url


class Endpoint(Wire, frozen=True, kw_only=True):
    """One module interface and its URL (version_information_endpoint, "Endpoint")."""

    identifier: AnyModuleID
    role: InterfaceRole
    url: Url


class VersionDetails(Wire, frozen=True, kw_only=True):
    """The endpoints of one version (version_information_endpoint, "Version details endpoint")."""

    version: AnyVersionNumber
    endpoints: Annotated[tuple[Endpoint, ...], AT_LEAST_ONE]
