"""Which Tokens it may be that a driver shows at a station, by what he shows (OCPP 2.x, "IdTokenEnumType").

- A card (`ISO14443`, `ISO15693`), and whatever else has a uid: the Tokens with this uid, cards first; its bytes count
  in the order in which the station sends them, upper and lower case are the same.
- A contract (`eMAID`): the Tokens with this uid, else those with this contract id, written in whatever way.
- Nobody in particular (`NoAuthorization`, `Local`, `DirectPayment`): no Token; see `authorize.py`.
"""

from ocpilot.app.kept.records import StoredObject
from ocpilot.app.kept.station_events import IdToken
from ocpilot.app.ocpi import tokens
from ocpilot.app.platform import Platform
from ocpilot.base.ids import fold
from ocpilot.roaming import emaids
from ocpilot.wire.v230 import Token, TokenType

_CARDS = frozenset({"ISO14443", "ISO15693"})
_NOBODY = frozenset({"NoAuthorization", "Local", "DirectPayment"})


def is_contract(shown: IdToken) -> bool:
    """Whether it names a contract: it says so, or says nothing of what it is (1.6) and has the form."""
    return shown.kind == "eMAID" or (shown.kind is None and emaids.is_emaid(shown.value))


def is_nobody(shown: IdToken) -> bool:
    """Whether the station lets somebody charge without knowing him."""
    return shown.kind in _NOBODY


async def known(platform: Platform, shown: IdToken) -> tuple[tuple[StoredObject, Token], ...]:
    """The Tokens it may be, ours first."""
    if is_nobody(shown):
        return ()
    found = await tokens.known(platform, shown.value)
    if not found and is_contract(shown):
        found = await tokens.of_contract(platform, shown.value)
    if shown.kind in _CARDS:
        found = tuple(sorted(found, key=lambda one: one[1].type != TokenType.RFID))
    return found


def is_same(one: str, other: str) -> bool:
    """Whether two uids are the same Token, maybe written in another way."""
    if fold(one) == fold(other):
        return True
    return emaids.is_emaid(one) and emaids.is_emaid(other) and emaids.plain(one) == emaids.plain(other)
