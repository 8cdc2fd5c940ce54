"""`ocpilot convert`: OCPI objects in another version, and what is lost on the way. Needs no database, no network."""

import argparse
import sys
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ocpilot.base.errors import BadJson, BadRequest, InvalidObject, TooLarge, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem, Severity
from ocpilot.cli.reading import read_file
from ocpilot.cli.validate import kinds_listed
from ocpilot.wire.check import mend
from ocpilot.wire.codec import Body, Context, Converted, convert, dumps, loads, problems
from ocpilot.wire.kinds import ALL_KINDS, Kind, class_for, guess_kind, guess_version, kind_named, kind_of
from ocpilot.wire.protocol import READABLE, Version
from ocpilot.wire.v230 import Location, Token

_EPILOG = """\
FILE holds one object or a list of them. What cannot be carried over is written to standard error, and so is what had
to be assumed: 2.1.1 does not say who owns an object, and its sessions and CDRs hold what later versions point to.

examples:
  ocpilot convert --to 2.3.0 location.json
  ocpilot convert --from 2.1.1 --to 2.2.1 --party SE/LAD tariffs.json
  ocpilot convert --to 2.1.1 --location location.json session.json

exit status: 0 converted, 1 the object is wrong or does not fit in the other version, 2 wrong usage.
"""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One object after its conversion; `wrong` is what does not hold in the new version."""

    converted: Converted
    wrong: tuple[Problem, ...]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot convert`."""
    parser = subparsers.add_parser(
        "convert",
        help="write an OCPI object in another version",
        description="Converts OCPI objects between versions and names what is lost.",
        epilog=f"{_EPILOG}\n{kinds_listed()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    versions = [str(version) for version in READABLE]
    parser.add_argument("file", metavar="FILE", help="a JSON file; - is standard input")
    parser.add_argument("--to", required=True, choices=versions, help="the version to convert to")
    parser.add_argument("--from", dest="source", choices=versions, help="the version of the file, else guessed")
    parser.add_argument(
        "--object", choices=[kind.name for kind in ALL_KINDS], metavar="KIND", help="its kind, else guessed"
    )
    parser.add_argument("--party", metavar="CC/PID", help="the owner of objects of 2.1.1, such as SE/LAD")
    parser.add_argument("--role", help="the role of the platform, for credentials of 2.1.1")
    parser.add_argument("--time-zone", metavar="ZONE", help="of Locations of 2.1.1 that name none (else UTC)")
    parser.add_argument("--location", metavar="FILE", help="the Location of a session or CDR that becomes 2.1.1")
    parser.add_argument("--token", metavar="FILE", help="the Token of a session or CDR of 2.1.1")
    parser.add_argument("--json", action="store_true", help="write objects, losses and assumptions as one JSON object")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the converted objects; 1 when one is wrong, 2 when the command is."""
    try:
        value = loads(read_file(args.file))
        items = value if isinstance(value, list) else [value]
        done = [_one(item, args) for item in items]
    except InvalidObject as error:
        for problem in error.problems:
            print(f"{args.file}: {error.what}: {problem}", file=sys.stderr)
        return 1
    except (BadJson, TooLarge, BadRequest) as error:
        print(f"ocpilot convert: {args.file}: {error}", file=sys.stderr)
        return 1
    except UserError as error:
        print(f"ocpilot convert: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(_as_json(done).decode())
    else:
        bodies = [one.converted.body for one in done]
        print(msgspec.json.format(dumps(bodies if isinstance(value, list) else bodies[0]), indent=2).decode())
        for index, one in enumerate(done):
            for line in _lines(one, args.to):
                print(f"[{index}] {line}" if isinstance(value, list) else line, file=sys.stderr)
    return 1 if any(one.wrong for one in done) else 0


def _one(item: object, args: argparse.Namespace) -> Done:
    """One object converted. BadRequest when it is none that can be, InvalidObject when it breaks its own version."""
    body, kind, source = _checked(item, kind_named(args.object) if args.object else None, args.source)
    target = Version(args.to)
    converted = convert(kind.cls, body, source, target, _context(args, source))
    found = problems(kind.cls, target, converted.body)
    return Done(converted=converted, wrong=tuple(problem for problem in found if problem.severity is Severity.ERROR))


def _checked(item: object, kind: Kind | None, version: str | None) -> tuple[Body, Kind, Version]:
    """An object with its leniencies mended, its kind and its version."""
    if not isinstance(item, dict):
        raise BadRequest(f"found {type(item).__name__}, expected an object")
    kind = kind or guess_kind(item, READABLE)
    if kind is None:
        raise BadRequest("found an object of no known kind, expected one of those that --help names")
    source = Version(version) if version else guess_version(kind, item, READABLE)
    wrong = [problem for problem in problems(kind.cls, source, item) if problem.severity is Severity.ERROR]
    if wrong:
        raise InvalidObject(wrong, f"{kind.name} in {source}")
    return mend(class_for(kind, source), item).body, kind, source


def _context(args: argparse.Namespace, source: Version) -> Context:
    """What the options tell about objects of 2.1.1. UserError when a party is none."""
    try:
        party = PartyId.parse(args.party) if args.party else None
    except ValueError as error:
        raise UserError(f"--party: {error}") from None
    said = Context(party=party, role=args.role, time_zone=args.time_zone)
    location = _told(args.location, kind_of(Location), source, said) if args.location else None
    token = _told(args.token, kind_of(Token), Version(args.to), said) if args.token else None
    return replace(said, location=location, token=token)


def _told(name: str, kind: Kind, version: Version, said: Context) -> Body:
    """The object in a file, in `version`."""
    body, _, source = _checked(loads(read_file(name)), kind, None)
    return convert(kind.cls, body, source, version, said).body


def _lines(one: Done, target: str) -> Iterator[str]:
    yield from (f"lost: {loss}" for loss in one.converted.losses)
    yield from (f"assumed: {assumption}" for assumption in one.converted.assumptions)
    yield from (f"wrong in {target}: {problem}" for problem in one.wrong)


def _as_json(done: list[Done]) -> bytes:
    """All objects; losses, assumptions and what is wrong, each with the number of its object."""
    notes: dict[str, list[Body]] = {"losses": [], "assumptions": [], "wrong": []}
    for index, one in enumerate(done):
        for name, found in (("losses", one.converted.losses), ("assumptions", one.converted.assumptions)):
            notes[name] += [{"object": index, "path": note.path, "what": note.lost} for note in found]
        notes["wrong"] += [{"object": index, "path": bad.path, "what": str(bad)} for bad in one.wrong]
    return dumps({"objects": [one.converted.body for one in done], **notes})
