"""The routing headers: from which party to which party a message goes (transport_and_format, "Message Routing")."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID

FROM_COUNTRY = "OCPI-from-country-code"
FROM_PARTY = "OCPI-from-party-id"
TO_COUNTRY = "OCPI-to-country-code"
TO_PARTY = "OCPI-to-party-id"
_LOWER = tuple(name.lower() for name in (FROM_COUNTRY, FROM_PARTY, TO_COUNTRY, TO_PARTY))

#: Configuration modules are between platforms and carry no routing headers.
UNROUTED = frozenset({ModuleID.CREDENTIALS, ModuleID.HUB_CLIENT_INFO})


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The party a message comes from and the one it goes to; None when the header is absent."""

    sender: PartyId | None = None
    receiver: PartyId | None = None

    def back(self) -> "Route":
        """The way of the response."""
        return Route(sender=self.receiver, receiver=self.sender)


#: Where nobody says from whom to whom.
DIRECT = Route()


def read(headers: Mapping[str, str]) -> Route:
    """The route in headers (names in any case); half a party counts as none."""
    lower = {name.lower(): value for name, value in headers.items()}
    country, party, to_country, to_party = _LOWER
    return Route(
        sender=_party(lower.get(country), lower.get(party)),
        receiver=_party(lower.get(to_country), lower.get(to_party)),
    )


def headers(route: Route) -> dict[str, str]:
    """The headers of a route; those of an unknown party are left out."""
    written: dict[str, str] = {}
    if route.receiver is not None:
        written |= {TO_COUNTRY: route.receiver.country_code, TO_PARTY: route.receiver.party_id}
    if route.sender is not None:
        written |= {FROM_COUNTRY: route.sender.country_code, FROM_PARTY: route.sender.party_id}
    return written


@lru_cache(maxsize=1024)
def _party(country_code: str | None, party_id: str | None) -> PartyId | None:
    if not country_code or not party_id or len(country_code) != 2 or len(party_id) != 3:
        return None
    if not (country_code + party_id).isascii():
        return None  # upper-cased it might not fit in the header of the response
    return PartyId.of(country_code, party_id)
