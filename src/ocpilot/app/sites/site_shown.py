"""What back offices see of limited sites: who gets how much and why, ampere per phase, times as OCPI writes them."""

from collections.abc import Callable
from decimal import Decimal

from ocpilot.app.kept.site_limit_records import ChargeShare
from ocpilot.app.shown import Moment, Shown
from ocpilot.app.sites import site_words
from ocpilot.app.sites.site_limits import GroupView, SiteView
from ocpilot.base import time


class GroupShown(Shown, frozen=True, kw_only=True):
    """The site (`name` is empty) or a part of it: its limits, and what is reckoned to be drawn behind it."""

    name: str
    parent: str
    amps: float | None
    watts: float | None
    evses: tuple[str, ...]
    counts_amps: float
    counts_watts: float
    over: bool


class ShareShown(Shown, frozen=True, kw_only=True):
    """One charge: the limit that was decided, the one its station took last, what it is reckoned with and draws."""

    session_id: str
    transaction_id: int
    station_id: str
    evse_uid: str
    group: str
    limit_amps: float
    taken_amps: float | None
    counts_amps: float
    draws_amps: float | None
    most_amps: float
    station: str
    why: str
    reason: str
    leaves_at: Moment | None
    needed_kwh: float | None


class IdleShown(Shown, frozen=True, kw_only=True):
    """An EVSE whose station is away, and what it is reckoned with."""

    station_id: str
    evse_uid: str
    counts_amps: float


class SiteShown(Shown, frozen=True, kw_only=True):
    """A limited Location of ours. The first of `groups` is the site itself."""

    country_code: str
    party_id: str
    location_id: str
    offline_amps: float | None
    groups: tuple[GroupShown, ...]
    charges: tuple[ShareShown, ...]
    away: tuple[IdleShown, ...]
    changed_at: Moment
    shared_at: Moment | None


def site(view: SiteView, translate: Callable[[str], str] = str) -> SiteShown:
    """As a back office sees it."""
    limit = view.limit
    return SiteShown(
        country_code=limit.party.country_code,
        party_id=limit.party.party_id,
        location_id=limit.location_id,
        offline_amps=_float(limit.offline_amps),
        groups=tuple(_group(one) for one in view.groups),
        charges=tuple(_share(one, translate) for one in view.shares),
        away=tuple(
            IdleShown(station_id=one.station_id, evse_uid=one.evse_uid, counts_amps=float(one.counts_a))
            for one in view.idle
        ),
        changed_at=time.write(limit.changed_at),
        shared_at=time.write(view.looked.at) if view.looked else None,
    )


def _group(view: GroupView) -> GroupShown:
    return GroupShown(
        name=view.group.name,
        parent=view.group.parent,
        amps=_float(view.group.amps),
        watts=_float(view.group.watts),
        evses=view.group.evses,
        counts_amps=float(view.counts_a),
        counts_watts=float(view.counts_w),
        over=view.over,
    )


def _share(share: ChargeShare, translate: Callable[[str], str]) -> ShareShown:
    return ShareShown(
        session_id=share.session_id,
        transaction_id=share.transaction_id,
        station_id=share.station_id,
        evse_uid=share.evse_uid,
        group=share.group,
        limit_amps=float(share.wanted_a),
        taken_amps=_float(share.memory.limit_a),
        counts_amps=float(share.counts_a),
        draws_amps=_float(share.draws_a),
        most_amps=float(share.most_a),
        station=str(share.told),
        why=str(share.why),
        reason=site_words.reason(share, translate),
        leaves_at=time.write(share.leaves_at) if share.leaves_at else None,
        needed_kwh=_float(share.needed_kwh) if share.leaves_at else None,
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
