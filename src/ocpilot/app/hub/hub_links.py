"""Links of lists that we pass on: to the member who asks they lead to us, and we follow them only into the same list.

Where a list goes on is sealed into our Link, so nobody else can follow it, and it names no address of a member.
"""

import base64
import binascii
import logging
from collections.abc import Mapping

import msgspec

from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi.exchange import Call
from ocpilot.app.partners.hub_members import Member
from ocpilot.app.platform import Platform
from ocpilot.base.errors import ForbiddenAddress, HubError, MissingParameter, OcpilotError
from ocpilot.base.ids import PartyId
from ocpilot.roaming.addresses import below
from ocpilot.wire.paging import page_url, read_headers

log = logging.getLogger(__name__)

#: The parameter of our Links.
PAGE = "hub_page"


class Page(Record, frozen=True):
    """The next page of a list of `party`, for the one peer (`caller`) and party (`sender`) that asked."""

    caller: int
    party: str
    sender: str | None
    url: str


def next_page(
    platform: Platform, call: Call, member: Member, sender: PartyId | None, headers: Mapping[str, str]
) -> str | None:
    """Our URL for the next page that the headers of a member name; None on the last one.

    HubError when it is not below the member's own endpoint.
    """
    roles = {one.role: one.url for one in member.peer.endpoints if one.identifier == call.module}
    endpoint = roles.get(call.interface, "")
    try:
        found = read_headers(headers, endpoint).next_url
        url = None if found is None else below(found, endpoint)
    except (ForbiddenAddress, ValueError) as error:
        log.warning("passing on a list of %s: %s", member.party, error)
        raise HubError(f"the Link of {member.party} leads out of its list") from error
    if url is None:
        return None
    page = Page(caller=call.peer.id, party=member.party.key, sender=sender.key if sender else None, url=url)
    sealed = platform.sealing.seal(msgspec.json.encode(page).decode())
    return page_url(call.url, [(PAGE, base64.urlsafe_b64encode(sealed).decode().rstrip("="))])


def opened(platform: Platform, call: Call) -> Page:
    """The page that a Link of ours leads to; MissingParameter (2001) when it was not handed out to this peer."""
    text = call.query[PAGE]
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        page = msgspec.json.decode(platform.sealing.open(sealed), type=Page)
    except (binascii.Error, ValueError, msgspec.DecodeError, OcpilotError):
        page = None
    if page is None or page.caller != call.peer.id:
        raise MissingParameter(f"{PAGE}: found {text[:40]!r}, expected the one from our Link")
    return page
