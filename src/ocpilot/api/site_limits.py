"""Limits of sites: what a Location of ours may draw, and how that is shared among its charges now."""

from decimal import Decimal

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import SiteLimitOrder
from ocpilot.app.kept.site_limit_records import LimitGroup, SiteLimit
from ocpilot.app.sites import site_limits, site_shown


async def list_site_limits(call: ApiCall) -> Reply:
    """Every limited site that the key may see, with its charges."""
    found = await site_limits.views(call.platform)
    seen = [one for one in found if call.key.only in (None, one.limit.party)]
    return calls.listed([msgspec.json.encode(site_shown.site(one)) for one in seen], call)


async def get_site_limit(call: ApiCall) -> Reply:
    """A limited site: who gets how much, and why."""
    return calls.shown(site_shown.site(await site_limits.view(call.platform, call.party(), call.path["id"])))


async def put_site_limit(call: ApiCall) -> Reply:
    """Limit a Location of ours, or change its limit as a whole. Charges that run are told within seconds."""
    order, party = call.read(SiteLimitOrder), call.party()
    limit = SiteLimit(
        party=party,
        location_id=call.path["id"],
        amps=_exact(order.amps),
        watts=_exact(order.watts),
        offline_amps=_exact(order.offline_amps),
        groups=tuple(
            LimitGroup(
                name=one.name, amps=_exact(one.amps), watts=_exact(one.watts), parent=one.parent, evses=one.evses
            )
            for one in order.groups
        ),
        changed_at=call.platform.clock(),
    )
    await site_limits.set_limit(call.platform, limit)
    return await get_site_limit(call)


async def delete_site_limit(call: ApiCall) -> Reply:
    """Limit a Location no more; its charges get all that their EVSEs can give."""
    await site_limits.remove_limit(call.platform, call.party(), call.path["id"])
    return Reply(status=204)


def _exact(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))
