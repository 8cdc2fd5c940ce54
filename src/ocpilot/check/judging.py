"""Judgements that hold at every interface: what does not exist, what must be refused, what must come back the same."""

from ocpilot.check import rules
from ocpilot.check.comparing import differences
from ocpilot.check.desk import Desk
from ocpilot.check.exchange import Answer
from ocpilot.check.rules import Rule


def judge_unknown(desk: Desk, answer: Answer) -> None:
    """A GET of what nobody has."""
    desk.expect(rules.UNKNOWN, not answer.ok, f"{answer.said} for what does not exist", answer)
    desk.expect(rules.UNKNOWN_404, answer.http == 404, f"{answer.said}, expected HTTP 404", answer)


def judge_refused(desk: Desk, rule: Rule, answer: Answer, *, http_too: bool = True) -> bool:
    """Something that must not work did not; and then, that it was said as the standard wants."""
    refused = desk.expect(rule, not answer.ok, f"{answer.said}, expected a refusal", answer)
    if refused and http_too:
        right = answer.http < 300 or answer.http >= 500
        desk.expect(rules.REFUSAL, right, f"found HTTP {answer.http}, expected 200 and a status 2xxx", answer)
        desk.expect(rules.CODE_2001, answer.code == 2001, f"{answer.said}, expected status 2001", answer)
    return refused


def judge_same(desk: Desk, rule: Rule, sent: object, answer: Answer) -> bool:
    """An answer holds what was sent."""
    wrong = differences(sent, answer.data) if answer.ok else [answer.said]
    return desk.expect(rule, not wrong, "; ".join(wrong[:3]), answer)


def judge_wrong_method(desk: Desk, answer: Answer) -> None:
    """A method that is not there."""
    desk.expect(rules.WRONG_METHOD, not answer.ok, f"{answer.said} for a method that does not exist", answer)
    desk.expect(rules.WRONG_METHOD_405, answer.http == 405, f"{answer.said}, expected HTTP 405", answer)


async def check_broken_json(desk: Desk, method: str, *segments: str) -> None:
    """A body that ends in the middle."""
    answer = await desk.ask(method, *segments, raw=b'{"id": "CHECK", ')
    desk.expect(rules.BROKEN_JSON, answer.http == 400, f"{answer.said}, expected HTTP 400", answer)
