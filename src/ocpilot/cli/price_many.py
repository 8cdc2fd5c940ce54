"""`ocpilot price-many`: what a month of CDRs costs, over all cores. No database, no network."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import BinaryIO

import msgspec

from ocpilot.base.errors import OcpilotError, UserError
from ocpilot.cli.charges import tariffs_in
from ocpilot.cli.options import time_zone
from ocpilot.cli.price_lines import Line, Terms, Text, lines_of_text
from ocpilot.cli.reading import Progress, lines_of
from ocpilot.cli.spread import in_order
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.texts import texts

_EPILOG = """\
One JSON line per CDR, in their order: its totals as recomputed, or the reasons why it has no price. A source is JSON
Lines, a JSON file with a CDR, a list or an OCPI answer, a folder of such files (*.json, *.jsonl), or - for standard
input. With --out, CDRs that are in that file already are left out: a run that was stopped goes on where it was.

examples:
  ocpilot price-many november.jsonl --time-zone Europe/Stockholm --out priced.jsonl
  ocpilot price-many cdrs/ --tariff tariffs.json --processes 8 > priced.jsonl

exit status: 0 every CDR has a price, 1 some have none, 2 wrong usage, 130 stopped by Ctrl-C.
"""

#: Texts per job: long enough that handing it over costs little, short enough that all processes end together.
_TEXTS_PER_JOB = 100
_BAR = 30
_terms = Terms()


class Job(msgspec.Struct, frozen=True):
    """Some texts, and how many bytes have been read when they are done."""

    texts: tuple[Text, ...]
    read: int


class Done(msgspec.Struct, frozen=True):
    """The lines of a job, ready to be written."""

    lines: bytes
    priced: int
    unpriced: int
    read: int


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot price-many`."""
    parser = subparsers.add_parser(
        "price-many",
        help="price many CDRs over all cores",
        description="Prices CDRs by the method of the standard, as many at a time as the machine has cores.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="a file, a folder, or - for standard input")
    parser.add_argument("--out", metavar="FILE", help="where the lines go (else standard output); grows")
    parser.add_argument(
        "--tariff", nargs="+", action="extend", default=[], metavar="FILE", help="tariffs (else those in each CDR)"
    )
    parser.add_argument(
        "--time-zone", default="UTC", metavar="Z", help="of the Locations, such as Europe/Stockholm (%(default)s)"
    )
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at once (one per core)"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Writes the lines; 1 when a CDR has no price, 2 when a file or option is wrong."""
    try:
        files = files_of(args.source)
        terms = _terms_of(args)
        with _output(args.out) as out:
            return _write_all(files, terms, args.processes, out)
    except BrokenProcessPool:
        print("ocpilot price-many: a process was ended from outside; run it again to go on", file=sys.stderr)
        return 1
    except OcpilotError as error:
        print(f"ocpilot price-many: {error}", file=sys.stderr)
        return 2


def _write_all(files: Sequence[str], terms: Terms, processes: int, out: BinaryIO) -> int:
    meter = _Meter(sum(Path(name).stat().st_size for name in files if name != "-"), processes)
    try:
        for done in in_order(work, jobs(files), processes, partial(begin, terms)):
            out.write(done.lines)
            meter.add(done)
    finally:
        out.flush()
        meter.end()
    return 1 if meter.unpriced else 0


# ---- what goes in --------------------------------------------------------------------------------------------------


def files_of(source: str) -> list[str]:
    """The file itself, or all of a folder in the order of their names. UserError when there is none."""
    path = Path(source)
    if source == "-" or path.is_file():
        return [source]
    files = sorted(str(one) for one in path.rglob("*.json*") if one.suffix in (".json", ".jsonl") and one.is_file())
    if not files:
        raise UserError(f"{source}: no such file, and no folder with *.json or *.jsonl in it")
    return files


def jobs(files: Sequence[str]) -> Iterator[Job]:
    """All texts, some at a time."""
    read, rest = 0, _texts(files)
    while some := tuple(islice(rest, _TEXTS_PER_JOB)):
        read += sum(len(text.content) for text in some)
        yield Job(some, read)


def _texts(files: Sequence[str]) -> Iterator[Text]:
    for name in files:
        yield from (Text(name, line, content) for line, content in texts(lines_of(name)))


def _terms_of(args: argparse.Namespace) -> Terms:
    if args.processes < 1:
        raise UserError(f"--processes {args.processes}: write 1 or more")
    time_zone(args.time_zone)
    version = Version(args.version) if args.version else None
    return Terms(
        tariffs=tariffs_in(args.tariff, version),
        zone=args.time_zone,
        version=version,
        done=_done(Path(args.out)) if args.out else frozenset(),
    )


# ---- what is done in each process ----------------------------------------------------------------------------------


def begin(terms: Terms) -> None:
    """In every process before its first job: the terms are sent once, not with each job."""
    global _terms  # noqa: PLW0603 - what a pool's initializer is for
    _terms = terms


def work(job: Job) -> Done:
    """Prices the CDRs of a job."""
    lines = [line for text in job.texts for line in lines_of_text(text, _terms)]
    unpriced = sum(line.total_cost is None for line in lines)
    return Done(b"".join(map(_encoded, lines)), len(lines) - unpriced, unpriced, job.read)


def _encoded(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


# ---- what comes out ------------------------------------------------------------------------------------------------


class _Key(msgspec.Struct):
    """What of a line says which CDR it is of."""

    key: str | None = None


def _done(out: Path) -> frozenset[str]:
    """The CDRs in a file of an earlier run; a line that was being written when it was stopped is cut off."""
    if not out.exists():
        return frozenset()
    keys, end = set(), 0
    try:
        with out.open("rb+") as file:
            for line in file:
                if line.endswith(b"\n"):
                    keys.add(msgspec.json.decode(line, type=_Key).key)
                    end += len(line)
            file.truncate(end)
    except msgspec.DecodeError as error:
        raise UserError(f"--out {out}: is no file of an earlier run ({error})") from None
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None
    return frozenset(key for key in keys if key)


@contextmanager
def _output(name: str | None) -> Iterator[BinaryIO]:
    if name is None:
        yield sys.stdout.buffer
        return
    try:
        file = Path(name).open("ab")  # noqa: SIM115 - closed below; only the opening is to be caught
    except OSError as error:
        raise UserError(f"--out {name}: {error.strerror}") from None
    with file:
        yield file


class _Meter:
    """How far it is and how fast, on the terminal, and in one line at the end."""

    def __init__(self, size: int, processes: int) -> None:
        self._size = size
        self._processes = processes
        self._began = monotonic()
        self._progress = Progress()
        self.priced = 0
        self.unpriced = 0

    def add(self, done: Done) -> None:
        """One more job is written."""
        self.priced += done.priced
        self.unpriced += done.unpriced
        text = self._bar(done.read)
        for _ in range(done.priced + done.unpriced):
            self._progress.step(text)

    def end(self) -> None:
        """Done, or stopped."""
        self._progress.hide()
        unpriced = f", {self.unpriced} without a price" if self.unpriced else ""
        processes = "1 process" if self._processes == 1 else f"{self._processes} processes"
        print(f"{self._speed()} on {processes}{unpriced}", file=sys.stderr)

    def _bar(self, read: int) -> str:
        if not self._size:
            return self._speed()
        share = min(1.0, read / self._size)
        full = round(share * _BAR)
        return f"[{'#' * full}{'.' * (_BAR - full)}] {share:4.0%}  {self._speed()}"

    def _speed(self) -> str:
        count = self.priced + self.unpriced
        return f"{count:,} CDRs, {count / max(monotonic() - self._began, 1e-6):,.0f} per second"
