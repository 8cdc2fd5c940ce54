"""Tariffs in files: objects, lists, whole answers or JSON Lines, of any version, wrong ones among them."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ocpilot.base.errors import OcpilotError
from ocpilot.cli.charges import SOMEBODY
from ocpilot.cli.reading import lines_of
from ocpilot.wire.codec import read
from ocpilot.wire.jsontext import Body
from ocpilot.wire.kinds import guess_version, kind_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.texts import objects_in, values
from ocpilot.wire.v230 import Tariff


class FoundTariff(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a file. `where` is the file with the line and the path of the object; `wrong` says why it is no
    tariff."""

    where: str
    version: Version | None = None
    body: Body | None = None
    tariff: Tariff | None = None
    wrong: str = ""


def tariffs_in(name: str, version: Version | None, now: datetime) -> Iterator[FoundTariff]:
    """Every object of a file (`-` is standard input). UserError when it cannot be read."""
    for value in values(lines_of(name)):
        place = name if value.line is None else f"{name}:{value.line}"
        if value.wrong is not None:
            yield FoundTariff(where=place, wrong=value.wrong)
            continue
        for path, item in objects_in(value.value):
            yield _found(item, place if path == "$" else f"{place} {path}", version, now)


def _found(item: object, where: str, version: Version | None, now: datetime) -> FoundTariff:
    if not isinstance(item, dict):
        return FoundTariff(where=where, wrong=f"found {type(item).__name__}, expected a Tariff")
    spoken = version or guess_version(kind_of(Tariff), item)
    try:
        received = read(Tariff, spoken, item, SOMEBODY, came_at=now)
    except OcpilotError as error:
        return FoundTariff(where=where, version=spoken, body=item, wrong=str(error))
    return FoundTariff(where=where, version=spoken, body=item, tariff=received.value)
