"""The mock itself: who it is, what it offers, whom it is connected with."""

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ocpilot.base import time
from ocpilot.base.ids import PartyId, new_credentials_token
from ocpilot.mock.client import Caller
from ocpilot.mock.faults import Fault, Faults
from ocpilot.mock.memory import Connection, Memory
from ocpilot.roaming.offers import Interface, offered
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.protocol import CANONICAL, PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    BusinessDetails,
    ClientInfo,
    ConnectionStatus,
    Credentials,
    CredentialsRole,
    Endpoint,
    Role,
)

S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER


class Part(StrEnum):
    """What the mock plays."""

    CPO = "cpo"
    EMSP = "emsp"
    HUB = "hub"
    #: Both sides of every module in one party.
    BOTH = "both"
    #: A national access point, which tells of the Locations and Tariffs of many operators.
    NAP = "nap"


_ROLES: Mapping[Part, tuple[Role, ...]] = {
    Part.CPO: (Role.CPO,),
    Part.EMSP: (Role.EMSP,),
    Part.HUB: (Role.OTHER, Role.CPO, Role.EMSP),
    Part.BOTH: (Role.CPO, Role.EMSP),
    Part.NAP: (Role.NAP,),
}
PARTIES: Mapping[Part, PartyId] = {
    Part.CPO: PartyId("SE", "MCP"),
    Part.EMSP: PartyId("SE", "MEM"),
    Part.HUB: PartyId("SE", "MHB"),
    Part.BOTH: PartyId("SE", "MBO"),
    Part.NAP: PartyId("SE", "MNP"),
}
#: Charging profiles come with the roles, whatever else the platform offers.
_PROFILES: Mapping[Role, Interface] = {
    Role.CPO: (ModuleID.CHARGING_PROFILES, R),
    Role.EMSP: (ModuleID.CHARGING_PROFILES, S),
}
#: What the mock knows how to answer.
_HANDLED = frozenset(
    {
        *((module, interface) for module in (ModuleID.LOCATIONS, ModuleID.TARIFFS) for interface in (S, R)),
        *((module, interface) for module in (ModuleID.SESSIONS, ModuleID.CDRS) for interface in (S, R)),
        *((module, interface) for module in (ModuleID.TOKENS, ModuleID.COMMANDS) for interface in (S, R)),
        *((ModuleID.CHARGING_PROFILES, interface) for interface in (S, R)),
        *((ModuleID.INVOICE_RECONCILIATION, interface) for interface in (S, R)),
        (ModuleID.HUB_CLIENT_INFO, S),
    }
)


def _first(module: ModuleID) -> InterfaceRole:
    """The side of a module that is listed where there is room for one: what can be read, and asked to do something."""
    return R if module is ModuleID.COMMANDS else S


@dataclass(frozen=True)
class Seen:
    """A call of the partner, as it came."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(kw_only=True)
class Partner:
    """One platform in memory, connected with one partner at a time."""

    part: Part
    base_url: str
    caller: Caller
    party: PartyId
    versions: Sequence[Version] = SUPPORTED
    objects: int = 200
    page_limit: int = 50
    faults: Faults = field(default_factory=Faults)
    #: Seconds until the result of a command comes.
    result_after: float = 0.5
    chance: random.Random = field(default_factory=random.Random)
    memory: Memory = field(default_factory=Memory)
    connection: Connection = field(default_factory=lambda: Connection(new_credentials_token()))
    seen: list[Seen] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def versions_url(self) -> str:
        """Where the partner begins."""
        return f"{self.base_url}/ocpi/versions"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of our party."""
        return _ROLES[self.part]

    # ---- what we offer ---------------------------------------------------------------------------------------------

    def interfaces(self, version: Version) -> list[Interface]:
        """Our functional interfaces; a version whose endpoints have no role has each module once."""
        found = offered(self.roles) | {_PROFILES[role] for role in self.roles if role in _PROFILES}
        if self.part is Part.HUB:
            found |= {(ModuleID.HUB_CLIENT_INFO, S)}
        protocol = PROTOCOLS[version]
        listed = sorted(one for one in found & _HANDLED if one[0] in protocol.modules)
        if protocol.roles:
            return listed
        return [one for one in listed if one[1] == _first(one[0]) or (one[0], _first(one[0])) not in listed]

    def endpoints(self, version: Version) -> tuple[Endpoint, ...]:
        """The endpoints of a version, credentials first."""
        listed = [
            Endpoint(identifier=module, role=role, url=self.url(version, module, role))
            for module, role in self.interfaces(version)
        ]
        url = f"{self.base_url}/ocpi/{version}/credentials"
        return (Endpoint(identifier=ModuleID.CREDENTIALS, role=S, url=url), *listed)

    def url(self, version: Version, module: ModuleID, role: InterfaceRole, *segments: str) -> str:
        """One of our interfaces, or a resource below it."""
        return "/".join([f"{self.base_url}/ocpi/{version}/{role.lower()}/{module}", *segments])

    def credentials(self, token: str, version: Version) -> Body:
        """Our credentials object with the token the partner is to use."""
        details = BusinessDetails(name=f"Mock {self.part.upper()}")
        owner = {"country_code": self.party.country_code, "party_id": self.party.party_id}
        hub = self.party.key if self.part is Part.HUB else None
        roles = tuple(CredentialsRole(role=role, business_details=details, **owner) for role in self.roles)
        ours = Credentials(token=token, url=self.versions_url, hub_party_id=hub, roles=roles)
        body = codec.convert(Credentials, codec.body_of(ours), CANONICAL, version, Context(party=self.party)).body
        broken = self.faults.hits(Fault.BROKEN_CREDENTIALS)
        return {name: value for name, value in body.items() if name != "url" or not broken}

    def their_context(self) -> Context:
        """What a partner's credentials and endpoints do not say in an old version: its role is the other one."""
        return Context(role=Role.EMSP if Role.CPO in self.roles else Role.CPO)

    # ---- the connection --------------------------------------------------------------------------------------------

    def connect(self, theirs: Credentials, version: Version, endpoints: tuple[Endpoint, ...], given: str) -> None:
        """Registered: tokens exchanged, and charges of the partner's drivers to show."""
        self.connection = Connection(
            token_a=self.connection.token_a,
            replaced=self.connection.token,
            token=given,
            their_token=theirs.token,
            versions_url=theirs.url,
            version=version,
            endpoints=endpoints,
            roles=theirs.roles,
        )
        providers = [role for role in theirs.roles if role.role == Role.EMSP] or list(theirs.roles)
        if self.objects and Role.CPO in self.roles:
            provider = PartyId.of(providers[0].country_code, providers[0].party_id)
            self.memory.charge(provider, self.objects, time.now(), self.chance)

    def forget(self) -> None:
        """Unregistered: the first token opens registration again."""
        self.connection = Connection(token_a=self.connection.token_a)

    def clients(self) -> list[Body]:
        """Who is connected through a hub: the partner's own parties."""
        return [
            codec.body_of(
                ClientInfo(
                    party_id=role.party_id,
                    country_code=role.country_code,
                    role=role.role,
                    status=ConnectionStatus.CONNECTED,
                    last_updated=time.now(),
                )
            )
            for role in self.connection.roles
        ]

    # ---- beside the requests ---------------------------------------------------------------------------------------

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Start something that is not waited for."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """End what still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
