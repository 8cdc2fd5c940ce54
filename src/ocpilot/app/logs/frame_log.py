"""The log of OCPP frames: which are kept, and adding one, which a gateway does for every frame that goes by."""

from datetime import datetime

from ocpilot.app.kept.frames import FrameDirection, FrameLine, Frames
from ocpilot.app.logs.frame_rows import FrameRows, HeardFrame
from ocpilot.app.logs.log_writing import LogWriter, Room
from ocpilot.base.settings import Logged, LogSettings

#: Frames that wait at most, some 20 seconds of 10,000 stations, and their characters.
_ROOM = Room(most=60_000, most_bytes=64 * 1024 * 1024, batch=2000)


class FrameLog:
    """What waits to be written. `add` is the sink of a gateway: it looks at nothing."""

    def __init__(self, settings: LogSettings) -> None:
        self._wanted = settings.frames is not Logged.NONE
        rows = FrameRows(settings.frames, settings.frame_characters)
        self._writer: LogWriter[HeardFrame, FrameLine] = LogWriter("frames", _ROOM, rows.rows_of)

    @property
    def dropped(self) -> int:
        """How many did not fit, since the start."""
        return self._writer.dropped

    def add(self, station_id: str, direction: FrameDirection, text: str, at: datetime) -> None:
        """Keep a frame, or a word about a connection, if the settings want any and there is room."""
        if self._wanted:
            self._writer.add(HeardFrame(station_id, direction, text, at), len(text))

    async def run(self, store: Frames) -> None:
        """Write about every second until cancelled, and the last then."""
        await self._writer.run(store)

    async def write(self, store: Frames) -> None:
        """Write all that waits; what cannot be written waits on."""
        await self._writer.write(store)
