"""Objects out of the platform and into it as JSON Lines: one object a line, streamed, the good ones taken."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi.homes import put_ours
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.office import catalogue, listing
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, OcpilotError
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.texts import objects_in, value_of

#: What can be taken out and back in again.
MODULES = (ModuleID.LOCATIONS, ModuleID.TARIFFS, ModuleID.TOKENS, ModuleID.SESSIONS, ModuleID.CDRS)
#: Objects that are written together.
_TOGETHER = 64


class Filter(Record, frozen=True, kw_only=True):
    """Which objects: `owner` is `ours`, `peers` or a peer's name; since `since`, in `version`."""

    owner: str = listing.OURS
    party: PartyId | None = None
    since: datetime | None = None
    version: Version


class Line(Record, frozen=True, kw_only=True):
    """An object on its way out: its text, or why there is none."""

    key: ObjectKey
    text: bytes = b""
    error: str | None = None


class Taken(Record, frozen=True, kw_only=True):
    """An object on its way in: where it is kept now, or what is wrong with it. `line` is its line in JSON Lines, `text`
    what stood there."""

    line: int | None
    text: bytes
    key: ObjectKey | None = None
    problems: tuple[Problem, ...] = ()


async def lines(platform: Platform, module: ModuleID, which: Filter) -> AsyncIterator[Line]:
    """All objects of a module, oldest change first, each as JSON text in one line."""
    wanted = listing.Wanted(
        module=module,
        owners=await listing.owners_named(platform, which.owner),
        party=which.party,
        updated_from=which.since,
    )
    async for stored in listing.everything(platform, wanted):
        try:
            text = await text_in(platform, stored, which.version)
        except (OcpilotError, ValueError) as error:
            yield Line(key=stored.key, error=str(error))
        else:
            yield Line(key=stored.key, text=_one_line(text))


def _one_line(text: bytes) -> bytes:
    """Bodies are kept as they came, which may be over several lines."""
    return text if b"\n" not in text and b"\r" not in text else codec.dumps(codec.loads(text, max_bytes=len(text)))


async def take(
    platform: Platform,
    texts: Iterable[tuple[int | None, bytes]],
    version: Version | None = None,
    *,
    dry_run: bool = False,
) -> AsyncIterator[Taken]:
    """Keep every object of ours in these texts (with their line numbers); what is wrong with one stops no other.

    `dry_run` only looks. `version` None is guessed per object.
    """
    batch: dict[tuple[object, ...], tuple[Taken, StoredObject]] = {}
    for one, stored in _read(platform, texts, version):
        if stored is None or dry_run:
            yield one
            continue
        key = (stored.key.module, stored.key.party, fold(stored.key.id), fold(stored.key.sub))
        if key in batch or len(batch) == _TOGETHER:
            # The same object twice: the later one comes later.
            for kept in await _keep(platform, batch.values()):
                yield kept
            batch = {}
        batch[key] = one, stored
    for kept in await _keep(platform, batch.values()):
        yield kept


def _read(
    platform: Platform, texts: Iterable[tuple[int | None, bytes]], version: Version | None
) -> Iterator[tuple[Taken, StoredObject | None]]:
    for line, text in texts:
        value = value_of(text, line)
        if value.wrong is not None:
            problem = Problem(path="$", found=value.wrong, expected="JSON within the limits")
            yield Taken(line=line, text=text, problems=(problem,)), None
            continue
        for path, body in objects_in(value.value):
            alone = text.strip() if path == "$" and line is not None else codec.dumps(body)
            try:
                stored = catalogue.readable(platform, body, version, MODULES)
            except OcpilotError as error:
                yield Taken(line=line, text=alone, problems=_problems(error, path)), None
            else:
                yield Taken(line=line, text=alone, key=stored.key), stored


async def _keep(platform: Platform, batch: Iterable[tuple[Taken, StoredObject]]) -> list[Taken]:
    async def one(taken: Taken, stored: StoredObject) -> Taken:
        try:
            await put_ours(platform, stored)
        except OcpilotError as error:
            return Taken(line=taken.line, text=taken.text, problems=_problems(error, "$"))
        return taken

    return list(await asyncio.gather(*(one(taken, stored) for taken, stored in batch)))


def _problems(error: OcpilotError, root: str) -> tuple[Problem, ...]:
    if isinstance(error, InvalidObject):
        return tuple(catalogue.rooted(problem, root) for problem in error.problems)
    return (Problem(path=root, found=str(error), expected="an object that can be kept"),)
