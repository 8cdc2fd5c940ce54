"""Charges of whoever pays at a terminal: a payment terminal provider of ours starts and stops them (mod_payments,
"Transaction")."""

from collections.abc import Sequence

from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import payments, tokens
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId, derived_id
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, CaptureStatusCode, FinancialAdviceConfirmation, Price, Session


async def start(
    platform: Platform,
    party: PartyId,
    location: ObjectKey,
    evse_uid: str | None,
    connector_id: str | None = None,
    *,
    reference: str | None = None,
) -> Command:
    """Start at a Location for `party`, one of ours, with a Token that only this charge has.

    `reference` is what invoice and financial advice confirmation will be found by. Errors as `commands.start_session`.
    """
    token = tokens.of_one_charge(platform, party)
    return await commands.start_with(platform, token, location, evse_uid, connector_id, reference=reference)


async def stop(platform: Platform, party: PartyId, session_id: str) -> Command:
    """Stop such a charge, as when the preauthorized amount is used up; NotFound for one of somebody else."""
    for stored in await platform.store.objects.find(ModuleID.SESSIONS, session_id):
        session = value_of(Session, stored)
        if PartyId.of(session.cdr_token.country_code, session.cdr_token.party_id) == party:
            return await commands.stop(platform, stored, session)
    raise NotFound(f"no session {session_id} of {party}")


async def confirm(
    platform: Platform,
    party: PartyId,
    cdr: CDR,
    captured: Price,
    eft_data: Sequence[str],
    *,
    status: CaptureStatusCode = CaptureStatusCode.SUCCESS,
    message: str | None = None,
) -> FinancialAdviceConfirmation:
    """Tell the operator what `party`, one of ours, captured for his CDR, and what belongs on his invoice. What is
    told later, as when a capture that failed was done after all, is a confirmation of its own: nothing changes one at
    the operator ("Receiver Interface"); the newest counts. NotFound for a CDR that names no authorization."""
    if cdr.authorization_reference is None:
        raise NotFound(f"CDR {cdr.id} names no authorization_reference")
    now = platform.clock()
    confirmation = FinancialAdviceConfirmation(
        id=derived_id("financial advice", party.key, cdr.authorization_reference, now.isoformat()),
        authorization_reference=cdr.authorization_reference,
        total_costs=captured,
        currency=cdr.currency,
        eft_data=tuple(eft_data),
        capture_status_code=status,
        capture_status_message=message,
        last_updated=now,
    )
    await payments.confirm(platform, party, confirmation, PartyId.of(cdr.country_code, cdr.party_id))
    return confirmation
