"""The one charging profile a transaction has at its station: a provider's and the share of the site's limit in one.

OCPP stacks profiles, but two of one transaction replace each other in 1.6 (3.13.2), and the lower has to count: so we
make one of both, and what the station reports (GetCompositeSchedule) is what providers are told.
"""

import logging
from datetime import timedelta

import msgspec

from ocpilot.app.charges.command_records import OUR_OWN, ProfileOrder
from ocpilot.app.kept.charge_records import Command, CommandDirection, Transaction
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.site_limit_records import ChargeShare
from ocpilot.app.ocpi.bodies import parsed
from ocpilot.app.platform import Platform
from ocpilot.base.errors import StationError
from ocpilot.base.ids import new_id
from ocpilot.metering.profile_limits import Share, lower_of, only_share
from ocpilot.wire.v230 import ChargingProfile, ChargingProfileResultType, SetChargingProfile

log = logging.getLogger(__name__)

#: An order about a Session is given after it began; a reservation may be older.
_BEFORE = timedelta(days=1)
_UNLIMITED = frozenset({ChargingProfileResultType.ACCEPTED, ChargingProfileResultType.UNKNOWN})


class Ordered(Record, frozen=True):
    """The profile of a provider that holds for a transaction, and the order that set it."""

    order: str
    profile: ChargingProfile


async def ordered(platform: Platform, transaction: Transaction) -> Ordered | None:
    """What a provider limited it to last; None when nobody did, or took it back."""
    words = [ProfileOrder.SET, ProfileOrder.CLEAR]
    given = await platform.store.commands.of_session(transaction.session_id, words, transaction.started_at - _BEFORE)
    for one in given:
        if one.command == ProfileOrder.CLEAR and one.result in _UNLIMITED:
            return None
        if one.command == ProfileOrder.SET and one.result == ChargingProfileResultType.ACCEPTED:
            return Ordered(one.id, _profile_in(one))
    return None


async def put(platform: Platform, transaction: Transaction, profile: ChargingProfile | None) -> str:
    """Let the station follow this profile of a provider (None: none of his), nowhere above its share of the site.

    The station's word. The share may change while the station is asked: then it is asked again.
    """
    share = await platform.store.site_limits.share(transaction.id)
    while True:
        word = await send(platform, transaction, profile, share)
        newer = await platform.store.site_limits.share(transaction.id)
        if word != "Accepted" or _limit(newer) == _limit(share):
            return word
        share = newer


async def send(
    platform: Platform, transaction: Transaction, profile: ChargingProfile | None, share: ChargeShare | None
) -> str:
    """Tell the station both as one. Raises StationUnreachable, StationTimeout."""
    whole = profile if share is None else _both(platform, transaction, profile, share)
    if whole is None:
        return await platform.stations.clear_charging_profile(transaction)
    return await platform.stations.set_charging_profile(transaction, whole)


async def again(platform: Platform, station_id: str) -> None:
    """A station that restarted may have forgotten what a provider ordered. Shares of a site are told by `SiteSharing`,
    a provider's profile with them."""
    for transaction in await platform.store.transactions.open_of(station_id):
        given = await ordered(platform, transaction)
        if given is None or await platform.store.site_limits.share(transaction.id) is not None:
            continue
        try:
            word = await put(platform, transaction, given.profile)
        except StationError as error:
            word = str(error)
        if word != "Accepted":
            log.warning("%s: a provider's profile of transaction %d is lost: %s", station_id, transaction.id, word)


async def taken_back(platform: Platform, transaction: Transaction) -> None:
    """We, the operator, no longer follow what a provider ordered: kept as an order of ours, or it would come back."""
    now = platform.clock()
    await platform.store.commands.add(
        Command(
            id=new_id(),
            direction=CommandDirection.RECEIVED,
            peer_id=OUR_OWN,
            command=ProfileOrder.CLEAR,
            request="{}",
            response=ChargingProfileResultType.ACCEPTED,
            response_at=now,
            result=ChargingProfileResultType.ACCEPTED,
            result_at=now,
            result_sent_at=now,
            session_id=transaction.session_id,
            created_at=now,
            expires_at=now,
        )
    )


def share_of(share: ChargeShare) -> Share:
    """As the rules of profiles see it."""
    return Share(limit=share.limit, unit=share.unit, watts_per_a=share.profile_watts_per_a)


def _both(
    platform: Platform, transaction: Transaction, profile: ChargingProfile | None, share: ChargeShare
) -> ChargingProfile:
    now = platform.clock()
    if profile is None:
        return only_share(share_of(share), now)
    return lower_of(profile, share_of(share), transaction.started_at, now)


def _limit(share: ChargeShare | None) -> object:
    return None if share is None else share.limit


def _profile_in(order: Command) -> ChargingProfile:
    """A driver of our own orders the profile itself, a platform what carries it (`SetChargingProfile`)."""
    if "charging_profile" in msgspec.json.decode(order.request, type=dict[str, msgspec.Raw]):
        return parsed(SetChargingProfile, order.request).charging_profile
    return parsed(ChargingProfile, order.request)
