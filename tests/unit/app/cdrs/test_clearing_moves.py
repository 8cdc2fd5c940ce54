"""From where a CDR may go where: the table of states, row by row."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ocpilot.app.cdrs.clearing_moves import Action, moved, open_to
from ocpilot.app.kept.clearing_records import Clearing, ClearingState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.errors import Conflict, UserError
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID

NOW = datetime(2026, 11, 26, tzinfo=UTC)
LATER = datetime(2026, 11, 27, tzinfo=UTC)
PLATFORM = SimpleNamespace(clock=lambda: LATER)


def standing(state):
    key = ObjectKey(module=ModuleID.CDRS, party=PartyId.of("SE", "LAD"), id="C1")
    money = {"currency": "SEK", "total": Decimal(5), "kwh": Decimal(1)}
    return Clearing(key=key, peer_id=1, audience="SERES", token_uid="T", state=state, ended_at=NOW, at=NOW, **money)


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("issued", ()),
        ("new", ("accept", "hold", "dispute", "drop")),
        ("accepted", ("hold", "dispute")),
        ("held", ("accept", "dispute", "drop")),
        ("disputed", ("accept", "hold", "drop")),
        ("credited", ()),
        ("dropped", ()),
    ],
)
def test_what_a_person_may_do_follows_from_where_it_stands(state, actions):
    assert open_to(ClearingState(state)) == actions
    for action in set(Action) - {Action.CREDIT, Action.ISSUE} - set(actions):
        with pytest.raises(Conflict, match=f"CDR C1 of SE/LAD is {state}"):
            moved(PLATFORM, standing(ClearingState(state)), action, "kim", "why")


@pytest.mark.parametrize("state", ["issued", "new", "accepted", "held", "disputed"])
def test_everything_but_what_is_settled_can_be_credited(state):
    move = moved(PLATFORM, standing(ClearingState(state)), Action.CREDIT, "platform", "Credit CDR C1-C")
    assert (move.after.state, move.step.before, move.step.after) == ("credited", state, "credited")


def test_a_step_says_who_when_and_why():
    move = moved(PLATFORM, standing(ClearingState.HELD), Action.DROP, "kim", " a test ")
    assert (move.step.who, move.step.why, move.step.at, move.after.why, move.after.at) == (
        "kim",
        "a test",
        LATER,
        "a test",
        LATER,
    )


@pytest.mark.parametrize("why", ["", "  ", "x" * 1001])
def test_without_a_reason_nothing_moves(why):
    with pytest.raises(UserError, match="expected 1 to 1000"):
        moved(PLATFORM, standing(ClearingState.HELD), Action.DROP, "kim", why)


def test_what_can_be_done_with_ours_is_said():
    with pytest.raises(Conflict, match="it is ours, so it cannot be disputed, only credited"):
        moved(PLATFORM, standing(ClearingState.ISSUED), Action.DISPUTE, "kim", "why")
