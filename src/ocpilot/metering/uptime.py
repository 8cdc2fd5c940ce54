"""How much of a time an EVSE could be used: the rule behind the figure that operators report (AFIR, EU 2023/1804).

docs/guides/uptime.md says in words how it is counted.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from ocpilot.wire.v230 import Status

#: Nobody can charge. UNKNOWN is among them: a station that cannot be reached authorizes nobody by roaming.
DOWN = frozenset({Status.INOPERATIVE, Status.OUTOFORDER, Status.UNKNOWN})
#: Not in service, or not any more: such time is not looked at.
_ABSENT = frozenset({Status.PLANNED, Status.REMOVED})
_NONE = timedelta(0)


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """From `since` until the next one an EVSE was this; `planned` by its schedule and not by a fault."""

    since: datetime
    status: Status
    planned: bool = False


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """What a time came to. `observed`: how much of it the EVSE was in service. Of that `down` was a fault or silence
    (`unknown` of it the silence), `maintenance` was planned; `outages` counts the downs that began in it.
    """

    observed: timedelta = _NONE
    down: timedelta = _NONE
    unknown: timedelta = _NONE
    maintenance: timedelta = _NONE
    outages: int = 0

    @property
    def share(self) -> float | None:
        """The share of the observed time, 0 to 1, in which it could be used; None when nothing was observed."""
        return _share(self.observed - self.down - self.maintenance, self.observed)

    @property
    def share_without_maintenance(self) -> float | None:
        """The same where planned maintenance counts neither way."""
        return _share(self.observed - self.down - self.maintenance, self.observed - self.maintenance)

    def __add__(self, other: "Uptime") -> "Uptime":
        return Uptime(
            observed=self.observed + other.observed,
            down=self.down + other.down,
            unknown=self.unknown + other.unknown,
            maintenance=self.maintenance + other.maintenance,
            outages=self.outages + other.outages,
        )


def _share(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole > _NONE else None


def uptime(spells: Sequence[Spell], since: datetime, until: datetime) -> Uptime:
    """The uptime from `since` to `until` of an EVSE that was all this, oldest first, the last until `until`. Before the
    first spell nothing is observed."""
    observed = down = unknown = maintenance = _NONE
    for spell, end in zip(spells, _ends(spells, until), strict=True):
        time = max(_NONE, min(end, until) - max(spell.since, since))
        if spell.status in _ABSENT:
            continue
        observed += time
        if spell.planned and (spell.status in DOWN or spell.status is Status.BLOCKED):
            maintenance += time
        elif spell.status in DOWN:
            down += time
            unknown += time if spell.status is Status.UNKNOWN else _NONE
    outages = sum(since <= moment < until for moment in _outages(spells))
    return Uptime(observed=observed, down=down, unknown=unknown, maintenance=maintenance, outages=outages)


def _ends(spells: Sequence[Spell], until: datetime) -> list[datetime]:
    return [*(spell.since for spell in spells), until][1:]


def _outages(spells: Sequence[Spell]) -> Iterable[datetime]:
    """When it went down; from one fault to another is one outage."""
    if spells and _is_down(spells[0]):
        yield spells[0].since
    for before, spell in pairwise(spells):
        if _is_down(spell) and not _is_down(before):
            yield spell.since


def _is_down(spell: Spell) -> bool:
    return spell.status in DOWN and not spell.planned


def total(parts: Iterable[Uptime]) -> Uptime:
    """Of several EVSEs together: each counts for as long as it was in service."""
    return sum(parts, Uptime())
