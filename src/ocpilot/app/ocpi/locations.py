"""Locations in both interfaces, at every level: Location, EVSE, Connector (mod_locations, "Interfaces and endpoints").

An EVSE is a row of its own, and a Connector a part of that row, so a status change touches one EVSE only. What changes
takes the `last_updated` of its parents along.
"""

from collections.abc import Callable

from msgspec.structs import replace

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.access_point import shown_to
from ocpilot.app.ocpi.exchange import Answer, Call, stored_answer
from ocpilot.app.ocpi.in_version import body_in, text_in
from ocpilot.app.ocpi.owned import check_same, checked, kept, key_in_url, patch_in, patched
from ocpilot.app.ocpi.visibility import may_read, require_receiver
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import fold
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.v230 import EVSE, Connector, Location

# ---- reading -------------------------------------------------------------------------------------------------------


async def sender_get(platform: Platform, call: Call) -> Answer:
    """GET of one Location, EVSE or Connector of ours; the URL names no party, ids are unique on our platform."""
    require_receiver(call.peer, call.module)
    found = await platform.store.locations.find(call.path["id"])
    visible = [one for one in found if may_read(call, one)]
    if not visible:
        raise NotFound(f"no Location {call.path['id']!r}")
    return await _part(platform, call, visible[0].key, visible[0].peer_id)


async def receiver_get(platform: Platform, call: Call) -> Answer:
    """GET of one Location, EVSE or Connector as this peer sent it."""
    return await _part(platform, call, key_in_url(call), call.peer.id)


async def _part(platform: Platform, call: Call, location: ObjectKey, peer_id: int | None) -> Answer:
    stored = await platform.store.locations.get(_at_evse(location, call.path.get("evse_uid", "")), peer_id)
    if stored is None:
        raise _unknown(call)
    if "evse_uid" not in call.path:
        return Answer(data=await text_in(platform, stored, call.version))
    evse = body_in(EVSE, stored, call.version)
    if "connector_id" not in call.path:
        return Answer(data=codec.dumps(evse))
    return Answer(data=codec.dumps(_connectors(evse)[_place(call, evse)]))


# ---- writing -------------------------------------------------------------------------------------------------------


async def receiver_put(platform: Platform, call: Call) -> Answer:
    """PUT of a whole Location."""
    key = key_in_url(call)
    body = checked(call, Location, call.object(), _location_url(key), Context(party=key.party))
    stored = kept(call, key, body)
    if platform.settings.access_point is not None:
        before = await platform.store.locations.get(key, call.peer.id)
        stored = replace(stored, audience=shown_to(platform.settings, stored, before))
    return stored_answer(await platform.store.locations.put(stored))


async def receiver_put_evse(platform: Platform, call: Call) -> Answer:
    """PUT of one EVSE of a Location we have; the Location's `last_updated` follows."""
    key = _at_evse(key_in_url(call), call.path["evse_uid"])
    body = checked(call, EVSE, call.object(), {"uid": key.sub})
    return stored_answer(await platform.store.locations.put(kept(call, key, body)))


async def receiver_put_connector(platform: Platform, call: Call) -> Answer:
    """PUT of one Connector of an EVSE we have; `last_updated` of both parents follows."""
    connector = checked(call, Connector, call.object(), {"id": call.path["connector_id"]})
    created = False

    def change(stored: StoredObject) -> StoredObject:
        nonlocal created
        evse = body_in(EVSE, stored, call.version)
        place = _place(call, evse, new=True)
        created = place == len(_connectors(evse))
        return kept(call, stored.key, _with_connector(call, evse, place, connector))

    await _modify_evse(platform, call, change)
    return stored_answer(created)


async def receiver_patch(platform: Platform, call: Call) -> Answer:
    """PATCH of a Location."""
    patch = patch_in(platform, call)
    key = key_in_url(call)

    def change(stored: StoredObject) -> StoredObject:
        new = patched(call, Location, stored, patch, _location_url(key))
        return replace(new, audience=shown_to(platform.settings, new, stored))

    if await platform.store.locations.modify(key, call.peer.id, change) is None:
        raise _unknown(call)
    return Answer()


async def receiver_patch_evse(platform: Platform, call: Call) -> Answer:
    """PATCH of an EVSE, most often of its status."""
    patch = patch_in(platform, call)

    def change(stored: StoredObject) -> StoredObject:
        return patched(call, EVSE, stored, patch, {"uid": call.path["evse_uid"]})

    await _modify_evse(platform, call, change)
    return Answer()


async def receiver_patch_connector(platform: Platform, call: Call) -> Answer:
    """PATCH of a Connector."""
    patch = patch_in(platform, call)

    def change(stored: StoredObject) -> StoredObject:
        evse = body_in(EVSE, stored, call.version)
        place = _place(call, evse)
        received = codec.read_patch(Connector, call.version, _connectors(evse)[place], patch)
        check_same(received.body, {"id": call.path["connector_id"]}, "Connector")
        return kept(call, stored.key, _with_connector(call, evse, place, received.body))

    await _modify_evse(platform, call, change)
    return Answer()


async def _modify_evse(platform: Platform, call: Call, change: Callable[[StoredObject], StoredObject]) -> None:
    key = _at_evse(key_in_url(call), call.path["evse_uid"])
    if await platform.store.locations.modify(key, call.peer.id, change) is None:
        raise _unknown(call)


# ---- parts ---------------------------------------------------------------------------------------------------------


def _at_evse(location: ObjectKey, evse_uid: str) -> ObjectKey:
    return replace(location, sub=evse_uid)


def _location_url(key: ObjectKey) -> dict[str, str]:
    return {"country_code": key.party.country_code, "party_id": key.party.party_id, "id": key.id}


def _connectors(evse: codec.Body) -> list[codec.Body]:
    connectors = evse.get("connectors")
    return [one for one in connectors if isinstance(one, dict)] if isinstance(connectors, list) else []


def _place(call: Call, evse: codec.Body, *, new: bool = False) -> int:
    """Where the Connector of the URL stands in its EVSE; past the end when it is new and may be."""
    connectors = _connectors(evse)
    for place, connector in enumerate(connectors):
        if fold(str(connector.get("id"))) == fold(call.path["connector_id"]):
            return place
    if new:
        return len(connectors)
    raise _unknown(call)


def _with_connector(call: Call, evse: codec.Body, place: int, connector: codec.Body) -> codec.Body:
    """The EVSE with this Connector and a `last_updated` that is not before it, checked as a whole."""
    connectors = _connectors(evse)
    connectors[place : place + 1] = [connector]
    newest = max(time.parse(str(one["last_updated"])) for one in (evse, connector))
    changed = evse | {"connectors": connectors, "last_updated": time.write(newest)}
    return checked(call, EVSE, changed, {"uid": call.path["evse_uid"]})


def _unknown(call: Call) -> NotFound:
    return NotFound("unknown: " + "/".join(call.path.values()))
