"""What we offer: our own Locations, Tariffs and Tokens, taken over from OCPI objects in any version we speak."""

from datetime import datetime

import msgspec

from ocpilot.app import tariffs, tokens, visibility
from ocpilot.app.bodies import own
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, StoredObject
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.wire import codec, kinds
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.texts import objects_in
from ocpilot.wire.v230 import Location, Tariff, Token


def location_key(location: Location) -> ObjectKey:
    """Where a Location is kept."""
    party = PartyId.of(location.country_code, location.party_id)
    return ObjectKey(module=ModuleID.LOCATIONS, party=party, id=location.id)


async def put_location(platform: Platform, location: Location) -> None:
    """Store a Location of ours, new or changed; every provider we are connected with gets it."""
    await platform.store.locations.put(own(location_key(location), location, location.last_updated))


async def take_over(platform: Platform, data: bytes, version: Version | None = None) -> tuple[ObjectKey, ...]:
    """Store every object of a file: one object, a list, or an OCPI envelope. `version` None is guessed per object.

    Fields the standard does not name are kept. InvalidObject names every problem of every object, and then nothing is
    stored.
    """
    found: list[StoredObject] = []
    problems: list[Problem] = []
    objects = list(objects_in(codec.loads(data)))
    if not objects:
        raise _no_object_of_ours("nothing")
    for path, body in objects:
        try:
            found.append(_readable(platform, body, version))
        except InvalidObject as error:
            problems += [msgspec.structs.replace(one, path=path + one.path.removeprefix("$")) for one in error.problems]
    if problems:
        raise InvalidObject(problems, "file")
    for stored in found:
        home = platform.store.locations if stored.key.module is ModuleID.LOCATIONS else platform.store.objects
        await home.put(stored)
    return tuple(stored.key for stored in found)


def _place(value: Wire) -> tuple[ObjectKey, datetime] | None:
    """Where an object of ours is kept, and how new it is; None for a kind that we do not offer."""
    match value:
        case Location():
            return location_key(value), value.last_updated
        case Tariff():
            return tariffs.key_of(PartyId.of(value.country_code, value.party_id), value.id), value.last_updated
        case Token():
            return tokens.key_of(value), value.last_updated
        case _:
            return None


def _readable(platform: Platform, body: object, version: Version | None) -> StoredObject:
    kind = kinds.guess_kind(body) if isinstance(body, dict) else None
    if kind is None or not isinstance(body, dict):
        raise _no_object_of_ours("no object of the standard")
    spoken = version or kinds.guess_version(kind, body)
    received = codec.read(kind.cls, spoken, body)
    place = _place(received.value)
    if place is None:
        raise _no_object_of_ours(kind.name)
    key, last_updated = place
    check_party(platform, key.party)
    return StoredObject(
        key=key,
        version=spoken,
        body=codec.dumps(received.body).decode(),
        last_updated=last_updated,
        audience=visibility.audience_of(received.value),
    )


def _no_object_of_ours(found: str) -> InvalidObject:
    return InvalidObject([Problem(path="$", found=found, expected="a Location, Tariff or Token")])


def check_party(platform: Platform, party: PartyId) -> None:
    """InvalidObject unless the party is one of ours."""
    ours = [one.id for one in platform.settings.parties]
    if party not in ours:
        expected = "a party of ours: " + ", ".join(map(str, ours))
        raise InvalidObject([Problem(path="$.party_id", found=str(party), expected=expected)])
