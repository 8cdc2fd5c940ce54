"""Receiver interfaces: what the partner owns and sends is checked, kept, and given back (transport_and_format, "Client
Owned Object Push")."""

from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import BadRequest, InvalidObject, NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.problem import Problem
from ocpilot.mock.exchange import Asked, Reply
from ocpilot.mock.faults import Fault
from ocpilot.mock.memory import CLASSES, Key
from ocpilot.mock.partner import Partner
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.kinds import class_for, kind_of
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID
from ocpilot.wire.v230 import EVSE, Connector

#: Below a Location: the class, the list it stands in, the field that names it.
_INNER: tuple[tuple[type[Wire], str, str], ...] = ((EVSE, "evses", "uid"), (Connector, "connectors", "id"))
#: Modules whose objects are POSTed, and how to refuse that.
_POSTED = {ModuleID.CDRS: Fault.CDRS_REFUSED, ModuleID.INVOICE_RECONCILIATION: Fault.PUT_REFUSED}
_METHODS = {
    ModuleID.LOCATIONS: ("GET", "PUT", "PATCH"),
    ModuleID.TARIFFS: ("GET", "PUT", "DELETE"),
    ModuleID.SESSIONS: ("GET", "PUT", "PATCH"),
    ModuleID.CDRS: ("GET",),
    ModuleID.INVOICE_RECONCILIATION: ("GET", "PUT", "DELETE"),
    ModuleID.TOKENS: ("GET", "PUT", "PATCH"),
}


@dataclass(frozen=True)
class Place:
    """What a URL names: the whole object's key, and the ids of an EVSE and a Connector in it."""

    key: Key
    inner: tuple[str, ...]
    cls: type[Wire]
    party: PartyId

    @property
    def names(self) -> dict[str, str]:
        """The field of the body that the URL names too."""
        if self.inner:
            return {_INNER[len(self.inner) - 1][2]: self.inner[-1]}
        return {"uid" if self.key[0] is ModuleID.TOKENS else "id": self.key[2]}


def owned(partner: Partner, asked: Asked) -> Reply:
    """GET, PUT, PATCH and DELETE of an object of the partner; POST of a CDR or invoice reconciliation record."""
    if asked.module in _POSTED and not asked.segments:
        asked.only("POST")
        return _post(partner, asked)
    place = _place(partner, asked)
    changeable = asked.module is ModuleID.TARIFFS and PROTOCOLS[asked.version].tariff_patches
    asked.only(*_METHODS[asked.module], *(["PATCH"] if changeable else []))
    if asked.method == "GET":
        return Reply(data=_chain(partner, place)[-1])
    if partner.faults.hits(Fault.PUT_REFUSED) or (place.inner and partner.faults.hits(Fault.INNER_REFUSED)):
        raise BadRequest("not taken here")
    if asked.method == "DELETE":
        _chain(partner, place)
        if not partner.faults.hits(Fault.DELETE_FORGOTTEN):
            del partner.memory.received[place.key]
        return Reply()
    return _put(partner, asked, place) if asked.method == "PUT" else _patch(partner, asked, place)


def _place(partner: Partner, asked: Asked) -> Place:
    """NotFound for a path of another shape, and for a party that is none of the partner's."""
    if not 3 <= len(asked.segments) <= (5 if asked.module is ModuleID.LOCATIONS else 3):
        raise NotFound("no such resource")
    country_code, party_id, ident, *inner = asked.segments
    party = PartyId.of(country_code, party_id)
    if party not in partner.connection.parties and not partner.faults.hits(Fault.FOREIGN_ACCEPTED):
        raise NotFound(f"{party} is no party of yours")
    token_type = asked.query.get("type", "RFID") if asked.module is ModuleID.TOKENS else ""
    cls = _INNER[len(inner) - 1][0] if inner else CLASSES[asked.module]
    return Place((asked.module, party.key, fold(ident), token_type), tuple(inner), cls, party)


# ---- the three ways of writing -------------------------------------------------------------------------------------


def _put(partner: Partner, asked: Asked, place: Place) -> Reply:
    hits = partner.faults.hits
    body = _checked(partner, asked, place.cls, asked.object(), place)
    if hits(Fault.PUT_FORGOTTEN):
        return Reply(http=201)
    if place.inner:
        parents = _chain(partner, Place(place.key, place.inner[:-1], place.cls, place.party))
        new = _set(partner, parents, place, body)
    else:
        new = place.key not in partner.memory.received
        old = partner.memory.received.get(place.key, {}) if hits(Fault.PUT_MERGES) else {}
        partner.memory.received[place.key] = old | body
    return Reply(http=201 if new and not hits(Fault.ALWAYS_200) else 200)


def _patch(partner: Partner, asked: Asked, place: Place) -> Reply:
    patch = asked.object()
    if partner.faults.hits(Fault.PATCH_OF_NOTHING) and place.key not in partner.memory.received:
        return Reply()
    *parents, kept = _chain(partner, place)
    unstamped = not PROTOCOLS[asked.version].stamped_patches or partner.faults.hits(Fault.PATCH_WITHOUT_TIME)
    if unstamped and "last_updated" not in patch:
        patch = patch | {"last_updated": time.write(time.now())}
    kept, patch = _wrongly(partner, asked, place, kept, patch)
    body = _patched(partner, asked, place, kept, patch)
    if partner.faults.hits(Fault.PATCH_IGNORED):
        return Reply()
    if place.inner:
        _set(partner, parents, place, body)
    else:
        partner.memory.received[place.key] = body
    return Reply()


def _patched(partner: Partner, asked: Asked, place: Place, kept: Body, patch: Body) -> Body:
    """What a PATCH makes of the object, checked as a whole."""
    if partner.faults.hits(Fault.PATCH_BREAKS):
        return codec.merge_patch(kept, patch)
    if partner.faults.hits(Fault.PATCH_REPLACES_PERIODS):
        kept = {name: value for name, value in kept.items() if name != "charging_periods" or name not in patch}
    body = codec.read_patch(place.cls, asked.version, kept, patch, Context(party=place.party)).body
    _same(body, place)
    return body


def _wrongly(partner: Partner, asked: Asked, place: Place, kept: Body, patch: Body) -> tuple[Body, Body]:
    """What a PATCH is applied to, and the PATCH, with the faults that hit."""
    hits = partner.faults.hits
    if hits(Fault.PATCH_KEEPS_NULL):
        patch = {name: value for name, value in patch.items() if value is not None}
    if hits(Fault.PATCH_ADDS_TO_LISTS):
        patch = {name: _grown(kept.get(name), value) for name, value in patch.items()}
    if hits(Fault.PATCH_REPLACES):
        cls = class_for(kind_of(place.cls), asked.version)
        required = {field.name for field in msgspec.structs.fields(cls) if field.required}
        kept = {name: value for name, value in kept.items() if name in required}
    return kept, patch


def _grown(old: object, new: object) -> object:
    return [*old, *new] if isinstance(old, list) and isinstance(new, list) else new


def _post(partner: Partner, asked: Asked) -> Reply:
    """POST of an object; the answer says where it is (mod_cdrs, "POST Method")."""
    hits = partner.faults.hits
    if hits(_POSTED[asked.module]):
        raise BadRequest("not taken here")
    body = asked.object()
    read = codec.read(CLASSES[asked.module], asked.version, body, Context(party=partner.connection.parties[0]))
    owner = codec.body_of(read.value)
    party = PartyId.of(str(owner["country_code"]), str(owner["party_id"]))
    ident = str(owner["id"])
    place = Place((asked.module, party.key, fold(ident), ""), (), CLASSES[asked.module], party)
    checked = _checked(partner, asked, place.cls, body, place)
    new = place.key not in partner.memory.received
    if asked.module is ModuleID.CDRS and hits(Fault.CDR_CHANGED):
        checked = checked | {"total_energy": 99}
    if not hits(Fault.PUT_FORGOTTEN):
        partner.memory.received[place.key] = checked
    if not new and hits(Fault.CDR_TWICE_LOST):
        del partner.memory.received[place.key]
    segments = (party.country_code, party.party_id, quote(ident, safe=""))
    url = partner.url(asked.version, asked.module, InterfaceRole.RECEIVER, *segments)
    headers = {} if hits(Fault.CDR_WITHOUT_LOCATION) else {"Location": url}
    return Reply(http=201 if new and not hits(Fault.ALWAYS_200) else 200, headers=headers)


# ---- checks --------------------------------------------------------------------------------------------------------


def _checked(partner: Partner, asked: Asked, cls: type[Wire], body: Body, place: Place) -> Body:
    """The body when it is right, InvalidObject with every problem otherwise."""
    hits = partner.faults.hits
    if hits(Fault.INVALID_ACCEPTED):
        return body
    received = codec.read(cls, asked.version, body, Context(party=place.party))
    known = {field.name for field in msgspec.structs.fields(class_for(kind_of(cls), asked.version))}
    if hits(Fault.UNKNOWN_FIELDS_REFUSED) and not body.keys() <= known:
        raise InvalidObject([Problem(path="$", found="unknown fields", expected="known ones")], cls.__name__)
    if hits(Fault.UNKNOWN_WORDS_REFUSED) and any(one.expected.endswith("(kept)") for one in received.findings):
        raise InvalidObject(received.findings, cls.__name__)
    if not hits(Fault.ID_MISMATCH_ACCEPTED):
        _same(received.body, place)
    dropping = hits(Fault.UNKNOWN_FIELDS_DROPPED)
    return {name: value for name, value in received.body.items() if name in known or not dropping}


def _same(body: Body, place: Place) -> None:
    for name, wanted in place.names.items():
        if fold(str(body.get(name))) != fold(wanted):
            problem = Problem(path=f"$.{name}", found=repr(body.get(name)), expected=f"{wanted!r} as in the URL")
            raise InvalidObject([problem], place.cls.__name__)


# ---- Locations and what is in them ---------------------------------------------------------------------------------


def _chain(partner: Partner, place: Place) -> list[Body]:
    """The object, the EVSE in it, the Connector in that, as far as the URL goes; NotFound when one is missing."""
    found = partner.memory.received.get(place.key)
    if found is None:
        raise NotFound(f"unknown: {place.key[1]} {place.key[2]}")
    chain = [found]
    for ident, (_, items, name) in zip(place.inner, _INNER, strict=False):
        listed = chain[-1].get(items)
        inside = listed if isinstance(listed, list) else []
        inner = next((one for one in inside if fold(str(one.get(name))) == fold(ident)), None)
        if inner is None:
            raise NotFound(f"unknown: {ident}")
        chain.append(inner)
    return chain


def _set(partner: Partner, parents: list[Body], place: Place, body: Body) -> bool:
    """Put an EVSE or Connector into its parent; whether it is new. The parents' `last_updated` follow."""
    _, items, name = _INNER[len(place.inner) - 1]
    listed = parents[-1].get(items)
    inside = listed if isinstance(listed, list) else []
    others = [one for one in inside if fold(str(one.get(name))) != fold(place.inner[-1])]
    parents[-1][items] = [*others, body]
    if not partner.faults.hits(Fault.PARENTS_STAY):
        for parent in parents:
            parent["last_updated"] = max(str(parent["last_updated"]), str(body["last_updated"]))
    return len(others) == len(inside)


# ---- Sessions of ours ----------------------------------------------------------------------------------------------


def preferences(partner: Partner, asked: Asked) -> Reply:
    """PUT of ChargingPreferences for a Session of ours (mod_sessions, "Set: Charging Preferences")."""
    asked.only("PUT")
    known = partner.memory.one(ModuleID.SESSIONS, asked.segments[0]) is not None
    if not known and not partner.faults.hits(Fault.ANY_SESSION):
        raise NotFound(f"no Session {asked.segments[0]}")
    asked.object()
    return Reply(data="ACCEPTED")
