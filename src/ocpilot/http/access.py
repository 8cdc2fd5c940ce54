"""The access log, a line per request: written when the turn of the event loop is over, after the answers."""

import asyncio
import logging

log = logging.getLogger("ocpilot.http.access")


class AccessLog:
    """Lines wait until the turn is over, so that no answer waits for the log."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """One line, without any secret: it is written as it is."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        self._lines.append(line)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        if log.isEnabledFor(logging.INFO):
            for line in lines:
                # As `log.info` does, but it need not search for the place in the code that called it.
                log.handle(log.makeRecord(log.name, logging.INFO, __file__, 0, line, (), None))
