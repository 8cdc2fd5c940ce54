"""The kinds of objects: name, class per version, and a guess of both from a body.

A kind is named after its 2.3.0 class in snake case. The class of another version has the same name in that version's
package. Every class is a kind; only those that travel on their own are guessed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from ocpilot.base.problem import Severity
from ocpilot.wire import v230
from ocpilot.wire.check import ABSENT, field_plans, mend
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import SUPPORTED, Version

#: Fields in which an object names itself.
NAMES = ("id", "uid", "terminal_id")


class Kind(msgspec.Struct, frozen=True):
    """`name` as in `cdr`; `cls` is the 2.3.0 class."""

    name: str
    cls: type[Wire]


def _name(cls: type[Wire]) -> str:
    """`AuthorizationInfo` -> `authorization_info`, `EVSEParking` -> `evse_parking`, `CDR` -> `cdr`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()


def _parts() -> Iterator[Kind]:
    """The classes that are only a part of others."""
    for name in v230.__all__:
        cls: object = getattr(v230, name)
        if isinstance(cls, type) and issubclass(cls, Wire) and cls not in _TRAVELLING:
            yield Kind(_name(cls), cls)


#: What travels on its own. Where two kinds fit a body equally well, the earlier one is guessed.
KINDS: tuple[Kind, ...] = tuple(
    Kind(_name(cls), cls)
    for cls in (
        v230.Location,
        v230.EVSE,
        v230.Connector,
        v230.Tariff,
        v230.Session,
        v230.CDR,
        v230.Token,
        v230.Credentials,
        v230.VersionInfo,
        v230.VersionDetails,
        v230.AuthorizationInfo,
        v230.LocationReferences,
        v230.ChargingPreferences,
        v230.StartSession,
        v230.StopSession,
        v230.ReserveNow,
        v230.CancelReservation,
        v230.UnlockConnector,
        v230.CommandResult,
        v230.CommandResponse,
        v230.SetChargingProfile,
        v230.ActiveChargingProfile,
        v230.ChargingProfileResponse,
        v230.ActiveChargingProfileResult,
        v230.ChargingProfileResult,
        v230.ClearProfileResult,
        v230.ClientInfo,
        v230.InvoiceReconciliationRecord,
        v230.Terminal,
        v230.FinancialAdviceConfirmation,
        v230.BookingLocation,
        v230.Calendar,
        v230.BookingRequest,
        v230.Booking,
    )
)

_TRAVELLING = frozenset(kind.cls for kind in KINDS)
#: What is only a part of an object, such as `price_component`: known by name, never guessed.
PARTS: tuple[Kind, ...] = tuple(sorted(_parts(), key=lambda kind: kind.name))

ALL_KINDS = KINDS + PARTS

_BY_NAME = {kind.name: kind for kind in ALL_KINDS}
_BY_CLASS = {kind.cls: kind for kind in ALL_KINDS}


def kind_named(name: str) -> Kind | None:
    """The kind called `name`, such as `cdr`."""
    return _BY_NAME.get(name)


def kind_of(cls: type[Wire]) -> Kind:
    """The kind of a 2.3.0 class."""
    return _BY_CLASS[cls]


def class_for(kind: Kind, version: Version) -> type[Wire]:
    """The class of `kind` in `version`."""
    return class_in(kind.cls, version)


def versions_of(kind: Kind) -> tuple[Version, ...]:
    """The versions that have the kind, newest first."""
    return tuple(version for version in SUPPORTED if exists_in(kind.cls, version))


def guess_kind(body: Body) -> Kind | None:
    """The kind whose fields fit best; None when no kind has more of its required fields than it lacks."""
    return _guess(frozenset(body))


@lru_cache(maxsize=1024)
def _guess(fields: frozenset[str]) -> Kind | None:
    scored = [
        (_score(class_for(kind, version), fields), -index, kind)
        for index, kind in enumerate(KINDS)
        for version in versions_of(kind)
    ]
    score, _, kind = max(scored, key=lambda found: found[:2])
    return kind if score > 0 else None


def _score(cls: type[Wire], fields: frozenset[str]) -> int:
    """Required fields weigh most; a field the class does not have weighs against it."""
    plans = field_plans(cls)
    required = {plan.name for plan in plans if plan.required}
    optional = {plan.name for plan in plans} - required
    known = len(optional & fields) - len(fields - required - optional)
    return 3 * len(required & fields) - 3 * len(required - fields) + known


def kinds_with(body: Body) -> list[Kind]:
    """The kinds that have all the fields of `body`, in one version: what a PATCH with them may be for."""
    return [
        kind
        for kind in KINDS
        if body
        and any(
            body.keys() <= {plan.name for plan in field_plans(class_for(kind, version))}
            for version in versions_of(kind)
        )
    ]


def guess_version(kind: Kind, body: Body) -> Version:
    """The version with the fewest errors, fields it does not name and fields that must be there and are not; the newest
    of those with as few. Version details say theirs."""
    candidates = versions_of(kind)
    if kind.cls is v230.VersionDetails and body.get("version") in candidates:
        return Version(str(body["version"]))
    against: dict[Version, int] = {}
    for version in candidates:
        cls = class_for(kind, version)
        problems = mend(cls, body).problems
        # What is only implied in a newer version may be what an older one does not have.
        wrong = sum(one.severity is Severity.ERROR or one.found == ABSENT for one in problems)
        # An older version passes over what is wrong with a field that only newer ones have.
        against[version] = wrong + len(body.keys() - set(cls.__struct_encode_fields__))
        if not against[version]:
            return version
    return min(candidates, key=lambda version: against[version])
