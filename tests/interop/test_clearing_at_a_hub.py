"""What passes through our hub is checked and cleared, told to both sides, and neither paid nor receipted by us."""

import pytest
from market import market_of, tell, tokens

from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import disputes
from ocpilot.app.work.jobs import Jobs
from ocpilot.wire.protocol import Version


@pytest.fixture
async def market(hub):
    async with market_of(hub, "2.3.0") as members:
        yield members


async def test_a_wrong_cdr_between_two_members_is_held_and_disputed_with_both(market, bodies):
    await tell(market.pro, "tokens", tokens(bodies), ident="uid")
    body = bodies.cdr(Version.V2_3_0, "C1", country_code="DE", party_id="OPE", total_cost={"before_taxes": 9.99})
    tariff = bodies.tariff(Version.V2_3_0, country_code="DE", party_id="OPE")
    token = {"country_code": "DE", "party_id": "PRO", "uid": "CARD1", "type": "RFID", "contract_id": "DE-PRO-C1"}
    body |= {"tariffs": [tariff], "cdr_token": token}
    body["charging_periods"][0]["tariff_id"] = "T1"
    headers = {"OCPI-from-country-code": "DE", "OCPI-from-party-id": "OPE"}
    said = await market.ope.ask("POST", "cdrs", body=body, role="RECEIVER", headers=headers)
    assert said.status == 1000, said.text

    platform = market.hub.nav.platform
    jobs = Jobs(platform)
    await jobs.once()
    assert not jobs.failures
    stored = await clearing_actions.named(platform, "C1")
    held = await platform.store.clearings.get(stored.key)
    assert (held.state, held.audience) == ("held", "DEPRO")
    assert [one.rule for one in held.findings if one.holds] == ["price"]
    await clearing_actions.act(platform, stored.key, Action.DISPUTE, "kim@nav.se", "the price is wrong")
    assert (await disputes.message(platform, stored)).dispute.to == ("DE/OPE", "DE/PRO")
    await clearing_actions.act(platform, stored.key, Action.ACCEPT, "kim@nav.se", "they agreed on it")
    await jobs.once()
    assert await platform.store.documents.receipt_of(stored.key) is None
