"""From which state to which a CDR may go, and by what: the one table of it."""

from enum import StrEnum

import msgspec

from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep, Moved
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, UserError

#: Who moves what goes on by itself.
PLATFORM = "platform"
_LONGEST_WHY = 1000


class Action(StrEnum):
    """What is done with a CDR. `credit` is what a good Credit CDR does to its original, `issue` what makes one of ours
    count that waited for its original."""

    ACCEPT = "accept"
    HOLD = "hold"
    DISPUTE = "dispute"
    DROP = "drop"
    CREDIT = "credit"
    ISSUE = "issue"


class Way(Record, frozen=True):
    """From these states to that one; `done` is how it is said of a CDR."""

    before: frozenset[ClearingState]
    after: ClearingState
    done: str


_OPEN = frozenset({ClearingState.NEW, ClearingState.HELD, ClearingState.DISPUTED})
WAYS = {
    Action.ACCEPT: Way(before=_OPEN, after=ClearingState.ACCEPTED, done="accepted"),
    Action.HOLD: Way(
        before=frozenset({ClearingState.NEW, ClearingState.ACCEPTED, ClearingState.DISPUTED}),
        after=ClearingState.HELD,
        done="held",
    ),
    Action.DISPUTE: Way(
        before=frozenset({ClearingState.NEW, ClearingState.HELD, ClearingState.ACCEPTED}),
        after=ClearingState.DISPUTED,
        done="disputed",
    ),
    Action.DROP: Way(before=_OPEN, after=ClearingState.DROPPED, done="dropped"),
    Action.CREDIT: Way(
        before=_OPEN | {ClearingState.ISSUED, ClearingState.ACCEPTED}, after=ClearingState.CREDITED, done="credited"
    ),
    Action.ISSUE: Way(
        before=frozenset({ClearingState.NEW, ClearingState.HELD}), after=ClearingState.ISSUED, done="issued"
    ),
}
#: What a person does; the others follow from CDRs.
BY_HAND = (Action.ACCEPT, Action.HOLD, Action.DISPUTE, Action.DROP)


def open_to(state: ClearingState) -> tuple[Action, ...]:
    """What a person may do with a CDR that stands there."""
    return tuple(action for action in BY_HAND if state in WAYS[action].before)


def moved(platform: Platform, clearing: Clearing, action: Action, who: str, why: str) -> Moved:
    """The move of a CDR by an action. Conflict where its state does not allow it, UserError without a reason."""
    way = WAYS[action]
    if clearing.state not in way.before:
        raise Conflict(f"CDR {clearing.key.id} of {clearing.key.party} is {clearing.state}: {_instead(clearing, way)}")
    if not why.strip() or len(why) > _LONGEST_WHY:
        raise UserError(f"found {len(why)} characters of why, expected 1 to {_LONGEST_WHY}: it is kept with the CDR")
    now, because = platform.clock(), why.strip()
    return Moved(
        before=frozenset({clearing.state}),
        after=msgspec.structs.replace(clearing, state=way.after, why=because, at=now),
        step=ClearingStep(key=clearing.key, before=clearing.state, after=way.after, who=who, why=because, at=now),
    )


def _instead(clearing: Clearing, way: Way) -> str:
    if clearing.state is ClearingState.ISSUED:
        return f"it is ours, so it cannot be {way.done}, only credited (ocpilot cdr credit)"
    return f"only one that is {', '.join(sorted(way.before))} can be {way.done}"
