"""What stations know of Tokens by themselves: local lists, which are brought up to date, and caches, which are cleared.

On a list are the Tokens that may charge without their provider being asked, or while he cannot be (mod_tokens,
"WhitelistType": ALWAYS, ALLOWED, ALLOWED_OFFLINE), of everybody we are registered with and of our own. The first of
them, as many as the station takes, are sent whole once and by differences from then on.
(OCPP 1.6, 3.5 "Local Authorization List Management"; 2.0.1, part 2, D)
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from ocpilot.app.kept.local_list_records import StationTokens, TokenStamps
from ocpilot.app.kept.station_events import ListedToken, ListUpdate
from ocpilot.app.leading import while_leading
from ocpilot.app.platform import Platform
from ocpilot.base.errors import StationError

log = logging.getLogger(__name__)

#: Who leads, beside the jobs (0) and the peers.
_LISTS = -6
#: How many stations are talked to at the same time.
_AT_ONCE = 8
#: How often a station is asked whether it still has the list that we think it has.
_ASKED_AGAIN = timedelta(days=1)
#: At most so many Tokens, whatever the station takes.
_LONGEST = 10_000


class StationTokenKeeper:
    """The loop that brings stations up to date."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Run until cancelled; of several processes only one works."""
        await while_leading(self._platform, _LISTS, self.once, "local lists")

    async def once(self) -> None:
        """Every station that is not up to date, once."""
        store, lists = self._platform.store.local_lists, self._platform.settings.stations.local_lists
        stamps = await store.stamps()
        due = await store.due(stamps, self._platform.clock() - _ASKED_AGAIN, lists=lists)
        if due:
            wanted = await store.listed(_LONGEST) if lists else ()
            await asyncio.gather(*(self._bring(one, stamps, wanted) for one in due))
            await store.tidy()

    async def _bring(self, told: StationTokens, stamps: TokenStamps, wanted: tuple[ListedToken, ...]) -> None:
        async with self._at_once:
            try:
                told = await self._clear(told, stamps)
                if self._platform.settings.stations.local_lists:
                    await update(self._platform, told, stamps.listed, wanted)
            except StationError as error:
                log.warning("%s: its Tokens are not up to date: %s", told.station_id, error)

    async def _clear(self, told: StationTokens, stamps: TokenStamps) -> StationTokens:
        """A Token that may not charge any more may be in the cache of any station."""
        if told.cache_stamp == stamps.blocked:
            return told
        word = await self._platform.stations.clear_cache(told.station_id)
        log.info("%s: its cache is to be cleared: %s", told.station_id, word)
        told = msgspec.structs.replace(told, cache_stamp=stamps.blocked)
        await self._platform.store.local_lists.keep(told, ())
        return told


async def update(platform: Platform, told: StationTokens, stamp: str, wanted: Sequence[ListedToken]) -> None:
    """Bring the list of one station up to date and keep what it has now. StationUnreachable, StationTimeout."""
    limits = await platform.stations.local_list_limits(told.station_id)
    version = None if limits is None else await platform.stations.local_list_version(told.station_id)
    if limits is None or version is None:
        await _keep(platform, told, stamp, None, "it takes no list")
        return
    entries = tuple(one for one in wanted if len(one.token.value) <= limits.longest)[: limits.total]
    has = None
    if told.list_digest is not None and told.list_version == version:
        has = await platform.store.local_lists.entries(told.list_digest)
    base, said = max(version, told.list_version), "Accepted"
    for basis in (has, None):
        base, said = await _send(platform, told.station_id, updates(basis, entries, limits.per_message, base), base)
        if said != "VersionMismatch":
            break
    if said != "Accepted":
        log.warning("%s: its local list is not taken: %s", told.station_id, said)
    told = msgspec.structs.replace(told, list_version=base)
    await _keep(platform, told, stamp, entries if said == "Accepted" else None, None if said == "Accepted" else said)


def updates(
    has: Sequence[ListedToken] | None, entries: Sequence[ListedToken], per_message: int, version: int
) -> Iterator[ListUpdate]:
    """The messages from the list that a station has (None: nobody knows) at `version` to the one it is to have."""
    before = frozenset(has or ())
    still = {one.token for one in entries}
    changed = [one for one in entries if one not in before]
    gone = [one.token for one in has or () if one.token not in still]
    if has is None:
        version += 1
        yield ListUpdate(version=version, full=True, listed=tuple(changed[:per_message]))
        changed = changed[per_message:]
    steps = [*((None, one) for one in gone), *((one, one.token) for one in changed)]
    for start in range(0, len(steps), per_message):
        part = steps[start : start + per_message]
        version += 1
        listed = tuple(one for one, _ in part if one is not None)
        removed = tuple(token for one, token in part if one is None)
        yield ListUpdate(version=version, full=False, listed=listed, removed=removed)


async def _send(platform: Platform, station_id: str, messages: Iterator[ListUpdate], version: int) -> tuple[int, str]:
    """One after the other; the version the station has then, and its last word."""
    for message in messages:
        said = await platform.stations.send_local_list(station_id, message)
        if said != "Accepted":
            return version, said
        version = message.version
    return version, "Accepted"


async def _keep(
    platform: Platform, told: StationTokens, stamp: str, entries: tuple[ListedToken, ...] | None, said: str | None
) -> None:
    now = platform.clock()
    digest = None if entries is None else digest_of(entries)
    kept = msgspec.structs.replace(told, list_digest=digest, list_stamp=stamp, list_checked_at=now, list_said=said)
    await platform.store.local_lists.keep(kept, entries or ())


def digest_of(entries: Sequence[ListedToken]) -> str:
    """The same for the same list."""
    return hashlib.sha256(msgspec.json.encode(entries)).hexdigest()
