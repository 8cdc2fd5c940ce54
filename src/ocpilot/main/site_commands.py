"""What `ocpilot site-limit` asks of a platform."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.app.kept.site_limit_records import LimitGroup, SiteLimit
from ocpilot.app.platform import Platform
from ocpilot.app.sites import site_limits
from ocpilot.app.sites.site_limits import SiteView
from ocpilot.cli import site_limit
from ocpilot.main.on_platform import on_platform


class SitesOf:
    """`cli.site_limit.SiteLimitCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def set(
        self,
        location_id: str,
        *,
        amps: Decimal | None,
        watts: Decimal | None,
        offline_amps: Decimal | None,
        groups: Sequence[LimitGroup],
    ) -> None:
        """See `SiteLimitCommands`."""
        limit = SiteLimit(
            party=await site_limits.party_of(self._platform, location_id),
            location_id=location_id,
            amps=amps,
            watts=watts,
            offline_amps=offline_amps,
            groups=tuple(groups),
            changed_at=self._platform.clock(),
        )
        await site_limits.set_limit(self._platform, limit)

    async def remove(self, location_id: str) -> None:
        """See `SiteLimitCommands`."""
        party = await site_limits.party_of(self._platform, location_id)
        await site_limits.remove_limit(self._platform, party, location_id)

    async def all(self) -> Sequence[SiteView]:
        """See `SiteLimitCommands`."""
        return await site_limits.views(self._platform)

    async def show(self, location_id: str) -> SiteView:
        """See `SiteLimitCommands`."""
        party = await site_limits.party_of(self._platform, location_id)
        return await site_limits.view(self._platform, party, location_id)


run_site_limit = on_platform(lambda args, platform: site_limit.run(args, SitesOf(platform)))
