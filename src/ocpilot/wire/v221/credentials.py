"""Credentials of 2.2.1: a hub has a role of its own, no `hub_party_id` (credentials)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, CiString2, CiString3, CredentialsToken, Url, Wire
from ocpilot.wire.v221.types import Role
from ocpilot.wire.v230.types import BusinessDetails


class CredentialsRole(Wire, frozen=True, kw_only=True):
    """One role of one party of the platform (credentials, "CredentialsRole")."""

    role: Role
    business_details: BusinessDetails
    party_id: CiString3
    country_code: CiString2


class Credentials(Wire, frozen=True, kw_only=True):
    """What the other platform needs to call this one (credentials, "Credentials object")."""

    token: CredentialsToken
    url: Url
    roles: Annotated[tuple[CredentialsRole, ...], AT_LEAST_ONE]
