"""Certificates of the TLS port, read again when their files change: renewing one does not throw stations out.

A look a minute rather than a signal: whoever renews certificates need not know of us. New authorities of client
certificates are added; ones that were removed are believed until the next start, for OpenSSL forgets none.
"""

import asyncio
import logging
import ssl
from pathlib import Path

from ocpilot.base.settings import StationSettings

log = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK = 60.0


class TlsFiles:
    """The files of one TLS context that is in use."""

    def __init__(self, stations: StationSettings, context: ssl.SSLContext) -> None:
        self._stations = stations
        self._context = context
        self._seen = self._stamp()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            self.look()

    def look(self) -> bool:
        """Read the files if they are others than before; whether they were. Files that do not fit together, as in the
        middle of a renewal, leave everything as it is until the next look."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        try:
            # A context into which a certificate without its key was loaded serves nobody any more.
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._load(self._context)
        except OSError as error:
            log.error("stations.tls_certificate, tls_key, client_ca: not read again: %s", error)
            return False
        self._seen = stamp
        log.info("stations.tls_certificate: read again, for the files changed")
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        context.load_cert_chain(self._stations.tls_certificate, self._stations.tls_key)
        if self._stations.client_ca:
            context.load_verify_locations(self._stations.client_ca)

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        names = (self._stations.tls_certificate, self._stations.tls_key, self._stations.client_ca)
        return tuple(_version_of(Path(name)) for name in names if name)


def _version_of(path: Path) -> tuple[int, int, int]:
    """Other numbers for other content; zeros while there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
