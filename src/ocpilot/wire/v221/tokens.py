"""The Token of 2.2.1, and the answer that holds one: fewer token types (mod_tokens)."""

from ocpilot.wire.fields import CiString2, CiString3, CiString36, DateTime, String2, String64, Wire
from ocpilot.wire.v221.types import AnyTokenType
from ocpilot.wire.v230.sessions import ProfileType
from ocpilot.wire.v230.tokens import AllowedType, EnergyContract, LocationReferences, WhitelistType
from ocpilot.wire.v230.types import DisplayText


class Token(Wire, frozen=True, kw_only=True):
    """(mod_tokens, "Token object")."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: AnyTokenType
    contract_id: CiString36
    visual_number: String64 | None = None
    issuer: String64
    group_id: CiString36 | None = None
    valid: bool
    whitelist: WhitelistType
    language: String2 | None = None
    default_profile_type: ProfileType | None = None
    energy_contract: EnergyContract | None = None
    last_updated: DateTime


class AuthorizationInfo(Wire, frozen=True, kw_only=True):
    """The answer to a real-time authorization (mod_tokens, "AuthorizationInfo object")."""

    allowed: AllowedType
    token: Token
    location: LocationReferences | None = None
    authorization_reference: CiString36 | None = None
    info: DisplayText | None = None
