"""All objects of a module, ours or peers', page after page: lists of the API, and exports.

A page is found by where the last one ended, as in `pages.py`; of several peers one comes after the other.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TypeVar

import msgspec

from ocpilot.app.kept.records import ObjectKey, PageCursor, PageQuery, Record, StoredObject
from ocpilot.app.ocpi.concerns import ABOUT_TOKENS, concerns
from ocpilot.app.ocpi.homes import home
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.base.errors import MissingParameter, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID

T = TypeVar("T")

OURS = "ours"
PEERS = "peers"
#: Pages that are looked through for one: beyond that it comes shorter than asked for.
_MOST_LOOKS = 10


class Wanted(Record, frozen=True, kw_only=True):
    """What is listed. `owners` are the peers' numbers, None is us; `only` is the party a key is limited to."""

    module: ModuleID
    sub: str | None = None
    owners: tuple[int | None, ...] = (None,)
    party: PartyId | None = None
    only: PartyId | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None


class Place(Record, frozen=True):
    """Where a page ended: `after` is None at the first object of this owner."""

    owner: int | None
    after: PageCursor | None


class Part(Record, frozen=True):
    """A page; `next` is None at the end."""

    items: tuple[StoredObject, ...]
    next: Place | None


async def owners_named(platform: Platform, word: str) -> tuple[int | None, ...]:
    """`ours`, `peers` or the name of one peer; NotFound."""
    if word == OURS:
        return (None,)
    if word == PEERS:
        return tuple(sorted(peer.id for peer in await platform.store.peers.all()))
    return ((await peers.named(platform, word)).id,)


async def part(platform: Platform, wanted: Wanted, place: Place | None, limit: int) -> Part:
    """At most `limit` objects from `place` on, in the order of their last change."""
    found: list[StoredObject] = []
    owners = [one for one in wanted.owners if place is None or (one or 0) >= (place.owner or 0)]
    here = place
    for _ in range(_MOST_LOOKS):
        if not owners or len(found) == limit:
            break
        after = here.after if here and here.owner == owners[0] else None
        page = await home(platform, wanted.module).page(_query(wanted, owners[0], after, limit - len(found)))
        found += [one for one in page.items if wanted.only is None or concerns(wanted.only, one)]
        if page.next is None:
            owners = owners[1:]
        here = Place(owners[0], page.next) if owners else None
    return Part(tuple(found), here)


async def everything(platform: Platform, wanted: Wanted, limit: int = 500) -> AsyncIterator[StoredObject]:
    """All of it, in pages."""
    place: Place | None = None
    while True:
        found = await part(platform, wanted, place, limit)
        for stored in found.items:
            yield stored
        if found.next is None:
            return
        place = found.next


async def one(platform: Platform, key: ObjectKey, only: PartyId | None) -> StoredObject:
    """The object of this key, ours or a peer's; NotFound, also for one that is not about the party `only`."""
    whole = msgspec.structs.replace(key, sub="") if key.module is ModuleID.LOCATIONS else key
    if key.module is ModuleID.LOCATIONS:
        found = await platform.store.locations.find(key.id)
    else:
        found = await platform.store.objects.find(key.module, key.id)
    for stored in found:
        same = stored.key.party == key.party and stored.key.sub.lower() == whole.sub.lower()
        if same and (only is None or concerns(only, stored)):
            kept = await platform.store.locations.get(key, stored.peer_id) if key.sub and key != whole else stored
            if kept is not None:
                return kept
    raise NotFound(f"{key.module}: no {key.id!r} of {key.party}")


def written(place: object) -> str:
    """A place as text for a link."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(text: str, kind: type[T]) -> T:
    """The place in a text; MissingParameter when it is none."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise MissingParameter(f"cursor: found {text[:40]!r}, expected the one of the page before") from error


def place_in(text: str) -> Place:
    """The place in a list of objects; MissingParameter when it is none."""
    place = read(text, Place)
    if place.after is not None and place.after.last_updated.tzinfo is None:
        raise MissingParameter(f"cursor: found {text[:40]!r}, expected the one of the page before")
    return place


def _query(wanted: Wanted, owner: int | None, after: PageCursor | None, limit: int) -> PageQuery:
    # Sessions and CDRs of one party of ours may be about a Token of another: those are looked at one by one.
    narrowed = wanted.only if owner is None and wanted.module not in ABOUT_TOKENS else None
    return PageQuery(
        module=wanted.module,
        sub=wanted.sub,
        party=wanted.party or narrowed,
        limit=limit,
        peer_id=owner,
        date_from=wanted.updated_from,
        date_to=wanted.updated_to,
        after=after,
    )
