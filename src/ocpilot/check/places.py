"""Locations: single GETs of theirs, and EVSEs and Connectors of ours within a Location."""

from collections.abc import Sequence

from ocpilot.check import rules
from ocpilot.check.comparing import as_dict, differences
from ocpilot.check.desk import Desk
from ocpilot.check.judging import judge_unknown
from ocpilot.check.pushes import Trial
from ocpilot.check.samples import fresh_id, later
from ocpilot.wire.codec import Body

#: So many Locations are fetched one by one.
_SINGLES = 3


async def check_singles(desk: Desk, bodies: Sequence[Body]) -> None:
    """GET of a Location, of an EVSE and of a Connector, beside what the list said of them."""
    judge_unknown(desk, await desk.ask("GET", fresh_id()))
    if not bodies:
        desk.skip("the list is empty", rules.SINGLE)
    for body in bodies[:_SINGLES]:
        await check_same(desk, body, str(body.get("id")))
        evse = _first(body, "evses")
        if evse is None:
            continue
        await check_same(desk, evse, str(body.get("id")), str(evse.get("uid")))
        connector = _first(evse, "connectors")
        if connector is not None:
            await check_same(desk, connector, str(body.get("id")), str(evse.get("uid")), str(connector.get("id")))


def _first(body: Body, name: str) -> Body | None:
    items = body.get(name)
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else None


async def check_same(desk: Desk, listed: Body, *segments: str) -> None:
    """GET of one object is what its list held."""
    answer = await desk.ask("GET", *segments)
    wrong = differences(listed, answer.data) if answer.ok else [answer.said]
    # What changed since the list was read is another object now.
    if (
        answer.ok
        and as_dict(answer.data).get("last_updated") != listed.get("last_updated")
        and "last_updated" in listed
    ):
        same_id = all(as_dict(answer.data).get(name) == listed.get(name) for name in ("id", "uid", "terminal_id"))
        wrong = [] if same_id else wrong
    desk.expect(rules.SINGLE, not wrong, "; ".join(wrong[:3]), answer)


async def check_inner(trial: Trial) -> None:
    """PUT and PATCH of an EVSE and of a Connector, and what their parents say then."""
    moment = (await trial.kept()).get("last_updated")
    if moment is None:
        trial.desk.skip("our Location is not returned", rules.INNER_PUT, rules.INNER_PATCH, rules.PARENTS)
        return
    path = trial.segments()
    evse = trial.samples.evse("CHECK-2")
    await _check_part(trial, (*path, "CHECK-2"), evse, {"physical_reference": "2"}, 10)
    connector = trial.samples.connector("2")
    await _check_part(trial, (*path, "CHECK-2", "2"), connector, {"format": "CABLE"}, 20)
    # Nothing of ours stays to be seen.
    await trial.desk.ask("PATCH", *path, "CHECK-2", body={"status": "REMOVED", "last_updated": later(moment, 40)})


async def _check_part(trial: Trial, path: tuple[str, ...], body: Body, change: Body, seconds: int) -> None:
    desk, moment = trial.desk, (await trial.kept()).get("last_updated")
    whole = body | ({"last_updated": later(moment, seconds)} if "last_updated" in body else {})
    put = await desk.ask("PUT", *path, body=whole)
    if desk.expect(rules.INNER_PUT, put.ok, put.said, put):
        trial.same(rules.INNER_PUT, whole, await desk.ask("GET", *path))
        await _check_parents(trial, path, whole.get("last_updated"))
    patch = change | {"last_updated": later(moment, seconds + 5)}
    patched = await desk.ask("PATCH", *path, body=patch)
    if desk.expect(rules.INNER_PATCH, patched.ok, patched.said, patched):
        trial.same(rules.INNER_PATCH, patch, await desk.ask("GET", *path))
        await _check_parents(trial, path, patch["last_updated"])


async def _check_parents(trial: Trial, path: tuple[str, ...], stamp: object) -> None:
    """The Location, and the EVSE of a Connector, changed when their part did."""
    if stamp is None:
        return
    for depth in range(3, len(path)):
        answer = await trial.desk.ask("GET", *path[:depth])
        trial.same(rules.PARENTS, {"last_updated": stamp}, answer)
