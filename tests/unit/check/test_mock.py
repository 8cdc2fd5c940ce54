"""A mock without faults passes every rule, whatever it plays, in every version."""

import pytest

from ocpilot.base.ids import PartyId
from ocpilot.check.run import Plan, Run, check
from ocpilot.check.verdicts import Outcome
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan as MockPlan
from ocpilot.mock.started import started
from ocpilot.wire.protocol import SUPPORTED, Version


async def run_against(part: Part, **wanted: object) -> Run:
    async with started(MockPlan(part=part, objects=30, result_after=0.0)) as mock:
        plan = Plan(url=mock.versions_url, token_a=mock.connection.token_a, **wanted)
        run = await check(plan, lambda _: None)
        assert (mock.connection.token is not None) == plan.keep
    return run


def not_passed(run: Run) -> list[str]:
    found = [*run.book.of(Outcome.FAIL), *run.book.of(Outcome.WARNING)]
    return [f"{one.subject} {one.rule.id}: {one.breaches[0].found}" for one in found]


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("part", Part)
async def test_a_mock_without_faults_passes(part: Part, version: Version) -> None:
    run = await run_against(part, version=version)
    assert run.stopped is None
    assert not_passed(run) == []


async def test_all_versions_are_run_one_after_the_other_on_one_registration() -> None:
    run = await run_against(Part.BOTH, every=True)
    assert tuple(run.versions) == SUPPORTED
    assert not_passed(run) == []
    assert {one.version for one in run.book.verdicts.values()} == set(SUPPORTED)


async def test_the_newest_version_is_run_when_none_is_asked_for() -> None:
    assert (await run_against(Part.CPO)).versions == [SUPPORTED[0]]


async def test_we_can_stay_registered() -> None:
    assert not_passed(await run_against(Part.EMSP, keep=True)) == []


async def test_we_play_the_party_we_are_told() -> None:
    run = await run_against(Part.EMSP, party=PartyId("NO", "ABC"))
    assert not_passed(run) == []


async def test_interfaces_that_are_not_offered_are_named() -> None:
    run = await run_against(Part.CPO)
    absent = {one.subject for one in run.book.absent}
    assert "tokens sender" in absent
    assert "locations sender" not in absent


async def test_a_wrong_token_stops_the_run() -> None:
    async with started(MockPlan(part=Part.CPO)) as mock:
        run = await check(Plan(url=mock.versions_url, token_a="wrong"), lambda _: None)
    assert run.stopped is not None
    assert "HTTP 401" in run.stopped


async def test_a_version_that_is_not_offered_stops_the_run() -> None:
    async with started(MockPlan(part=Part.CPO, versions=[Version.V2_2_1])) as mock:
        plan = Plan(url=mock.versions_url, token_a=mock.connection.token_a, version=Version.V2_3_0)
        run = await check(plan, lambda _: None)
    assert run.stopped == "they offer 2.2.1, we asked for 2.3.0"


async def test_a_platform_that_cannot_reach_us_stops_the_run_and_is_told_why() -> None:
    async with started(MockPlan(part=Part.CPO)) as mock:
        plan = Plan(
            url=mock.versions_url,
            token_a=mock.connection.token_a,
            public_url="http://127.0.0.1:9",
            version=Version.V2_3_0,
        )
        run = await check(plan, lambda _: None)
    assert run.stopped is not None
    assert "--public-url" in run.stopped
