"""Web hooks over real HTTP: what is told, signed how, and that nothing is lost when the receiver or we fail."""

import asyncio
import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from backoffice import beside, office, receiving
from msgspec import structs

from ocpilot.app.charges.command_records import give_result, link_session
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.peer_records import Delivery, DeliveryState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.office import hooks
from ocpilot.app.office.hook_worker import REFUSALS, HookWorker
from ocpilot.app.office.hooking import Hooking
from ocpilot.app.partners import peers
from ocpilot.base.errors import ForbiddenAddress, UserError
from ocpilot.base.ids import PartyId
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.wire.protocol import ModuleID, Version

LATER = "2026-11-02T10:00:00Z"


@asynccontextmanager
async def telling(node, seconds=10.0):
    """The platform tells its hooks."""
    async with (
        HttpHooks(node.platform.settings, seconds) as sender,
        beside(Hooking(node.platform, sender, chance=lambda: 0.0).run()),
    ):
        yield


@asynccontextmanager
async def worker_of(node, hook, seconds=10.0):
    """One worker, whose rounds the test turns itself."""
    async with HttpHooks(node.platform.settings, seconds) as sender:
        yield HookWorker(node.platform, sender, hook.id, lambda: 0.0)


async def turn(worker, node, hook):
    """Rounds until there is nothing left to do now."""
    while await worker.round(await node.platform.store.hooks.get(hook.id)):
        pass


async def keep_tariff(node, bodies, ident="T1", **fields):
    await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, ident, **fields))


async def sql(database_url, statement, *values):
    connection = await asyncpg.connect(database_url)
    await connection.execute(statement, *values)
    await connection.close()


async def left(node, hook):
    return await node.platform.store.hooks.events(hook.id, 1000)


# ---- what is told --------------------------------------------------------------------------------------------------


async def test_an_event_names_its_object_and_brings_its_newest_state(lade, bodies):
    async with receiving() as erp, telling(lade):
        await hooks.add(lade.platform, "erp", erp.url)
        await keep_tariff(lade, bodies)
        await erp.until(lambda came: came)
    said = erp.came[0][0]
    assert said["event"] == "tariff.updated"
    assert (said["owner"], said["module"]) == ("ours", "tariffs")
    assert said["key"] == {"country_code": "SE", "party_id": "LAD", "id": "T1"}
    assert said["object"]["elements"][0]["price_components"][0]["price"] == 3.5


async def test_an_event_is_signed_as_the_guide_says(lade, bodies):
    async with receiving() as erp, telling(lade):
        made = await hooks.add(lade.platform, "erp", erp.url)
        await keep_tariff(lade, bodies)
        await erp.until(lambda came: came)
    _, headers, raw = erp.came[0]
    parts = dict(part.split("=", 1) for part in headers["OCPIlot-Signature"].split(","))
    signed = hmac.new(made.secret.encode(), parts["t"].encode() + b"." + raw, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signed, parts["v1"])
    assert headers["OCPIlot-Event-Id"] == erp.ids[0]


async def test_an_evse_and_a_deletion_have_words_of_their_own(lade, bodies):
    erp_office = await office(lade)
    await erp_office.ask("PUT", "/locations/SE/LAD/L1", bodies.location())
    await keep_tariff(lade, bodies)
    async with receiving() as erp, telling(lade):
        await hooks.add(lade.platform, "erp", erp.url)
        await erp_office.ask("PATCH", "/locations/SE/LAD/L1/evses/E1", {"status": "CHARGING"})
        await erp_office.ask("DELETE", "/tariffs/SE/LAD/T1")
        await erp.until(lambda came: len(came) == 2)
    found = {said["event"]: said for said, _, _ in erp.came}
    assert found["evse.updated"]["key"]["sub"] == "E1"
    assert found["evse.updated"]["object"]["status"] == "CHARGING"
    assert found["tariff.deleted"]["object"] is None


async def test_what_peers_send_is_told_too(newest, bodies):
    async with receiving() as erp, telling(newest.resa):
        await hooks.add(newest.resa.platform, "erp", erp.url, ["session.*", "cdr.updated"])
        await newest.resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S1", newest.lades_token, bodies.session())
        await newest.resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", newest.lades_token, bodies.location())
        await newest.resa.ask("POST", "2.3.0/receiver/cdrs", newest.lades_token, bodies.cdr(Version.V2_3_0))
        await erp.until(lambda came: len(came) == 2)
    assert sorted(erp.events) == ["cdr.updated", "session.updated"]
    assert {said["owner"] for said, _, _ in erp.came} == {"Lade"}


async def test_a_hook_of_one_party_is_told_of_that_only(newest, bodies):
    resa, token = newest.resa, newest.lades_token
    async with receiving() as erp, telling(resa):
        await hooks.add(resa.platform, "erp", erp.url, party=PartyId.parse("SE/RES"))
        await resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S1", token, bodies.session(provider="OTH"))
        await resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", token, bodies.location())
        await resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S2", token, bodies.session("S2"))
        await resa.keep(ModuleID.TOKENS, bodies.token())
        await peers.suspend(resa.platform, newest.lade_at_resa)
        await erp.until(lambda came: len(came) == 2)
    assert sorted(said["key"]["id"] for said, _, _ in erp.came) == ["04A1B2C3", "S2"]


async def test_peers_commands_and_dead_letters_are_told(newest):
    resa = newest.resa
    store, now = resa.platform.store, resa.platform.clock()
    async with receiving() as erp, telling(resa):
        await hooks.add(resa.platform, "erp", erp.url)
        suspended = await peers.suspend(resa.platform, newest.lade_at_resa)
        await store.commands.add(command(suspended.id, now))
        await give_result(resa.platform, "c1", "TIMEOUT")
        await link_session(
            resa.platform,
            CommandDirection.SENT,
            token_uid="U",
            location_id="L1",
            evse_uid="E1",
            reference=None,
            session_id="S1",
        )
        key = ObjectKey(module=ModuleID.CDRS, party=PartyId.parse("SE/LAD"), id="C1")
        dead = Delivery(peer_id=suspended.id, key=key, state=DeliveryState.DEAD, last_error="no", updated_at=now)
        await store.deliveries.save(dead)
        await store.deliveries.save(dead)
        await erp.until(lambda came: len(came) == 4)
    found = {said["event"]: said["object"] for said, _, _ in erp.came}
    assert found["peer.suspended"]["name"] == "Lade"
    assert "token" not in str(found["peer.suspended"]["profile"].keys() - {"token_encoding", "tokens_on_demand"})
    assert found["command.result"]["state"] == "timeout"
    assert found["command.session"]["session_id"] == "S1"
    assert found["delivery.dead"]["error"] == "no"


def command(peer_id, now):
    return Command(
        id="c1",
        direction=CommandDirection.SENT,
        peer_id=peer_id,
        command="START_SESSION",
        request="{}",
        token_uid="U",
        location_id="L1",
        created_at=now,
        expires_at=now + timedelta(seconds=30),
    )


async def test_nothing_is_followed_without_hooks(newest, bodies):
    resa = newest.resa
    made = await hooks.add(resa.platform, "erp", "http://127.0.0.1:9/hook")
    await hooks.remove(resa.platform, made.hook)
    await resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", newest.lades_token, bodies.location())
    later = await hooks.add(resa.platform, "erp", "http://127.0.0.1:9/hook")
    cursor = await resa.platform.store.changes.cursor(made.hook.id)
    assert cursor.xid == 0
    assert await resa.platform.store.changes.after(cursor, 10) == ()
    assert later.hook.id not in {peer.id for peer in await resa.platform.store.peers.all()}


# ---- order, coalescing, retries ------------------------------------------------------------------------------------


async def test_changes_of_one_object_coalesce_while_the_receiver_is_away(lade, bodies):
    async with receiving(statuses=[503, 200]) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with worker_of(lade, made.hook) as worker:
            await keep_tariff(lade, bodies, currency="SEK")
            await turn(worker, lade, made.hook)
            for currency in ("NOK", "DKK", "EUR"):
                await keep_tariff(lade, bodies, currency=currency)
                await worker.round(made.hook)
            assert len(await left(lade, made.hook)) == 2
            lade.clock.ahead += timedelta(seconds=5)
            await turn(worker, lade, made.hook)
    assert [said["object"]["currency"] for said, _, _ in erp.came] == ["SEK", "SEK", "EUR"]
    assert erp.ids[0] == erp.ids[1] != erp.ids[2]
    assert erp.came[0][2] == erp.came[1][2]


async def test_a_slow_receiver_is_asked_again_with_the_same_id(lade, bodies):
    async with receiving(held=asyncio.Event()) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with worker_of(lade, made.hook, seconds=0.2) as worker:
            await keep_tariff(lade, bodies)
            await turn(worker, lade, made.hook)
            erp.held.set()
            lade.clock.ahead += timedelta(seconds=5)
            await turn(worker, lade, made.hook)
        assert await left(lade, made.hook) == ()
    assert len(erp.ids) == 2
    assert len(set(erp.ids)) == 1


async def test_a_receiver_that_is_down_gets_everything_when_it_is_back(lade, database_url, bodies):
    async with receiving() as gone:
        url = gone.url
    made = await hooks.add(lade.platform, "erp", url)
    async with worker_of(lade, made.hook) as worker:
        for number in range(30):
            await keep_tariff(lade, bodies, f"T{number}")
        for _ in range(10):
            await turn(worker, lade, made.hook)
            lade.clock.ahead += timedelta(minutes=10)
        assert len(await left(lade, made.hook)) == 30
        assert all(one.state in {"waiting", "new"} for one in await left(lade, made.hook))
        async with receiving() as erp:
            await sql(database_url, "UPDATE hook SET url = $1", erp.url)
            await turn(worker, lade, made.hook)
            assert sorted(said["key"]["id"] for said, _, _ in erp.came) == sorted(f"T{n}" for n in range(30))
        assert await left(lade, made.hook) == ()


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
async def test_killed_in_the_middle_of_a_delivery_nothing_is_lost(lade, bodies, moment):
    """What was under way is sent again under the same id; what changed meanwhile is told under another."""
    async with receiving(held=asyncio.Event() if moment == "before the answer" else None) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        for number in range(20):
            await keep_tariff(lade, bodies, f"T{number}")
        async with telling(lade):
            await erp.until(lambda came: len(came) >= 3)
        if erp.held:
            erp.held.set()
        await keep_tariff(lade, bodies, "T0", currency="EUR")
        async with telling(lade):
            await erp.until(
                lambda came: len({said["key"]["id"] for said, _, _ in came}) == 20 and last_of(came, "T0") == "EUR"
            )
            await emptied(lade, made.hook)
    bodies_of = {}
    for said, _, raw in erp.came:
        assert bodies_of.setdefault(said["id"], raw) == raw


async def emptied(node, hook):
    async with asyncio.timeout(10):
        while await left(node, hook):  # noqa: ASYNC110 - the table has no event
            await asyncio.sleep(0.01)


def last_of(came, ident):
    return [said["object"]["currency"] for said, _, _ in came if said["key"]["id"] == ident][-1]


async def test_what_is_refused_ends_as_a_dead_letter_and_is_replayed_with_the_newest_state(lade, bodies):
    async with receiving(statuses=[400] * REFUSALS + [200]) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with worker_of(lade, made.hook) as worker:
            await keep_tariff(lade, bodies)
            for _ in range(REFUSALS + 3):
                await turn(worker, lade, made.hook)
                lade.clock.ahead += timedelta(minutes=10)
            [dead] = await left(lade, made.hook)
            assert (dead.state, dead.attempts, dead.last_error) == ("dead", REFUSALS, "HTTP 400")
            assert len(erp.came) == REFUSALS
            await keep_tariff(lade, bodies, currency="EUR")
            assert await hooks.replay(lade.platform, made.hook) == 1
            await turn(worker, lade, made.hook)
        assert await left(lade, made.hook) == ()
    assert erp.came[-1][0]["object"]["currency"] == "EUR"
    assert dead.id in erp.ids[REFUSALS:]


async def test_retry_after_is_kept_to(lade, bodies):
    async with receiving(statuses=[429, 200], headers={"Retry-After": "120"}) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with worker_of(lade, made.hook) as worker:
            await keep_tariff(lade, bodies)
            await turn(worker, lade, made.hook)
            lade.clock.ahead += timedelta(seconds=100)
            await turn(worker, lade, made.hook)
            assert len(erp.came) == 1
            lade.clock.ahead += timedelta(seconds=30)
            await turn(worker, lade, made.hook)
            assert len(erp.came) == 2


async def test_gone_switches_the_hook_off_and_it_goes_on_from_there(lade, bodies):
    async with receiving(statuses=[410, 200]) as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with telling(lade):
            await keep_tariff(lade, bodies)
            await erp.until(lambda came: came)
            async with asyncio.timeout(10):
                while (await hooks.named(lade.platform, "erp")).active:  # noqa: ASYNC110 - the table has no event
                    await asyncio.sleep(0.01)
            await keep_tariff(lade, bodies, "T2")
            assert (await hooks.named(lade.platform, "erp")).ended_because == "it answered 410 Gone"
            await hooks.resume(lade.platform, made.hook)
            await erp.until(lambda came: len(came) == 3)
    assert erp.ids[0] == erp.ids[1]


async def test_redirects_are_not_followed(lade, bodies):
    async with receiving() as elsewhere, receiving(statuses=[307], headers={"Location": "x"}) as erp:
        erp.headers["Location"] = elsewhere.url
        made = await hooks.add(lade.platform, "erp", erp.url)
        async with worker_of(lade, made.hook) as worker:
            await keep_tariff(lade, bodies)
            await turn(worker, lade, made.hook)
        [event] = await left(lade, made.hook)
        assert event.last_error == "HTTP 307"
        assert elsewhere.came == []


async def test_a_broken_object_does_not_stop_the_others(lade, database_url, bodies):
    async with receiving() as erp:
        made = await hooks.add(lade.platform, "erp", erp.url)
        await keep_tariff(lade, bodies)
        await keep_tariff(lade, bodies, "T2")
        await sql(database_url, "UPDATE tariff SET version = '2.2.1', body = '[]' WHERE id = 'T1'")
        async with worker_of(lade, made.hook) as worker:
            await turn(worker, lade, made.hook)
        assert [said["key"]["id"] for said, _, _ in erp.came] == ["T2"]
        [dead] = await left(lade, made.hook)
        assert (dead.object_id, dead.state) == ("T1", "dead")


# ---- which hooks may be --------------------------------------------------------------------------------------------


async def test_urls_that_lead_inside_and_unknown_events_are_refused(lade):
    inside = structs.replace(lade.platform.settings.security, allow_inner_addresses=False)
    strict = structs.replace(lade.platform.settings, security=inside)
    platform = replace(lade.platform, settings=strict)
    for url in (
        "http://erp.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "ftp://x",
    ):
        with pytest.raises(ForbiddenAddress):
            await hooks.add(platform, "erp", url)
    with pytest.raises(UserError, match=r"session\.update"):
        await hooks.add(platform, "erp", "https://erp.example.com/", ["session.update"])
    async with HttpHooks(strict) as sender:
        with pytest.raises(ForbiddenAddress):
            await sender.post("https://localhost:9/", b"", {})


async def test_hooks_over_the_api(lade, bodies):
    erp_office = await office(lade)
    async with receiving(statuses=[200]) as erp, telling(lade):
        order = {"name": "erp", "url": erp.url, "events": ["tariff.*"]}
        made = await erp_office.ask("POST", "/hooks", order)
        assert made.body["secret"].startswith("whsec_")
        assert (await erp_office.ask("POST", "/hooks", order)).status == 409
        assert (await erp_office.ask("POST", "/hooks/erp/test")).status == 202
        await erp.until(lambda came: came)
        assert erp.events == ["hook.test"]
        await keep_tariff(lade, bodies)
        await erp.until(lambda came: len(came) == 2)
        off = await erp_office.ask("PATCH", "/hooks/erp", {"active": False})
        assert (off.body["active"], off.body["ended_because"]) == (False, "switched off by a back office")
        assert (await erp_office.get("/hooks")).body["items"][0]["name"] == "erp"
        assert (await erp_office.get("/hooks/erp/events?state=dead")).body["items"] == []
        assert (await erp_office.ask("POST", "/hooks/erp/events/replay")).status == 404
        assert (await erp_office.ask("DELETE", "/hooks/erp")).status == 204
        assert (await erp_office.get("/hooks/erp")).status == 404
