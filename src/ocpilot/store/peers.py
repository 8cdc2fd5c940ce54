"""The platforms we are connected with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from time import monotonic

import asyncpg
import msgspec

from ocpilot.app.kept.peer_records import Detected, Peer, PeerProfile, party_key
from ocpilot.base.errors import Conflict, DatabaseAway, NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.store.line import LOST, Line
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import json_of, record_of
from ocpilot.wire.v230 import CredentialsRole, Endpoint

_SQL = load("peers")
#: Seconds a peer is remembered by its token, which every request asks for: how late another process's change may count.
REMEMBERED = 1.0


class PostgresPeers:
    """`app.ports.Peers`."""

    def __init__(self, database: Database, line: Line) -> None:
        self._database = database
        self._line = line
        self._exchanging: set[int] = set()
        self._by_token: dict[bytes, tuple[Peer, float]] = {}

    async def add(self, peer: Peer) -> Peer:
        """See the port; Conflict when the name is taken."""
        return msgspec.structs.replace(peer, id=await self._write(_SQL["add"], peer))

    async def save(self, peer: Peer) -> None:
        """See the port; Conflict when the name is taken, NotFound when it was never added."""
        await self._write(_SQL["save"], peer)

    @asynccontextmanager
    async def exchanging(self, peer: Peer) -> AsyncIterator[None]:
        """See the port. The lock is the line's, so it keeps only other processes out."""
        if peer.id in self._exchanging:
            raise _being_exchanged(peer)
        self._exchanging.add(peer.id)
        try:
            await self._lock(peer)
            try:
                yield
            finally:
                with suppress(*LOST):
                    await self._line.value(_SQL["exchanged"], peer.id)
        finally:
            self._exchanging.discard(peer.id)

    async def _lock(self, peer: Peer) -> None:
        try:
            free = await self._line.value(_SQL["exchange"], peer.id)
        except LOST as error:
            raise DatabaseAway(f"no connection to the database: {error}") from error
        if not free:
            raise _being_exchanged(peer)

    async def noticed(self, peer_id: int, found: Detected) -> None:
        """See the port."""
        await self._database.row(_SQL["noticed"], {"id": peer_id, "found": json_of(found)})
        self._by_token = {}

    async def returned(self, peer_id: int, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["returned"], {"id": peer_id, "at": at})

    async def add_role(self, peer_id: int, role: CredentialsRole) -> None:
        """See the port; one statement, so that two that are added at a time both stay."""
        values = {"id": peer_id, "role": json_of(role), "word": role.role, "party": party_key(role)}
        await self._database.row(_SQL["add_role"], values)
        self._by_token = {}

    async def pulled(self, peer_id: int, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["pulled"], {"id": peer_id, "at": at})

    async def get(self, peer_id: int) -> Peer | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": peer_id})

    async def by_name(self, name: str) -> Peer | None:
        """See the port."""
        return await self._one(_SQL["by_name"], {"key_name": fold(name)})

    async def by_token(self, token_hash: bytes) -> Peer | None:
        """See the port."""
        peer, until = self._by_token.get(token_hash, (None, 0.0))
        if monotonic() < until:
            return peer
        remembered = self._by_token
        found = await self._one(_SQL["by_token"], {"hash": token_hash})
        # Not while a token is being replaced: the next request must see how far that is.
        if found is not None and found.invitation_hash is None and found.other_hash is None:
            remembered[token_hash] = (found, monotonic() + REMEMBERED)
        return found

    async def of_party(self, party: PartyId) -> Peer | None:
        """See the port."""
        return await self._one(_SQL["of_party"], {"party": party.key})

    async def all(self) -> tuple[Peer, ...]:
        """See the port."""
        return tuple(_peer(row) for row in await self._database.rows(_SQL["all"]))

    async def _one(self, statement: Statement, values: dict[str, object]) -> Peer | None:
        row = await self._database.row(statement, values)
        return _peer(row) if row else None

    async def _write(self, statement: Statement, peer: Peer) -> int:
        try:
            row = await self._database.row(statement, _values(peer))
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"peer {peer.name!r}: name or token is already that of another peer") from error
        if row is None:
            raise NotFound(f"peer {peer.id}: not stored")
        # A new dict: what a question still under way found must not be remembered in it.
        self._by_token = {}
        return int(row["id"])


def _being_exchanged(peer: Peer) -> Conflict:
    return Conflict(f"tokens are being exchanged with {peer.name} already; try again in a moment")


def _values(peer: Peer) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(peer),
        "key_name": fold(peer.name),
        "endpoints": json_of(peer.endpoints),
        "roles": json_of(peer.roles),
        "parties": peer.parties,
        "profile": json_of(peer.profile),
        "allowed": None if peer.allowed is None else list(peer.allowed),
        "detected": json_of(peer.detected),
    }


def _peer(row: asyncpg.Record) -> Peer:
    return record_of(
        Peer,
        row,
        endpoints=msgspec.json.decode(row["endpoints"], type=tuple[Endpoint, ...]),
        roles=msgspec.json.decode(row["roles"], type=tuple[CredentialsRole, ...]),
        profile=msgspec.json.decode(row["profile"], type=PeerProfile),
        detected=msgspec.json.decode(row["detected"], type=Detected),
    )
