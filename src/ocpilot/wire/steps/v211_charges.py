"""Sessions, CDRs and their periods between 2.1.1 and 2.2.1: an embedded Location and an `auth_id` become references."""

import re
from collections.abc import Mapping

from ocpilot.base.ids import PartyId
from ocpilot.wire.jsontext import Body
from ocpilot.wire.steps.changes import moved
from ocpilot.wire.steps.v211_places import owner_down, owner_up, without_empty_postal_code
from ocpilot.wire.steps.walk import Assumption, Change, Loss, Notes

#: What cannot be known (transport_and_format 2.2.1, "#NA").
_NOT_AVAILABLE = "#NA"
#: What 2.1.1 recommends for an `auth_id` (mod_tokens 2.1.1, "Token object"): it begins with the provider.
_CONTRACT_ID = re.compile(r"([A-Z]{2})[-*]?([A-Z0-9]{3})[-*]?[A-Z0-9]{6,9}([-*]?[A-Z0-9])?", re.ASCII | re.IGNORECASE)
_TOKEN_FIELDS = ("country_code", "party_id", "uid", "type")
#: Fields that a CdrLocation shares with a Location.
_PLACE = ("id", "name", "address", "city", "postal_code", "country", "coordinates")
_EVSE = {"evse_uid": "uid", "evse_id": "evse_id"}
_CONNECTOR = {
    "connector_id": "id",
    "connector_standard": "standard",
    "connector_format": "format",
    "connector_power_type": "power_type",
}
#: What a CdrLocation without a Connector holds: the receiver does not look at it (mod_cdrs 2.2.1, "CdrLocation").
_NO_CONNECTOR: Mapping[str, str] = {"standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_1_PHASE"}
_UNKNOWN_PLACE = (
    "the Location is not known: type and status UNKNOWN, voltage and amperage 0, last_updated that of the charge, "
    "and what else is missing left out"
)


def dimensions(known: frozenset[str]) -> Change:
    """A period without the dimensions that the target does not know; it must have one, so nothing is one of zero."""

    def change(body: Body, notes: Notes) -> None:
        found = body.get("dimensions")
        if not isinstance(found, list) or all(dimension.get("type") in known for dimension in found):
            return
        left_out = (f"{one.get('type')} {one.get('volume')}" for one in found if one.get("type") not in known)
        notes.append(Loss(".dimensions", ", ".join(left_out)))
        body["dimensions"] = [dimension for dimension in found if dimension.get("type") in known]
        if not body["dimensions"]:
            body["dimensions"] = [{"type": "TIME", "volume": 0}]
            notes.append(Assumption(".dimensions", "no time: nothing else is left of the period"))

    return change


def session_up(body: Body, notes: Notes) -> None:
    """The Location becomes three ids."""
    moved(body, "start_datetime", "start_date_time")
    moved(body, "end_datetime", "end_date_time")
    location, evse, connector = _embedded(body, "", notes)
    body["location_id"] = location.get("id")
    body["evse_uid"] = evse.get("uid")
    body["connector_id"] = connector.get("id")
    _charge_up(body, notes)


def cdr_up(body: Body, notes: Notes) -> None:
    """The Location becomes a CdrLocation."""
    moved(body, "stop_date_time", "end_date_time")
    location, evse, connector = _embedded(body, ".cdr_location", notes)
    place = {name: location[name] for name in _PLACE if name in location}
    without_empty_postal_code(place)
    place |= {new: evse[old] for new, old in _EVSE.items() if old in evse}
    place |= {new: connector[old] for new, old in _CONNECTOR.items() if old in connector}
    if place.get("evse_id") is None:
        place["evse_id"] = _NOT_AVAILABLE
        notes.append(Assumption(".cdr_location.evse_id", f"{_NOT_AVAILABLE}: the EVSE has none"))
    body["cdr_location"] = place
    _charge_up(body, notes)


def _charge_up(body: Body, notes: Notes) -> None:
    """What Sessions and CDRs share."""
    cost = body.get("total_cost")
    if cost is not None:
        body["total_cost"] = {"excl_vat": cost}
    body["cdr_token"] = _token(body.pop("auth_id", None), notes)
    owner_up(body, notes)


def _embedded(body: Body, path: str, notes: Notes) -> tuple[Body, Body, Body]:
    """The Location that a charge holds, and its EVSE and Connector."""
    location = body.pop("location", None)
    location = location if isinstance(location, dict) else {}
    notes.append(Loss(".location", "all of the Location that has no place beside its ids"))
    evse = _first(location.get("evses"), f"{path}.evse_uid", notes) or {"uid": _NOT_AVAILABLE}
    connector = _first(evse.get("connectors"), f"{path}.connector_id", notes)
    return location, evse, connector or {"id": _NOT_AVAILABLE, **_NO_CONNECTOR}


def _first(items: object, path: str, notes: Notes) -> Body | None:
    """The one EVSE or Connector there should be."""
    found = items if isinstance(items, list) else []
    if len(found) != 1:
        notes.append(Assumption(path, f"the first of {len(found)}" if found else f"{_NOT_AVAILABLE}: there is none"))
    return found[0] if found else None


def _token(auth_id: object, notes: Notes) -> Body:
    """The CdrToken of an `auth_id`: that of the context, else what the id itself says."""
    known = notes.context.token
    if known is not None:
        return {**{name: known[name] for name in _TOKEN_FIELDS if name in known}, "contract_id": auth_id}
    notes.append(Assumption(".cdr_token", "uid is the auth_id, type is OTHER: the Token is not known"))
    token: Body = {"uid": auth_id, "type": "OTHER", "contract_id": auth_id}
    owner = provider_in(str(auth_id))
    if owner is None:
        notes.append(Assumption(".cdr_token", "its owner is left out: the auth_id does not begin with a provider"))
        return token
    notes.append(Assumption(".cdr_token", f"its owner is {owner}, by the auth_id"))
    return {"country_code": owner.country_code, "party_id": owner.party_id} | token


def provider_in(contract_id: str) -> PartyId | None:
    """The provider that a contract id begins with; None when it is not written as the standard recommends."""
    match = _CONTRACT_ID.fullmatch(contract_id)
    return None if match is None else PartyId.of(match[1], match[2])


def session_down(body: Body, notes: Notes) -> None:
    """The ids become the Location of the context with that EVSE and Connector only."""
    moved(body, "start_date_time", "start_datetime")
    moved(body, "end_date_time", "end_datetime")
    ids = (body.pop(name, None) for name in ("location_id", "evse_uid", "connector_id"))
    own: list[Body] = [{name: value} for name, value in zip(("id", "uid", "id"), ids, strict=True)]
    _charge_down(body, own, notes)


def cdr_down(body: Body, notes: Notes) -> None:
    """The CdrLocation becomes a Location; what it does not hold comes from that of the context."""
    moved(body, "end_date_time", "stop_date_time")
    place = body.pop("cdr_location", None)
    place = place if isinstance(place, dict) else {}
    own = [
        {name: place[name] for name in _PLACE if name in place},
        {old: place[new] for new, old in _EVSE.items() if place.get(new, _NOT_AVAILABLE) != _NOT_AVAILABLE},
        {old: place[new] for new, old in _CONNECTOR.items() if new in place},
    ]
    other = sorted(place.keys() - set(_PLACE) - set(_EVSE) - set(_CONNECTOR))
    notes.extend(Loss(f".cdr_location.{name}", "2.1.1 has no such field") for name in other)
    _charge_down(body, own, notes)


def _charge_down(body: Body, own: list[Body], notes: Notes) -> None:
    """What Sessions and CDRs share. `own`: what the charge itself says of its Location, EVSE and Connector."""
    body["location"] = _place(own, body.get("last_updated"), notes)
    cost = body.get("total_cost")
    if isinstance(cost, dict):
        body["total_cost"] = cost.get("excl_vat")
        if len(cost) > 1:
            notes.append(Loss(".total_cost", "all but the amount without VAT"))
    token = body.pop("cdr_token", None)
    if isinstance(token, dict):
        body["auth_id"] = token.get("contract_id")
        notes.append(Loss(".cdr_token", "all but the contract id"))
    owner_down(body, notes)


def _place(own: list[Body], stamp: object, notes: Notes) -> Body:
    """A Location with one EVSE and one Connector, where 2.1.1 wants them whole."""
    given = notes.context.location or {}
    if given.get("id") != own[0].get("id"):
        given = {}
        notes.append(Assumption(".location", _UNKNOWN_PLACE))
    location: Body = {"type": "UNKNOWN", "postal_code": "", "last_updated": stamp, **given, **own[0]}
    location.pop("evses", None)
    uid = own[1].get("uid", _NOT_AVAILABLE)
    if uid != _NOT_AVAILABLE:
        evse = _having(given.get("evses"), "uid", uid)
        connectors = _connectors(_having(evse.get("connectors"), "id", own[2].get("id")), own[2], stamp)
        known = {"status": "UNKNOWN", "last_updated": stamp, **evse, **own[1]}
        location["evses"] = [{**known, "connectors": connectors}]
    return location


def _connectors(known: Body, own: Body, stamp: object) -> list[Body]:
    if own.get("id") == _NOT_AVAILABLE:
        return []
    return [{"voltage": 0, "amperage": 0, "last_updated": stamp, **known, **own}]


def _having(items: object, name: str, value: object) -> Body:
    """The item whose id is `value`; empty when there is none."""
    return next((item for item in items if item.get(name) == value), {}) if isinstance(items, list) else {}
