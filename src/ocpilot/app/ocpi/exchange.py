"""One OCPI request and its answer as the functions of `app/` see them, and where our interfaces are found."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import InvalidObject, MissingParameter
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.base.settings import Settings
from ocpilot.roaming.routing import Route
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context, Received
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version

T = TypeVar("T", bound=Wire)

#: Largest request body, bytes: a Location with hundreds of EVSEs fits, an attack does not.
LARGEST_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class AtHub:
    """What a hub adds to a call of a member that it answers out of what it keeps (`hub_routing.py`).

    `audience` is who may see what is pushed, None everybody. What is read is what `member` sent of `party`; None: of
    all others (transport_and_format, "GET All via Hubs"). `viewer` are the audiences the caller belongs to.
    """

    audience: str | None = None
    member: int | None = None
    party: PartyId | None = None
    viewer: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Call:
    """An authenticated request. `path` are the URL's variables, `query` its parameters, `url` the URL without query.

    Versions and version details count as module credentials. `limited`: the token used opens only these
    (CREDENTIALS_TOKEN_A, or a token being replaced). `at_hub` is set for calls between members of our hub.
    """

    peer: Peer
    credentials_token: str = field(repr=False)
    limited: bool = False
    method: str
    version: Version
    module: ModuleID = ModuleID.CREDENTIALS
    interface: InterfaceRole = InterfaceRole.SENDER
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    url: str = ""
    request_id: str = ""
    correlation_id: str = ""
    sender: PartyId | None = None
    receiver: PartyId | None = None
    came_at: datetime = field(default_factory=time.now)
    at_hub: AtHub | None = None
    findings: list[Problem] = field(default_factory=list, compare=False)

    def read(self, cls: type[T], body: object, context: Context = NOTHING, *, owned: bool = False) -> Received[T]:
        """The body, or what became of it, read in the version of the request; InvalidObject with all problems.

        What had to be mended is noted in `findings`. `owned`: an object its owner sends, which is updated now when it
        does not say when.
        """
        received = codec.read(cls, self.version, body, context, self.came_at if owned else None)
        self.findings.extend(received.findings)
        return received

    @property
    def route(self) -> Route:
        """The parties it comes from and goes to, where the peer named them."""
        return Route(sender=self.sender, receiver=self.receiver)

    def object(self) -> codec.Body:
        """The JSON object in the body; BadJson when it is no JSON, InvalidObject when it is no object."""
        value = codec.loads(self.body)
        if isinstance(value, dict):
            return value
        problem = Problem(path="$", found=f"a {type(value).__name__}", expected="a JSON object")
        raise InvalidObject([problem], "request body")

    def parameter(self, name: str) -> str:
        """A required query parameter or path variable."""
        value = self.path.get(name) or self.query.get(name)
        if not value:
            raise MissingParameter(f"{name}: found nothing, expected a value")
        return value


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the peer gets: `data` is JSON text, None leaves the field out. `answered_by` is the party behind our hub
    that answered, where the request did not name it."""

    http_status: int = 200
    status_code: int = 1000
    message: str = "Success"
    data: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    answered_by: PartyId | None = None


Handler = Callable[[Platform, Call], Awaitable[Answer]]


def stored_answer(created: bool, headers: Mapping[str, str] | None = None) -> Answer:
    """201 for a new object, 200 for a replaced one (status_codes, "Status codes")."""
    return Answer(http_status=201 if created else 200, headers=headers or {})


def versions_url(settings: Settings) -> str:
    """Where others find which versions we speak."""
    return f"{settings.server.base_url}/ocpi/versions"


def details_url(settings: Settings, version: str) -> str:
    """Where others find our endpoints of one version."""
    return f"{settings.server.base_url}/ocpi/{version}"


def endpoint_url(
    settings: Settings, version: Version, module: ModuleID, interface: InterfaceRole, *segments: str
) -> str:
    """The URL of one of our interfaces, or of a resource below it; credentials has no interface in its URL."""
    parts = [module] if module is ModuleID.CREDENTIALS else [interface.lower(), module]
    return "/".join([details_url(settings, version), *parts, *(quote(segment, safe="") for segment in segments)])
