"""`ocpilot check` of our own server, in every role and version: all rules pass."""

import pytest

from ocpilot.app import peers
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.check.run import Plan, Run, check
from ocpilot.check.verdicts import Outcome
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version

LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB")
RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")
HUB = PartySettings(country_code="SE", party_id="NAV", role="HUB", name="Navet AB")
PTP = PartySettings(country_code="SE", party_id="TRM", role="PTP", name="Terminal AB")
PLATFORMS = {"operator": (LAD,), "provider": (RES,), "both": (LAD, RES), "hub": (HUB, LAD, RES), "terminals": (PTP,)}
#: The party that the check plays, whose drivers our Sessions and CDRs are about.
CHECKER = PartyId("SE", "CHK")


async def stock(node, bodies, owners: tuple[str, ...]) -> None:
    """Objects of every module that these parties own."""
    if "LAD" in owners:
        for number in range(7):
            day = f"2026-11-0{number + 1}T10:00:00Z"
            await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, f"T{number}", last_updated=day))
            await node.keep(ModuleID.LOCATIONS, bodies.location(f"L{number}", last_updated=day))
            session = bodies.session(f"S{number}", CHECKER.party_id, last_updated=day)
            await node.keep(ModuleID.SESSIONS, session, audience=CHECKER.key)
            cdr = bodies.cdr(Version.V2_3_0, f"C{number}", CHECKER.party_id, last_updated=day)
            await node.keep(ModuleID.CDRS, cdr, audience=CHECKER.key)
    if "RES" in owners:
        for number in range(7):
            day = f"2026-11-0{number + 1}T10:00:00Z"
            await node.keep(ModuleID.TOKENS, bodies.token(f"04A1B2C{number}", last_updated=day))


def breaches(run: Run) -> list[str]:
    """What a person is told of failed rules and warnings."""
    found = [*run.book.of(Outcome.FAIL), *run.book.of(Outcome.WARNING)]
    return [f"{one.version} {one.subject} {one.rule.id}: {one.breaches[0].found}" for one in found]


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("roles", PLATFORMS)
async def test_our_own_server_passes_the_check(roles: str, version: Version, make_node, bodies) -> None:
    parties = PLATFORMS[roles]
    async with make_node("Checked", parties) as node:
        await stock(node, bodies, tuple(party.party_id for party in parties))
        invitation = await peers.invite(node.platform, "Checker")
        plan = Plan(url=invitation.versions_url, token_a=invitation.token, version=version, result_seconds=2)
        run = await check(plan, lambda _: None)
    assert run.stopped is None
    assert breaches(run) == []
