"""What `ocpilot card` and `ocpilot terminal` ask of a platform."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.app.cards import terminal_payments, terminals
from ocpilot.app.cards.terminal_payments import TerminalRow
from ocpilot.app.cards.terminals import KnownTerminal
from ocpilot.app.guests import card_payments
from ocpilot.app.kept.card_records import CardPayment, CardStep
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import card, terminal
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.v230 import InvoiceCreator

_WHO = "cli"


class CardsOf:
    """`cli.card.CardCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def all(self, limit: int, *, needing: bool) -> Sequence[CardPayment]:
        """See `CardCommands`."""
        return await card_payments.all_of(self._platform, limit, needing=needing)

    async def terminals(self, limit: int) -> Sequence[TerminalRow]:
        """See `CardCommands`."""
        return await terminal_payments.newest(self._platform, limit)

    async def show(self, payment_id: str) -> tuple[CardPayment, Sequence[CardStep]]:
        """See `CardCommands`."""
        found = await card_payments.named(self._platform, payment_id)
        return found, await self._platform.store.cards.steps(found.id)

    async def capture(self, payment_id: str) -> CardPayment:
        """See `CardCommands`."""
        return await card_payments.capture(self._platform, payment_id, _WHO)

    async def release(self, payment_id: str, why: str) -> CardPayment:
        """See `CardCommands`."""
        return await card_payments.release(self._platform, payment_id, why, _WHO)

    async def refund(self, payment_id: str, amount: Decimal | None, why: str) -> CardPayment:
        """See `CardCommands`."""
        return await card_payments.refund(self._platform, payment_id, amount, why, _WHO)


class TerminalsOf:
    """`cli.terminal.TerminalCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def all(self) -> Sequence[KnownTerminal]:
        """See `TerminalCommands`."""
        return await terminals.all_of(self._platform)

    async def assign(
        self,
        peer: str,
        terminal: str,
        *,
        locations: Sequence[str] | None,
        evses: Sequence[str] | None,
        invoice: InvoiceCreator | None,
        party: str | None,
    ) -> None:
        """See `TerminalCommands`."""
        try:
            ours = None if party is None else PartyId.parse(party)
        except ValueError as error:
            raise UserError(f"--party: {error}") from error
        await terminals.assign(
            self._platform, peer, terminal, locations=locations, evses=evses, invoice=invoice, party=ours
        )


run_card = on_platform(lambda args, platform: card.run(args, CardsOf(platform)))
run_terminal = on_platform(lambda args, platform: terminal.run(args, TerminalsOf(platform)))
