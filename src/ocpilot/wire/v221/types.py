"""Types of 2.2.1 that differ: Price without a list of taxes, Role with HUB, TokenType without EMAID (types)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import Number, Wire, Words
from ocpilot.wire.v230.types import TokenType

TOKEN_TYPES = Words(TokenType, without=[TokenType.EMAID])
AnyTokenType = Annotated[str, TOKEN_TYPES]


class Role(StrEnum):
    """(types, "Role")."""

    CPO = "CPO"
    EMSP = "EMSP"
    HUB = "HUB"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    SCSP = "SCSP"


class Price(Wire, frozen=True, kw_only=True):
    """A cost without and with VAT; no `incl_vat` means that we do not know the VAT (types, "Price")."""

    excl_vat: Number
    incl_vat: Number | None = None
