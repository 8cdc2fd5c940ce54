"""Terminals of providers at our stations: which there are, what they serve, who writes the receipts (mod_payments)."""

from collections.abc import Sequence

from ocpilot.app.cards.terminal_payments import invoice_base_url
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi import payments
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.v230 import InvoiceCreator, Role, Terminal


class KnownTerminal(Record, frozen=True):
    """One, with the name of its provider."""

    terminal: Terminal
    peer: str


async def all_of(platform: Platform) -> tuple[KnownTerminal, ...]:
    """Every terminal that a provider has sent us, by provider and id."""
    names = {peer.id: peer.name for peer in await platform.store.peers.all()}
    found = await platform.store.terminal_payments.terminals()
    return tuple(KnownTerminal(value_of(Terminal, one), names.get(one.peer_id or 0, "–")) for one in found)


async def assign(
    platform: Platform,
    peer_name: str,
    terminal_id: str,
    *,
    locations: Sequence[str] | None,
    evses: Sequence[str] | None,
    invoice: InvoiceCreator | None,
    party: PartyId | None,
) -> None:
    """Tell its provider which Locations and EVSEs it serves from now on, and who writes the receipts; None leaves that
    as it is. `party` is the operator of ours that says so, our first one when None. Errors as `payments.assign`."""
    changes: codec.Body = {}
    if locations is not None:
        changes["location_ids"] = list(locations)
    if evses is not None:
        changes["evse_uids"] = list(evses)
    if invoice is not None:
        changes["invoice_creator"] = str(invoice)
    if invoice is InvoiceCreator.CPO:
        changes["invoice_base_url"] = invoice_base_url(platform)
    if not changes:
        raise UserError("nothing to tell: give --location, --evse or --invoice")
    peer = await peers.named(platform, peer_name)
    await payments.assign(platform, peer, terminal_id, changes, party or _operator(platform))


def _operator(platform: Platform) -> PartyId:
    ours = platform.settings.parties_as(Role.CPO)
    if not ours:
        raise UserError("parties: found no operator (CPO) here, and only operators have terminals assigned")
    return ours[0].id
