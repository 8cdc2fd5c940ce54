"""Charges and Tariffs in files, in any OCPI version, as commands that price them take them. No database, no network."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import BadRequest, InvalidObject, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem, Severity
from ocpilot.billing.places import zone_of_place
from ocpilot.cli.reading import lines_of
from ocpilot.wire.codec import Body, Context, problems, read
from ocpilot.wire.kinds import guess_version, kind_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.texts import objects_in, values
from ocpilot.wire.v230 import CDR, ChargingPeriod, Session, Tariff

#: Who owns objects of 2.1.1, which do not say so; it matters to no price. Codes that ISO 3166 gives to nobody.
SOMEBODY = Context(party=PartyId.of("XX", "XXX"))


def unsaid_in(body: Body) -> Context:
    """What a CDR or Session of 2.1.1 does not say and no price depends on: its owner, and whose Token `auth_id` is."""
    auth_id = body.get("auth_id")
    if not isinstance(auth_id, str):
        return SOMEBODY
    token: Body = {"country_code": "XX", "party_id": "XXX", "uid": auth_id, "type": "OTHER"}
    return msgspec.structs.replace(SOMEBODY, token=token)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What of a CDR or Session is priced. `whole` is the object, when nothing is wrong with it; else `problems` say
    what is. `end` None: still running."""

    periods: tuple[ChargingPeriod, ...]
    start: datetime
    end: datetime | None
    currency: str
    tariffs: tuple[Tariff, ...] = ()
    is_credit: bool = False
    whole: CDR | Session | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def zone(self) -> ZoneInfo | None:
        """That of the place of a CDR; None when it says none that is known."""
        return zone_of_place(self.whole) if isinstance(self.whole, CDR) else None


class BrokenLine(msgspec.Struct, frozen=True):
    """A line of JSON Lines that is no JSON: an object like any other that cannot be read."""

    wrong: str


def items_in(name: str) -> Iterator[tuple[str, object]]:
    """Each object of a file with where it stands: one, a list, an OCPI answer, or these on each line.

    UserError when the file cannot be read or is no JSON.
    """
    for text in values(lines_of(name)):
        where = name if text.line is None else f"{name}:{text.line}"
        if text.wrong is None:
            yield from ((where + _place(path), item) for path, item in objects_in(text.value))
        elif text.line is None:
            raise UserError(f"{where}: {text.wrong}")
        else:
            yield where, BrokenLine(text.wrong)


def _place(path: str) -> str:
    """`[2]` in a list or in an answer with one."""
    return path.removeprefix("$.data").removeprefix("$")


def tariffs_in(names: Sequence[str], version: Version | None = None) -> tuple[Tariff, ...]:
    """The Tariffs of all files. InvalidObject with all problems of one that is none."""
    return tuple(_tariff(item, version, where) for name in names for where, item in items_in(name))


def charge_in(cls: type[CDR] | type[Session], item: object, version: Version | None = None, where: str = "$") -> Charge:
    """A CDR or Session to be priced; `where` it stands is named in errors.

    What is wrong with it and no matter of its price is in `problems`. InvalidObject when the periods, the times, the
    currency or the Tariffs cannot be read.
    """
    body = _object(item, cls.__name__, where)
    tariffs, noted = _carried(body, version or guess_version(kind_of(cls), body))
    bare = {name: value for name, value in body.items() if name != "tariffs"}
    spoken = version or guess_version(kind_of(cls), bare)
    try:
        whole = read(cls, spoken, bare, unsaid_in(bare)).value
    except InvalidObject as error:
        wrong = tuple(one for one in error.problems if one.severity is Severity.ERROR)
        return _as_far_as_readable(body, spoken, tariffs, (*wrong, *noted), f"{where}: {cls.__name__}")
    if isinstance(whole, CDR):
        whole = msgspec.structs.replace(whole, tariffs=tariffs)
    return Charge(
        periods=whole.charging_periods,
        start=whole.start_date_time,
        end=whole.end_date_time,
        currency=whole.currency,
        tariffs=tariffs,
        is_credit=isinstance(whole, CDR) and bool(whole.credit),
        whole=whole,
        problems=noted,
    )


def _carried(body: Body, version: Version) -> tuple[tuple[Tariff, ...], tuple[Problem, ...]]:
    """The Tariffs in a CDR; one that breaks the CDR's version is read in that it fits, which is then a finding."""
    found = body.get("tariffs")
    items = found if isinstance(found, list) else []
    tariffs: list[Tariff] = []
    noted: list[Problem] = []
    for place, item in enumerate(items):
        path = f"$.tariffs[{place}]"
        try:
            tariffs.append(_tariff(item, version, path))
        except InvalidObject as error:
            tariffs.append(_tariff(item, None, path))
            noted += [msgspec.structs.replace(one, severity=Severity.FINDING) for one in error.problems]
    return tuple(tariffs), tuple(noted)


def _tariff(item: object, version: Version | None, where: str) -> Tariff:
    body = _object(item, "Tariff", where)
    try:
        return read(Tariff, version or guess_version(kind_of(Tariff), body), body, SOMEBODY).value
    except InvalidObject as error:
        raise InvalidObject([_below(one, where) for one in error.problems], where) from None


def _below(problem: Problem, root: str) -> Problem:
    """The same with the path from the whole object, where `root` is one."""
    return msgspec.structs.replace(problem, path=root + problem.path[1:]) if root.startswith("$") else problem


def _object(item: object, name: str, where: str = "$") -> Body:
    if isinstance(item, dict):
        return item
    found = item.wrong if isinstance(item, BrokenLine) else type(item).__name__
    raise InvalidObject([Problem(path="$", found=found, expected=f"a {name}")], where)


def _as_far_as_readable(
    body: Body, version: Version, tariffs: tuple[Tariff, ...], wrong: tuple[Problem, ...], what: str
) -> Charge:
    """A charge whose periods, times and currency are right, whatever else is wrong with it."""
    found = body.get("charging_periods")
    items = found if isinstance(found, list) else []
    unreadable = [
        msgspec.structs.replace(one, path=f"$.charging_periods[{place}]{one.path[1:]}")
        for place, item in enumerate(items)
        for one in problems(ChargingPeriod, version, item)
        if one.severity is Severity.ERROR
    ]
    start, end = _moment(body, "start_date_time"), _moment(body, "end_date_time", "stop_date_time")
    currency = body.get("currency")
    if unreadable or not items or start is None or not isinstance(currency, str):
        raise InvalidObject(wrong, what)
    periods = tuple(read(ChargingPeriod, version, item).value for item in items)
    return Charge(
        periods=periods,
        start=start,
        end=end,
        currency=currency,
        tariffs=tariffs,
        is_credit=body.get("credit") is True,
        problems=wrong,
    )


def _moment(body: Body, *names: str) -> datetime | None:
    """The moment under the first of these names that holds one."""
    for name in names:
        value = body.get(name)
        if isinstance(value, str):
            try:
                return time.parse(value)
            except (ValueError, BadRequest):
                continue
    return None
