"""The log of OCPI messages: which exchanges are kept and how much of their bodies (`log_writing.py` writes them).

What is kept of an exchange is worked out when it is written (`message_rows.py`).
"""

from ocpilot.app.kept.messages import Cut, Message, Messages, has_failed
from ocpilot.app.logs.log_writing import LogWriter, Room
from ocpilot.app.logs.message_rows import Exchanged, message_of
from ocpilot.base.settings import Logged, LogSettings

#: Exchanges that wait at most, and the bytes of their bodies.
MOST = 20_000
MOST_BYTES = 64 * 1024 * 1024


class MessageLog:
    """What waits to be written."""

    def __init__(self, settings: LogSettings) -> None:
        self._settings = settings
        room = Room(most=MOST, most_bytes=MOST_BYTES)
        self._writer: LogWriter[Exchanged, Message] = LogWriter("messages", room, lambda one: (message_of(one),))

    @property
    def dropped(self) -> int:
        """How many did not fit, since the start."""
        return self._writer.dropped

    def add(self, one: Exchanged) -> None:
        """Keep an exchange if the settings want it and there is room; a replay is always wanted."""
        if self._settings.messages is not Logged.ALL and not self._wanted(one):
            return
        self._cut(one)
        self._writer.add(one, len(one.request_body) + len(one.response_body))

    async def run(self, store: Messages) -> None:
        """Write about every second until cancelled, and the last then."""
        await self._writer.run(store)

    async def write(self, store: Messages) -> None:
        """Write all that waits; what cannot be written waits on."""
        await self._writer.write(store)

    def _wanted(self, one: Exchanged) -> bool:
        if one.replay_of is not None:
            return True
        return self._settings.messages is Logged.ERRORS and has_failed(one.http_status, one.ocpi_status, one.error)

    def _cut(self, one: Exchanged) -> None:
        """No more of the bodies than is kept of them."""
        one.request_size, one.response_size = len(one.request_body), len(one.response_body)
        most = self._settings.body_bytes
        if not self._settings.bodies:
            if one.request_body:
                one.request_body, one.request_cut = b"", Cut.SETTING
            if one.response_body:
                one.response_body, one.response_cut = b"", Cut.SETTING
        elif one.listed and not self._settings.list_bodies and one.error is None and one.http_status == 200:
            one.response_body, one.response_cut = b"", Cut.LIST
        if one.request_size > most and one.request_body:
            one.request_body, one.request_cut = one.request_body[:most], Cut.SIZE
        if one.response_size > most and one.response_body:
            one.response_body, one.response_cut = one.response_body[:most], Cut.SIZE
