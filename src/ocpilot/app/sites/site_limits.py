"""Limits of sites as operators set them and look at them: who gets how much, and why, now."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ocpilot.app.kept.records import Record
from ocpilot.app.kept.site_limit_records import ChargeShare, IdleEvse, LimitGroup, Looked, SiteLimit
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound, UserError
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.problem import Problem
from ocpilot.metering.site import WHOLE
from ocpilot.wire.v230 import Location


class GroupView(Record, frozen=True, kw_only=True):
    """A site or a part of it: its limits, and what is reckoned to be drawn behind it."""

    group: LimitGroup
    counts_a: Decimal
    counts_w: Decimal

    @property
    def over(self) -> bool:
        """Whether more may be drawn than it is made for, because stations cannot be told."""
        amps, watts = self.group.amps, self.group.watts
        return (amps is not None and self.counts_a > amps) or (watts is not None and self.counts_w > watts)


class SiteView(Record, frozen=True, kw_only=True):
    """A limited site: the whole first, then its groups; its charges. `name` is the Location's, or its address."""

    limit: SiteLimit
    name: str
    looked: Looked | None
    groups: tuple[GroupView, ...]
    shares: tuple[ChargeShare, ...]

    @property
    def idle(self) -> tuple[IdleEvse, ...]:
        """EVSEs of stations that are away."""
        return self.looked.idle if self.looked else ()

    @property
    def over(self) -> bool:
        """Whether more may be drawn anywhere than is allowed."""
        return any(one.over for one in self.groups)

    @property
    def counts_a(self) -> Decimal:
        """What is reckoned with in all, ampere per phase."""
        return self.groups[0].counts_a


async def set_limit(platform: Platform, limit: SiteLimit) -> None:
    """Limit a Location of ours. NotFound without it; InvalidObject says all that does not fit."""
    stored = await platform.store.locations.get(limit.location)
    if stored is None or stored.peer_id is not None:
        raise NotFound(f"no Location {limit.location_id} of {limit.party}, one of ours")
    problems = list(_problems(limit, value_of(Location, stored)))
    if problems:
        raise InvalidObject(problems, "site limit")
    await platform.store.site_limits.put(limit)


async def remove_limit(platform: Platform, party: PartyId, location_id: str) -> None:
    """Limit it no more: its stations are told at once. NotFound when it is not limited."""
    if not await platform.store.site_limits.remove(party, location_id):
        raise NotFound(f"the Location {location_id} of {party} has no limit")


async def views(platform: Platform) -> tuple[SiteView, ...]:
    """Every limited site."""
    found = await platform.store.site_limits.all()
    return tuple([await view(platform, one.party, one.location_id) for one in found])


async def view(platform: Platform, party: PartyId, location_id: str) -> SiteView:
    """One limited site; NotFound."""
    kept = await platform.store.site_limits.get(party, location_id)
    if kept is None:
        raise NotFound(f"the Location {location_id} of {party} has no limit")
    limit, looked = kept
    shares = await platform.store.site_limits.shares(party, location_id)
    stored = await platform.store.locations.get(limit.location)
    location = value_of(Location, stored) if stored else None
    whole = LimitGroup(name=WHOLE, amps=limit.amps, watts=limit.watts)
    return SiteView(
        limit=limit,
        name=(location.name or location.address) if location else limit.location_id,
        looked=looked,
        groups=tuple(_group(one, limit, (*shares, *(looked.idle if looked else ()))) for one in (whole, *limit.groups)),
        shares=shares,
    )


async def party_of(platform: Platform, location_id: str) -> PartyId:
    """The party of ours whose Location it is; UserError when there is none, or several have one of that id."""
    found = [one.key.party for one in await platform.store.locations.find(location_id) if one.peer_id is None]
    if len(set(found)) != 1:
        raise UserError(
            f"{len(set(found))} Locations of ours have the id {location_id}, expected one: ocpilot load FILE"
        )
    return found[0]


def _group(group: LimitGroup, limit: SiteLimit, drawing: Sequence[ChargeShare | IdleEvse]) -> GroupView:
    inside = {group.name, *_below(limit.groups, group.name)}
    behind = [one for one in drawing if group.name == WHOLE or one.group in inside]
    return GroupView(
        group=group,
        counts_a=sum((one.counts_a for one in behind), Decimal(0)),
        counts_w=sum((one.counts_a * one.watts_per_a for one in behind), Decimal(0)),
    )


def _below(groups: Sequence[LimitGroup], name: str) -> set[str]:
    children = {one.name for one in groups if one.parent == name}
    return children.union(*(_below(groups, child) for child in children))


# ---- what does not fit ---------------------------------------------------------------------------------------------


def _problems(limit: SiteLimit, location: Location) -> Iterable[Problem]:
    parts: tuple[SiteLimit | LimitGroup, ...] = (limit, *limit.groups)
    if all(one.amps is None and one.watts is None for one in parts):
        yield Problem(path="$", found="no limit", expected="amps, watts, or a group with one of them")
    amounts = [amount for one in parts for amount in (one.amps, one.watts) if amount is not None]
    if any(amount <= 0 for amount in amounts) or (limit.offline_amps or 0) < 0:
        yield Problem(path="$", found=str(min(amounts, default=0)), expected="amounts above 0")
    names = [one.name for one in limit.groups]
    known = {fold(evse.uid) for evse in location.evses}
    seen: set[str] = set()
    for number, one in enumerate(limit.groups):
        path = f"$.groups[{number}]"
        if not one.name or names.index(one.name) != number:
            yield Problem(path=f"{path}.name", found=repr(one.name), expected="a name of its own")
        if one.parent not in (WHOLE, *names[:number]):
            yield Problem(path=f"{path}.parent", found=repr(one.parent), expected="a group that stands before it")
        for uid in one.evses:
            if fold(uid) not in known:
                yield Problem(path=f"{path}.evses", found=uid, expected="an EVSE of the Location")
            elif fold(uid) in seen:
                yield Problem(path=f"{path}.evses", found=uid, expected="each EVSE in one group only")
            seen.add(fold(uid))
