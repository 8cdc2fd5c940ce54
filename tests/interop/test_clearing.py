"""A wrong CDR comes, is held, disputed, credited, and the corrected one accepted: over sockets, in every order."""

import asyncpg
import pytest
from desk import Desk

from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import disputes
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.partners import peers
from ocpilot.base.errors import Conflict
from ocpilot.wire.protocol import ModuleID


@pytest.fixture
async def desk(connection, bodies):
    await connection.resa.keep(ModuleID.TOKENS, bodies.token())
    return Desk(connection, bodies)


@pytest.fixture
async def newest_desk(newest, bodies):
    await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    return Desk(newest, bodies)


async def test_a_wrong_cdr_is_held_disputed_credited_and_the_corrected_one_accepted(desk):
    await desk.comes("C1", "9.99")
    held = await desk.standing("C1")
    assert (held.state, held.findings[0].rule, held.findings[0].found) == ("held", "price", "total_cost 9.99 SEK")
    assert [one.rule for one in held.findings if not one.holds] == ["late", "unknown_place"]
    with pytest.raises(Conflict, match="is held: only one that is"):
        await desk.act("C1", Action.HOLD)

    await desk.act("C1", Action.DISPUTE, "the price is not that of the Tariff")
    stored = await clearing_actions.named(desk.platform, "C1")
    text = (await disputes.message(desk.platform, stored)).text
    assert "Subject: CDR C1 of SE/LAD is disputed" in text
    assert "We do not accept this CDR as it is: the price is not that of the Tariff" in text
    assert "total_cost         9.99 SEK  5.25 SEK    4.74 SEK" in text
    assert "Energy: 1.5 kWh × 3.50 SEK per kWh = 5.25 SEK" in text

    await desk.credit_comes("C1-C", "C1", "9.99")
    credit = await desk.standing("C1-C")
    assert (credit.state, credit.credits, credit.why) == ("accepted", "C1", "it takes back CDR C1")
    first = await desk.standing("C1")
    assert (first.state, first.credited_by) == ("credited", "C1-C")

    await desk.comes("C2")
    second = await desk.standing("C2")
    assert (second.state, second.why) == ("accepted", "it corrects CDR C1, which was credited")

    steps = await desk.platform.store.clearings.steps(desk.key("C1"))
    assert [(one.before, one.after, one.who) for one in steps] == [
        ("new", "held", "platform"),
        ("held", "disputed", "kim@resa.se"),
        ("disputed", "credited", "platform"),
    ]
    receipts = [await desk.platform.store.documents.receipt_of(desk.key(one)) for one in ("C1", "C1-C", "C2")]
    assert [one is not None for one in receipts] == [False, False, True]


async def test_a_credit_before_its_original_waits_for_it(newest_desk):
    await newest_desk.credit_comes("C1-C", "C1", "5.25")
    waiting = await newest_desk.standing("C1-C")
    assert (waiting.state, waiting.why) == ("new", "it waits for CDR C1, which it takes back")
    with pytest.raises(Conflict, match="C1, which C1-C takes back, is not here"):
        await newest_desk.act("C1-C", Action.ACCEPT)
    await newest_desk.comes("C1")
    assert (await newest_desk.standing("C1")).state == "credited"
    assert (await newest_desk.standing("C1-C")).state == "accepted"


async def test_a_corrected_cdr_before_the_credit_is_held_until_that_comes(newest_desk):
    await newest_desk.comes("C1", "9.99")
    await newest_desk.standing("C1")
    await newest_desk.comes("C2")
    assert {one.rule for one in (await newest_desk.standing("C2")).findings if one.holds} == {"doubled"}
    await newest_desk.credit_comes("C1-C", "C1", "9.99")
    await newest_desk.standing("C1-C")
    corrected = await newest_desk.standing("C2")
    assert (corrected.state, corrected.why) == ("accepted", "it corrects CDR C1, which was credited")


async def test_one_from_before_there_was_clearing_is_looked_at_when_it_is_taken_back(newest_desk, second_database_url):
    await newest_desk.comes("C1")
    connection = await asyncpg.connect(second_database_url)
    await connection.execute("UPDATE cdr SET cleared = true")
    await connection.close()
    assert await newest_desk.standing("C1") is None
    await newest_desk.credit_comes("C1-C", "C1", "5.25")
    assert (await newest_desk.standing("C1-C")).state == "accepted"
    assert (await newest_desk.standing("C1")).state == "credited"


async def test_credits_of_each_other_take_back_nothing(newest_desk):
    await newest_desk.credit_comes("A", "B", "5.25")
    await newest_desk.credit_comes("B", "A", "5.25")
    assert {(await newest_desk.standing(one)).state for one in "AB"} == {"held"}


async def test_a_credit_that_names_nobody_is_known_by_its_charge_and_amount(newest_desk):
    await newest_desk.comes("C1")
    await newest_desk.credit_comes("X", "C-1", "5.25")
    assert (await newest_desk.standing("X")).credits == "C1"
    assert (await newest_desk.standing("C1")).credited_by == "X"


@pytest.mark.parametrize(
    ("ident", "of", "amount", "rule"),
    [
        ("C9", "C1", "5.25", "credited_twice"),
        ("C9", "C1-C", "5.25", "credit_of_a_credit"),
        ("C9", "C2", "4.00", "credit_amount"),
    ],
)
async def test_a_credit_that_takes_back_something_else_is_held(newest_desk, ident, of, amount, rule):
    await newest_desk.comes("C1")
    await newest_desk.credit_comes("C1-C", "C1", "5.25")
    await newest_desk.comes("C2")
    await newest_desk.credit_comes(ident, of, amount)
    held = await newest_desk.standing(ident)
    assert (held.state, rule in {one.rule for one in held.findings}) == ("held", True)
    assert (await newest_desk.standing("C2")).state == "accepted"


async def test_a_person_may_take_a_credit_of_another_amount_as_good(newest_desk):
    await newest_desk.comes("C1")
    await newest_desk.credit_comes("C1-C", "C1", "5.00")
    assert (await newest_desk.standing("C1-C")).state == "held"
    await newest_desk.act("C1-C", Action.ACCEPT, "agreed on")
    assert (await newest_desk.standing("C1")).state == "credited"


async def test_the_credit_of_what_was_dropped_is_dropped(newest_desk):
    await newest_desk.comes("C1", "9.99")
    await newest_desk.standing("C1")
    await newest_desk.act("C1", Action.DROP, "nobody was there")
    await newest_desk.credit_comes("C1-C", "C1", "9.99")
    assert (await newest_desk.standing("C1-C")).state == "dropped"


async def test_a_second_cdr_of_one_charge_is_held_and_one_that_a_person_accepts_gets_its_receipt(newest_desk):
    await newest_desk.comes("C1")
    await newest_desk.standing("C1")
    await newest_desk.comes("C2", "9.99", session_id="S2")
    held = await newest_desk.standing("C2")
    assert {one.rule for one in held.findings if one.holds} == {"price", "doubled"}
    await newest_desk.act("C2", Action.ACCEPT, "two cars")
    await newest_desk.jobs.once()
    receipt = await newest_desk.platform.store.documents.receipt_of(newest_desk.key("C2"))
    assert b'"excl":"9.99"' in receipt.body.encode()


async def test_an_unknown_token_is_held(newest, bodies):
    desk = Desk(newest, bodies)
    await desk.comes("C1")
    held = await desk.standing("C1")
    assert held.state is ClearingState.HELD
    assert [one.rule for one in held.findings if one.holds] == ["unknown_token"]


async def test_limits_are_those_of_the_partner(newest_desk):
    changes = {"clearing.most_kwh": 1, "clearing.late_days": 1000, "clearing.note": ["unknown_place"]}
    await peers.change_profile(newest_desk.platform, newest_desk.connection.lade_at_resa, changes)
    await newest_desk.comes("C1")
    held = await newest_desk.standing("C1")
    assert held.why == "Very much energy: found 1.5 kWh, expected at most 1 kWh"
    assert [one.rule for one in held.findings] == ["energy", "unknown_place"]
