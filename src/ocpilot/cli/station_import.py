"""`ocpilot station import FILE`: many stations from a table (CSV) of their connectors."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from ocpilot.app.stations.station_import import ConnectorRow, StationTaken
from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem
from ocpilot.cli.csv_table import csv_lines
from ocpilot.cli.reading import read_file

_NEEDED = ("station", "location", "evse_uid")
_OTHERS = ("evse_number", "connector_number", "connector", "password")
_LONGEST = 255
_EPILOG = """\
A line per connector. Needed columns: station, location, evse_uid. May be left out: evse_number and connector_number
(OCPP) and connector (OCPI), which are counted then, and password, which is made when there is none.

    station,location,evse_uid,connector
    CP-7,LOC1,LOC1-1,1
    CP-7,LOC1,LOC1-2,1

examples:
  ocpilot station import stations.csv --dry-run
  ocpilot station import stations.csv > passwords.txt
"""


class ImportStations(Protocol):
    """What the platform does for this command."""

    async def take_stations(self, rows: Sequence[ConnectorRow], *, dry_run: bool) -> Sequence[StationTaken]:
        """Add or change the stations of a table. InvalidObject with all that is wrong; then nothing was taken."""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot station import`."""
    parser = actions.add_parser(
        "import",
        help="add many stations from a table",
        description="Adds stations from a table (CSV), or changes where they stand and which EVSEs they have.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="CSV in UTF-8, with commas or semicolons; - is the input")
    parser.add_argument("--dry-run", action="store_true", help="only say what is wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")


async def run(args: argparse.Namespace, commands: ImportStations) -> int:
    """Print a line per station, with its password if it was made."""
    taken = await commands.take_stations(rows_of(read_file(args.file)), dry_run=args.dry_run)
    if args.json:
        print(json.dumps(msgspec.to_builtins(taken), indent=2))
        return 0
    for one in taken:
        secret = "" if one.password is None or args.dry_run else f"  password {one.password} (shown this once)"
        print(f"{one.station}  {one.location}  {one.connectors} connectors{secret}")
    print(f"{len(taken)} stations {'would be' if args.dry_run else 'are'} taken over")
    return 0


def rows_of(data: bytes) -> list[ConnectorRow]:
    """The rows of a table. InvalidObject with all that is wrong in it."""
    problems: list[Problem] = []
    rows: list[ConnectorRow] = []
    for number, row in csv_lines(data, _NEEDED, _OTHERS):
        problems += _wrong(row, number)
        if not problems:
            rows.append(_row(row, number, rows))
    if problems:
        raise InvalidObject(problems, "the table")
    return rows


def _wrong(row: dict[str, str], line: int) -> Iterator[Problem]:
    for name in _NEEDED:
        if not row[name]:
            yield Problem(path=f"line {line} {name}", found="nothing", expected="a text")
        elif len(row[name]) > _LONGEST:
            yield Problem(path=f"line {line} {name}", found=f"{len(row[name])} letters", expected=f"at most {_LONGEST}")
    for name in ("evse_number", "connector_number"):
        text = row.get(name, "")
        if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**31):
            yield Problem(path=f"line {line} {name}", found=text, expected="a whole number from 1 on")


def _row(row: dict[str, str], line: int, before: Sequence[ConnectorRow]) -> ConnectorRow:
    """Numbers that are not given go on where those of the same station stand."""
    mine = [one for one in before if one.station == row["station"]]
    same = [one for one in mine if one.evse_uid == row["evse_uid"]]
    number = same[0].evse_number if same else max((one.evse_number for one in mine), default=0) + 1
    return ConnectorRow(
        line=line,
        station=row["station"],
        location=row["location"],
        evse_uid=row["evse_uid"],
        evse_number=int(row.get("evse_number") or number),
        connector_number=int(row.get("connector_number") or len(same) + 1),
        connector=row.get("connector") or str(len(same) + 1),
        password=row.get("password") or None,
    )
