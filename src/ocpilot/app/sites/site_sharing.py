"""The worker that keeps limited sites within their limits: looks, decides by the rules, and tells the stations.

What is to fall is told first, and new charges what is free; what is to rise follows as far as the limits that stations
have taken leave room. What was decided and what a station took is in the store before and after it is told, so that
whoever goes on knows it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from decimal import Decimal
from time import monotonic

import msgspec

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.site_limit_records import ChargeShare, IdleEvse, Looked, SiteLimit, Told
from ocpilot.app.orders import profile_orders, station_profiles
from ocpilot.app.platform import Platform
from ocpilot.app.sites import site_charges
from ocpilot.app.sites.site_charges import Running, may_draw, rests
from ocpilot.base.errors import StationError, StationTimeout, StationUnreachable
from ocpilot.metering import sharing
from ocpilot.metering.sharing import Share
from ocpilot.metering.site import Fuse, RunningCharge
from ocpilot.metering.turns import Rules

log = logging.getLogger(__name__)

#: What `Changes.lead` calls this worker: no peer has this number.
_SITES = -3
#: Changes that come within this many seconds are looked at together.
_GATHER = 0.2
#: A site that changes while it is looked at is looked at again within so many seconds after that.
_SOON = 1.0
#: A limit is told again after this, in case the station lost it.
_AGAIN = timedelta(minutes=15)


class SiteSharing:
    """The loop; of several processes only one works."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        charging = platform.settings.charging
        self._look = charging.site_look
        #: The mark of each site when it was shared last, and when that was.
        self._seen: dict[ObjectKey, tuple[str, float]] = {}
        #: What is being looked at: the stations of one site make no other wait.
        self._busy: set[str] = set()
        self._missed = False
        self._rules = Rules(
            turn=timedelta(seconds=charging.site_turn),
            unused_after=timedelta(seconds=charging.site_unused_after),
            settle=timedelta(seconds=charging.site_settle),
        )

    async def run(self) -> None:
        """Run until cancelled: whenever anything was written, and every so often."""
        async with asyncio.TaskGroup() as looks:
            while True:
                self._platform.store.changes.looking()
                try:
                    if await self._platform.store.changes.lead(_SITES):
                        await self._those_due(looks)
                except Exception:
                    # The database may be away for a moment; what fails at one site is caught there.
                    log.exception("sharing the limits of sites failed; it goes on")
                await self._platform.store.changes.wait(_SOON if self._missed else self._look)
                await asyncio.sleep(_GATHER)

    async def once(self) -> None:
        """Every limited site once."""
        self._seen.clear()
        async with asyncio.TaskGroup() as looks:
            await self._those_due(looks)

    async def _those_due(self, looks: asyncio.TaskGroup) -> None:
        """Sites where something changed, and those that nobody has looked at for a while."""
        self._missed = False
        for stray in await self._platform.store.site_limits.stray():
            charge = f"charge {stray.transaction_id}"
            if charge not in self._busy:
                looks.create_task(self._alone(charge, self._let_go(stray)))
        for limit, mark in await self._platform.store.site_limits.watched():
            seen, at = self._seen.get(limit.location, ("", -self._look))
            site = f"site {limit.party} {limit.location_id}"
            if seen == mark and monotonic() - at < self._look:
                continue
            if site in self._busy:
                self._missed = True
                continue
            self._seen[limit.location] = mark, monotonic()
            looks.create_task(self._alone(site, self._share(limit)))

    async def _alone(self, what: str, work: Coroutine[object, object, None]) -> None:
        """One look at a time; what fails stops no other."""
        self._busy.add(what)
        try:
            await work
        except Exception:
            log.exception("the limit of %s could not be shared", what)
        finally:
            self._busy.discard(what)

    async def _share(self, limit: SiteLimit) -> None:
        running = await site_charges.running_at(self._platform, limit)
        idle = await site_charges.idle_at(self._platform, limit, running)
        fuses, now = site_charges.fuses_of(limit), self._platform.clock()
        charges = [*(one.charge for one in running), *(_idle(number, one) for number, one in enumerate(idle, 1))]
        decided = {one.key: one for one in sharing.shares(fuses, charges, self._rules, now)}
        running = [await self._decided(one, decided[one.charge.key]) for one in running]
        told = [one for one in running if self._may_be_told(one.share)]
        at_once = {one.charge.key: one.share.wanted_a for one in told if not _is_new(one) and _falls(one)}
        at_once |= _beginning(fuses, charges, running, told)
        await asyncio.gather(*(self._tell(one, at_once[one.charge.key]) for one in told if one.charge.key in at_once))
        running = [await self._kept(one) for one in running]
        may = _may(charges) | {one.charge.key: may_draw(one.share) for one in running}
        later = [one for one in running if self._may_be_told(one.share) and not _falls(one)]
        rising = sharing.raisable(fuses, charges, may | {one.charge.key: one.share.wanted_a for one in later}, may)
        await asyncio.gather(*(self._tell(one, rising.get(one.charge.key, may_draw(one.share))) for one in later))
        await self._platform.store.site_limits.looked(limit, Looked(at=now, idle=idle))

    async def _decided(self, one: Running, share: Share) -> Running:
        """Keep what was decided before anybody is told."""
        kept = msgspec.structs.replace(
            one.share,
            wanted_a=share.limit_a,
            counts_a=may_draw(one.share),
            why=share.why,
            because_of=share.group,
            needed_a=share.needed_a,
            memory=share.memory,
        )
        if kept != one.kept:
            await self._platform.store.site_limits.save_share(kept)
        return msgspec.structs.replace(one, share=kept)

    async def _kept(self, one: Running) -> Running:
        share = await self._platform.store.site_limits.share(one.charge.key)
        return one if share is None else msgspec.structs.replace(one, share=share)

    async def _tell(self, one: Running, limit_a: Decimal) -> None:
        """Tell its station and keep what it says."""
        platform, before = self._platform, one.share.memory.limit_a
        asked = _asking(one.share, limit_a)
        if asked.sent == _name(one, limit_a) and not self._is_old(asked):
            return
        await platform.store.site_limits.save_share(asked)
        try:
            word = await station_profiles.send(
                platform, one.transaction, one.ordered.profile if one.ordered else None, asked
            )
        except StationUnreachable as error:
            # It was not sent, or the connection broke over it: it may have taken it.
            answered = msgspec.structs.replace(asked, told=Told.AWAY, sent=None, answer=str(error))
        except StationTimeout as error:
            now = platform.clock()
            answered = msgspec.structs.replace(
                asked, told=Told.NOT_YET, sent=None, answer=str(error), unanswered_at=now
            )
        else:
            answered = self._answered(one, asked, limit_a, word)
        answered = msgspec.structs.replace(answered, counts_a=may_draw(answered))
        await platform.store.site_limits.save_share(answered)
        if answered.told is Told.TAKEN and before != limit_a:
            session = one.transaction.session_id
            platform.background.start(profile_orders.tell(platform, one.transaction), f"limits of session {session}")

    def _answered(self, one: Running, asked: ChargeShare, limit_a: Decimal, word: str) -> ChargeShare:
        now = self._platform.clock()
        if word != "Accepted":
            log.warning("%s refused a limit: %s", one.transaction.station_id, word)
            memory = msgspec.structs.replace(asked.memory, limit_a=None)
            return msgspec.structs.replace(
                asked, asked_a=None, told=Told.REFUSED, answer=word, sent=None, refused_at=now, memory=memory
            )
        changed = now if asked.memory.limit_a != limit_a else asked.memory.changed_at
        memory = msgspec.structs.replace(asked.memory, limit_a=limit_a, changed_at=changed)
        return msgspec.structs.replace(
            asked,
            asked_a=None,
            told=Told.TAKEN,
            answer=None,
            sent=_name(one, limit_a),
            sent_at=now,
            refused_at=None,
            unanswered_at=None,
            memory=memory,
        )

    def _may_be_told(self, share: ChargeShare) -> bool:
        """Others would wait for one that does not answer."""
        return share.told in (Told.TAKEN, Told.NOT_YET) and not rests(share, self._platform.clock())

    def _is_old(self, share: ChargeShare) -> bool:
        return share.sent_at is None or self._platform.clock() - share.sent_at >= _AGAIN

    async def _let_go(self, share: ChargeShare) -> None:
        """The site is limited no more: what a provider ordered holds alone."""
        platform = self._platform
        transaction = await platform.store.transactions.get(share.transaction_id)
        if transaction is not None and transaction.stopped_at is None:
            given = await station_profiles.ordered(platform, transaction)
            try:
                await station_profiles.send(platform, transaction, given.profile if given else None, None)
            except StationError as error:
                log.warning("%s keeps its limit: %s", share.station_id, error)
                return
            platform.background.start(profile_orders.tell(platform, transaction), "limits of a site taken away")
        await platform.store.site_limits.forget_share(share.transaction_id)


def _name(one: Running, limit_a: Decimal) -> str:
    """What its station is told, so that it is told once."""
    return f"{limit_a}|{one.ordered.order if one.ordered else ''}"


def _asking(share: ChargeShare, limit_a: Decimal) -> ChargeShare:
    """What was asked before and never answered may have been taken: it counts until this one is answered."""
    memory = share.memory
    if memory.limit_a is not None and share.asked_a is not None:
        memory = msgspec.structs.replace(memory, limit_a=may_draw(share))
    return msgspec.structs.replace(share, asked_a=limit_a, memory=memory)


def _falls(one: Running) -> bool:
    """What is not to rise is told first, also where it stays: a provider's part of it may be new."""
    return one.share.wanted_a <= may_draw(one.share)


def _is_new(one: Running) -> bool:
    """Its station has taken no limit."""
    return one.share.memory.limit_a is None


def _may(charges: Sequence[RunningCharge]) -> dict[int, Decimal]:
    """What those may draw that cannot be told."""
    return {one.key: one.fixed_a or Decimal(0) for one in charges}


def _beginning(
    fuses: Sequence[Fuse], charges: Sequence[RunningCharge], running: Sequence[Running], told: Sequence[Running]
) -> dict[int, Decimal]:
    """What new charges are told before anybody has answered: what is free now, which may be nothing."""
    new = {one.charge.key: one.share.wanted_a for one in told if _is_new(one)}
    before = _may(charges) | {one.charge.key: may_draw(one.share) for one in running}
    nothing = dict.fromkeys(new, Decimal(0))
    return nothing | sharing.raisable(fuses, charges, before | new, before | nothing)


def _idle(number: int, evse: IdleEvse) -> RunningCharge:
    """Transactions have numbers above 0."""
    return RunningCharge(
        key=-number, group=evse.group, most_a=evse.counts_a, watts_per_a=evse.watts_per_a, fixed_a=evse.counts_a
    )
