"""The Token of 2.1.1, named by `auth_id`, and the answer about one, which does not hold it (mod_tokens)."""

from typing import Annotated

from ocpilot.wire.fields import DateTime, String2, String36, String39, String64, Wire, Words
from ocpilot.wire.v230.tokens import AllowedType, WhitelistType
from ocpilot.wire.v230.types import DisplayText, TokenType

TOKEN_TYPES = Words(TokenType, without=[TokenType.AD_HOC_USER, TokenType.APP_USER, TokenType.EMAID])
AnyTokenType = Annotated[str, TOKEN_TYPES]


class Token(Wire, frozen=True, kw_only=True):
    """(mod_tokens, "Token object")."""

    uid: String36
    type: AnyTokenType
    auth_id: String36
    visual_number: String64 | None = None
    issuer: String64
    valid: bool
    whitelist: WhitelistType
    language: String2 | None = None
    last_updated: DateTime


class LocationReferences(Wire, frozen=True, kw_only=True):
    """A Location and some of its EVSEs and Connectors (mod_tokens, "LocationReferences")."""

    location_id: String39
    evse_uids: tuple[String39, ...] = ()
    connector_ids: tuple[String36, ...] = ()


class AuthorizationInfo(Wire, frozen=True, kw_only=True):
    """The answer to a real-time authorization (mod_tokens, "AuthorizationInfo object")."""

    allowed: AllowedType
    location: LocationReferences | None = None
    info: DisplayText | None = None
