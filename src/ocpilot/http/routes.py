"""The one route table: every resource of every version, from which URLs are matched and endpoints are listed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple
from urllib.parse import unquote

from ocpilot.app.cdrs import objects
from ocpilot.app.logs.message_rows import VERSIONS
from ocpilot.app.ocpi import hub_clients, invoices, locations, pages, payments
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS, CONFIRMATIONS, TERMINALS
from ocpilot.app.ocpi.exchange import Answer, Call, Handler, details_url, endpoint_url
from ocpilot.app.orders import booking_calls, command_calls, preferences, profile_calls
from ocpilot.app.partners import credentials
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import MethodNotAllowed, NotFound
from ocpilot.roaming.offers import Interface, offered, other_side
from ocpilot.wire import codec
from ocpilot.wire.packages import exists_in
from ocpilot.wire.protocol import MET_AS, PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import ChargingPreferences, Endpoint, Role, VersionDetails, VersionInfo

S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER
OWNED = "{country_code}/{party_id}/{id}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One row: a path below the interface's URL, and who answers which method."""

    module: ModuleID
    interface: InterfaceRole
    path: str
    methods: Mapping[str, Handler]
    versions: frozenset[Version] = frozenset(SUPPORTED)

    @cached_property
    def template(self) -> tuple[str, ...]:
        """All segments below `/ocpi`."""
        whole = f"{{version}}/{self.interface.lower()}/{self.module}/{self.path}"
        return tuple(segment for segment in whole.split("/") if segment)

    @cached_property
    def logged_as(self) -> str:
        """The module's name in the message log, where versions are not credentials: nothing in them is secret."""
        configures = self.module is ModuleID.CREDENTIALS and self.template[-1] != ModuleID.CREDENTIALS
        return VERSIONS if configures else self.module

    def handler(self, method: str) -> Handler:
        """Who answers; MethodNotAllowed carries the methods that are answered."""
        if method not in self.methods:
            raise MethodNotAllowed(f"{method} is not defined for {'/'.join(self.template)}", sorted(self.methods))
        return self.methods[method]


@dataclass(frozen=True, kw_only=True)
class Configuration(Resource):
    """A row of versions or credentials, which have no interface in their path."""

    module: ModuleID = ModuleID.CREDENTIALS
    interface: InterfaceRole = S

    @cached_property
    def template(self) -> tuple[str, ...]:
        """All segments below `/ocpi`."""
        return tuple(self.path.split("/"))


async def versions(platform: Platform, call: Call) -> Answer:
    """The versions we speak, or tell this peer (version_information_endpoint, "Version information endpoint")."""
    told: tuple[str, ...] = call.peer.profile.versions or (*SUPPORTED, *MET_AS)
    infos = [VersionInfo(version=word, url=details_url(platform.settings, word)) for word in told]
    return Answer(data=codec.dumps([codec.body_of(info) for info in infos]))


async def details(platform: Platform, call: Call, met_as: str | None = None) -> Answer:
    """Our endpoints of one version (version_information_endpoint, "Version details endpoint").

    `met_as` is the word of a version that we meet as another: the endpoints are those of that one.
    """
    version = call.version if met_as is None else MET_AS[met_as]
    their_role = credentials.their_role(platform, call.peer)
    listed = VersionDetails(version=met_as or version, endpoints=endpoints(platform, version, their_role))
    body = codec.convert(VersionDetails, codec.body_of(listed), OWN_VERSION, version).body
    return Answer(data=codec.dumps(body))


#: Before `terminals/{id}`, which `activate` would be taken for.
_ACTIVATE = Resource(
    module=ModuleID.PAYMENTS, interface=S, path=f"{TERMINALS}/activate", methods={"POST": payments.activate}
)
PAYMENTS: tuple[Resource, ...] = (
    _ACTIVATE,
    Resource(
        module=ModuleID.PAYMENTS,
        interface=S,
        path=f"{TERMINALS}/{{id}}",
        methods={
            "GET": partial(payments.sender_get, sub=TERMINALS),
            "PUT": payments.terminal_put,
            "PATCH": payments.terminal_patch,
        },
    ),
    Resource(
        module=ModuleID.PAYMENTS,
        interface=S,
        path=f"{TERMINALS}/{{id}}/deactivate",
        methods={"POST": payments.deactivate},
    ),
    Resource(
        module=ModuleID.PAYMENTS,
        interface=S,
        path=f"{CONFIRMATIONS}/{{id}}",
        methods={"GET": partial(payments.sender_get, sub=CONFIRMATIONS)},
    ),
    *(
        Resource(module=ModuleID.PAYMENTS, interface=interface, path=kind + below, methods={method: handler})
        for kind in (TERMINALS, CONFIRMATIONS)
        for interface, below, method, handler in (
            (S, "", "GET", partial(pages.sender_list, sub=kind)),
            (R, "", "POST", partial(payments.receiver_post, sub=kind)),
            (R, "/{id}", "GET", partial(payments.receiver_get, sub=kind)),
        )
    ),
)

_PLACES = f"{{country_code}}/{{party_id}}/{BOOKING_LOCATIONS}/{{id}}"
BOOKED: tuple[Resource, ...] = (
    Resource(
        module=ModuleID.BOOKINGS,
        interface=S,
        path="",
        methods={"GET": partial(pages.sender_list, sub=BOOKINGS), "POST": booking_calls.booking_post},
    ),
    Resource(
        module=ModuleID.BOOKINGS, interface=S, path=BOOKING_LOCATIONS, methods={"GET": booking_calls.location_list}
    ),
    *(
        Resource(
            module=ModuleID.BOOKINGS,
            interface=S,
            path=f"{BOOKING_LOCATIONS}/{{id}}{below}",
            methods={"GET": booking_calls.location_get},
        )
        for below in ("", "/{calendar_id}")
    ),
    Resource(
        module=ModuleID.BOOKINGS,
        interface=R,
        path=OWNED,
        methods={
            "GET": objects.receiver_get,
            "PUT": booking_calls.booking_put,
            "PATCH": booking_calls.booking_patch,
        },
    ),
    Resource(
        module=ModuleID.BOOKINGS,
        interface=R,
        path=_PLACES,
        methods={
            "GET": partial(objects.receiver_get, sub=BOOKING_LOCATIONS),
            "PUT": partial(objects.receiver_put, sub=BOOKING_LOCATIONS),
            "PATCH": partial(objects.receiver_patch, sub=BOOKING_LOCATIONS),
        },
    ),
    Resource(
        module=ModuleID.BOOKINGS,
        interface=R,
        path=_PLACES + "/{calendar_id}",
        methods={
            "GET": booking_calls.calendar_get,
            "PUT": booking_calls.calendar_put,
            "PATCH": booking_calls.calendar_patch,
        },
    ),
)

_TARIFF_METHODS: Mapping[str, Handler] = {
    "GET": objects.receiver_get,
    "PUT": objects.receiver_put,
    "DELETE": objects.receiver_delete,
}
_PATCHING_TARIFFS = frozenset(version for version in SUPPORTED if PROTOCOLS[version].tariff_patches)

TABLE: tuple[Resource, ...] = (
    Configuration(path="versions", methods={"GET": versions}),
    *(
        Configuration(path=word, methods={"GET": partial(details, met_as=word)}, versions=frozenset({version}))
        for word, version in MET_AS.items()
    ),
    Configuration(path="{version}", methods={"GET": details}),
    Configuration(
        path="{version}/credentials",
        methods={
            "GET": credentials.get,
            "POST": credentials.post,
            "PUT": credentials.put,
            "DELETE": credentials.delete,
        },
    ),
    Resource(module=ModuleID.LOCATIONS, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(module=ModuleID.LOCATIONS, interface=S, path="{id}", methods={"GET": locations.sender_get}),
    Resource(module=ModuleID.LOCATIONS, interface=S, path="{id}/{evse_uid}", methods={"GET": locations.sender_get}),
    Resource(
        module=ModuleID.LOCATIONS,
        interface=S,
        path="{id}/{evse_uid}/{connector_id}",
        methods={"GET": locations.sender_get},
    ),
    Resource(
        module=ModuleID.LOCATIONS,
        interface=R,
        path=OWNED,
        methods={
            "GET": locations.receiver_get,
            "PUT": locations.receiver_put,
            "PATCH": locations.receiver_patch,
        },
    ),
    Resource(
        module=ModuleID.LOCATIONS,
        interface=R,
        path=OWNED + "/{evse_uid}",
        methods={
            "GET": locations.receiver_get,
            "PUT": locations.receiver_put_evse,
            "PATCH": locations.receiver_patch_evse,
        },
    ),
    Resource(
        module=ModuleID.LOCATIONS,
        interface=R,
        path=OWNED + "/{evse_uid}/{connector_id}",
        methods={
            "GET": locations.receiver_get,
            "PUT": locations.receiver_put_connector,
            "PATCH": locations.receiver_patch_connector,
        },
    ),
    Resource(module=ModuleID.TARIFFS, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(
        module=ModuleID.TARIFFS,
        interface=R,
        path=OWNED,
        methods=_TARIFF_METHODS,
        versions=frozenset(SUPPORTED) - _PATCHING_TARIFFS,
    ),
    Resource(
        module=ModuleID.TARIFFS,
        interface=R,
        path=OWNED,
        methods={**_TARIFF_METHODS, "PATCH": objects.receiver_patch},
        versions=_PATCHING_TARIFFS,
    ),
    Resource(module=ModuleID.SESSIONS, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(
        module=ModuleID.SESSIONS,
        interface=R,
        path=OWNED,
        methods={
            "GET": objects.receiver_get,
            "PUT": objects.receiver_put,
            "PATCH": objects.receiver_patch,
        },
    ),
    Resource(
        module=ModuleID.SESSIONS,
        interface=S,
        path="{id}/charging_preferences",
        methods={"PUT": preferences.put},
        versions=frozenset(version for version in SUPPORTED if exists_in(ChargingPreferences, version)),
    ),
    Resource(module=ModuleID.CDRS, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(module=ModuleID.CDRS, interface=R, path="", methods={"POST": objects.cdr_post}),
    Resource(module=ModuleID.CDRS, interface=R, path=OWNED, methods={"GET": objects.receiver_get}),
    Resource(module=ModuleID.TOKENS, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(module=ModuleID.TOKENS, interface=S, path="{id}/authorize", methods={"POST": objects.token_authorize}),
    Resource(
        module=ModuleID.TOKENS,
        interface=R,
        path=OWNED,
        methods={
            "GET": objects.receiver_get,
            "PUT": objects.receiver_put,
            "PATCH": objects.receiver_patch,
        },
    ),
    Resource(module=ModuleID.COMMANDS, interface=R, path="{command}", methods={"POST": command_calls.command_post}),
    Resource(module=ModuleID.COMMANDS, interface=S, path="{command}/{id}", methods={"POST": command_calls.result_post}),
    Resource(
        module=ModuleID.CHARGING_PROFILES,
        interface=R,
        path="{session_id}",
        methods={
            "GET": profile_calls.profile_get,
            "PUT": profile_calls.profile_put,
            "DELETE": profile_calls.profile_delete,
        },
    ),
    Resource(
        module=ModuleID.CHARGING_PROFILES, interface=S, path="{session_id}", methods={"PUT": profile_calls.update_put}
    ),
    Resource(
        module=ModuleID.CHARGING_PROFILES, interface=S, path="{order}/{id}", methods={"POST": profile_calls.result_post}
    ),
    Resource(module=ModuleID.HUB_CLIENT_INFO, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(
        module=ModuleID.HUB_CLIENT_INFO,
        interface=R,
        path="{country_code}/{party_id}",
        methods={"GET": hub_clients.receiver_get, "PUT": hub_clients.receiver_put},
    ),
    Resource(module=ModuleID.INVOICE_RECONCILIATION, interface=S, path="", methods={"GET": pages.sender_list}),
    Resource(module=ModuleID.INVOICE_RECONCILIATION, interface=R, path="", methods={"POST": invoices.receiver_post}),
    Resource(
        module=ModuleID.INVOICE_RECONCILIATION,
        interface=R,
        path=OWNED,
        methods={
            "GET": objects.receiver_get,
            "PUT": objects.receiver_put,
            "DELETE": objects.receiver_delete,
        },
    ),
    *PAYMENTS,
    *BOOKED,
)


def rows_of(version: Version, interfaces: Collection[Interface]) -> list[Resource]:
    """The rows of a version, those of `interfaces` and those that every platform has."""
    return [
        row
        for row in TABLE
        if _has(version, row) and (isinstance(row, Configuration) or (row.module, row.interface) in interfaces)
    ]


def endpoints(platform: Platform, version: Version, their_role: Role) -> tuple[Endpoint, ...]:
    """The endpoints of a version that the roles of our parties offer; credentials first.

    Where endpoints have no role, a module is listed once: the interface that faces a peer of `their_role`.
    """
    ours = offered(party.role for party in platform.settings.parties)
    if not PROTOCOLS[version].roles:
        ours &= frozenset(map(other_side, offered((their_role,))))
    listed: list[Interface] = [(ModuleID.CREDENTIALS, S)]
    for row in TABLE:
        interface = (row.module, row.interface)
        if interface in ours and version in row.versions and interface not in listed:
            listed.append(interface)
    return tuple(
        Endpoint(identifier=module, role=role, url=endpoint_url(platform.settings, version, module, role))
        for module, role in listed
        if module in PROTOCOLS[version].modules
    )


class _Pattern(NamedTuple):
    """A row as it is looked for: what stands where in its URLs, and the versions that have it."""

    row: Resource
    words: tuple[tuple[int, str], ...]
    variables: tuple[tuple[int, str], ...]
    versions: frozenset[Version]

    @classmethod
    def of(cls, row: Resource) -> "_Pattern":
        places = tuple(enumerate(row.template))
        return cls(
            row,
            tuple((place, word) for place, word in places if not word.startswith("{")),
            tuple((place, word[1:-1]) for place, word in places if word.startswith("{")),
            frozenset(version for version in row.versions if _has(version, row)),
        )

    def read(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The variables of a URL with as many segments; None when it is none of this row."""
        for place, word in self.words:
            if segments[place] != word:
                return None
        variables = {name: segments[place] for place, name in self.variables}
        known = "version" not in variables or variables["version"] in self.versions
        return variables if known and all(variables.values()) else None


class Router:
    """Matches the segments below `/ocpi` with the rows that our roles offer."""

    def __init__(self, roles: Iterable[str]) -> None:
        ours = offered(roles)
        self._patterns: defaultdict[tuple[int, tuple[str, ...]], list[_Pattern]] = defaultdict(list)
        for row in TABLE:
            if isinstance(row, Configuration) or (row.module, row.interface) in ours:
                self._patterns[_place(row.template)].append(_Pattern.of(row))

    def match(self, path: str) -> tuple[Resource, dict[str, str]]:
        """The row and the variables of a percent-encoded path, a slash at its end or not; NotFound otherwise."""
        segments = path.strip("/").split("/")[1:]
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        for pattern in self._patterns.get(_place(segments), ()):
            variables = pattern.read(segments)
            if variables is not None:
                return pattern.row, variables
        raise NotFound(f"no such resource: {path[:200]}")


def _place(segments: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """What all URLs of a row have in common: how many segments, and interface and module, which follow the version."""
    return len(segments), tuple(segments[1:3])


def _has(version: str, row: Resource) -> bool:
    """Whether a version has the resource at all."""
    return version in row.versions and row.module in PROTOCOLS[Version(version)].modules
