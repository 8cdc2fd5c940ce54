"""Credentials of 2.1.1: one party without a role (credentials)."""

from ocpilot.wire.fields import CredentialsToken, String2, String3, Url, Wire
from ocpilot.wire.v230.types import BusinessDetails


class Credentials(Wire, frozen=True, kw_only=True):
    """What the other platform needs to call this one (credentials, "Credentials object")."""

    token: CredentialsToken
    url: Url
    business_details: BusinessDetails
    party_id: String3
    country_code: String2
