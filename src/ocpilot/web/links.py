"""Paths of pages, made in one place; ids of partners are quoted."""

from urllib.parse import quote

from ocpilot.app.kept.records import ObjectKey


def station_path(key: ObjectKey) -> str:
    """The page of a Location."""
    return f"/stations/{_of(key)}"


def charge_path(key: ObjectKey) -> str:
    """The page of a charge, by its Session."""
    return f"/charges/{_of(key)}"


def console_path(kind: str, key: ObjectKey) -> str:
    """The operator's page of a session or a CDR."""
    return f"/console/{kind}/{_of(key)}"


def evse_path(evse_id: str) -> str:
    """The page of an EVSE."""
    return f"/evse/{quote(evse_id, safe='*')}"


def directions_url(latitude: str, longitude: str) -> str:
    """A route to a point, on OpenStreetMap."""
    return f"https://www.openstreetmap.org/directions?to={quote(latitude)}%2C{quote(longitude)}"


def _of(key: ObjectKey) -> str:
    return f"{key.party.country_code}/{key.party.party_id}/{quote(key.id, safe='')}"
