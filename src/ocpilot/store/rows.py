"""Rows <-> records: parties as five characters, ids beside their folded form, lists and classes as JSON text.

In the tables `peer_id` 0 is ours and audience '' is everybody, so that both can stand in keys and comparisons.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import asyncpg
import msgspec

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.base.ids import PartyId, fold
from ocpilot.wire.protocol import ModuleID, Version

R = TypeVar("R", bound=Record)
_JSON = msgspec.json.Encoder(decimal_format="number")


def json_of(value: object) -> str:
    """JSON text of a list or class inside a record."""
    return _JSON.encode(value).decode()


def party_of(key: str) -> PartyId:
    """The party whose five characters these are."""
    return PartyId(key[:2], key[2:])


def to_millis(moment: datetime) -> datetime:
    """What OCPI can carry: a page cursor inside a link must name exactly the moment in the row."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def key_values(key: ObjectKey) -> dict[str, object]:
    """The parameters that name an object."""
    return {
        "module": str(key.module),
        "party": key.party.key,
        "key_id": fold(key.id),
        "key_sub": fold(key.sub),
        "id": key.id,
        "sub": key.sub,
    }


def key_of(row: Mapping[str, object] | asyncpg.Record, module: ModuleID) -> ObjectKey:
    """The key in a row with `party`, `id` and `sub`."""
    return ObjectKey(module=module, party=party_of(str(row["party"])), id=str(row["id"]), sub=str(row["sub"]))


def object_values(stored: StoredObject) -> dict[str, object]:
    """The parameters that store an object."""
    return {
        **key_values(stored.key),
        "peer_id": stored.peer_id or 0,
        "version": str(stored.version),
        "audience": stored.audience or "",
        "last_updated": to_millis(stored.last_updated),
        "context": stored.context,
        "body": stored.body,
    }


def object_of(row: asyncpg.Record, module: ModuleID) -> StoredObject:
    """The object in a row."""
    return StoredObject(
        key=key_of(row, module),
        version=Version(row["version"]),
        body=row["body"],
        last_updated=row["last_updated"],
        peer_id=row["peer_id"] or None,
        audience=row["audience"] or None,
        context=row.get("context"),
    )


def record_of(kind: type[R], row: asyncpg.Record, **parsed: object) -> R:
    """A flat record whose fields are columns; `parsed` are the fields that are not stored as they are."""
    return msgspec.convert({**dict(row), **parsed}, kind)
