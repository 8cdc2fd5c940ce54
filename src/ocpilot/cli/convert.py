"""`ocpilot convert`: OCPI objects in another version, and what is lost on the way. Needs no database, no network."""

import argparse
import sys
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ocpilot.base.errors import BadRequest, InvalidObject, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem, Severity
from ocpilot.cli.reading import lines_of, read_file
from ocpilot.cli.validate import kinds_listed
from ocpilot.wire.check import mend
from ocpilot.wire.codec import Body, Context, Converted, convert, dumps, loads, problems
from ocpilot.wire.kinds import ALL_KINDS, Kind, class_for, guess_kind, guess_version, kind_named, kind_of
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.texts import Value, is_envelope, objects_in, values
from ocpilot.wire.v230 import Location, Token

_EPILOG = """\
FILE holds one object, a list, a whole OCPI answer, or one of these per line (JSON Lines, written line by line again).
What cannot be carried over is written to standard error, and so is what had to be assumed: 2.1.1 does not say who owns
an object, and its sessions and CDRs hold what later versions point to.

examples:
  ocpilot convert --to 2.3.0 location.json
  ocpilot convert --from 2.1.1 --to 2.2.1 --party SE/LAD tariffs.json
  ocpilot convert --to 2.1.1 --location location.json session.json
  ocpilot convert --to 2.3.0 --object cdr cdrs.jsonl > new.jsonl

exit status: 0 converted, 1 an object is wrong or does not fit in the other version, 2 wrong usage. Of a text or line
with a wrong object nothing is written.
"""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One object after its conversion: where it stood, and in `wrong` what does not hold in the new version."""

    path: str
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
    versions = [str(version) for version in SUPPORTED]
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
    done: list[Done] = []
    failed = False
    try:
        for text in values(lines_of(args.file)):
            found = _converted(text, args)
            failed = failed or found is None or any(one.wrong for one in found)
            if args.json:
                done += found or []
            elif found is not None:
                _write(text, found, args.to)
    except UserError as error:
        print(f"ocpilot convert: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(_as_json(done).decode())
    return 1 if failed else 0


def _converted(text: Value, args: argparse.Namespace) -> list[Done] | None:
    """The objects of a text or line, all of them; None when there is something wrong with it, which is then said."""
    where = args.file if text.line is None else f"{args.file}:{text.line}"
    try:
        return _all(text, args)
    except InvalidObject as error:
        for problem in error.problems:
            print(f"{where}: {error.what}: {problem}", file=sys.stderr)
    except BadRequest as error:
        print(f"ocpilot convert: {where}: {error}", file=sys.stderr)
    return None


def _all(text: Value, args: argparse.Namespace) -> list[Done]:
    """BadRequest when an object is none that can be converted, InvalidObject with all problems of all objects."""
    if text.wrong is not None:
        raise BadRequest(text.wrong)
    done: list[Done] = []
    wrong: list[InvalidObject] = []
    for path, item in objects_in(text.value):
        try:
            done.append(_one(item, path, args))
        except InvalidObject as error:
            wrong.append(error)
    if wrong:
        raise InvalidObject([problem for error in wrong for problem in error.problems], wrong[0].what)
    if not done and is_envelope(text.value):
        raise BadRequest("found an answer without data, expected one with objects")
    return done


def _write(text: Value, done: list[Done], target: str) -> None:
    """The objects as they came: an object, a list, or one on each line; what is to be said of them beside it."""
    bodies = [one.converted.body for one in done]
    is_single = [one.path for one in done] in (["$"], ["$.data"])
    if text.line is None:
        print(msgspec.json.format(dumps(bodies[0] if is_single else bodies), indent=2).decode())
    else:
        for body in bodies:
            print(dumps(body).decode())
    for one in done:
        place = "" if text.line is None else f"line {text.line} "
        place += "" if is_single else f"{one.path.removeprefix('$')} "
        for line in _lines(one, target):
            print(f"{place}{line}", file=sys.stderr)


def _one(item: object, path: str, args: argparse.Namespace) -> Done:
    """One object converted. BadRequest when it is none that can be, InvalidObject when it breaks its own version."""
    try:
        body, kind, source = _checked(item, kind_named(args.object) if args.object else None, args.source)
        target = Version(args.to)
        converted = convert(kind.cls, body, source, target, _context(args, source))
    except InvalidObject as error:
        rooted = [replace(one, path=path + one.path.removeprefix("$")) for one in error.problems]
        raise InvalidObject(rooted, error.what) from None
    except BadRequest as error:
        raise BadRequest(f"{path}: {error}") from None
    found = problems(kind.cls, target, converted.body)
    wrong = tuple(problem for problem in found if problem.severity is Severity.ERROR)
    return Done(path=path, converted=converted, wrong=wrong)


def _checked(item: object, kind: Kind | None, version: str | None) -> tuple[Body, Kind, Version]:
    """An object with its leniencies mended, its kind and its version."""
    if not isinstance(item, dict):
        raise BadRequest(f"found {type(item).__name__}, expected an object")
    kind = kind or guess_kind(item)
    if kind is None:
        raise BadRequest("found an object of no known kind, expected one of those that --help names")
    source = Version(version) if version else guess_version(kind, item)
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
