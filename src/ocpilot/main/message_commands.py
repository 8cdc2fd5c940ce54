"""What `ocpilot station message` asks of a platform, as `cli.station_message` states it."""

from collections.abc import Sequence

from ocpilot.app.kept.station_events import Payload
from ocpilot.app.platform import Platform
from ocpilot.app.stations import display_messages, station_views
from ocpilot.app.stations.display_messages import Message
from ocpilot.cli import station_message
from ocpilot.main.on_platform import on_platform


class Messages:
    """`cli.station_message.MessageCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def show(self, station_id: str, message: Message) -> tuple[int, str]:
        """See `MessageCommands`."""
        station = await station_views.named(self._platform, station_id)
        return await display_messages.show(self._platform, station, message)

    async def clear(self, station_id: str, number: int) -> str:
        """See `MessageCommands`."""
        station = await station_views.named(self._platform, station_id)
        return await display_messages.clear(self._platform, station, number)

    async def shown(self, station_id: str) -> Sequence[Payload]:
        """See `MessageCommands`."""
        station = await station_views.named(self._platform, station_id)
        return await display_messages.shown(self._platform, station)


run_message = on_platform(lambda args, platform: station_message.run(args, Messages(platform)))
