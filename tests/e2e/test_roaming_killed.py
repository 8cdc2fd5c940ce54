"""kill -9 in the middle of push, pull and the receipt of CDRs: afterwards both sides hold the same, each CDR once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, PageQuery, StoredObject
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.demo.pair import eventually
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version

OPERATOR = PartyId.of("SE", "LAD")
NAMES = [f"T{number:03}" for number in range(40)]
CDRS = 120


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


async def test_an_operator_killed_again_and_again_while_it_pushes_loses_nothing_and_sends_no_cdr_twice(two):
    """Tariffs change all the while, so that the newest state of each has to arrive; CDRs come one by one."""
    name = two.operator.settings.name

    async def write(operator: Platform) -> None:
        for number in range(CDRS):
            await operator.store.objects.put(cdr(number))
            await operator.store.objects.put(tariff(NAMES[number % len(NAMES)], number))

    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        writing = asyncio.create_task(write(operator))
        for least in (5, 40, 80):
            await eventually(f"{least} CDRs arrived", more_than(least, lambda: count(provider, [ModuleID.CDRS], name)))
            await two.kill(two.operator)
            await two.start(two.operator)
        await writing
        await same_in_the_end(operator, provider, name, (ModuleID.CDRS, ModuleID.TARIFFS))
        assert len(await held(provider, ModuleID.CDRS, name)) == CDRS


async def test_a_provider_killed_again_and_again_while_it_receives_cdrs_has_each_once(two):
    name = two.operator.settings.name
    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        for number in range(CDRS):
            await operator.store.objects.put(cdr(number))
        for least in (5, 40, 80):
            await eventually(f"{least} CDRs arrived", more_than(least, lambda: count(provider, [ModuleID.CDRS], name)))
            await two.kill(two.provider)
            await two.start(two.provider)
        await same_in_the_end(operator, provider, name, (ModuleID.CDRS,))
        peer = (await operator.store.peers.all())[0]
        assert await operator.store.deliveries.all(peer.id) == ()


async def test_a_provider_killed_while_it_fetches_has_everything_in_the_end(two):
    """It was away when 600 Tariffs were made, and its operator pushes none: only a pull brings them."""
    name = two.operator.settings.name
    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        await two.kill(two.provider)
        [peer] = await operator.store.peers.all()
        quiet = msgspec.structs.replace(peer, profile=msgspec.structs.replace(peer.profile, push=()))
        await operator.store.peers.save(quiet)
        for number in range(600):
            await operator.store.objects.put(tariff(f"P{number:04}", number))
        [there] = await provider.store.peers.all()
        await provider.store.peers.save(msgspec.structs.replace(there, pulled_at=None))
        await two.start(two.provider)
        for least in (100, 300):
            look = more_than(least, lambda: count(provider, [ModuleID.TARIFFS], name))
            await eventually(f"{least} Tariffs arrived", look)
            await two.kill(two.provider)
            await two.start(two.provider)
        await same_in_the_end(operator, provider, name, (ModuleID.TARIFFS,))


async def same_in_the_end(operator: Platform, provider: Platform, name: str, modules: Sequence[ModuleID]) -> None:
    for module in modules:
        ours = [(ident, codec.loads(body.encode())) for ident, body in await held(operator, module, None)]

        async def theirs_is_ours(module: ModuleID = module, ours: list[tuple[str, object]] = ours) -> bool:
            theirs = [(ident, codec.loads(body.encode())) for ident, body in await held(provider, module, name)]
            return theirs == ours

        await eventually(f"the provider holds the operator's {module}", theirs_is_ours)
