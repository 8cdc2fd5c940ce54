"""A Location body <-> its rows: the Location without its EVSEs, and one row per EVSE.

Values are moved as raw JSON text, so what a peer wrote (numbers, unknown fields) stays as it was.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import asyncpg
import msgspec
from msgspec import Raw

from ocpilot.app.kept.records import StoredObject
from ocpilot.base import time
from ocpilot.base.ids import fold
from ocpilot.store.rows import to_millis

_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_EVSES = msgspec.json.Decoder(list[Raw] | None)
#: EVSEs that came alone stand after those of the Location's own list.
LAST_PLACE = 1_000_000
REMOVED = "REMOVED"


class _Point(msgspec.Struct):
    latitude: str
    longitude: str


class _Shown(msgspec.Struct):
    """What `near` needs; OCPI 2.1.1 knows no `publish`, all of its Locations are published."""

    publish: bool = True
    coordinates: _Point | None = None


class _Connector(msgspec.Struct):
    """Its Tariffs: several, or one in OCPI 2.1.1."""

    tariff_ids: tuple[str, ...] | None = None
    tariff_id: str | None = None


class _Evse(msgspec.Struct):
    uid: str
    status: str
    last_updated: str
    evse_id: str | None = None
    connectors: tuple[_Connector, ...] | None = None


class EvseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `evse`, without its Location's key."""

    key_uid: str
    uid: str
    place: int
    version: str
    status: str
    last_updated: datetime
    key_evse_id: str | None
    key_tariffs: tuple[str, ...]
    body: str


class LocationRows(msgspec.Struct, frozen=True, kw_only=True):
    """`body` has no `evses` and no `last_updated`; coordinates are degrees, None when they are no numbers."""

    body: str
    publish: bool
    latitude: float | None
    longitude: float | None
    evses: Mapping[str, EvseRow]


def split(stored: StoredObject) -> LocationRows:
    """The rows of a whole Location."""
    fields = _FIELDS.decode(stored.body)
    evses = _EVSES.decode(fields.pop("evses", b"null")) or []
    fields.pop("last_updated", None)
    shown = msgspec.json.decode(stored.body, type=_Shown)
    latitude, longitude = _degrees(shown.coordinates)
    rows = (evse_row(bytes(body).decode(), str(stored.version), place) for place, body in enumerate(evses))
    return LocationRows(
        body=msgspec.json.encode(fields).decode(),
        publish=shown.publish,
        latitude=latitude,
        longitude=longitude,
        evses={row.key_uid: row for row in rows},
    )


def evse_row(body: str, version: str, place: int = LAST_PLACE) -> EvseRow:
    """The row of one EVSE."""
    evse = msgspec.json.decode(body, type=_Evse)
    return EvseRow(
        key_uid=fold(evse.uid),
        uid=evse.uid,
        place=place,
        version=version,
        status=evse.status,
        last_updated=to_millis(time.parse(evse.last_updated)),
        key_evse_id=None if evse.evse_id is None else fold(evse.evse_id),
        key_tariffs=_tariffs(evse),
        body=body,
    )


def _tariffs(evse: _Evse) -> tuple[str, ...]:
    named = (ident for one in evse.connectors or () for ident in (*(one.tariff_ids or ()), one.tariff_id))
    return tuple(dict.fromkeys(fold(ident) for ident in named if ident is not None))


def kept_row(row: asyncpg.Record) -> EvseRow:
    """The row of one EVSE as it stands in the table."""
    return msgspec.convert(dict(row), EvseRow)


def after_replacing(kept: Iterable[EvseRow], new: LocationRows, at: datetime) -> dict[str, EvseRow]:
    """All EVSEs after a Location was replaced: absent ones stay as REMOVED (mod_locations, "Location object")."""
    gone = {row.key_uid: _removed(row, at) for row in kept if row.key_uid not in new.evses}
    return {**new.evses, **gone}


def _removed(row: EvseRow, at: datetime) -> EvseRow:
    if row.status == REMOVED:
        return row
    fields = _FIELDS.decode(row.body)
    fields["status"] = Raw(msgspec.json.encode(REMOVED))
    fields["last_updated"] = Raw(msgspec.json.encode(time.write(at)))
    return msgspec.structs.replace(
        row, status=REMOVED, last_updated=to_millis(at), body=msgspec.json.encode(fields).decode()
    )


def _degrees(point: _Point | None) -> tuple[float | None, float | None]:
    try:
        return (float(point.latitude), float(point.longitude)) if point else (None, None)
    except ValueError:
        return None, None
