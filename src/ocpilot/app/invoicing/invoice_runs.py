"""Runs that somebody asked for, in the console or by the API: they go on by themselves, by their state in the store."""

import logging
from collections.abc import AsyncIterator

from msgspec.structs import replace

from ocpilot.app.customers import fees
from ocpilot.app.invoicing import invoicing, rating
from ocpilot.app.invoicing.invoicing import Due
from ocpilot.app.kept.invoice_run_records import InvoiceRun
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, OcpilotError

log = logging.getLogger(__name__)


async def ask(platform: Platform, who: str, customer: str | None = None) -> InvoiceRun:
    """A new run of all that is due, or the one that goes on. NotFound when there is no such customer."""
    if customer is not None:
        await invoicing.customer_numbered(platform, customer)
    while True:
        runs = platform.store.invoice_runs
        run = await runs.ask(who, customer, None, platform.clock()) or await runs.running()
        if run is not None:  # it ended between the two questions
            return run


async def numbered(platform: Platform, number: int) -> InvoiceRun:
    """One run; NotFound."""
    run = await platform.store.invoice_runs.get(number)
    if run is None:
        raise NotFound(f"no invoice run {number}")
    return run


async def go_on(platform: Platform) -> InvoiceRun | None:
    """Bring the run that was asked for to its end, from where it is; None when there is none."""
    run = await platform.store.invoice_runs.running()
    if run is None:
        return None
    try:
        run = await _issued(platform, await _rated(platform, run))
    except OcpilotError as error:
        run = replace(run, problem=str(error))
    return await _kept(platform, replace(run, ended_at=platform.clock()))


async def prepare(platform: Platform) -> AsyncIterator[int]:
    """What comes before a run: CDRs are worked out, some at a time, of which it says how many; then monthly fees."""
    while found := await rating.rate(platform):
        yield found
    await fees.charge(platform)


async def _rated(platform: Platform, run: InvoiceRun) -> InvoiceRun:
    async for found in prepare(platform):
        run = await _kept(platform, replace(run, rated=run.rated + found))
    return run


async def _issued(platform: Platform, run: InvoiceRun) -> InvoiceRun:
    """Group after group; one that fails keeps no other from its invoice."""
    found = sorted(await invoicing.due(platform, run.until, run.customer), key=place_of)
    left = [one for one in found if place_of(one) > run.place]
    run = await _kept(platform, replace(run, groups=run.done + len(left)))
    for one in left:
        try:
            async for _ in invoicing.issue_all(platform, one):
                run = replace(run, written=run.written + 1)
        except OcpilotError as error:
            log.warning("no invoice for customer %s: %s", one.customer.number, error)
            problem = f"customer {one.customer.number}: {error}"
            run = replace(run, failed=run.failed + 1, problem=problem)
        run = await _kept(platform, replace(run, done=run.done + 1, place=place_of(one)))
    return run


def place_of(one: Due) -> str:
    """Where it stands among all groups of items: a run goes through them in this order."""
    return f"{one.group.customer_id:010}/{one.group.purpose}/{one.group.currency}"


async def _kept(platform: Platform, run: InvoiceRun) -> InvoiceRun:
    await platform.store.invoice_runs.save(run)
    return run
