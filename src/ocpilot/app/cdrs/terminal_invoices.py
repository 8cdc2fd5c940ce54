"""Who writes the receipt of a charge that is paid at a terminal of a provider (mod_payments, "InvoiceCreator")."""

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.ocpi.bodies import parsed, value_of
from ocpilot.app.ocpi.visibility import may_send
from ocpilot.app.platform import Platform
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CdrToken, InvoiceCreator, Terminal, TokenType


async def invoice_reference(platform: Platform, transaction: Transaction) -> str | None:
    """What the CDR of this charge says of its invoice: the authorization_reference, under which the driver finds it at
    the terminal's `invoice_base_url`, when a terminal at this EVSE says that the operator creates it (mod_payments,
    "InvoiceCreator"); else None, and the provider does."""
    token = parsed(CdrToken, transaction.cdr_token or "{}") if transaction.cdr_token else None
    if token is None or token.type != TokenType.AD_HOC_USER or transaction.authorization_reference is None:
        return None
    peer = await provider_of(platform, PartyId.of(token.country_code, token.party_id))
    if peer is None:
        return None
    found = await platform.store.terminal_payments.terminals_at(peer.id, transaction.location_id, transaction.evse_uid)
    ours = any(value_of(Terminal, one).invoice_creator == InvoiceCreator.CPO for one in found)
    return transaction.authorization_reference if ours else None


async def provider_of(platform: Platform, party: PartyId) -> Peer | None:
    """The platform of a terminal provider of this party that we are connected with."""
    peers = await platform.store.peers.all()
    fitting = (one for one in peers if one.state is PeerState.REGISTERED and may_send(one, ModuleID.PAYMENTS, party))
    return next(fitting, None)
