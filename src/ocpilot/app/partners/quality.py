"""The data quality of one peer: what was counted as it came, what tables say now, what the last comparison found."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta

from ocpilot.app.cdrs.cdr_match import OLDEST
from ocpilot.app.kept.comparison_records import Gap
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.quality_records import Finding, Lack, QualityReport, Tally
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.spreadsheet import harmless_row
from ocpilot.base.texts import mark
from ocpilot.wire.protocol import ModuleID

#: What tables tell: module, place, what was expected, what was found.
_TOLD: Mapping[Lack, tuple[str, str, str, str]] = {
    Lack.DANGLING_TARIFF: (
        ModuleID.LOCATIONS,
        "$.evses[].connectors[].tariff_ids[]",
        mark("the id of a Tariff that we were sent"),
        mark("ids of Tariffs we do not have"),
    ),
    Lack.EVSE_CLASH: (
        ModuleID.LOCATIONS,
        "$.evses[].evse_id",
        mark("an EVSE in one Location only"),
        mark("in several Locations, {of}"),
    ),
    Lack.MISSING_CDR: (
        ModuleID.SESSIONS,
        "$",
        mark("a CDR for every charge"),
        mark("{of} Sessions without a CDR"),
    ),
    Lack.LATE_CDR: (ModuleID.CDRS, "$", mark("within 24 hours of its end"), mark("CDRs that came later")),
    Lack.DOUBLE_CDR: (
        ModuleID.CDRS,
        "$.session_id",
        mark("one CDR for each Session"),
        mark("several CDRs of one Session"),
    ),
    Lack.TOKEN_OVERLAP: (
        ModuleID.CDRS,
        "$.cdr_token",
        mark("one charge of a Token at a time"),
        mark("charges of one Token overlap"),
    ),
    Lack.EVSE_OVERLAP: (
        ModuleID.CDRS,
        "$.cdr_location",
        mark("one charge at an EVSE at a time"),
        mark("charges at one EVSE overlap"),
    ),
    Lack.PRICE: (ModuleID.CDRS, "$.total_cost", mark("the price by the Tariff"), mark("differs by {of} in all")),
    Lack.WAITING_PUSH: ("", "", mark("an object that is taken"), mark("pushes that failed and wait")),
    Lack.DEAD_PUSH: ("", "", mark("an object that is taken"), mark("pushes that were given up")),
}
#: Fields of the CSV, in their order.
COLUMNS = ("kind", "module", "object", "place", "found", "expected", "count", "first", "last", "example")


async def report(platform: Platform, peer: Peer) -> QualityReport:
    """Everything known about this peer's data."""
    findings = [
        *[one async for one in _counted(platform, peer)],
        *[one async for one in _compared(platform, peer)],
        *[one async for one in _told(platform, peer)],
    ]
    order = list(Lack)
    ordered = sorted(findings, key=lambda one: (order.index(one.lack), -one.count))
    return QualityReport(peer_id=peer.id, peer=peer.name, at=platform.clock(), findings=tuple(ordered))


async def _counted(platform: Platform, peer: Peer) -> AsyncIterator[Finding]:
    for one in await platform.store.leniencies.all_of_peer(peer.id):
        yield Finding(
            lack=Lack(one.kind),
            module=one.module,
            place=one.place,
            found=one.example,
            expected=one.expected,
            count=one.count,
            first_at=one.first_at,
            last_at=one.last_at,
            examples=one.objects,
        )


async def _compared(platform: Platform, peer: Peer) -> AsyncIterator[Finding]:
    for one in await platform.store.comparisons.of_peer(peer.id):
        for found in one.found:
            if found.gap is not Gap.BROKEN:  # counted as refused already when it was read
                yield Finding(
                    lack=Lack.COMPARISON,
                    module=one.module,
                    place="$",
                    found=found.gap,
                    says=found.gap,
                    expected=mark("the same in its list and here"),
                    count=found.count,
                    first_at=one.at,
                    last_at=one.at,
                    examples=found.examples,
                )


async def _told(platform: Platform, peer: Peer) -> AsyncIterator[Finding]:
    now = platform.clock()
    before = now - timedelta(hours=platform.settings.roaming.cdr_missing_after)
    for lack in _TOLD:
        for tally in await platform.store.quality.tallies(lack, peer.id, now - OLDEST, before):
            yield _finding(lack, tally)


def _finding(lack: Lack, tally: Tally) -> Finding:
    module, place, expected, found = _TOLD[lack]
    return Finding(
        lack=lack,
        module=module or tally.of,
        place=place,
        found=found.format(of=tally.of),
        expected=expected,
        count=tally.count,
        first_at=tally.first_at,
        last_at=tally.last_at,
        examples=tally.examples,
        says=found,
        of=tally.of,
    )


# ---- to send to the partner ----------------------------------------------------------------------------------------


def as_csv(quality: QualityReport) -> str:
    """A line per finding and example, `COLUMNS` first; what a spreadsheet would compute is made a text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(harmless_row(row) for one in quality.findings for row in _rows(one))
    return out.getvalue()


def _rows(one: Finding) -> Iterator[tuple[str, ...]]:
    first, last = (time.write(at) if at else "" for at in (one.first_at, one.last_at))
    shown = (one.place, one.found, one.expected, str(one.count), first, last)
    for example in one.examples or ("",):
        ident, _, said = example.partition(": ")
        yield (one.lack, one.module, ident, *shown, said)
