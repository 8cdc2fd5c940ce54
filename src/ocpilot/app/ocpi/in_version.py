"""Stored objects in the version that a peer speaks, those already in it without being parsed."""

from collections.abc import Sequence

from msgspec.structs import replace

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import context_of, object_in
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.platform import Platform
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import PROTOCOLS, ModuleID, Version
from ocpilot.wire.v230 import Location


async def json_list(platform: Platform, items: Sequence[StoredObject], version: Version) -> bytes:
    """The bodies as one JSON list in this version; made once when the states of all have a stamp."""
    stamps = tuple([stored.stamp for stored in items])
    kept = platform.texts.get((True, version, stamps))
    if kept is not None:
        return kept
    text = b"[" + b",".join([await _item(platform, stored, version) for stored in items]) + b"]"
    return platform.texts.keep((True, version, stamps), text, len(text)) if items and all(stamps) else text


async def _item(platform: Platform, stored: StoredObject, version: Version) -> bytes:
    """The same as `text_in`, made once when the state has a stamp. Only those of Locations have, whose text depends on
    nothing else."""
    key = (False, version, (stored.stamp,))
    kept = platform.texts.get(key)
    if kept is not None:
        return kept
    text = await text_in(platform, stored, version)
    return platform.texts.keep(key, text, len(text)) if stored.stamp else text


async def text_in(platform: Platform, stored: StoredObject, version: Version, cls: type[Wire] | None = None) -> bytes:
    """The body of a stored object (or EVSE, says `cls`) as JSON text of this version."""
    if stored.version == version:
        return stored.body.encode()
    context = await _with_location(platform, stored, version)
    kind = cls or class_of(stored.key.module, stored.key.sub)
    return codec.dumps(codec.convert(kind, object_in(stored), stored.version, version, context).body)


def body_in(cls: type[Wire], stored: StoredObject, version: Version) -> codec.Body:
    """The body of a stored object (or EVSE, says `cls`) as a JSON object of this version."""
    return codec.convert(cls, object_in(stored), stored.version, version, context_of(stored)).body


async def _with_location(platform: Platform, stored: StoredObject, version: Version) -> Context:
    """What the conversion needs: 2.1.1 wants the whole Location inside Sessions and CDRs."""
    context = context_of(stored)
    place = _place(stored) if PROTOCOLS[version].whole_locations else None
    if place is None:
        return context
    location = await platform.store.locations.get(place, stored.peer_id)
    if location is None:
        return context
    return replace(context, location=body_in(Location, location, stored.version))


def _place(stored: StoredObject) -> ObjectKey | None:
    """The Location of a Session or CDR."""
    body = object_in(stored)
    match stored.key.module:
        case ModuleID.SESSIONS:
            named = body.get("location_id")
        case ModuleID.CDRS:
            inside = body.get("cdr_location")
            named = inside.get("id") if isinstance(inside, dict) else None
        case _:
            named = None
    if not isinstance(named, str):
        return None
    return ObjectKey(module=ModuleID.LOCATIONS, party=stored.key.party, id=named)
