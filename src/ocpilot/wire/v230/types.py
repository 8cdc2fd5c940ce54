"""Types that several modules share (types; mod_locations for Image and BusinessDetails; mod_tokens for TokenType)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import CiString4, Int5, Number, String, String2, String100, String512, Url, Wire, Words


class Role(StrEnum):
    """(types, "Role"). PTP is of the payments extension only (terminology, "EV Charging Market Roles")."""

    CPO = "CPO"
    EMSP = "EMSP"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    PTP = "PTP"
    SCSP = "SCSP"


class TokenType(StrEnum):
    """Known words of the OpenEnum (mod_tokens, "TokenType"). Here, as Locations and CDRs name it too."""

    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    EMAID = "EMAID"
    OTHER = "OTHER"
    RFID = "RFID"


AnyTokenType = Annotated[str, Words(TokenType)]


class ImageCategory(StrEnum):
    """Known words of the OpenEnum (mod_locations, "ImageCategory")."""

    CHARGER = "CHARGER"
    ENTRANCE = "ENTRANCE"
    LOCATION = "LOCATION"
    NETWORK = "NETWORK"
    OPERATOR = "OPERATOR"
    OTHER = "OTHER"
    OWNER = "OWNER"


AnyImageCategory = Annotated[str, Words(ImageCategory)]


class DisplayText(Wire, frozen=True, kw_only=True):
    """A text for end users in one language (types, "DisplayText")."""

    language: String2
    text: String512


class TaxAmount(Wire, frozen=True, kw_only=True):
    """One tax that is due on a Price (types, "TaxAmount")."""

    name: String
    account_number: String | None = None
    percentage: Number | None = None
    amount: Number


class Price(Wire, frozen=True, kw_only=True):
    """A cost before taxes and the taxes on it; no taxes means that we do not know them (types, "Price")."""

    before_taxes: Number
    taxes: tuple[TaxAmount, ...] = ()


class Image(Wire, frozen=True, kw_only=True):
    """Where a picture can be fetched (mod_locations, "Image")."""

    url: Url
    thumbnail: Url | None = None
    category: AnyImageCategory
    type: CiString4
    width: Int5 | None = None
    height: Int5 | None = None


class BusinessDetails(Wire, frozen=True, kw_only=True):
    """Name, website and logo of a party (mod_locations, "BusinessDetails")."""

    name: String100
    website: Url | None = None
    logo: Image | None = None
