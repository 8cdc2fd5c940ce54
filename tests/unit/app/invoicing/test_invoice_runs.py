"""Runs that somebody asks for go on by their state in the store, from where whoever worked on them died."""

from dataclasses import replace

import msgspec
import pytest

import billed
from ocpilot.app.invoicing import invoice_runs, invoicing, rating
from ocpilot.base.errors import NotFound


async def test_a_run_is_asked_for_once_and_comes_to_its_end(provider):
    await billed.drivers(provider.store, 3)
    await billed.accepted(provider, 9, ("T0", "T1", "T2"), billed.OPERATORS[:1])
    asked = await invoice_runs.ask(provider, "anna@example.org")
    assert await invoice_runs.ask(provider, "omar@example.org") == asked
    done = await invoice_runs.go_on(provider)
    assert (done.rated, done.groups, done.done, done.written, done.failed) == (9, 3, 3, 3, 0)
    assert done.ended_at == billed.NOW
    assert await provider.store.invoice_runs.last() == done
    assert await invoice_runs.go_on(provider) is None
    assert (await invoice_runs.ask(provider, "omar@example.org")).id != asked.id


async def test_a_run_whose_worker_died_goes_on_with_what_is_left(provider):
    await billed.drivers(provider.store, 3)
    await billed.accepted(provider, 9, ("T0", "T1", "T2"), billed.OPERATORS[:1])
    run = await invoice_runs.ask(provider, "anna@example.org")
    await rating.rate(provider)
    first = (await invoicing.due(provider))[0]
    [_] = [kept async for kept in invoicing.issue_all(provider, first)]
    await provider.store.invoice_runs.save(
        msgspec.structs.replace(run, rated=9, groups=3, done=1, written=1, place=invoice_runs.place_of(first))
    )
    done = await invoice_runs.go_on(provider)
    assert (done.groups, done.done, done.written) == (3, 3, 3)


async def test_without_what_every_invoice_needs_a_run_ends_and_says_why(provider):
    await billed.drivers(provider.store, 2)
    await billed.accepted(provider, 6, ("T0", "T1"), billed.OPERATORS[:1])
    await rating.rate(provider)
    nowhere = msgspec.structs.replace(provider.settings.seller, country="")
    platform = replace(provider, settings=msgspec.structs.replace(provider.settings, seller=nowhere))
    await invoice_runs.ask(platform, "anna@example.org")
    done = await invoice_runs.go_on(platform)
    assert (done.groups, done.done, done.written, done.failed) == (2, 2, 0, 2)
    assert "seller.country: found nothing" in done.problem
    assert done.ended_at is not None


async def test_a_run_for_nobody_is_refused(provider):
    with pytest.raises(NotFound, match="no customer 77"):
        await invoice_runs.ask(provider, "anna@example.org", "77")
    with pytest.raises(NotFound):
        await invoice_runs.numbered(provider, 99)
