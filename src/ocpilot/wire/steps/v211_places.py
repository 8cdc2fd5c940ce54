"""Locations, EVSEs, Connectors and energy between 2.1.1 and 2.2.1, and who owns an object."""

from ocpilot.base.ids import PartyId
from ocpilot.base.zones import zone_of
from ocpilot.wire.jsontext import Body
from ocpilot.wire.steps.changes import moved
from ocpilot.wire.steps.walk import Assumption, Loss, Notes
from ocpilot.wire.v211 import LocationType

_SAME_PLACES = frozenset({"ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT"})
#: Characters of an address in 2.1.1.
_ADDRESS = 45


def owner_up(body: Body, notes: Notes) -> None:
    """2.1.1 names the owner only in URLs."""
    if body.get("country_code") and body.get("party_id"):
        return
    party = notes.context.party
    if party is None:
        notes.append(Assumption(".country_code", "left out: nobody says whose this is"))
        notes.append(Assumption(".party_id", "left out: nobody says whose this is"))
        return
    body["country_code"], body["party_id"] = party.country_code, party.party_id


def owner_down(body: Body, notes: Notes) -> None:
    """The owner is in the URL, and lost when it is not the party of the context."""
    country_code, party_id = body.pop("country_code", None), body.pop("party_id", None)
    if isinstance(country_code, str) and isinstance(party_id, str):
        known = notes.context.party
        if known is None or (known.country_code, known.party_id) != (country_code, party_id):
            owner = PartyId(country_code, party_id)
            notes.append(Loss(".country_code", f"the owner {owner}, whom 2.1.1 names only in URLs"))
            notes.append(Loss(".party_id", f"the owner {owner}, whom 2.1.1 names only in URLs"))


def location_up(body: Body, notes: Notes) -> None:
    """The type becomes a parking type; every Location of 2.1.1 is there to be shown."""
    place = body.pop("type", None)
    if place in _SAME_PLACES:
        body["parking_type"] = place
    elif place != LocationType.UNKNOWN:
        notes.append(Loss(".type", f"the type {place}"))
    if "publish" not in body:
        body["publish"] = True
        notes.append(Assumption(".publish", "true: 2.1.1 knows no Location that is not to be shown"))
    if body.get("time_zone") is None:
        body["time_zone"] = notes.context.time_zone or _zone(body) or "UTC"
        notes.append(Assumption(".time_zone", f"{body['time_zone']}: the Location names none"))
    without_empty_postal_code(body)
    owner_up(body, notes)


def _zone(body: Body) -> str | None:
    """The zone of the place; None where its country has several and the point is no numbers."""
    point = body.get("coordinates")
    point = point if isinstance(point, dict) else {}
    try:
        place = float(str(point.get("latitude"))), float(str(point.get("longitude")))
    except ValueError:
        return zone_of(str(body.get("country")))
    return zone_of(str(body.get("country")), *place)


def without_empty_postal_code(place: Body) -> None:
    """2.1.1 must have a postal code, so an empty one says that there is none."""
    if place.get("postal_code") == "":
        del place["postal_code"]


def location_down(body: Body, notes: Notes) -> None:
    """A postal code must be there, a long address is cut."""
    place = body.pop("parking_type", None)
    body["type"] = place if place in _SAME_PLACES else LocationType.UNKNOWN.value
    if place is not None and place not in _SAME_PLACES:
        body["type"] = LocationType.OTHER.value
        notes.append(Loss(".parking_type", f"the word {place} becomes OTHER"))
    if body.pop("publish", True) is False:
        notes.append(Loss(".publish", "that the Location is not to be shown"))
    if body.get("postal_code") is None:
        body["postal_code"] = ""
        notes.append(Assumption(".postal_code", "empty: the Location has none"))
    address = body.get("address")
    if isinstance(address, str) and len(address) > _ADDRESS:
        body["address"] = address[:_ADDRESS]
        notes.append(Loss(".address", f"what follows the first {_ADDRESS} characters: {address[_ADDRESS:]}"))
    owner_down(body, notes)


def connector_up(body: Body, _notes: Notes) -> None:
    moved(body, "voltage", "max_voltage")
    moved(body, "amperage", "max_amperage")
    tariff, others = body.pop("tariff_id", None), body.get("tariff_ids")
    if tariff is not None:
        more = others if isinstance(others, list) else []
        body["tariff_ids"] = [tariff, *(one for one in more if one != tariff)]


def connector_down(body: Body, notes: Notes) -> None:
    """A Connector has one tariff: the first."""
    moved(body, "max_voltage", "voltage")
    moved(body, "max_amperage", "amperage")
    tariffs = body.pop("tariff_ids", None)
    if isinstance(tariffs, list) and tariffs:
        body["tariff_id"] = tariffs[0]
        if len(tariffs) > 1:
            notes.append(Loss(".tariff_ids", f"all tariffs but the first: {', '.join(map(str, tariffs[1:]))}"))


def hours_up(body: Body, notes: Notes) -> None:
    """2.1.1 may leave `twentyfourseven` out beside regular hours (mod_locations 2.1.1, "Hours")."""
    if body.get("twentyfourseven") is None:
        body["twentyfourseven"] = False
        notes.append(Assumption(".twentyfourseven", "false: it is not said"))
