"""Changes that both steps make: rename, drop, keep what is right already, leave out what would cost too much."""

from collections.abc import Iterable

from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.check import field_plans
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.leaves import show
from ocpilot.wire.steps.walk import Change, Loss, Notes, WordTable
from ocpilot.wire.v230 import PowerType

#: A Tariff Element by which nothing is to be paid.
_FREE: Body = {"price_components": [{"type": "FLAT", "price": 0, "step_size": 1}]}


def moved(body: Body, old: str, new: str) -> None:
    """The field `old` under the name `new`, if there is one with a value."""
    value = body.pop(old, None)
    if value is not None:
        body[new] = value


def renamed(old: str, new: str) -> Change:
    """The same field under another name."""

    def change(body: Body, _notes: Notes) -> None:
        moved(body, old, new)

    return change


def drop(names: Iterable[str], why: str) -> Change:
    """Fields the target does not have, or that the step writes itself."""
    dropped = tuple(names)

    def change(body: Body, notes: Notes) -> None:
        for name in dropped:
            if name in body:
                notes.append(Loss(f".{name}", f"{why}: {show(body.pop(name))}"))

    return change


def in_turn(*changes: Change) -> Change:
    """Several changes of the same class."""

    def change(body: Body, notes: Notes) -> None:
        for one in changes:
            one(body, notes)

    return change


def new_fields(new: type[Wire], old: type[Wire]) -> tuple[str, ...]:
    """The fields that a later version added to a class."""
    known = {plan.name for plan in field_plans(old)}
    return tuple(plan.name for plan in field_plans(new) if plan.name not in known)


def keep_valid(new: type[Wire], names: Iterable[str], version: str) -> Change:
    """A peer of `version` may send fields of `new` already: they stay if they are right; nothing else can be meant."""
    plans = [plan for plan in field_plans(new) if plan.name in names]

    def change(body: Body, notes: Notes) -> None:
        for plan in plans:
            if plan.name not in body:
                continue
            problems: list[Problem] = []
            body[plan.name] = plan.check(body[plan.name], problems)
            if any(problem.severity is Severity.ERROR for problem in problems):
                wrong = f"no field of {version}, and wrong for the next: {show(body[plan.name])}"
                notes.append(Loss(f".{plan.name}", wrong))
                del body[plan.name]

    return change


def too_long(names: Iterable[str], limit: int, version: str) -> Change:
    """Ids longer than the target allows: they stay, as another id would be another thing, and are named."""
    measured = tuple(names)

    def change(body: Body, notes: Notes) -> None:
        for name in measured:
            found = body.get(name)
            longest = max(
                (len(one) for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)), default=0
            )
            if longest > limit:
                notes.append(Loss(f".{name}", f"that it fits: found {longest} characters, {version} allows {limit}"))

    return change


def without_elements(names: Iterable[str]) -> Change:
    """A Tariff without the elements under restrictions the target does not know: they would count for every charge."""
    unknown = tuple(names)

    def is_under(element: object) -> bool:
        restrictions = element.get("restrictions") if isinstance(element, dict) else None
        return isinstance(restrictions, dict) and any(restrictions.get(name) is not None for name in unknown)

    def change(body: Body, notes: Notes) -> None:
        elements = body.get("elements")
        if not isinstance(elements, list) or not any(map(is_under, elements)):
            return
        kept = [element for element in elements if not is_under(element)]
        body["elements"] = kept or [_FREE]
        lost = f"{len(elements) - len(kept)} elements restricted by {' or '.join(unknown)}"
        notes.append(Loss(".elements", lost if kept else f"{lost}; nothing is left to pay"))

    return change


def standard(table: WordTable, power_type: str) -> Change:
    """A Connector's standard that the target does not know, by the `power_type` field: AC or DC."""

    def change(body: Body, notes: Notes) -> None:
        name = "standard" if "standard" in body else "connector_standard"
        found = body.get(name)
        if not isinstance(found, str) or found in table.known:
            return
        family = "IEC_62196_T2_COMBO" if body.get(power_type) == PowerType.DC else "IEC_62196_T2"
        body[name] = table.nearest.get(found, family)
        notes.append(Loss(f".{name}", f"the word {found} becomes {body[name]}"))

    return change


def environ_impact(known: frozenset[str], category: str) -> Change:
    """An impact must have a category that the target knows; `category` is the name of that field there."""

    def change(body: Body, notes: Notes) -> None:
        impacts = body.get("environ_impact")
        if not isinstance(impacts, list) or all(impact.get(category) in known for impact in impacts):
            return
        left_out = ", ".join(str(impact.get(category)) for impact in impacts if impact.get(category) not in known)
        body["environ_impact"] = [impact for impact in impacts if impact.get(category) in known]
        notes.append(Loss(".environ_impact", f"the impacts {left_out}"))

    return change
