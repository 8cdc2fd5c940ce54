"""What we offer: our own Locations, Tariffs and Tokens, taken over from OCPI objects in any version we speak."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from ocpilot.app import tariffs, tokens, visibility
from ocpilot.app.bodies import own
from ocpilot.app.classes import class_of
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, StoredObject
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.wire import codec, kinds
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.texts import objects_in
from ocpilot.wire.v230 import CDR, Location, Session, Tariff, Token

#: What we offer of ourselves; Sessions and CDRs come of charges.
OFFERED = (ModuleID.LOCATIONS, ModuleID.TARIFFS, ModuleID.TOKENS)


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
        raise _no_object_of_ours("nothing", OFFERED)
    for path, body in objects:
        try:
            found.append(readable(platform, body, version))
        except InvalidObject as error:
            problems += [rooted(one, path) for one in error.problems]
    if problems:
        raise InvalidObject(problems, "file")
    for stored in found:
        home = platform.store.locations if stored.key.module is ModuleID.LOCATIONS else platform.store.objects
        await home.put(stored)
    return tuple(stored.key for stored in found)


def readable(
    platform: Platform, body: object, version: Version | None, modules: Collection[ModuleID] = OFFERED
) -> StoredObject:
    """An object of ours, of one of these modules, ready for the store; InvalidObject says all that is wrong with it."""
    kind = kinds.guess_kind(body) if isinstance(body, dict) else None
    if kind is None or not isinstance(body, dict):
        raise _no_object_of_ours("no object of the standard", modules)
    spoken = version or kinds.guess_version(kind, body)
    received = codec.read(kind.cls, spoken, body)
    place = _place(received.value)
    if place is None or place[0].module not in modules:
        raise _no_object_of_ours(kind.name, modules)
    key, last_updated = place
    check_party(platform, key.party)
    return StoredObject(
        key=key,
        version=spoken,
        body=codec.dumps(received.body).decode(),
        last_updated=last_updated,
        audience=visibility.audience_of(received.value),
    )


def rooted(problem: Problem, path: str) -> Problem:
    """The problem of an object that stands at `path`."""
    return msgspec.structs.replace(problem, path=path + problem.path.removeprefix("$"))


def _place(value: Wire) -> tuple[ObjectKey, datetime] | None:
    """Where an object of ours is kept, and how new it is; None for a kind that stands alone nowhere."""
    match value:
        case Location():
            return location_key(value), value.last_updated
        case Tariff():
            return tariffs.key_of(PartyId.of(value.country_code, value.party_id), value.id), value.last_updated
        case Token():
            return tokens.key_of(value), value.last_updated
        case Session() | CDR():
            module = ModuleID.SESSIONS if isinstance(value, Session) else ModuleID.CDRS
            party = PartyId.of(value.country_code, value.party_id)
            return ObjectKey(module=module, party=party, id=value.id), value.last_updated
        case _:
            return None


def _no_object_of_ours(found: str, modules: Collection[ModuleID]) -> InvalidObject:
    *names, last = [class_of(module).__name__ for module in modules]
    return InvalidObject([Problem(path="$", found=found, expected=f"a {', '.join(names)} or {last}")])


def check_party(platform: Platform, party: PartyId) -> None:
    """InvalidObject unless the party is one of ours."""
    ours = [one.id for one in platform.settings.parties]
    if party not in ours:
        expected = "a party of ours: " + ", ".join(map(str, ours))
        raise InvalidObject([Problem(path="$.party_id", found=str(party), expected=expected)])
