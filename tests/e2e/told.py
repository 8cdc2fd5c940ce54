"""What an operator has to tell in tests that kill, and what the others hold of it."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ocpilot.app.kept.records import ObjectKey, PageQuery, StoredObject
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.demo.pair import eventually
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version

OPERATOR = PartyId.of("SE", "LAD")
#: A place of the demo network, and its station.
SITE = "STHLM-CENTRAL"
NAMES = [f"T{number:03}" for number in range(40)]


def at(second: int) -> str:
    return f"2026-11-01T10:{second // 60:02}:{second % 60:02}Z"


def tariff(ident: str, state: int) -> StoredObject:
    body = {
        "country_code": "SE",
        "party_id": "LAD",
        "id": ident,
        "currency": "SEK",
        "tax_included": "NO",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 1 + state, "step_size": 1}]}],
        "last_updated": at(state),
    }
    return stored(ModuleID.TARIFFS, body)


def cdr(number: int) -> StoredObject:
    body = {
        "country_code": "SE",
        "party_id": "LAD",
        "id": f"C{number:04}",
        "start_date_time": "2026-11-01T09:00:00Z",
        "end_date_time": "2026-11-01T10:00:00Z",
        "session_id": f"S{number:04}",
        "cdr_token": {
            "country_code": "SE",
            "party_id": "RES",
            "uid": f"UID{number:04}",
            "type": "RFID",
            "contract_id": "SE-RES-C00000001",
        },
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "L1",
            "address": "Storgatan 1",
            "city": "Kiruna",
            "country": "SWE",
            "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
            "evse_uid": "E1",
            "evse_id": "SE*LAD*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "SEK",
        "charging_periods": [
            {"start_date_time": "2026-11-01T09:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.5}]}
        ],
        "total_cost": {"before_taxes": 0},
        "total_energy": 1.5,
        "total_time": 1.0,
        "last_updated": "2026-11-01T10:00:00Z",
    }
    return msgspec.structs.replace(stored(ModuleID.CDRS, body), audience="SERES")


def stored(module: ModuleID, body: dict[str, object]) -> StoredObject:
    return StoredObject(
        key=ObjectKey(module=module, party=OPERATOR, id=str(body["id"])),
        version=Version.V2_3_0,
        body=codec.dumps(body).decode(),
        last_updated=time.parse(str(body["last_updated"])),
    )


async def held(platform: Platform, module: ModuleID, owner: str | None) -> list[tuple[str, str]]:
    """Every object of a module as (id, body), in order of id; of ours, or of the peer of this name."""
    peer = None if owner is None else await platform.store.peers.by_name(owner)
    query = PageQuery(module=module, limit=500, peer_id=peer.id if peer else None)
    found: list[StoredObject] = []
    while True:
        page = await platform.store.objects.page(query)
        found += page.items
        if page.next is None:
            return sorted((one.key.id, one.body) for one in found)
        query = msgspec.structs.replace(query, after=page.next)


async def count(platform: Platform, modules: Sequence[ModuleID], owner: str) -> int:
    return sum([len(await held(platform, module, owner)) for module in modules])


def more_than(least: int, look: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[bool]]:
    async def is_more() -> bool:
        return await look() >= least

    return is_more


async def write(operator: Platform, cdrs: int) -> None:
    """CDRs come one by one, and Tariffs change all the while, so that the newest state of each has to arrive."""
    for number in range(cdrs):
        await operator.store.objects.put(cdr(number))
        await operator.store.objects.put(tariff(NAMES[number % len(NAMES)], number))


async def same_in_the_end(operator: Platform, provider: Platform, name: str, modules: Sequence[ModuleID]) -> None:
    for module in modules:
        ours = [(ident, codec.loads(body.encode())) for ident, body in await held(operator, module, None)]

        async def theirs_is_ours(module: ModuleID = module, ours: list[tuple[str, object]] = ours) -> bool:
            theirs = [(ident, codec.loads(body.encode())) for ident, body in await held(provider, module, name)]
            return theirs == ours

        await eventually(f"the provider holds the operator's {module}", theirs_is_ours)
