"""The reports: what a person and a build server read of a run."""

import json
from xml.etree import ElementTree

from ocpilot.check import documents, report, rules
from ocpilot.check.run import Run
from ocpilot.check.verdicts import Absent, Book, Evidence, Outcome
from ocpilot.wire.protocol import Version

VERSION = Version.V2_3_0
SHOWN = Evidence(request="GET http://x/locations\nAuthorization: Token ***", response="HTTP 200\n\n{\x01}")


def run_of(book: Book, stopped: str | None = None) -> Run:
    return Run(book=book, url="http://x/versions", versions=[VERSION], requests=3, seconds=1.5, stopped=stopped)


def a_book() -> Book:
    book = Book()
    book.judge(rules.JSON, "locations sender", VERSION, None)
    book.judge(rules.TOTAL, "locations sender", VERSION, "X-Total-Count is 9, 8 came", SHOWN)
    book.judge(rules.TOTAL, "locations sender", VERSION, None)
    book.judge(rules.BAD_PARAMETER, "tokens sender", VERSION, "HTTP 200, status 2000", SHOWN)
    book.skip(rules.LINK, "tokens sender", VERSION, "the list is empty")
    book.absent.append(Absent(subject="cdrs sender", version=VERSION))
    return book


def test_a_rule_broken_once_is_broken() -> None:
    assert [one.rule for one in a_book().of(Outcome.FAIL)] == [rules.TOTAL]


def test_what_only_should_be_is_a_warning() -> None:
    assert [one.rule for one in a_book().of(Outcome.WARNING)] == [rules.BAD_PARAMETER]


def test_what_the_old_version_only_advises_is_a_warning_there() -> None:
    book = Book()
    book.judge(rules.REFUSAL, "tokens receiver", Version.V2_1_1, "HTTP 400")
    book.judge(rules.REFUSAL, "tokens receiver", Version.V2_2_1, "HTTP 400")
    assert [one.outcome for one in book.verdicts.values()] == [Outcome.WARNING, Outcome.FAIL]


def test_a_rule_that_was_judged_after_it_was_skipped_counts_as_judged() -> None:
    book = Book()
    book.skip(rules.LINK, "tokens sender", VERSION, "one page")
    book.judge(rules.LINK, "tokens sender", VERSION, None)
    assert [one.outcome for one in book.verdicts.values()] == [Outcome.PASS]


def test_the_table_names_what_did_not_pass_with_its_evidence() -> None:
    text = report.table(run_of(a_book()), colour=False)
    assert "2.3.0 locations sender: 1 passed, 1 failed" in text
    assert "found: X-Total-Count is 9, 8 came" in text
    assert "> Authorization: Token ***" in text
    assert "skipped  paging.link: the list is empty" in text
    assert "not offered in 2.3.0: cdrs sender" in text
    assert "answer.json" not in text
    assert "\x1b" not in text


def test_the_whole_table_names_what_passed_too() -> None:
    assert "pass     answer.json" in report.table(run_of(a_book()), colour=False, whole=True)


def test_colours_are_for_terminals() -> None:
    assert "\x1b[31m" in report.table(run_of(a_book()), colour=True)


def test_why_a_run_ended_early_is_said_last() -> None:
    text = report.table(run_of(Book(), "no answer within 15 s"), colour=False)
    assert text.splitlines()[-1] == "the run ended early: no answer within 15 s"


def test_json_has_every_verdict() -> None:
    said = json.loads(documents.as_json(run_of(a_book())))
    assert said["counts"] == {"pass": 1, "warning": 1, "fail": 1, "skipped": 1, "not offered": 1}
    assert [one["outcome"] for one in said["verdicts"]] == ["pass", "fail", "warning", "skipped"]
    assert said["verdicts"][1]["breaches"][0]["response"].startswith("HTTP 200")


def test_junit_has_a_case_per_verdict_and_no_character_xml_forbids() -> None:
    suite = ElementTree.fromstring(documents.as_junit(run_of(a_book(), "gone")))  # noqa: S314 - our own
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "2"}
    assert len(suite.findall("testcase")) == 6
    assert suite.find("testcase/failure").get("message") == "X-Total-Count is 9, 8 came"
