"""What a person decides about a CDR, and what is billed of it."""

import pytest

import billed
from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import crediting, invoicing, rating
from ocpilot.base.errors import Conflict


async def act(provider, key, action):
    return await clearing_actions.act(provider, key, action, "kim@resa.se", "because")


async def test_one_that_is_held_and_accepted_again_is_billed_once(provider):
    await billed.drivers(provider.store, 1)
    [(key, _, _)] = await billed.accepted(provider, 1, operators=billed.OPERATORS[:1])
    await rating.rate(provider)
    await act(provider, key, Action.HOLD)
    assert [kept async for kept, _, _ in invoicing.run(provider, until=billed.NOW)] == []
    await act(provider, key, Action.ACCEPT)
    [kept] = [kept async for kept, _, _ in invoicing.run(provider, until=billed.NOW)]
    assert len(kept.invoice.lines) == 1


async def test_one_on_an_invoice_cannot_be_held_before_that_is_credited(provider):
    await billed.drivers(provider.store, 1)
    [(key, _, _)] = await billed.accepted(provider, 1, operators=billed.OPERATORS[:1])
    await rating.rate(provider)
    [kept] = [kept async for kept, _, _ in invoicing.run(provider, until=billed.NOW)]
    with pytest.raises(Conflict, match=f"is on invoice {kept.number}: to dispute it, that must be credited first"):
        await act(provider, key, Action.DISPUTE)
    await crediting.credit(provider, kept.number, "not his car", again=True, who="kim")
    assert (await act(provider, key, Action.DISPUTE)).state == "disputed"
