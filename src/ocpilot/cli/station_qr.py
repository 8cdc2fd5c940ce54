"""`ocpilot station qr ID`: QR codes of a station's EVSEs, as files to print."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.app.stations.qr_codes import Format
from ocpilot.base.errors import UserError


class PrintedCode(Record, frozen=True):
    """A QR code to print: the page of this EVSE, and the code as a file of the wanted format."""

    evse_uid: str
    evse_id: str
    url: str
    drawn: bytes


class PrintCodes(Protocol):
    """What the platform does for this command."""

    async def codes(self, station_id: str, format_: Format) -> Sequence[PrintedCode]:
        """The QR codes of its EVSEs; those without an EVSE id have none. NotFound."""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot station qr`."""
    parser = actions.add_parser(
        "qr",
        help="QR codes of its EVSEs to print",
        description="Writes a QR code for each EVSE of a station, which leads to the page of the EVSE.",
        epilog="example: ocpilot station qr CP-7 --format png --folder labels",
    )
    parser.add_argument("id", metavar="ID", help="its OCPP identity")
    parser.add_argument(
        "--format", choices=[str(one) for one in Format], default=str(Format.SVG), help="svg, png (svg)"
    )
    parser.add_argument("--folder", metavar="DIR", default=".", help="where the files go; here when left out")
    parser.add_argument("--json", action="store_true", help="print JSON, one object per line")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")


async def run(args: argparse.Namespace, commands: PrintCodes) -> int:
    """Write the files, and print where they are."""
    codes = await commands.codes(args.id, Format(args.format))
    if not codes:
        raise UserError(f"no EVSE of {args.id} has an evse_id, which its page is found by")
    _write(args, codes)
    return 0


def _write(args: argparse.Namespace, codes: Sequence[PrintedCode]) -> None:
    """One file per EVSE, named as the EVSE id."""
    folder = Path(args.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for one in codes:
        name = "".join(letter if letter.isalnum() else "-" for letter in one.evse_id)
        file = folder / f"{name}.{args.format}"
        file.write_bytes(one.drawn)
        told = {"evse_uid": one.evse_uid, "evse_id": one.evse_id, "url": one.url, "file": str(file)}
        print(json.dumps(told) if args.json else f"{file}  {one.url}")
