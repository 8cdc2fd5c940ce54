"""What we offer: our own Locations, Tariffs and Tokens, taken over from OCPI objects in any version we speak."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi import tariffs, tokens, visibility
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.ocpi.homes import home, put_ours, put_whole
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject
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
    """Store a Location of ours, new or changed; every provider it is for gets it: all of them, unless it was said to be
    for one party."""
    await put_ours(platform, own(location_key(location), location, location.last_updated))


#: `audience` of objects that are for everybody from now on.
EVERYBODY = "*"


async def take_over(
    platform: Platform, data: bytes, version: Version | None = None, audience: str | None = None
) -> tuple[ObjectKey, ...]:
    """Store every object of a file: one object, a list, or an OCPI envelope. `version` None is guessed per object.

    `audience` is the party (`SERES`) they are for, EVERYBODY, or None: for whom they were, everybody when they are new.
    Fields the standard does not name are kept. InvalidObject names every problem of every object, Conflict what cannot
    be taken back from those who have it; then nothing is stored.
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
    addressed = [await _addressed(platform, stored, audience) for stored in found]
    for before, stored in addressed:
        await _put(platform, before, stored)
    return tuple(stored.key for stored in found)


async def _addressed(
    platform: Platform, stored: StoredObject, audience: str | None
) -> tuple[StoredObject | None, StoredObject]:
    """What was there before, and the new object for those it is for.

    OCPI has no way to tell a peer that a Location or Token it has is not for it any more (mod_locations, mod_tokens:
    deleting is not possible), so these cannot be taken back from those who have them.
    """
    before = await home(platform, stored.key.module).get(stored.key)
    if audience is None:
        return before, replace(stored, audience=before.audience if before else None)
    wanted = None if audience == EVERYBODY else audience
    narrower = before is not None and wanted is not None and before.audience != wanted
    if narrower and stored.key.module is not ModuleID.TARIFFS:
        whose = before.audience if before else None
        raise Conflict(
            f"{stored.key.module} {stored.key.party} {stored.key.id} is known to {whose or 'every peer'} already and "
            f"cannot be taken back: give what is for {wanted} alone another id"
        )
    return before, replace(stored, audience=wanted)


async def _put(platform: Platform, before: StoredObject | None, stored: StoredObject) -> None:
    """A Tariff that is for fewer is deleted first: so whoever had it hears that it is gone."""
    if before is not None and stored.audience is not None and before.audience != stored.audience:
        await platform.store.objects.delete(stored.key)
    await put_whole(platform, stored)


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
