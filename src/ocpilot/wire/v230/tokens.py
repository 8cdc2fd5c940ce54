"""The tokens module: who may charge, and the answer to that question (mod_tokens)."""

from enum import StrEnum

from ocpilot.wire.fields import CiString2, CiString3, CiString36, DateTime, PlaceId, String2, String64, Wire
from ocpilot.wire.v230.sessions import ProfileType
from ocpilot.wire.v230.types import AnyTokenType, DisplayText


class AllowedType(StrEnum):
    """(mod_tokens, "AllowedType")."""

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NO_CREDIT = "NO_CREDIT"
    NOT_ALLOWED = "NOT_ALLOWED"


class WhitelistType(StrEnum):
    """(mod_tokens, "WhitelistType")."""

    ALWAYS = "ALWAYS"
    ALLOWED = "ALLOWED"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE"
    NEVER = "NEVER"


class EnergyContract(Wire, frozen=True, kw_only=True):
    """The driver's own energy supplier (mod_tokens, "EnergyContract")."""

    supplier_name: String64
    contract_id: String64 | None = None


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


class LocationReferences(Wire, frozen=True, kw_only=True):
    """A Location and some of its EVSEs (mod_tokens, "LocationReferences")."""

    location_id: PlaceId
    evse_uids: tuple[PlaceId, ...] = ()


class AuthorizationInfo(Wire, frozen=True, kw_only=True):
    """The answer to a real-time authorization (mod_tokens, "AuthorizationInfo object")."""

    allowed: AllowedType
    token: Token
    location: LocationReferences | None = None
    authorization_reference: CiString36 | None = None
    info: DisplayText | None = None
