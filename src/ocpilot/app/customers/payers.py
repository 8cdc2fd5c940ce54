"""Who pays for CDRs, or gets something for them, looked up once for many."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from ocpilot.app.book_days import books_zone
from ocpilot.app.kept.clearing_records import Unrated
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotBillable
from ocpilot.base.ids import PartyId, fold
from ocpilot.billing.plans import Plan


class Payers:
    """Customers by Token, by party and by Location, and their price plans."""

    def __init__(
        self,
        platform: Platform,
        tokens: Iterable[CustomerToken],
        owners: Iterable[Customer],
        at_places: Iterable[Customer],
        plans: Iterable[Plan],
    ) -> None:
        self._platform = platform
        self._plans = {plan.name: plan for plan in plans}
        self._tokens: dict[str, list[CustomerToken]] = {}
        for token in tokens:
            self._tokens.setdefault(fold(token.uid), []).append(token)
        self._at_places = [(one, {fold(place) for place in one.locations}) for one in at_places]
        self._owners = {one.id: one for one in owners}
        self._partners: dict[tuple[PartyId, CustomerKind], Customer | None] = {}

    @classmethod
    async def of(cls, platform: Platform, found: Sequence[Unrated]) -> Self:
        """Those of these CDRs."""
        uids = sorted({one.clearing.token_uid for one in found})
        customers = platform.store.customers
        tokens = await customers.of_tokens(uids)
        hosts, homes = [await customers.of_kind(kind) for kind in (CustomerKind.HOST, CustomerKind.HOME)]
        owners = await customers.some(sorted({token.customer_id for token in tokens}))
        return cls(platform, tokens, owners, (*hosts, *homes), await platform.store.plans.all())

    def of_token(self, uid: str, at: datetime) -> tuple[Customer, CustomerToken] | None:
        """Whose Token it was at that moment."""
        for token in self._tokens.get(fold(uid), ()):
            if token.holds(at):
                return self._owners[token.customer_id], token
        return None

    def plan(self, customer: Customer, at: datetime) -> Plan | None:
        """His price plan at that moment; None when he paid what operators ask. NotBillable when there is none of that
        name."""
        name = customer.plan_at(at)
        if name and name not in self._plans:
            raise NotBillable(f"customer {customer.number}: found plan {name!r}, expected one that is known")
        return self._plans.get(name)

    async def partner(self, party: PartyId, kind: CustomerKind, began: datetime) -> Customer | None:
        """The partner of this party, for a charge that began then."""
        key = party, kind
        if key not in self._partners:
            self._partners[key] = await self._platform.store.customers.of_party(party, kind)
        found = self._partners[key]
        return found if found is not None and found.is_one_at(began) else None

    def at_place(self, location_id: str, kind: CustomerKind, began: datetime) -> tuple[Customer, ...]:
        """Hosts of a Location, or whose home it is, for whom a charge counts that began then."""
        day = began.astimezone(books_zone(self._platform)).date()
        return tuple(
            one
            for one, places in self._at_places
            if one.kind is kind
            and fold(location_id) in places
            and one.is_one_at(began)
            and (one.since is None or one.since <= day)
        )
