"""Tariffs, Sessions, CDRs and Tokens: one set of statements, the table from a fixed map."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import asyncpg
import msgspec

from ocpilot.app.kept.records import Arrival, ObjectKey, Page, PageQuery, StoredObject
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId, fold
from ocpilot.store.bell import Bell
from ocpilot.store.pages import Pages
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import key_values, object_of, object_values, party_of
from ocpilot.store.together import Together
from ocpilot.wire.protocol import ModuleID

TABLES = {
    ModuleID.TARIFFS: "tariff",
    ModuleID.SESSIONS: "session",
    ModuleID.CDRS: "cdr",
    ModuleID.TOKENS: "token",
    ModuleID.HUB_CLIENT_INFO: "client_info",
    ModuleID.INVOICE_RECONCILIATION: "invoice_record",
    ModuleID.PAYMENTS: "payment",
    ModuleID.BOOKINGS: "booking",
}
_SQL: dict[ModuleID, dict[str, Statement]] = {module: load("objects", table=table) for module, table in TABLES.items()}
_TOKENS = load("tokens")


class Written(NamedTuple):
    """What became of a put: the object is new, or at least another; the log tells of it; a command may wait for it."""

    created: bool
    changed: bool
    told: bool = False
    awaited: bool = True


class _Token(msgspec.Struct):
    uid: str


class _Bearer(msgspec.Struct):
    """What a Session or CDR says about its Token; before 2.2 it was `auth_id` (2.1.1 mod_sessions, mod_cdrs)."""

    cdr_token: _Token | None = None
    auth_id: str | None = None

    @property
    def uid(self) -> str | None:
        return self.cdr_token.uid if self.cdr_token else self.auth_id


class PostgresObjects:
    """`app.ports.Objects`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell
        self._pages = Pages(database, TABLES)
        self._puts = {module: Together(partial(_put_all, database, module)) for module in TABLES}

    async def put(self, stored: StoredObject) -> bool:
        """See the port; a put that changes nothing adds no change row."""
        return (await self.receive(stored)).created

    async def receive(self, stored: StoredObject) -> Arrival:
        """See the port."""
        key = stored.key
        done = await self._puts[key.module].put((key.party, fold(key.id), fold(key.sub)), stored)
        self._ring(done.told)
        return Arrival(created=done.created, awaited=done.awaited)

    async def add(self, under: ObjectKey, new: Sequence[StoredObject]) -> None:
        """See the port."""
        statements = _SQL[under.module]
        async with self._database.transaction() as session:
            await session.row(statements["get_locked"], {**key_values(under), "peer_id": 0})
            missing = [one for one in new if await session.row(statements["held"], key_values(one.key)) is None]
            done = [await _put(session, one) for one in missing]
        self._ring(any(one.told for one in done))

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """See the port."""
        row = await self._database.row(_SQL[key.module]["get"], {**key_values(key), "peer_id": peer_id or 0})
        return object_of(row, key.module) if row else None

    async def some(self, module: ModuleID, party: PartyId, ids: Sequence[str]) -> tuple[StoredObject, ...]:
        """See the port."""
        values = {"party": party.key, "key_ids": [fold(one) for one in ids]}
        return tuple(object_of(row, module) for row in await self._database.rows(_SQL[module]["some"], values))

    async def held(self, key: ObjectKey) -> StoredObject | None:
        """See the port."""
        row = await self._database.row(_SQL[key.module]["held"], key_values(key))
        return object_of(row, key.module) if row else None

    async def find(self, module: ModuleID, object_id: str) -> tuple[StoredObject, ...]:
        """See the port; ours first."""
        rows = await self._database.rows(_SQL[module]["find"], {"key_id": fold(object_id)})
        return tuple(object_of(row, module) for row in rows)

    async def of_contract(self, contract_id: str, *, anyones: bool = False) -> tuple[StoredObject, ...]:
        """See the port; newest first."""
        values = {"key_contract": fold(contract_id), "anyones": anyones}
        rows = await self._database.rows(_TOKENS["of_contract"], values)
        return tuple(object_of(row, ModuleID.TOKENS) for row in rows)

    async def of_emaid(self, plain: str) -> tuple[StoredObject, ...]:
        """See the port; newest first."""
        rows = await self._database.rows(_TOKENS["of_emaid"], {"key_emaid": plain})
        return tuple(object_of(row, ModuleID.TOKENS) for row in rows)

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL[key.module]["get_locked"], {**key_values(key), "peer_id": peer_id or 0})
            if row is None:
                return None
            changed = change(object_of(row, key.module))
            done = await _put(session, changed)
        self._ring(done.told)
        return changed

    async def delete(
        self, key: ObjectKey, peer_id: int | None = None, check: Callable[[StoredObject], None] | None = None
    ) -> bool:
        """See the port."""
        statements, values = _SQL[key.module], {**key_values(key), "peer_id": peer_id or 0}
        async with self._database.transaction() as session:
            kept = await session.row(statements["get_locked"], values) if check else None
            if check is not None and kept is not None:
                check(object_of(kept, key.module))
            row = await session.row(statements["delete"], values)
        self._ring(row is not None and row["told"])
        return row is not None

    async def page(self, query: PageQuery) -> Page:
        """See the port."""
        return await self._pages.page(query)

    async def newest(
        self, module: ModuleID, limit: int, token_uids: Sequence[str] | None = None
    ) -> tuple[StoredObject, ...]:
        """See the port."""
        if token_uids is None:
            rows = await self._database.rows(_SQL[module]["newest"], {"limit": limit})
        else:
            uids = [fold(uid) for uid in token_uids]
            rows = await self._database.rows(_SQL[module]["newest_of_tokens"], {"limit": limit, "token_uids": uids})
        return tuple(object_of(row, module) for row in rows)

    def _ring(self, told: bool) -> None:
        if told:
            self._bell.ring()


async def _put(session: Session, stored: StoredObject) -> Written:
    """One object, for a transaction that does more; Conflict when another peer owns it."""
    (outcome,) = await _put_all(session, stored.key.module, [stored])
    if isinstance(outcome, Conflict):
        raise outcome
    return outcome


async def _put_all(session: Session, module: ModuleID, objects: Sequence[StoredObject]) -> list[Written | Conflict]:
    """Objects whose keys differ, one statement; locked in the order of their keys, so that two of us form no ring."""
    given = [{**object_values(stored), "token_uid": _token_uid(stored)} for stored in objects]
    ordered = sorted(given, key=_place) if len(given) > 1 else given
    columns: dict[str, object] = {name: [values[name] for values in ordered] for name in given[0]}
    rows = await session.rows(_SQL[module]["put"], {**columns, "module": str(module)})
    done = {_place(row): Written(row["created"], True, row["told"], row["awaited"]) for row in rows}
    return [done.get(_place(values)) or await _unwritten(session, values) for values in given]


def _place(values: Mapping[str, object] | asyncpg.Record) -> tuple[object, ...]:
    return values["party"], values["key_id"], values["key_sub"]


async def _unwritten(session: Session, values: Mapping[str, object]) -> Written | Conflict:
    """Why an object was not written: it is the same, or it belongs to somebody else."""
    module = ModuleID(str(values["module"]))
    owner = await session.row(_SQL[module]["owner"], values)
    if owner is not None and owner["peer_id"] != values["peer_id"]:
        return Conflict(f"{module} {party_of(str(values['party']))}/{values['id']}: belongs to another platform")
    return Written(False, False)


async def put_object(session: Session, stored: StoredObject) -> bool:
    """One object inside a transaction; True when that changed anything. Conflict when another peer owns it."""
    return (await _put(session, stored)).changed


def _token_uid(stored: StoredObject) -> str | None:
    if stored.key.module not in {ModuleID.SESSIONS, ModuleID.CDRS}:
        return None
    if stored.context is not None:
        return fold(msgspec.json.decode(stored.context, type=_Token).uid)
    uid = msgspec.json.decode(stored.body, type=_Bearer).uid
    return fold(uid) if uid else None
