"""What the commands about clearing ask of a platform, as `cli/clearing.py` states it."""

from ocpilot.app.cdrs import cdrs, clearing, clearing_actions
from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing import disputes
from ocpilot.app.invoicing.disputes import Message
from ocpilot.app.kept.clearing_records import Clearing
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew, Reissued
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import clearing as clearing_command
from ocpilot.cli.clearing import Rechecked
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.v230 import CDR

#: Who moves a CDR from the command line.
_WHO = "cli"


class ClearingOf:
    """`cli.clearing.ClearingCommands`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def act(self, cdr_id: str, party: str | None, action: Action, why: str) -> Clearing:
        """See `ClearingCommands`."""
        stored = await self._named(cdr_id, party)
        return await clearing_actions.act(self._platform, stored.key, action, _WHO, why)

    async def message(self, cdr_id: str, party: str | None, language: str) -> Message:
        """See `ClearingCommands`."""
        return await disputes.message(self._platform, await self._named(cdr_id, party), language)

    async def recheck(self, cdr_id: str, party: str | None) -> Rechecked:
        """See `ClearingCommands`."""
        stored = await self._named(cdr_id, party)
        cdr, found = value_of(CDR, stored), await cdrs.check(self._platform, stored)
        judged = None if cdr.credit else await clearing.judge(self._platform, stored)
        standing = await clearing_actions.standing(self._platform, stored)
        return Rechecked(cdr, cdrs.verdict_of(found), judged.findings if judged else (), standing)

    async def credit(self, cdr_id: str, party: str | None, why: str) -> str:
        """See `ClearingCommands`."""
        return (await cdr_credits.credit(self._platform, cdr_id, why, _party(party), _WHO)).key.id

    async def reissue(self, cdr_id: str, party: str | None, anew: Anew) -> Reissued:
        """See `ClearingCommands`."""
        return await cdr_credits.reissue(self._platform, cdr_id, anew, _party(party), _WHO)

    async def _named(self, cdr_id: str, party: str | None) -> StoredObject:
        return await clearing_actions.named(self._platform, cdr_id, _party(party))


def _party(text: str | None) -> PartyId | None:
    try:
        return None if text is None else PartyId.parse(text)
    except ValueError as error:
        raise UserError(f"--party: {error}") from error


run_clearing = on_platform(lambda args, platform: clearing_command.run(args, ClearingOf(platform)))
