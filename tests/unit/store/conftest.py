"""Objects to store: bodies with just what the store looks at."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.base.time import write
from ocpilot.wire.protocol import ModuleID, Version

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARTY = PartyId("SE", "LAD")

Make = Callable[..., StoredObject]


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def tariff() -> Make:
    return make_tariff


@pytest.fixture
def cdr() -> Make:
    return make_cdr


@pytest.fixture
def location() -> Make:
    return make_location


@pytest.fixture
def evse() -> Make:
    return make_evse


def make_tariff(
    object_id: str = "Night",
    currency: str = "SEK",
    minutes: int = 0,
    module: ModuleID = ModuleID.TARIFFS,
    **fields: object,
) -> StoredObject:
    at = NOON + timedelta(minutes=minutes)
    body = {"id": object_id, "currency": currency, "last_updated": write(at)}
    return StoredObject(
        **{
            "key": ObjectKey(module=module, party=PARTY, id=object_id),
            "version": Version.V2_3_0,
            "body": json.dumps(body),
            "last_updated": at,
            **fields,
        }
    )


def make_cdr(object_id: str = "C1", uid: str = "APP-1", minutes: int = 0, peer_id: int | None = 7) -> StoredObject:
    at = NOON + timedelta(minutes=minutes)
    return StoredObject(
        key=ObjectKey(module=ModuleID.CDRS, party=PARTY, id=object_id),
        version=Version.V2_2_1,
        body=json.dumps({"id": object_id, "cdr_token": {"uid": uid}, "last_updated": write(at)}),
        last_updated=at,
        peer_id=peer_id,
    )


def evse_body(uid: str, status: str, minutes: int) -> dict[str, object]:
    return {
        "uid": uid,
        "status": status,
        "connectors": [{"id": "1"}],
        "last_updated": write(NOON + timedelta(minutes=minutes)),
    }


def make_evse(
    uid: str = "E1",
    status: str = "AVAILABLE",
    minutes: int = 0,
    location_id: str = "Square",
    peer_id: int | None = None,
) -> StoredObject:
    return StoredObject(
        key=ObjectKey(module=ModuleID.LOCATIONS, party=PARTY, id=location_id, sub=uid),
        version=Version.V2_3_0,
        body=json.dumps(evse_body(uid, status, minutes)),
        last_updated=NOON + timedelta(minutes=minutes),
        peer_id=peer_id,
    )


def make_location(
    object_id: str = "Square",
    evses: tuple[str, ...] = ("E1", "E2"),
    minutes: int = 0,
    point: tuple[str, str] = ("59.612000", "16.545000"),
    publish: bool = True,
    **fields: object,
) -> StoredObject:
    at = NOON + timedelta(minutes=minutes)
    body = {
        "id": object_id,
        "publish": publish,
        "coordinates": {"latitude": point[0], "longitude": point[1]},
        "vendor_field": 1.10,
        "evses": [evse_body(uid, "AVAILABLE", 0) for uid in evses],
        "last_updated": write(at),
    }
    return StoredObject(
        **{
            "key": ObjectKey(module=ModuleID.LOCATIONS, party=PARTY, id=object_id),
            "version": Version.V2_3_0,
            "body": json.dumps(body),
            "last_updated": at,
            **fields,
        }
    )
