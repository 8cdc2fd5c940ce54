"""One object of the platform, field by field by the tables of its version."""

from ocpilot.base.problem import Problem, Severity
from ocpilot.check import rules
from ocpilot.check.desk import Desk
from ocpilot.check.exchange import Answer
from ocpilot.check.rules import Rule
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire

_TYPES = ("a number", "a whole number", "a string", "true or false")


def judge_object(desk: Desk, cls: type[Wire], body: object, answer: Answer) -> None:
    """Every field of an object by the tables of the version."""
    broken: dict[Rule, list[Problem]] = {rules.VALID: [], rules.WRITTEN: [], rules.DATETIME: []}
    for problem in codec.problems(cls, desk.version, body):
        rule = _rule_for(desk, problem)
        if rule is not None:
            broken.setdefault(rule, []).append(problem)
    name = (
        next((str(body[one]) for one in ("id", "uid", "terminal_id") if one in body), "")
        if isinstance(body, dict)
        else ""
    )
    for rule, problems in broken.items():
        wrong = f"{cls.__name__} {name}: " + "; ".join(str(one) for one in problems[:3])
        desk.expect(rule, not problems, wrong, answer)


def _rule_for(desk: Desk, problem: Problem) -> Rule | None:
    """The rule that a problem breaks; None for what the standard allows."""
    if problem.severity is Severity.ERROR:
        return rules.VALID
    if problem.expected.startswith("a UTC time"):
        return rules.DATETIME
    if problem.expected.endswith("(kept)"):
        return None if desk.talk.row.extensible else rules.WORDS
    if problem.expected in _TYPES or problem.expected.startswith("one of "):
        return rules.WRITTEN
    # An empty list may be null (terminology, "Cardinality").
    return None if problem.found == "null" else rules.LOOKS
