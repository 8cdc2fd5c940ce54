"""`ocpilot check` of our own server, in every role and version: all rules pass."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.ocpi import invoices, payments
from ocpilot.app.orders import bookings
from ocpilot.app.partners import peers
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.check.run import Plan, Run, check
from ocpilot.check.verdicts import Outcome
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version
from ocpilot.wire.v230 import BookingLocation, CaptureStatusCode, FinancialAdviceConfirmation, Price, Terminal

LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB")
RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")
HUB = PartySettings(country_code="SE", party_id="NAV", role="HUB", name="Navet AB")
PTP = PartySettings(country_code="SE", party_id="TRM", role="PTP", name="Terminal AB")
PLATFORMS = {"operator": (LAD,), "provider": (RES,), "both": (LAD, RES), "hub": (HUB, LAD, RES), "terminals": (PTP,)}
#: The party that the check plays, whose drivers our Sessions and CDRs are about.
CHECKER = PartyId("SE", "CHK")


DAYS = [f"2026-11-0{number}T10:00:00Z" for number in range(1, 8)]


async def stock(node, bodies, roles: set[str]) -> None:
    """Objects of every module that these roles own."""
    if "CPO" in roles:
        await stock_operator(node, bodies)
    if "EMSP" in roles:
        for number, day in enumerate(DAYS):
            await node.keep(ModuleID.TOKENS, bodies.token(f"04A1B2C{number}", last_updated=day))
    if "PTP" in roles:
        await stock_terminals(node)


async def stock_operator(node, bodies) -> None:
    for number, day in enumerate(DAYS):
        await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, f"T{number}", last_updated=day))
        await node.keep(ModuleID.LOCATIONS, bodies.location(f"L{number}", last_updated=day))
        session = bodies.session(f"S{number}", CHECKER.party_id, last_updated=day)
        await node.keep(ModuleID.SESSIONS, session, audience=CHECKER.key)
        cdr = bodies.cdr(Version.V2_3_0, f"C{number}", CHECKER.party_id, last_updated=day)
        await node.keep(ModuleID.CDRS, cdr, audience=CHECKER.key)
        await invoices.issue(node.platform, LAD.id, f"INVOICE-{number}", [f"C{number}"])
        await bookings.put_location(
            node.platform, msgspec.convert(booking_location(f"B{number}", day), BookingLocation)
        )


def booking_location(ident: str, day: str) -> dict[str, object]:
    slot = {"start_date_time": "2036-11-01T08:00:00Z", "end_date_time": "2036-11-01T18:00:00Z"}
    calendar = {
        "id": "CA1",
        "begin_from": "2036-11-01T00:00:00Z",
        "end_before": "2036-11-02T00:00:00Z",
        "available_timeslots": [slot],
        "last_updated": day,
    }
    terms = {"supported_access_methods": ["OPEN"], "change_until_minutes": 60, "cancel_until_minutes": 60}
    owner = {"country_code": "SE", "party_id": "LAD", "id": ident, "location_id": "L1"}
    return owner | {"booking_terms": terms, "calendars": [calendar], "last_updated": day}


async def stock_terminals(node) -> None:
    for number, day in enumerate(DAYS):
        terminal = Terminal(terminal_id=f"P{number}", last_updated=time.parse(day))
        await payments.put_terminal(node.platform, PTP.id, terminal, CHECKER)
        confirmation = FinancialAdviceConfirmation(
            id=f"F{number}",
            authorization_reference="A1",
            total_costs=Price(before_taxes=Decimal(1)),
            currency="SEK",
            eft_data=("line",),
            capture_status_code=CaptureStatusCode.SUCCESS,
            last_updated=time.parse(day),
        )
        await payments.confirm(node.platform, PTP.id, confirmation, CHECKER)


def breaches(run: Run) -> list[str]:
    """What a person is told of failed rules and warnings."""
    found = [*run.book.of(Outcome.FAIL), *run.book.of(Outcome.WARNING)]
    return [f"{one.version} {one.subject} {one.rule.id}: {one.breaches[0].found}" for one in found]


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize("roles", PLATFORMS)
async def test_our_own_server_passes_the_check(roles: str, version: Version, make_node, bodies) -> None:
    parties = PLATFORMS[roles]
    async with make_node("Checked", parties) as node:
        await stock(node, bodies, {party.role for party in parties})
        invitation = await peers.invite(node.platform, "Checker")
        plan = Plan(url=invitation.versions_url, token_a=invitation.token, version=version, result_seconds=2)

        def said(line: str) -> None:
            if "replaced token" in line:
                node.clock.ahead += timedelta(minutes=1)

        run = await check(plan, said)
    assert run.stopped is None
    assert breaches(run) == []
