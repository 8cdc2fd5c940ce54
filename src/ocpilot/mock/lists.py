"""Sender interfaces: lists in pages, and one Location, EVSE or Connector (transport_and_format, "Pagination")."""

import random
from collections.abc import Callable
from datetime import datetime

from ocpilot.base import time
from ocpilot.base.errors import MissingParameter, NotFound
from ocpilot.base.ids import fold
from ocpilot.mock.exchange import Asked, Reply
from ocpilot.mock.faults import Fault
from ocpilot.mock.memory import changed
from ocpilot.mock.oddities import spoiled
from ocpilot.mock.partner import Partner
from ocpilot.wire import paging
from ocpilot.wire.codec import Body
from ocpilot.wire.protocol import ModuleID


def listed(partner: Partner, asked: Asked) -> Reply:
    """One page of our objects, those that changed first in front."""
    asked.only("GET")
    hits = partner.faults.hits
    found = _between(partner, asked)
    if hits(Fault.MOVING_PAGES):
        found = random.sample(found, len(found))
    offset = 0 if hits(Fault.OFFSET_IGNORED) else _whole(partner, asked, "offset", 0)
    limit = min(_whole(partner, asked, "limit", partner.page_limit), partner.page_limit)
    page = found[offset : offset + limit + (1 if hits(Fault.LIMIT_IGNORED) else 0)]
    bodies = [_as_asked(partner, asked, body) for body in page]
    data = {"objects": bodies} if hits(Fault.LIST_IS_OBJECT) else bodies
    return Reply(data=data, headers=_headers(partner, asked, len(found), offset, limit))


def _between(partner: Partner, asked: Asked) -> list[Body]:
    """Our objects of the module that changed in the interval asked for."""
    hits = partner.faults.hits
    bodies = partner.clients() if asked.module is ModuleID.HUB_CLIENT_INFO else partner.memory.own.get(asked.module, [])
    if hits(Fault.DATES_IGNORED):
        return list(bodies)
    start, end = _moment(partner, asked, "date_from"), _moment(partner, asked, "date_to")
    if start is None and end is None:
        return bodies
    after: Callable[[datetime, datetime], bool] = (
        datetime.__gt__ if hits(Fault.DATE_FROM_EXCLUSIVE) else datetime.__ge__
    )
    before: Callable[[datetime, datetime], bool] = datetime.__le__ if hits(Fault.DATE_TO_INCLUSIVE) else datetime.__lt__
    return [
        body
        for body in bodies
        if (start is None or after(changed(body), start)) and (end is None or before(changed(body), end))
    ]


def _headers(partner: Partner, asked: Asked, total: int, offset: int, limit: int) -> dict[str, str]:
    hits = partner.faults.hits
    more = offset + limit < total or hits(Fault.ENDLESS_LINK)
    start = offset + limit + _shift(partner) if offset + limit < total else offset
    filters = [(name, asked.query[name]) for name in ("date_from", "date_to") if asked.query.get(name)]
    kept = [] if hits(Fault.LINK_FORGETS_FILTERS) else filters
    url = paging.page_url(asked.url, [*kept, ("offset", str(start)), ("limit", str(limit))])
    shown = total + 1 if hits(Fault.WRONG_TOTAL) else total
    following = url if more and not hits(Fault.NO_LINK) else None
    written = paging.headers(total=shown, limit=partner.page_limit, next_url=following)
    left_out = {paging.TOTAL} if hits(Fault.NO_TOTAL) else set()
    left_out |= {paging.LIMIT} if hits(Fault.NO_LIMIT) else set()
    return {name: value for name, value in written.items() if name not in left_out}


def _shift(partner: Partner) -> int:
    """How far the next page begins from where it should."""
    return int(partner.faults.hits(Fault.LOST_OBJECT)) - int(partner.faults.hits(Fault.REPEATED_OBJECT))


def one(partner: Partner, asked: Asked) -> Reply:
    """GET of one Location, EVSE or Connector of ours."""
    asked.only("GET")
    body = partner.memory.one(asked.module, asked.segments[0])
    if body is None:
        raise NotFound(f"no {asked.module} {asked.segments[0]}")
    if partner.faults.hits(Fault.OTHER_ID):
        body = body | {"id": f"{body['id']}-other"}
    found = _as_asked(partner, asked, body)
    for name, wanted in zip((("evses", "uid"), ("connectors", "id")), asked.segments[1:], strict=False):
        found = _inner(found, name, wanted)
    return Reply(data=found)


def _inner(body: Body, name: tuple[str, str], wanted: str) -> Body:
    items = body.get(name[0])
    for item in items if isinstance(items, list) else []:
        if fold(str(item[name[1]])) == fold(wanted):
            inner: Body = item
            return inner
    raise NotFound(f"no {name[0]} {wanted}")


def _as_asked(partner: Partner, asked: Asked, body: Body) -> Body:
    return spoiled(partner.faults, partner.memory.in_version(asked.module, body, asked.version, partner.party))


def _whole(partner: Partner, asked: Asked, name: str, usual: int) -> int:
    text = asked.query.get(name) or str(usual)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        if partner.faults.hits(Fault.BAD_PARAMETERS_TAKEN):
            return usual
        raise MissingParameter(f"{name}: found {text!r}, expected a whole number")
    return int(text)


def _moment(partner: Partner, asked: Asked, name: str) -> datetime | None:
    text = asked.query.get(name)
    try:
        return time.parse(text.strip().replace(" ", "+")) if text else None
    except ValueError as error:
        if partner.faults.hits(Fault.BAD_PARAMETERS_TAKEN):
            return None
        raise MissingParameter(f"{name}: {error}") from error
