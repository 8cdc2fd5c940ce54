"""Connections to addresses that others gave us: never to an inner one, not even when a name changes its meaning."""

import socket

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
