"""Which object a message is about, as far as its URL, the answer's Location and the body tell without being parsed."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import msgspec

from ocpilot.wire.protocol import ModuleID

_MODULES: frozenset[str] = frozenset(ModuleID)
_RESPONSE_URL = re.compile(rb'"response_url"\s*:\s*"([^"]+)"')
#: The id of an object that starts with plain fields.
_OWN_ID = re.compile(rb'\A\s*\{[^{}\[\]]*?"id"\s*:\s*"([^"\\]*)"')
#: Kinds of objects that lead the paths of a module with several (`app/ocpi/classes.py`).
_KINDS = frozenset({"terminals", "financial-advice-confirmations", "booking_locations"})


class Place(msgspec.Struct, frozen=True):
    """`party` as `SELAD`; None is not known. `sub` is what follows the id: an EVSE, a Connector, an action."""

    module: str | None = None
    party: str | None = None
    id: str | None = None
    sub: str | None = None


def place_of(
    module: str | None, url: str, segments: Sequence[str] | None, *, body: bytes = b"", location: str = ""
) -> Place:
    """What a message is about. `segments` are those below the endpoint; None: they follow the module's name in `url`,
    and so does the module where it is not known either."""
    if segments is None:
        module, segments = _below_module(module, url)
    if module == ModuleID.COMMANDS:
        return Place(module, id=_order_id(segments, body))
    found = _named(module, tuple(filter(None, segments)))
    if found.id is None and location:
        module_there, below = _below_module(module, location)
        found = _named(module_there, tuple(below))
    own = _OWN_ID.match(body) if found.id is None else None
    return Place(module, found.party, own.group(1).decode(errors="replace")) if own else found


def _below_module(module: str | None, url: str) -> tuple[str | None, Sequence[str]]:
    """The module, and the segments after its name; of a URL without one, the last segment."""
    whole = url if url.startswith("/") else urlsplit(url).path
    path = [unquote(one) if "%" in one else one for one in whole.split("/") if one]
    if module is not None:
        return module, path[path.index(module) + 1 :] if module in path else ()
    for at in range(len(path) - 1, -1, -1):
        if path[at] in _MODULES:
            return path[at], path[at + 1 :]
    return None, path[-1:]


@lru_cache(maxsize=512)
def _named(module: str | None, segments: tuple[str, ...]) -> Place:
    match segments:
        case [country, party, *rest] if len(country) == 2 and len(party) == 3:
            if rest and rest[0] in _KINDS:
                rest = [*rest[1:2], "/".join([rest[0], *rest[2:]])]
            return Place(module, (country + party).upper(), rest[0] if rest else None, "/".join(rest[1:]) or None)
        case [kind, ident, *_] if kind in _KINDS or module == ModuleID.CHARGING_PROFILES:
            return Place(module, None, ident, kind)
        case [ident, *rest] if ident not in _KINDS:
            return Place(module, None, ident, "/".join(rest) or None)
    return Place(module)


def _order_id(segments: Sequence[str], body: bytes) -> str | None:
    """A command is known by the end of its response_url: there its result goes."""
    if len(segments) > 1:
        return segments[-1]
    found = _RESPONSE_URL.search(body)
    path = urlsplit(found.group(1).decode(errors="replace").replace("\\/", "/")).path if found else ""
    return unquote(path.rstrip("/").rpartition("/")[2]) or None
