"""What operators see of CDRs that wait, and what they decide with a reason."""

import pytest

from ocpilot.app.cdrs.clearing_moves import Action, moved
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.work.jobs import Jobs
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

WRONG = {"party": "SE/LAD", "id": "cdr-session-2-1"}


@pytest.fixture
async def desk(world, reader):
    """A provider whose jobs have run: one bill disagrees."""
    await Jobs(world.platform).once()
    await reader.sign_in("kontor@example.org")
    return world, reader


def spoken(page):
    return page.words.replace("\N{NO-BREAK SPACE}", " ")


async def standing(world, key):
    return await world.platform.store.clearings.get(key)


async def stored(world, ident):
    [found] = await world.platform.store.objects.find(ModuleID.CDRS, ident)
    return found


async def test_the_queue_counts_and_says_what_speaks_against_each(desk):
    _, reader = desk
    page = await reader.get("/console/clearing")
    assert "2 Held 0 Disputed 1 Accepted" in spoken(page)
    assert "cdr-session-2-1 Held From Ladda Sverige (SE/LAD) → SE/RES" in spoken(page)
    assert "The price is not ours total_cost 131.336 SEK expected: 118.84 SEK: they used a price" in spoken(page)
    assert (
        "More than the Connector can give 21.4 kWh in 0.75 hours: 28.5 kW on average expected: at most 22 kW"
        in spoken(page)
    )
    assert "CDRs that wait for somebody: 2" in (await reader.get("/console/cdrs")).words
    assert "2 CDRs to decide about" in (await reader.get("/console")).words


async def test_where_nothing_waits_it_says_so(desk):
    _, reader = desk
    assert "No CDR waits here" in (await reader.get("/console/clearing?state=disputed")).words
    assert "cdr-session-1-2" in (await reader.get("/console/clearing?state=accepted&peer=1")).words


async def test_a_bill_is_disputed_with_a_reason_and_its_message_is_there_to_send(desk):
    world, reader = desk
    back = "/console/cdrs/SE/LAD/cdr-session-2-1"
    answer = await reader.post("/console/clearing/dispute", WRONG | {"why": "12.50 too much", "next": back})
    assert (answer.status, answer.headers["location"]) == (303, back)
    words = spoken(await reader.get(back))
    assert "Clearing State Disputed" in words
    assert "kontor@example.org Held → Disputed 12.50 too much" in words
    assert "Subject: CDR cdr-session-2-1 of SE/LAD is disputed" in words
    assert (await standing(world, (await stored(world, "cdr-session-2-1")).key)).why == "12.50 too much"


async def test_what_may_not_be_is_explained_and_nothing_moves(desk):
    world, reader = desk
    refused = await reader.post("/console/clearing/hold", WRONG | {"why": "again"})
    assert (refused.status, "is held: only one that is" in refused.words) == (409, True)
    assert (await reader.post("/console/clearing/accept", WRONG | {"why": " "})).status == 400
    assert (await reader.post("/console/clearing/eat", WRONG | {"why": "x"})).status == 404
    assert (await reader.post("/console/clearing/accept", WRONG | {"why": "x"}, csrf="wrong")).status == 400
    assert (await standing(world, (await stored(world, "cdr-session-2-1")).key)).state == "held"


async def test_it_is_for_operators_only(world, reader):
    await reader.sign_in("anna@example.org")
    assert (await reader.get("/console/clearing")).status == 404


async def test_a_bill_of_ours_is_taken_back_from_its_page(office):
    platform, reader = office
    await Jobs(platform).once()
    path = "/console/cdrs/SE/LAD/cdr-session-9-1"
    assert "Take it back and issue it anew" in (await reader.get(path)).words
    form = {"party": "SE/LAD", "id": "cdr-session-9-1", "next": path}
    assert (await reader.post("/console/clearing/credit", form | {"why": " "})).status == 400
    assert (await reader.post("/console/clearing/reissue", form | {"why": "x", "kwh": "many"})).status == 400
    assert (await reader.post("/console/clearing/reissue", form | {"why": "x"})).status == 409
    assert (await reader.post("/console/clearing/credit", form | {"why": "wrong"})).status == 303
    [credit] = await platform.store.objects.find(ModuleID.CDRS, "cdr-session-9-1-C")
    assert value_of(CDR, credit).remark == "wrong"
    assert "Clearing State Credited" in (await reader.get(path)).words
    assert "Takes back cdr-session-9-1" in (await reader.get(f"{path}-C")).words


async def test_a_driver_is_told_that_his_bill_was_taken_back(world, reader):
    await Jobs(world.platform).once()
    [kept] = await world.platform.store.objects.find(ModuleID.CDRS, "cdr-session-1-1")
    found = await standing(world, kept.key)
    assert await world.platform.store.clearings.move_together(
        [moved(world.platform, found, Action.CREDIT, "platform", "Credit CDR x")]
    )
    await reader.sign_in("anna@example.org")
    assert "tagit tillbaka den" in (await reader.get("/charges/SE/LAD/session-1-1")).words
