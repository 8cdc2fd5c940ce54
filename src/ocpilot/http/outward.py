"""Connections to addresses that others gave us: never to an inner one, not even when a name changes its meaning."""

import socket
import ssl

import aiohttp

from ocpilot.roaming.addresses import check_addresses


def outward_session(*, allow_inner: bool) -> aiohttp.ClientSession:
    """A session without cookies or proxies whose every connection is checked at the moment it is made."""

    def checked(address: aiohttp.AddrInfoType) -> socket.socket:
        """With the address that will be used: a name cannot mean another one any more."""
        family, kind, protocol, _, target = address
        check_addresses("connection", [str(target[0])], allow_inner=allow_inner)
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(limit=200, limit_per_host=32, socket_factory=checked)
    return aiohttp.ClientSession(
        connector=connector, auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    )


def in_words(error: Exception) -> str:
    """Why nobody answered, for people: what is wrong with a certificate or a name stands deep in these errors."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = error.certificate_error
        why = found.verify_message if isinstance(found, ssl.SSLCertVerificationError) else str(found)
        return f"the certificate of {error.host} is not accepted: {why}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} is not found: {error.os_error.strerror or error.os_error}"
    return f"{type(error).__name__} {error}".rstrip()
