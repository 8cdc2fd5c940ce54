"""The credentials module: a platform's token, versions URL and parties (credentials)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, CiString2, CiString3, CiString5, CredentialsToken, Url, Wire
from ocpilot.wire.v230.types import BusinessDetails, Role


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
    hub_party_id: CiString5 | None = None
    roles: Annotated[tuple[CredentialsRole, ...], AT_LEAST_ONE]
