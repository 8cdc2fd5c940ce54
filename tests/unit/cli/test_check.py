"""`ocpilot check`: what it is told, what it prints, what it ends with."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ocpilot.cli import check
from ocpilot.cli.check import CheckOptions, CheckReport
from ocpilot.main.check_commands import Checks
from ocpilot.main.commands import parser
from ocpilot.mock.faults import Fault, Faults
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan, started
from ocpilot.wire.protocol import Version

URL = "http://127.0.0.1:1/ocpi/versions"


class Fake:
    """`CheckCommands` that ends as it is told."""

    def __init__(self, *, failed: bool = False, warned: bool = False, stopped: bool = False) -> None:
        self.ended = {"failed": failed, "warned": warned, "stopped": stopped}
        self.options: CheckOptions | None = None

    async def run(self, options: CheckOptions, say: Callable[[str], None]) -> CheckReport:
        self.options = options
        say("2.3.0: locations sender")
        return CheckReport(**self.ended, table="the table", json="{}", junit=b"<testsuite/>")


def told(*words: str) -> argparse.Namespace:
    return parser().parse_args(["check", *words])


async def ended(fake: Fake, *words: str) -> int:
    return await check.run(told(URL, "--token", "secret", *words), fake)


async def test_it_ends_with_0_when_nothing_failed() -> None:
    assert await ended(Fake(warned=True)) == 0


async def test_it_ends_with_1_when_a_rule_failed() -> None:
    assert await ended(Fake(failed=True)) == 1


async def test_a_warning_counts_when_strict() -> None:
    assert await ended(Fake(warned=True), "--strict") == 1


async def test_it_ends_with_2_when_the_run_could_not_take_place() -> None:
    assert await ended(Fake(failed=True, stopped=True)) == 2


async def test_the_report_goes_out_and_progress_to_the_error_output(capsys: pytest.CaptureFixture[str]) -> None:
    await ended(Fake())
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("the table\n", "2.3.0: locations sender\n")


async def test_json_instead_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    await ended(Fake(), "--json")
    assert capsys.readouterr().out == "{}\n"


async def test_junit_goes_to_its_file(tmp_path: Path) -> None:
    await ended(Fake(), "--junit", str(tmp_path / "check.xml"))
    assert (tmp_path / "check.xml").read_bytes() == b"<testsuite/>"


@pytest.mark.parametrize(
    ("words", "version", "every"), [((), None, False), (("--version", "2.1.1"), Version.V2_1_1, False)]
)
async def test_a_version_is_chosen(words: tuple[str, ...], version: Version | None, every: bool) -> None:
    fake = Fake()
    await ended(fake, *words)
    assert fake.options is not None
    assert (fake.options.version, fake.options.every) == (version, every)


async def test_all_versions_can_be_asked_for() -> None:
    fake = Fake()
    await ended(fake, "--version", "all")
    assert fake.options is not None
    assert fake.options.every


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ocpi.example.com", "--token", "A"], "expected a versions URL"),
        ([URL, "--token", "A", "--party", "SWEDEN"], "--party: 'SWEDEN' is no party"),
        ([URL, "--token", "A", "--timeout", "0"], "--timeout: found 0"),
    ],
)
async def test_wrong_usage_is_one_clear_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await check.run(told(*words), Fake()) == 2
    assert said in capsys.readouterr().err


async def test_a_whole_run_writes_all_three_reports() -> None:
    async with started(Plan(part=Part.CPO, objects=8, faults=Faults({Fault.WRONG_TOTAL: 1.0}))) as mock:
        options = check._options(told(mock.versions_url, "--token", mock.connection.token_a, "--version", "2.2.1"))
        report = await Checks().run(options, lambda _: None)
    assert (report.failed, report.stopped) == (True, False)
    assert "paging.total " in report.table
    verdicts = json.loads(report.json)["verdicts"]
    failed = [one for one in verdicts if one["outcome"] == "fail"]
    assert {one["rule"] for one in failed} == {"paging.total"}
    assert all("Token ***" in one["breaches"][0]["request"] for one in failed)
    suite = ElementTree.fromstring(report.junit)  # noqa: S314 - our own
    assert suite.get("failures") == str(len(failed))
    assert mock.connection.token_a not in report.table + report.json + report.junit.decode()
