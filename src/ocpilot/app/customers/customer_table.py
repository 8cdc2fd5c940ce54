"""Many customers at once, from a table: all of it is right, or nothing is taken."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ocpilot.app.customers.customer_fields import texts_of
from ocpilot.app.customers.customers import Saved, add, change, checked, every, give_token, given, saved, usual
from ocpilot.app.kept.customer_records import Customer, CustomerToken
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem

#: Columns that are no fields of a customer.
NUMBER, TOKENS = "number", "tokens"


class Row(Record, frozen=True, kw_only=True):
    """A customer in a table: fields by name, the `number` of one that is there, and his `tokens` with spaces."""

    line: int
    texts: Mapping[str, str]

    @property
    def number(self) -> str:
        """Of whom to change; empty for a new one."""
        return self.texts.get(NUMBER, "").strip()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Uids that are to be his."""
        return tuple(dict.fromkeys(self.texts.get(TOKENS, "").split()))

    @property
    def fields(self) -> dict[str, str]:
        """Those of the customer himself."""
        return {name: text for name, text in self.texts.items() if name not in {NUMBER, TOKENS}}


async def take_rows(platform: Platform, rows: Sequence[Row], *, dry_run: bool = False) -> tuple[Saved, ...]:
    """Add the customers of a table, or change those that are named by `number`. InvalidObject with all that is wrong in
    any row: then nothing was taken."""
    problems: list[Problem] = []
    known = _Known()
    async for customer in every(platform):
        known.add(customer, f"customer {customer.number}")
    ready: list[tuple[Row, Customer]] = []
    for row in rows:
        try:
            customer = await _of_row(platform, row)
        except InvalidObject as error:
            found: Sequence[Problem] = error.problems
        else:
            found = [*known.add_row(customer, row), *await _tokens_of_others(platform, customer, row)]
            ready.append((row, customer))
        problems += [msgspec.structs.replace(one, path=f"line {row.line} {one.path}") for one in found]
    if problems:
        raise InvalidObject(problems, "the table")
    if dry_run:
        return tuple(saved(platform, customer) for _, customer in ready)
    return tuple([await _take_row(platform, row) for row, _ in ready])


class _Known:
    """Who is there already, by what nobody shares, and whose Tokens a table names: none of it comes twice."""

    def __init__(self) -> None:
        self._by: dict[tuple[object, ...], str] = {}
        self._tokens: dict[str, int] = {}

    def add(self, customer: Customer, where: str) -> Problem | None:
        """One more; a problem when he is there already."""
        name, value = _named_by(customer)
        key = (customer.kind, name, fold(value))
        if key not in self._by:
            self._by[key] = where
            return None
        found = f"{value} of {self._by[key]} once more"
        return Problem(path=name, found=found, expected=f"the {NUMBER} of whom to change, or somebody else")

    def add_row(self, customer: Customer, row: Row) -> Iterator[Problem]:
        """Those of a row."""
        again = None if customer.id else self.add(customer, f"line {row.line}")
        if again is not None:
            yield again
        for uid in row.tokens:
            line = self._tokens.setdefault(fold(uid), row.line)
            if line != row.line:
                yield Problem(path=TOKENS, found=f"{uid} of line {line} once more", expected="each Token once")


def _named_by(customer: Customer) -> tuple[str, str]:
    """The field that tells him from others, and what is in it."""
    facts = customer.party_facts
    named = (
        ("party", customer.party.key if customer.party else ""),
        ("organisation_number", facts.organisation_number),
        ("email", facts.email),
    )
    return next((one for one in named if one[1]), ("name", facts.name))


async def _of_row(platform: Platform, row: Row) -> Customer:
    """As the row would make him; `id` 0 is a new one."""
    if not row.number:
        return await checked(platform, {**usual(platform), **given(row.fields)})
    before = await platform.store.customers.numbered(row.number)
    if before is None:
        problem = Problem(path=NUMBER, found=row.number, expected="the number of a customer, or nothing")
        raise InvalidObject([problem], "customer")
    after = await checked(platform, {**texts_of(before), **row.fields})
    if after.kind is not before.kind:
        problem = Problem(path="kind", found=after.kind, expected=f"{before.kind}, as before")
        raise InvalidObject([problem], "customer")
    return msgspec.structs.replace(after, id=before.id, number=before.number)


async def _tokens_of_others(platform: Platform, customer: Customer, row: Row) -> list[Problem]:
    now = platform.clock()
    owned = await platform.store.customers.of_tokens(row.tokens)
    others = (one for one in owned if one.customer_id != customer.id and (one.until is None or one.until > now))
    return [Problem(path=TOKENS, found=f"{one.uid} of another customer", expected="Tokens of nobody") for one in others]


async def _take_row(platform: Platform, row: Row) -> Saved:
    taken = await (change(platform, row.number, row.fields) if row.number else add(platform, row.fields))
    warnings = list(taken.warnings)
    for uid in row.tokens:
        token = CustomerToken(uid=uid, customer_id=taken.customer.id, since=platform.clock())
        warnings += await give_token(platform, token)
    return msgspec.structs.replace(taken, warnings=tuple(warnings))
