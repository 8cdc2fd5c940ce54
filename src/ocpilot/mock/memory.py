"""Everything the mock knows: its own objects, what it was sent, and the one partner it is connected with."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold
from ocpilot.mock import charges, places
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import CANONICAL, ModuleID, Version
from ocpilot.wire.v230 import (
    CDR,
    ClientInfo,
    CredentialsRole,
    Endpoint,
    InvoiceReconciliationRecord,
    Location,
    Session,
    Tariff,
    Token,
)

#: What a list of each module holds.
CLASSES: Mapping[ModuleID, type[Wire]] = {
    ModuleID.LOCATIONS: Location,
    ModuleID.TARIFFS: Tariff,
    ModuleID.SESSIONS: Session,
    ModuleID.CDRS: CDR,
    ModuleID.TOKENS: Token,
    ModuleID.HUB_CLIENT_INFO: ClientInfo,
    ModuleID.INVOICE_RECONCILIATION: InvoiceReconciliationRecord,
}
#: Tariffs for so many objects of the other kinds.
_PER_TARIFF = 10


@dataclass
class Connection:
    """The partner: how it calls us (`token`, given out) and how we call it. Without `token` it is not registered."""

    token_a: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    replaced: str | None = field(default=None, repr=False)
    their_token: str | None = field(default=None, repr=False)
    versions_url: str = ""
    version: Version | None = None
    endpoints: tuple[Endpoint, ...] = ()
    roles: tuple[CredentialsRole, ...] = ()

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """The partner's parties."""
        return tuple(PartyId.of(role.country_code, role.party_id) for role in self.roles)


Key = tuple[ModuleID, str, str, str]


@dataclass
class Memory:
    """`own` are our objects as 2.3.0 bodies, `received` the partner's as they came; `results` what commands came to."""

    own: dict[ModuleID, list[Body]] = field(default_factory=dict)
    received: dict[Key, Body] = field(default_factory=dict)
    results: dict[str, Body] = field(default_factory=dict)

    def add(self, module: ModuleID, bodies: Sequence[Body]) -> None:
        """More objects of our own, kept in the order of their last change."""
        listed = [*self.own.get(module, []), *bodies]
        self.own[module] = sorted(listed, key=changed)

    def one(self, module: ModuleID, ident: str) -> Body | None:
        """Our object with this id or uid, in any case."""
        name = "uid" if module is ModuleID.TOKENS else "id"
        return next((body for body in self.own.get(module, []) if fold(str(body[name])) == fold(ident)), None)

    def generate(self, party: PartyId, count: int, now: datetime, seed: int = 0) -> None:
        """Locations, Tariffs and Tokens of this party."""
        tariff_count = max(1, count // _PER_TARIFF)
        chance = random.Random(seed)  # noqa: S311 - made-up data, no secret
        self.add(ModuleID.TARIFFS, places.tariffs(party, tariff_count, now))
        self.add(ModuleID.LOCATIONS, places.locations(party, count, tariff_count, now, chance))
        self.add(ModuleID.TOKENS, charges.tokens(party, count, now))

    def charge(self, provider: PartyId, count: int, now: datetime, chance: random.Random) -> None:
        """Sessions and CDRs of this provider's drivers at our generated Locations, instead of those there were."""
        sites = [body for body in self.own.get(ModuleID.LOCATIONS, []) if body.get("evses")]
        if sites:
            network = charges.Network(sites, self.own.get(ModuleID.TARIFFS, []), chance)
            self.own[ModuleID.SESSIONS] = charges.sessions(provider, network, count, now)
            self.own[ModuleID.CDRS] = charges.cdrs(provider, network, count, now)
            self.own[ModuleID.INVOICE_RECONCILIATION] = charges.invoices(self.own[ModuleID.CDRS])

    def in_version(self, module: ModuleID, body: Body, version: Version, party: PartyId) -> Body:
        """One of our objects as this version says it."""
        return codec.convert(
            CLASSES[module], body, CANONICAL, version, Context(party=party, location=self._place_of(module, body))
        ).body

    def _place_of(self, module: ModuleID, body: Body) -> Body | None:
        """The Location of a Session or CDR, which 2.1.1 wants inside."""
        inner = body.get("cdr_location")
        ident = inner.get("id") if isinstance(inner, dict) else body.get("location_id")
        charge = module in (ModuleID.SESSIONS, ModuleID.CDRS)
        return self.one(ModuleID.LOCATIONS, str(ident)) if charge else None


def changed(body: Body) -> datetime:
    """When an object changed last."""
    return time.parse(str(body["last_updated"]))
