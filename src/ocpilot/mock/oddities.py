"""Objects that come out wrong, or odd and right, on their way out."""

import re
from collections.abc import Callable
from datetime import timedelta, timezone
from decimal import Decimal

from ocpilot.base import time
from ocpilot.mock.faults import Fault, Faults
from ocpilot.wire.codec import Body

_EAST = timezone(timedelta(hours=2))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def spoiled(faults: Faults, body: Body) -> Body:
    """A copy of `body` with the faults that hit."""
    for fault, change in _CHANGES.items():
        if faults.hits(fault):
            body = change(body)
    return body


def _without_time(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "last_updated"}


def _with_null_lists(body: Body) -> Body:
    return body | {name: None for name in ("images", "directions", "tariff_alt_text", "elements") if name not in body}


def _with_numbers_as_text(body: Body) -> Body:
    return _everywhere(body, lambda value: str(value) if _is_number(value) else value)


def _with_offsets(body: Body) -> Body:
    """The same moments, two hours east."""

    def local(value: object) -> object:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            return value
        return time.parse(value).astimezone(_EAST).isoformat(timespec="seconds")

    return _everywhere(body, local)


def _without_zone(body: Body) -> Body:
    return _everywhere(body, lambda value: value[:-1] if isinstance(value, str) and _TIME.fullmatch(value) else value)


def _with_unknown_enum(body: Body) -> Body:
    """Enums that are closed in every version: WhitelistType, Status, SessionStatus, AuthMethod, TariffDimensionType."""
    changed = body | {name: "PERHAPS" for name in ("whitelist", "status", "auth_method") if name in body}
    for name, inner, field in (("evses", "", "status"), ("elements", "price_components", "type")):
        items = changed.get(name)
        if isinstance(items, list):
            changed[name] = [_worded(item, inner, field) for item in items]
    return changed


def _worded(item: Body, inner: str, field: str) -> Body:
    if not inner:
        return item | {field: "PERHAPS"}
    items = item[inner]
    return item | {inner: [one | {field: "PERHAPS"} for one in items] if isinstance(items, list) else items}


def _with_short_coordinates(body: Body) -> Body:
    place = body.get("coordinates")
    if not isinstance(place, dict):
        return body
    return body | {"coordinates": {name: f"{Decimal(str(degrees)):.2f}" for name, degrees in place.items()}}


def _with_new_words(body: Body) -> Body:
    found = body | ({"facilities": ["MOON_BASE"]} if "facilities" in body else {})
    return found | ({"type": "OTHER"} if "whitelist" in body else {})


def _is_number(value: object) -> bool:
    return not isinstance(value, bool | str | list | dict) and value is not None


def _everywhere(body: Body, change: Callable[[object], object]) -> Body:
    return {name: _changed(value, change) for name, value in body.items()}


def _changed(value: object, change: Callable[[object], object]) -> object:
    if isinstance(value, dict):
        return _everywhere(value, change)
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    return change(value)


_CHANGES: dict[Fault, Callable[[Body], Body]] = {
    Fault.NO_LAST_UPDATED: _without_time,
    Fault.TIME_OFFSETS: _with_offsets,
    Fault.TIMES_WITHOUT_ZONE: _without_zone,
    Fault.NUMBERS_AS_TEXT: _with_numbers_as_text,
    Fault.NULL_LISTS: _with_null_lists,
    Fault.UNKNOWN_ENUM: _with_unknown_enum,
    Fault.SHORT_COORDINATES: _with_short_coordinates,
    Fault.NEW_FIELDS: lambda body: body | {"ocpilot_new_field": {"of": "a partner"}},
    Fault.NEW_WORDS: _with_new_words,
}
