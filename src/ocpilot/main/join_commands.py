"""What the commands about stations that nobody added ask of a platform."""

from collections.abc import Sequence
from datetime import timedelta

from ocpilot.app.platform import Platform
from ocpilot.app.stations import newcomers
from ocpilot.base import time
from ocpilot.cli import station_join
from ocpilot.main.on_platform import on_platform


class Joining:
    """`cli.station_join.JoinCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def waiting(self) -> Sequence[dict[str, str | None]]:
        """See `JoinCommands`."""
        return [
            {
                "id": one.id,
                "vendor": one.vendor,
                "model": one.model,
                "serial": one.serial,
                "firmware": one.firmware,
                "remote": one.remote,
                "first_seen": time.write(one.first_seen),
                "last_seen": time.write(one.last_seen),
            }
            for one in await self._platform.store.newcomers.waiting()
        ]

    async def approve(self, station_id: str, location_id: str, evses: Sequence[str]) -> None:
        """See `JoinCommands`."""
        await newcomers.approve(self._platform, station_id, location_id, evses)

    async def refuse(self, station_id: str) -> None:
        """See `JoinCommands`."""
        await newcomers.refuse(self._platform, station_id)

    async def invite(self, location_id: str, evses: Sequence[str], count: int, days: float) -> Sequence[str]:
        """See `JoinCommands`."""
        codes = await newcomers.invite(self._platform, location_id, evses, count, timedelta(days=days))
        return [*codes, f"{self._platform.settings.server.base_url.replace('http', 'ws', 1)}/ocpp/ID"]


run_join = on_platform(lambda args, platform: station_join.run(args, Joining(platform)))
