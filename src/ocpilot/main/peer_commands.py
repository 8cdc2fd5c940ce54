"""What `ocpilot peer` asks of a platform, as `cli.peer` states it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from ocpilot.app.invoicing import dead_letters
from ocpilot.app.kept.comparison_records import Comparison
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Leniency, Peer
from ocpilot.app.kept.quality_records import QualityReport
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.heard import noted
from ocpilot.app.partners import compare, peers, pull, quality
from ocpilot.app.partners.crawling import Told
from ocpilot.app.partners.peers import Invitation
from ocpilot.app.partners.pull import PullSummary
from ocpilot.app.partners.pulling import since_last_pull
from ocpilot.app.partners.ready_profiles import ready
from ocpilot.app.platform import Platform
from ocpilot.base.errors import PeerError, PeerRefused, PeerUnreachable, UserError
from ocpilot.cli import peer as peer_command
from ocpilot.cli.peer import PullOptions
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.protocol import SUPPORTED, Version


class PeersOf:
    """`cli.peer.PeerCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def invite(self, name: str, allowed: Sequence[str]) -> Invitation:
        """See `PeerCommands`."""
        return await peers.invite(self._platform, name, allowed)

    async def register(
        self, name: str, versions_url: str, token: str, version: str | None, allowed: Sequence[str]
    ) -> Peer:
        """See `PeerCommands`."""
        wanted, url = _version(version), versions_url.strip()
        try:
            async with noted(self._platform):
                return await peers.register(self._platform, url, _pasted(token), name, wanted, allowed)
        except PeerError as error:
            raise UserError(f"{error.in_full}\n{_advice(error)}") from error

    async def update(self, name: str, version: str | None) -> Peer:
        """See `PeerCommands`."""
        peer = await self.named(name)
        try:
            async with noted(self._platform):
                return await peers.update(self._platform, peer, _version(version))
        except PeerUnreachable as error:
            raise UserError(
                f"{error}\nRun the same command again when it answers, within a quarter of an hour: "
                f"{peer.name} may have replaced our token."
            ) from error
        except PeerRefused as error:
            if error.http != HTTPStatus.UNAUTHORIZED:
                raise
            raise UserError(
                f"{error.in_full}\n{peer.name} does not know our token any more. Both sides begin anew: here "
                f"`ocpilot peer unregister {peer.name!r}`, then invite or register; the same there. No data is lost."
            ) from error

    async def unregister(self, name: str, *, untold: bool) -> Peer:
        """See `PeerCommands`."""
        peer = await self.named(name)
        try:
            return await peers.unregister(self._platform, peer, untold=untold)
        except PeerError as error:
            raise UserError(
                f"{error.in_full}\n{peer.name} was not told and stays registered. Is it gone for good, "
                f"or does it not know us any more? Then: ocpilot peer unregister --untold {name!r}"
            ) from error

    async def suspend(self, name: str) -> Peer:
        """See `PeerCommands`."""
        return await peers.suspend(self._platform, await self.named(name))

    async def resume(self, name: str) -> Peer:
        """See `PeerCommands`."""
        return await peers.resume(self._platform, await self.named(name))

    async def allow(self, name: str, allowed: Sequence[str]) -> Peer:
        """See `PeerCommands`."""
        return await peers.allow(self._platform, await self.named(name), allowed)

    async def pull(self, name: str, wish: PullOptions, told: Told) -> PullSummary:
        """See `PeerCommands`; what the lists had wrong is written at once, for this process ends."""
        peer = await self.named(name)
        since = wish.since or (None if wish.full else since_last_pull(peer, self._platform.clock()))
        modules = None if wish.module is None else (wish.module,)
        wanted = pull.PullWish(since=since, modules=modules)
        async with noted(self._platform):
            return await pull.pull(self._platform, peer, wish=wanted, told=told)

    async def compare(self, name: str, mend: bool, told: Told) -> Sequence[Comparison]:
        """See `PeerCommands`."""
        async with noted(self._platform):
            return await compare.compare(self._platform, await self.named(name), mend=mend, told=told)

    async def quality(self, name: str) -> QualityReport:
        """See `PeerCommands`."""
        return await quality.report(self._platform, await self.named(name))

    async def change_profile(self, name: str, like: str | None, changes: Mapping[str, object]) -> Peer:
        """See `PeerCommands`."""
        first = ready(like).changes if like else {}
        return await peers.change_profile(self._platform, await self.named(name), {**first, **changes})

    async def findings(self, name: str) -> Sequence[Leniency]:
        """See `PeerCommands`."""
        return await self._platform.store.leniencies.of_peer((await self.named(name)).id)

    async def deliveries(self, name: str, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]:
        """See `PeerCommands`."""
        peer = await self.named(name)
        return await self._platform.store.deliveries.all(peer.id, states, max(1, limit))

    async def replay(self, name: str, key: ObjectKey | None) -> int:
        """See `PeerCommands`."""
        peer = await self.named(name)
        if key is None:
            return await dead_letters.replay_all(self._platform, peer.id)
        await dead_letters.replay(self._platform, peer.id, key)
        return 1

    async def drop(self, name: str, key: ObjectKey | None) -> int:
        """See `PeerCommands`."""
        peer = await self.named(name)
        if key is None:
            return await dead_letters.drop_all(self._platform, peer.id)
        await dead_letters.drop(self._platform, peer.id, key)
        return 1

    async def all(self) -> Sequence[Peer]:
        """See `PeerCommands`."""
        return await self._platform.store.peers.all()

    async def named(self, name: str) -> Peer:
        """See `PeerCommands`."""
        return await peers.named(self._platform, name)

    async def not_allowed(self, name: str) -> Sequence[str]:
        """See `PeerCommands`."""
        peer = await self.named(name)
        return () if peer.hub_party is None else await hub_clients.not_allowed(self._platform, peer)


def _version(text: str | None) -> Version | None:
    if text is None:
        return None
    if text not in SUPPORTED:
        raise UserError(f"OCPI {text} is not one we speak: {', '.join(SUPPORTED)}")
    return Version(text)


run_peer = on_platform(lambda args, platform: peer_command.run(args, PeersOf(platform)))


def _pasted(token: str) -> str:
    """A token as it was pasted: with blanks around it, or with the word before it that the header has."""
    words = token.split()
    if len(words) > 1 and words[0].lower() == "token":
        words = words[1:]
    if len(words) != 1 or not words[0].isascii():
        raise UserError("TOKEN: expected one word without spaces, the token that the other platform gave out")
    return words[0]


def _advice(error: PeerError) -> str:
    """What to look at when a registration failed."""
    if isinstance(error, PeerRefused) and error.http == HTTPStatus.UNAUTHORIZED:
        return "It does not know the token: was it given out for us, and not replaced by a newer one or used since?"
    if isinstance(error, PeerUnreachable):
        return "Nothing answered as expected there: check host, port, its certificate, and whether it is http or https."
    if isinstance(error, PeerRefused) and error.ocpi is not None and error.http < HTTPStatus.BAD_REQUEST:
        return "It answered and refused: what it says is for its people and you to settle, then run the same command."
    return (
        "Is it the versions URL? It lists the versions of OCPI there and often ends in /versions; it is no page for "
        "people, no single version and no credentials URL."
    )
