"""What changes at one platform arrives at the other by itself (app/partners/push.py, over the real client)."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec

from ocpilot.app.kept.peer_records import DeliveryState
from ocpilot.app.partners import peers
from ocpilot.app.partners.push import Pusher
from ocpilot.wire.protocol import ModuleID, Version

LATER = "2026-11-02T12:00:00Z"
EXPECTED = (
    (ModuleID.TARIFFS, "T1"),
    (ModuleID.LOCATIONS, "L1"),
    (ModuleID.SESSIONS, "S1"),
    (ModuleID.CDRS, "C1"),
)


@asynccontextmanager
async def pushing(node):
    task = asyncio.create_task(Pusher(node.platform).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(check):
    """Wait for what must come; a test that waits in vain is ended by this."""
    async with asyncio.timeout(20):
        while not (found := await check()):  # noqa: ASYNC110 - the other platform has no event to wait for
            await asyncio.sleep(0.02)
    return found


async def received(connection, module, ident):
    store = connection.resa.platform.store
    found = await (store.locations.find(ident) if module is ModuleID.LOCATIONS else store.objects.find(module, ident))
    return [msgspec.json.decode(one.body) for one in found if one.peer_id is not None]


async def test_tariffs_locations_sessions_and_cdrs_arrive(connection, bodies):
    lade = connection.lade
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    await lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    await lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    async with pushing(lade):
        for module, ident in EXPECTED:
            [body] = await until(lambda m=module, i=ident: received(connection, m, i))
            assert body["id"] == ident


async def test_a_peer_that_left_and_came_back_is_told_all_again_and_its_bills_once(newest, bodies):
    lade, resa = newest.lade, newest.resa
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")

    async def acknowledged():
        return await lade.platform.store.deliveries.all(newest.resa_at_lade.id, [DeliveryState.ACKNOWLEDGED])

    async with pushing(lade):
        await until(lambda: received(newest, ModuleID.TARIFFS, "T1"))
        bills = await until(acknowledged)
    await peers.unregister(resa.platform, newest.lade_at_resa)
    for gone in await resa.platform.store.objects.find(ModuleID.TARIFFS, "T1"):
        await resa.platform.store.objects.delete(gone.key, gone.peer_id)
    invitation = await peers.invite(lade.platform, "Resa")
    await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    async with pushing(lade):
        await until(lambda: received(newest, ModuleID.TARIFFS, "T1"))
    assert await acknowledged() == bills


async def test_a_change_of_status_arrives(newest, bodies):
    await newest.lade.keep(ModuleID.LOCATIONS, bodies.location())
    async with pushing(newest.lade):
        await until(lambda: received(newest, ModuleID.LOCATIONS, "L1"))
        charging = bodies.location(evses=[bodies.evse(status="CHARGING", last_updated=LATER)], last_updated=LATER)
        await newest.lade.keep(ModuleID.LOCATIONS, charging)

        async def charges():
            [body] = await received(newest, ModuleID.LOCATIONS, "L1")
            return body["evses"][0]["status"] == "CHARGING"

        await until(charges)


async def test_what_concerns_another_provider_does_not_arrive(newest, bodies):
    await newest.lade.keep(ModuleID.SESSIONS, bodies.session("S1", provider="OTH"), audience="SEOTH")
    await newest.lade.keep(ModuleID.SESSIONS, bodies.session("S2"), audience="SERES")
    async with pushing(newest.lade):
        await until(lambda: received(newest, ModuleID.SESSIONS, "S2"))
    assert await received(newest, ModuleID.SESSIONS, "S1") == []
