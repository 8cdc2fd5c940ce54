"""Sender lists of all modules: query parameters in, one page of stored bodies out (transport_and_format, "Pagination").

A page is found by where the last one ended, not by counting rows: the `cursor` in the Link we hand out says where. So a
crawl neither loses nor repeats objects while data changes, and its last page costs as much as its first. The `offset`
beside it is for clients that take only offset and limit out of a Link and write the next URL themselves.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from ocpilot.app.kept.records import PageCursor, PageQuery, StoredObject
from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.ocpi.homes import home
from ocpilot.app.ocpi.in_version import json_list
from ocpilot.app.ocpi.visibility import may_see, not_told_of, require_receiver, viewer
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import MissingParameter
from ocpilot.wire.paging import headers, page_url

#: An offset is a row count of PostgreSQL, a limit a page we are willing to send.
_LARGEST_OFFSET = 2**31 - 1
#: Parameters that a Link repeats; the last two are those of BookingLocations (mod_bookings, "GET BookingLocations").
_FILTERS = ("date_from", "date_to", "timeslot_from", "timeslot_to")

Wanted = Callable[[StoredObject], bool]


def _all(_: StoredObject) -> bool:
    return True


async def sender_list(platform: Platform, call: Call, sub: str | None = None, wanted: Wanted = _all) -> Answer:
    """GET of a Sender interface: our objects (of one kind) that this peer may see, oldest change first.

    `wanted` is a filter of the module's own; what it leaves out is still counted in the total.
    """
    require_receiver(call.peer, call.module)
    query = page_query(call, platform.settings.roaming.page_limit, sub)
    page = await home(platform, call.module).page(query)
    seen = {audience for audience in {one.audience for one in page.items} if may_see(call.peer, call.module, audience)}
    visible = [one for one in page.items if one.audience in seen and wanted(one)]
    next_url = None if page.next is None else _next_url(call, query.limit, page.next)
    limit = platform.settings.roaming.page_limit
    paging = headers(total=page.total, limit=limit, next_url=next_url)
    return Answer(data=await json_list(platform, visible, call.version), headers=paging)


def page_query(call: Call, largest: int, sub: str | None = None) -> PageQuery:
    """The query of a list; MissingParameter (2001) names the parameter that is wrong and what it held."""
    query = call.query
    date_from, date_to = moment_in(query, "date_from"), moment_in(query, "date_to")
    if date_from is not None and date_to is not None and date_from > date_to:
        raise MissingParameter(f"date_from: found {time.write(date_from)}, expected nothing after date_to")
    at_hub, after = call.at_hub, _cursor(query)
    everyones = at_hub is not None and at_hub.member is None
    return PageQuery(
        module=call.module,
        sub=sub,
        limit=min(_whole(query, "limit", 1) or largest, largest),
        viewer=at_hub.viewer if at_hub else viewer(call.peer, call.module),
        peer_id=at_hub.member if at_hub else None,
        but_of=call.peer.id if everyones else None,
        party=at_hub.party if at_hub else None,
        but_parties=not_told_of(call.peer, call.module),
        date_from=date_from,
        date_to=date_to,
        offset=_offset(query) if after is None else 0,
        after=after,
    )


def _offset(query: Mapping[str, str]) -> int:
    return min(_whole(query, "offset", 0) or 0, _LARGEST_OFFSET)


def _whole(query: Mapping[str, str], name: str, least: int) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < least:
        raise MissingParameter(f"{name}: found {text!r}, expected a whole number from {least}")
    return int(text)


def moment_in(query: Mapping[str, str], name: str) -> datetime | None:
    """A DateTime among the query parameters; MissingParameter (2001) when it is none."""
    text = query.get(name)
    if text is None or text == "":
        return None
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        return time.parse(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise MissingParameter(f"{name}: found {text!r}, expected a DateTime such as 2015-06-29T22:39:09Z") from error


def _next_url(call: Call, limit: int, cursor: PageCursor) -> str:
    filters = [(name, call.query[name]) for name in _FILTERS if call.query.get(name)]
    offset = min(_offset(call.query) + limit, _LARGEST_OFFSET)
    return page_url(call.url, [*filters, ("offset", str(offset)), ("limit", str(limit)), ("cursor", _written(cursor))])


def _written(cursor: PageCursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _cursor(query: Mapping[str, str]) -> PageCursor | None:
    text = query.get("cursor")
    if not text:
        return None
    try:
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=PageCursor)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise MissingParameter(f"cursor: found {text[:40]!r}, expected the one from our Link") from error
    if cursor.last_updated.tzinfo is None:
        raise MissingParameter(f"cursor: found {text[:40]!r}, expected the one from our Link")
    return cursor
