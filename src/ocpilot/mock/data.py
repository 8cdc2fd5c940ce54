"""Own objects for the mock from a file: a list, an OCPI answer, or lists by module, in any version."""

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.mock.memory import CLASSES
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.kinds import guess_kind, guess_version
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.texts import objects_in


def read_objects(data: bytes, party: PartyId) -> dict[ModuleID, list[Body]]:
    """The objects of a file by module, as 2.3.0 bodies; those that name no owner are `party`'s.

    UserError for what is no object of a list; InvalidObject and BadJson as `wire.codec` says.
    """
    found: dict[ModuleID, list[Body]] = {}
    for body in _objects(codec.loads(data)):
        module, canonical = _canonical(body, party)
        found.setdefault(module, []).append(canonical)
    return found


def _objects(value: object) -> list[Body]:
    listed = [item for _, each in objects_in(value) for item in _by_module(each)]
    bodies = [one for one in listed if isinstance(one, dict)]
    if len(bodies) < len(listed):
        raise UserError("found something that is no JSON object, expected OCPI objects")
    return bodies


def _by_module(value: object) -> list[object]:
    """The objects in lists by module; what is none of these is an object itself."""
    if isinstance(value, dict) and value and set(value) <= set(ModuleID):
        return [one for listed in value.values() if isinstance(listed, list) for one in listed]
    return [value]


def _canonical(body: Body, party: PartyId) -> tuple[ModuleID, Body]:
    kind = guess_kind(body)
    module = next((module for module, cls in CLASSES.items() if kind is not None and cls is kind.cls), None)
    if kind is None or module is None:
        raise UserError(f"an object with the fields {', '.join(list(body)[:6])} is in no list of OCPI")
    version = guess_version(kind, body)
    return module, codec.body_of(codec.read(kind.cls, version, body, Context(party=party)).value)
