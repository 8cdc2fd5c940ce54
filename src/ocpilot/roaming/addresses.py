"""Where a partner's URL may lead: never inside (server-side request forgery), and only over TLS."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

from ocpilot.base.errors import ForbiddenAddress

#: IPv6 networks whose last 32 bits are an IPv4 address (RFC 6052, RFC 4291 2.5.5).
_IPV4_IN_IPV6 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"), IPv6Network("::ffff:0:0/96"))

#: Hosts that some programs read as an address in numbers: no name ends so (RFC 3696, 2).
_IN_NUMBERS = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)\.?$", re.IGNORECASE)

#: What follows the host and port of an absolute URL.
_BEYOND = re.compile(r"(?<=[^:/])[/?#]")


def check_url(url: str, *, allow_inner: bool) -> str:
    """The origin (scheme, host, port) of a URL whose form is allowed: http(s), a host, no user in it, and https unless
    `allow_inner`. A host that is an address in numbers is checked too. ForbiddenAddress otherwise.
    """
    if not url.isprintable() or " " in url:
        raise ForbiddenAddress(f"{url!r}: spaces and control characters have no place in a URL")
    beyond = _BEYOND.search(url)
    origin = url[: beyond.start()] if beyond else url
    _check_origin(origin, allow_inner)
    return origin


@lru_cache(maxsize=1024)
def _check_origin(url: str, allow_inner: bool) -> None:
    """The scheme, host and port of a URL, which say all; the same for every call to a peer."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ForbiddenAddress(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise ForbiddenAddress(f"{url!r}: expected an absolute URL such as https://example.com/ocpi/versions")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddress(f"URL to {host}: a user name or password in a URL is not allowed")
    if parts.scheme != "https" and not allow_inner:
        raise ForbiddenAddress(f"{url!r}: found http, expected https")
    literal = _literal(host)
    if literal is not None:
        check_addresses(url, [literal], allow_inner=allow_inner)
    elif _IN_NUMBERS.search(host):
        raise ForbiddenAddress(f"{url!r}: found an address in numbers, expected it as 192.0.2.1, or a name")


def check_addresses(url: str, addresses: Iterable[str], *, allow_inner: bool) -> None:
    """ForbiddenAddress when one of the addresses a host resolved to is not a public one."""
    if allow_inner:
        return
    for address in addresses:
        if not is_public(address):
            raise ForbiddenAddress(f"{url}: {address} is no public address")


def is_public(address: str) -> bool:
    """Whether everybody can reach this IP address: not private, loopback, link-local, shared or multicast."""
    ip = ip_address(address.partition("%")[0])
    carried = _embedded(ip) if isinstance(ip, IPv6Address) else ()
    judged: tuple[IPv4Address | IPv6Address, ...] = carried or (ip,)
    return all(one.is_global and not one.is_multicast for one in judged)


def _embedded(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that traffic to this IPv6 address may end at."""
    found = [ip.sixtofour, ip.teredo[1] if ip.teredo else None]
    if any(ip in network for network in _IPV4_IN_IPV6):
        found.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return tuple(inner for inner in found if inner is not None)


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def below(url: str, endpoint: str) -> str:
    """`url` at the scheme and port of this endpoint, when it leads there or below; ForbiddenAddress otherwise.

    Behind a proxy, Links name the scheme and port inside; those of the endpoint are the ones that work.
    """
    here, there = urlsplit(endpoint), urlsplit(url)
    path = here.path.rstrip("/")
    inside = there.path == path or there.path.startswith(f"{path}/")
    if there.hostname != here.hostname or not inside or ".." in unquote(there.path).split("/"):
        raise ForbiddenAddress(f"{url!r} is not below {endpoint!r}")
    return there._replace(scheme=here.scheme, netloc=here.netloc).geturl()
