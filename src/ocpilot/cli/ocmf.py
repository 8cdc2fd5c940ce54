"""`ocpilot ocmf verify|keys|set-key`: signed meter values in files, and the keys that meters are known by."""

import argparse
import sys
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.kept.signed_records import MeterKey
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.lines import one_line
from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.cli import ocmf_lines
from ocpilot.cli.reading import read_file
from ocpilot.cli.tables import aligned
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed import SignedCharge, judge_charge
from ocpilot.metering.signed_texts import texts_in

_EPILOG = """\
A file holds OCMF texts (OCMF|...|...), an OCPP payload or frame with signed meter values (1.6 or 2.x), an OCPI CDR with
signed_data, or the XML <values> of the transparency software. All values in it count as one charge. Without a key the
one in the file counts, which proves only that the values were not changed after they left whoever wrote it.

examples:
  ocpilot ocmf verify charge.xml
  ocpilot ocmf verify begin-and-end.ocmf --key-file meter.pem
  ocpilot cdr show C-2041 --object | ocpilot ocmf verify -

exit status: 0 valid, 1 not valid, 2 cannot be read.
"""


class OcmfCommands(Protocol):
    """What the platform does for `ocpilot ocmf keys|set-key`."""

    async def keys(self) -> Sequence[MeterKey]:
        """Every key that a meter is known by."""

    async def set_key(self, location_id: str, evse_uid: str, party: str | None, key: str | bytes) -> MeterKey:
        """The key of the meter of an EVSE, of ours unless `party` says whose."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot ocmf ACTION`."""
    parser = subparsers.add_parser("ocmf", help="check signed meter values, and the keys that meters are known by")
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser(
        "verify",
        help="is what a meter signed right, and what does it say?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("file", metavar="FILE", help="signed meter values in any wrapping; - is standard input")
    _add_key_options(verify, required=False)
    verify.add_argument("--json", action="store_true", help="print JSON")
    keys = actions.add_parser("keys", help="every key that a meter is known by", epilog="example: ocpilot ocmf keys")
    keys.add_argument("--json", action="store_true", help="print JSON")
    keys.add_argument("--config", help="settings file (TOML)")
    set_key = actions.add_parser(
        "set-key",
        help="say the key of the meter of an EVSE, in place of the one known",
        epilog="example: ocpilot ocmf set-key LOC1 LOC1-1 --key-file meter.pem",
    )
    set_key.add_argument("location", help="id of the Location")
    set_key.add_argument("evse", help="uid of the EVSE")
    set_key.add_argument("--party", metavar="CC/PID", help="whose Location it is, when it is not ours")
    _add_key_options(set_key, required=True)
    set_key.add_argument("--config", help="settings file (TOML)")
    return parser


def _add_key_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    either = parser.add_mutually_exclusive_group(required=required)
    either.add_argument("--key", help="the meter's public key in hex, Base64 or PEM")
    either.add_argument("--key-file", metavar="FILE", help="a file with it: hex, Base64, PEM or DER")


def run_verify(args: argparse.Namespace) -> int:
    """Says what is signed and whether it holds: 0 valid, 1 not valid, 2 cannot be read."""
    try:
        data = read_file(args.file).decode()
        key = _key(args)
        known = None if key is None else PublicKey.of(key)
        texts = texts_in(data)
    except (UserError, ValueError) as error:
        print(f"ocpilot: {error}", file=sys.stderr)
        return 2
    if not texts:
        print(f"ocpilot: {args.file}: no signed meter values in it", file=sys.stderr)
        return 2
    found = judge_charge(texts, known)
    if args.json:
        print(msgspec.json.encode(ocmf_lines.facts(found)).decode())
    else:
        for line in ocmf_lines.lines(found, own_key=known is not None):
            print(one_line(line))
    return _status(found)


def _status(found: SignedCharge) -> int:
    """One reading of a charge is valid by itself: only the whole is not complete."""
    if all(one.judged.verdict is SignedVerdict.UNREADABLE for one in found.texts):
        return 2
    return 0 if found.verdict in {SignedVerdict.VALID, SignedVerdict.INCOMPLETE} else 1


def _key(args: argparse.Namespace) -> str | bytes | None:
    if args.key_file:
        return read_file(args.key_file)
    key: str | None = args.key
    return key


async def run(args: argparse.Namespace, meters: OcmfCommands) -> int:
    """Lists the keys, or sets one."""
    if args.action == "set-key":
        kept = await meters.set_key(args.location, args.evse, args.party, _key(args) or "")
        print(f"{kept.place.party} {kept.place.location_id} {kept.place.evse_uid}: {kept.key}")
        return 0
    keys = await meters.keys()
    if args.json:
        print(msgspec.json.encode(keys).decode())
    elif not keys:
        print("no keys yet: the first that comes with signed meter values is kept, or set one: ocpilot ocmf set-key")
    else:
        head = ("party", "location", "EVSE", "since", "from", "key")
        rows = [
            (str(one.place.party), one.place.location_id, one.place.evse_uid, time.write(one.at), one.source, one.key)
            for one in keys
        ]
        for line in aligned((head, *rows), left=True):
            print(line)
    return 0
