"""Who knocks: what a request to upgrade says about the station, and what a proxy before us says about it."""

import re
from collections.abc import Collection

import msgspec
from starlette.websockets import WebSocket

from ocpilot.app.kept.station_events import Knock
from ocpilot.ocpp.basic_auth import password_of
from ocpilot.ocpp.station_socket import facts_of

#: The common name in a subject as proxies write it: `CN=CP-1,O=Lade` (RFC 4514) or `/O=Lade/CN=CP-1`.
_COMMON_NAME = re.compile(r"(?:^|[,/])\s*CN\s*=\s*((?:\\.|[^,/\\])+)")


class Proxies(msgspec.Struct, frozen=True, kw_only=True):
    """Reverse proxies that end TLS: `trusted` are their addresses, `certificate_header` names a verified subject."""

    trusted: Collection[str] = ()
    certificate_header: str = ""


def address_of(websocket: WebSocket, proxies: Proxies) -> str:
    """Where the station is; the last address that a trusted proxy heard from."""
    peer = facts_of(websocket.scope).peer
    if peer not in proxies.trusted:
        return peer
    heard = websocket.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return heard or peer


def knock_of(websocket: WebSocket, station_id: str, proxies: Proxies) -> Knock:
    """What the request says; WrongAuthorization when its header is none of this station."""
    facts = facts_of(websocket.scope)
    tls, names = facts.tls, facts.names
    if facts.peer in proxies.trusted:
        tls = websocket.headers.get("x-forwarded-proto", "").lower() in ("https", "wss")
        subject = websocket.headers.get(proxies.certificate_header, "") if proxies.certificate_header else ""
        names = tuple(re.sub(r"\\(.)", r"\1", name).strip() for name in _COMMON_NAME.findall(subject))
    return Knock(
        station_id=station_id,
        password=password_of(websocket.headers.get("authorization"), station_id),
        remote=address_of(websocket, proxies),
        tls=tls,
        certificate_names=names if tls else (),
    )
