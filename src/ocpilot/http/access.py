"""The access log: what was answered in one turn of the event loop is written at once, a line per request."""

import asyncio
import logging

log = logging.getLogger("ocpilot.http.access")


class AccessLog:
    """Lines wait until the turn is over: under load many requests end together, and one write costs as much as many."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """One line, without any secret: it is written as it is."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        self._lines.append(line)

    def _write(self) -> None:
        text, self._lines = "\n".join(self._lines), []
        if log.isEnabledFor(logging.INFO):
            # As `log.info` does, but it need not search for the place in the code that called it.
            log.handle(log.makeRecord(log.name, logging.INFO, __file__, 0, text, (), None))
