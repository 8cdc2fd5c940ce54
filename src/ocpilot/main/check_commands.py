"""What `ocpilot check` asks for, as `cli.check` states it."""

from collections.abc import Callable

from ocpilot.check import documents, report
from ocpilot.check.run import Plan, check
from ocpilot.check.verdicts import Outcome
from ocpilot.cli import check as check_command
from ocpilot.cli.check import CheckOptions, CheckReport
from ocpilot.main.alone import alone


class Checks:
    """`cli.check.CheckCommands`."""

    async def run(self, options: CheckOptions, say: Callable[[str], None]) -> CheckReport:
        """See `CheckCommands`."""
        plan = Plan(
            url=options.url,
            token_a=options.token,
            version=options.version,
            every=options.every,
            party=options.party,
            host=options.host,
            port=options.port,
            public_url=options.public_url,
            answer_seconds=options.timeout,
            keep=options.keep,
        )
        done = await check(plan, say)
        return CheckReport(
            failed=bool(done.book.of(Outcome.FAIL)),
            warned=bool(done.book.of(Outcome.WARNING)),
            stopped=done.stopped is not None,
            table=report.table(done, colour=options.colour, whole=options.whole),
            json=documents.as_json(done),
            junit=documents.as_junit(done),
        )


run_check = alone(lambda args: check_command.run(args, Checks()))
