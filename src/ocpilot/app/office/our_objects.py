"""Our own Locations, EVSEs, Tariffs and Tokens as a back office reads and writes them: whole, checked, in 2.3.0.

What is written goes the way of everything we offer: into the store with its row in the change log, and so to peers.
"""

import hashlib
from collections.abc import Callable

from msgspec.structs import replace

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi import status_history, visibility
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.ocpi.homes import home, put_ours
from ocpilot.app.ocpi.in_version import body_in, text_in
from ocpilot.app.ocpi.owned import check_same
from ocpilot.app.office.catalogue import check_party
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.errors import ChangedMeanwhile, NotFound
from ocpilot.wire import codec
from ocpilot.wire.codec import Body
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE, Status


class Held(Record, frozen=True):
    """An object as it is read: JSON text in 2.3.0, and the tag that names this one state of it."""

    text: bytes
    tag: str


class Written(Record, frozen=True):
    """What is held after a write, and whether the object is new."""

    held: Held
    created: bool


async def held(platform: Platform, stored: StoredObject) -> Held:
    """A stored object, ours or a peer's."""
    text = await text_in(platform, stored, OWN_VERSION, EVSE if _is_evse(stored.key) else None)
    return Held(text=text, tag=_tag(stored))


async def get(platform: Platform, key: ObjectKey) -> Held:
    """An object of ours; NotFound."""
    stored = await home(platform, key.module).get(key)
    if stored is None:
        raise _missing(key)
    return await held(platform, stored)


async def put(platform: Platform, key: ObjectKey, body: object, expected: str | None = None) -> Written:
    """Create or replace an object of ours. `expected` is the tag it must have now (`*`: any, but it must be there).

    Without `last_updated` it is of now. InvalidObject with every problem, ChangedMeanwhile when the tag is another one.
    """
    new = _checked(platform, key, body)
    if expected is None:
        created = await put_ours(platform, new)
    else:
        created = False
        await _modify(platform, key, expected, lambda _: new)
    return Written(held=await get(platform, key), created=created)


async def patch(platform: Platform, key: ObjectKey, changes: Body, expected: str | None = None) -> Held:
    """Change fields of an object of ours by a JSON merge patch (RFC 7396); NotFound, and errors as `put`."""

    def change(stored: StoredObject) -> StoredObject:
        merged = merge(body_in(_class(key), stored, OWN_VERSION), changes)
        if changes.get("last_updated") is None:
            merged["last_updated"] = time.write(platform.clock())
        return _checked(platform, stored.key, merged)

    await _modify(platform, key, expected, change)
    return await get(platform, key)


async def delete(platform: Platform, key: ObjectKey, expected: str | None = None) -> None:
    """Take a Tariff back; an EVSE gets the status REMOVED, which is how the standard takes one away (mod_locations,
    "Flow and Lifecycle"). NotFound."""
    if _is_evse(key):
        await patch(platform, key, {"status": str(Status.REMOVED)}, expected)
        return
    if not await platform.store.objects.delete(key, check=lambda kept: _require(kept, expected)):
        raise _missing(key, expected)


def merge(kept: Body, changes: Body) -> Body:
    """A JSON object with a merge patch applied (RFC 7396, 2): objects merge, null removes, all else replaces."""
    merged = dict(kept)
    for name, change in changes.items():
        inside = merged.get(name)
        if change is None:
            merged.pop(name, None)
        elif isinstance(change, dict):
            merged[name] = merge(inside if isinstance(inside, dict) else {}, change)
        else:
            merged[name] = change
    return merged


async def _modify(
    platform: Platform, key: ObjectKey, expected: str | None, change: Callable[[StoredObject], StoredObject]
) -> None:
    def checked(stored: StoredObject) -> StoredObject:
        _require(stored, expected)
        return replace(change(stored), audience=stored.audience)

    written = await home(platform, key.module).modify(key, None, checked)
    if written is None:
        raise _missing(key, expected)
    await status_history.written(platform, written)


def _require(stored: StoredObject, expected: str | None) -> None:
    if expected not in (None, "*", _tag(stored)):
        key = stored.key
        raise ChangedMeanwhile(f"{key.module} {key.party}/{key.id}: it is in another state than If-Match names")


def _checked(platform: Platform, key: ObjectKey, body: object) -> StoredObject:
    """A body as it is stored; InvalidObject for one that breaks the standard or is not the one of the key."""
    cls = _class(key)
    check_party(platform, key.party)
    received = codec.read(cls, OWN_VERSION, body, came_at=platform.clock())
    check_same(received.body, _named(key), cls.__name__)
    named = {ModuleID.TOKENS: "uid"}.get(key.module, "id")
    spelled = key if _is_evse(key) else replace(key, id=str(received.body[named]))
    return StoredObject(
        key=spelled,
        version=OWN_VERSION,
        body=codec.dumps(received.body).decode(),
        last_updated=time.parse(str(received.body["last_updated"])),
        audience=visibility.audience_of(received.value),
    )


def _named(key: ObjectKey) -> dict[str, str]:
    """The fields of a body that its URL names too."""
    if _is_evse(key):
        return {"uid": key.sub}
    owner = {"country_code": key.party.country_code, "party_id": key.party.party_id}
    return owner | ({"uid": key.id, "type": key.sub} if key.module is ModuleID.TOKENS else {"id": key.id})


def _class(key: ObjectKey) -> type[Wire]:
    return EVSE if _is_evse(key) else class_of(key.module, key.sub)


def _is_evse(key: ObjectKey) -> bool:
    return key.module is ModuleID.LOCATIONS and bool(key.sub)


def _tag(stored: StoredObject) -> str:
    return hashlib.sha256(f"{stored.version} {stored.body}".encode()).hexdigest()[:32]


def _missing(key: ObjectKey, expected: str | None = None) -> ChangedMeanwhile | NotFound:
    part = f", EVSE {key.sub}" if _is_evse(key) else ""
    words = f"{key.module}: no {key.id!r} of {key.party}{part}"
    return NotFound(words) if expected is None else ChangedMeanwhile(f"{words}, so no state of it is as If-Match names")
