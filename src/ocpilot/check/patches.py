"""PATCH of an object of ours: what it changes, what it leaves, and what it must refuse."""

from ocpilot.check import rules
from ocpilot.check.judging import judge_refused
from ocpilot.check.pushes import Trial
from ocpilot.check.samples import fresh_id, later
from ocpilot.wire.codec import Body
from ocpilot.wire.v230 import Session


async def check_patches(trial: Trial) -> None:
    """Every way of changing a part."""
    before = await trial.kept()
    if not before:
        trial.desk.skip("our object is not returned", rules.PATCH, rules.PATCH_KEEPS, rules.PATCH_TIME)
        return
    await _check_change(trial, before)
    await _check_null(trial)
    await _check_list(trial)
    if trial.kind.cls is Session:
        await _check_periods(trial)
    await _check_refused_patches(trial)


async def _stamped(trial: Trial, changes: Body) -> Body:
    """A PATCH a second after the last change."""
    return changes | {"last_updated": later((await trial.kept()).get("last_updated", "2020-01-01T00:00:00Z"))}


async def _check_change(trial: Trial, before: Body) -> None:
    patch = await _stamped(trial, dict(trial.kind.change))
    answer = await trial.patch(patch)
    if not trial.desk.expect(rules.PATCH, answer.ok, answer.said, answer):
        return
    after = await trial.get()
    trial.same(rules.PATCH, patch, after)
    rest = {name: value for name, value in before.items() if name not in patch}
    trial.same(rules.PATCH_KEEPS, rest, after)


async def _check_null(trial: Trial) -> None:
    name = trial.kind.clear
    if name is None:
        return
    answer = await trial.patch(await _stamped(trial, {name: None}))
    after = await trial.get()
    still = isinstance(after.data, dict) and after.data.get(name) is not None
    trial.desk.expect(rules.PATCH_NULL, answer.ok and not still, f"{answer.said}; {name} is still there", answer)


async def _check_list(trial: Trial) -> None:
    if not trial.kind.replace:
        return
    patch = await _stamped(trial, dict(trial.kind.replace))
    answer = await trial.patch(patch)
    if trial.desk.expect(rules.PATCH_LIST, answer.ok, answer.said, answer):
        trial.same(rules.PATCH_LIST, patch, await trial.get())


async def _check_periods(trial: Trial) -> None:
    """A charging period that is added to the one there is."""
    before = await trial.kept()
    periods = before.get("charging_periods")
    kept = periods if isinstance(periods, list) else []
    more = trial.samples.written(Session, {"charging_periods": [trial.samples.period(-30)]}).get("charging_periods")
    added = more if isinstance(more, list) else []
    answer = await trial.patch(await _stamped(trial, {"charging_periods": added}))
    if trial.desk.expect(rules.PATCH_APPENDS, answer.ok, answer.said, answer):
        trial.same(rules.PATCH_APPENDS, {"charging_periods": [*kept, *added]}, await trial.get())


async def _check_refused_patches(trial: Trial) -> None:
    desk = trial.desk
    unknown = await trial.patch(trial.kind.change | {"last_updated": "2026-01-01T00:00:00Z"}, fresh_id())
    desk.expect(rules.PATCH_UNKNOWN, not unknown.ok, f"{unknown.said} for an object that does not exist", unknown)
    if desk.talk.row.stamped_patches:
        judge_refused(desk, rules.PATCH_TIME, await trial.patch(dict(trial.kind.change)))
    else:
        desk.skip("not in this version", rules.PATCH_TIME)
    if not trial.kind.breaking:
        return
    before = await trial.kept()
    if judge_refused(desk, rules.PATCH_WHOLE, await trial.patch(await _stamped(trial, dict(trial.kind.breaking)))):
        trial.same(rules.PATCH_WHOLE, before, await trial.get())
