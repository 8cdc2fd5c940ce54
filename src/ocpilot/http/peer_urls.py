"""Where a peer's resources are, and where the next page of its list is."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, urlencode, urlsplit

from yarl import URL

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import PartnerPage
from ocpilot.base.errors import NoMatchingEndpoints, PeerNonsense
from ocpilot.roaming.addresses import check_url
from ocpilot.wire.paging import read_headers
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import Endpoint


def resource_url(
    peer: Peer, module: ModuleID, interface: InterfaceRole, segments: Sequence[str], params: Mapping[str, str]
) -> str:
    """A resource below an endpoint of the peer, without a slash at the end. NoMatchingEndpoints when it does not offer
    that."""
    base = _endpoint(peer, module, interface).url.rstrip("/")
    path = f"{base}/{_path(tuple(segments))}" if segments else base
    return f"{path}?{urlencode(params)}" if params else path


@lru_cache(maxsize=512)
def _path(segments: tuple[str, ...]) -> str:
    """The same at all peers that are told of an object."""
    return "/".join([quote(segment, safe="") for segment in segments])


def checked(url: str, *, allow_inner: bool) -> URL:
    """A percent-encoded URL that may be called (`check_url`). What calls to a peer have in common is parsed once."""
    origin = check_url(url, allow_inner=allow_inner)
    path = url[len(origin) :]
    plain = path.startswith("/") and "?" not in path and "#" not in path
    return _origin(origin).with_path(path, encoded=True) if plain else URL(url, encoded=True)


@lru_cache(maxsize=1024)
def _origin(origin: str) -> URL:
    return URL(origin, encoded=True)


def has_slash(url: str) -> bool:
    """Whether its path ends with one."""
    return url.partition("?")[0].endswith("/")


def _endpoint(peer: Peer, module: ModuleID, interface: InterfaceRole) -> Endpoint:
    for endpoint in peer.endpoints:
        if endpoint.identifier == module and (endpoint.role is interface or module is ModuleID.CREDENTIALS):
            return endpoint
    raise NoMatchingEndpoints(f"{peer.name} offers no {module} {interface.lower()} interface")


def page_of(start: str, url: str, items: list[object], headers: Mapping[str, str]) -> PartnerPage:
    """A page with where its Link leads. PeerNonsense when that is no URL: the list must not seem to end there."""
    try:
        said = read_headers(headers, url)
        following = None if said.next_url is None else same_place(start, _plain(said.next_url))
    except ValueError as error:
        raise PeerNonsense(f"the Link of {url} is no URL: {error}") from error
    return PartnerPage(items=tuple(items), total=said.total, next_url=following)


def _plain(url: str) -> str:
    """The URL with what no URL holds percent-encoded (RFC 3986, 2.1), whatever bytes the header had."""
    return quote(url.encode("utf-8", "surrogateescape"), safe="!#$%&'()*+,/:;=?@[]~")


def same_place(start: str, following: str) -> str:
    """The next page, which must be where the first one was: our token goes nowhere else.

    Behind a proxy, Links name the scheme and port inside; those of the first page are the ones that work.
    """
    here, there = urlsplit(start), urlsplit(following)
    if there.hostname != here.hostname:
        raise PeerNonsense(f"the Link of {start} leads to another host: {following}")
    return there._replace(scheme=here.scheme, netloc=here.netloc).geturl()
