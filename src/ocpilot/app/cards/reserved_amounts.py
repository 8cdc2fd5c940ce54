"""Charges without a contract are stopped before they cost more than was reserved for them (mod_payments,
"Transaction": the operator may stop a charge when its limit is reached)."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.app.charges import charges, sessions
from ocpilot.app.guests import card_payments
from ocpilot.app.kept.card_records import PaymentState
from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError
from ocpilot.base.ids import PartyId
from ocpilot.billing.numbers import after_taxes
from ocpilot.wire.v230 import Session, SessionStatus, TokenType

log = logging.getLogger(__name__)

#: A station that goes on charging is asked again after this.
_ASK_AGAIN = timedelta(seconds=60)
_MOST = 10_000


class ReservedAmounts:
    """Watches them as their Sessions are written. What it remembers may be lost: then a charge is stopped a report
    later."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        #: Of a Session: its cost when it was last seen, and by how much it grew from one report to the next.
        self._seen: dict[str, tuple[Decimal, Decimal]] = {}
        self._asked: dict[str, datetime] = {}

    async def watch(self, transaction: Transaction) -> None:
        """Its Session was written: stop it when the next report may say more than was reserved."""
        if TokenType.AD_HOC_USER not in (transaction.cdr_token or ""):
            return
        stored = await self._platform.store.objects.get(sessions.key_of(transaction))
        session = value_of(Session, stored) if stored else None
        if stored is None or session is None or session.status != SessionStatus.ACTIVE:
            self._seen.pop(transaction.session_id, None)
            self._asked.pop(transaction.session_id, None)
            return
        reserved = await self._reserved(transaction, session)
        if reserved is not None and self._is_used_up(session, reserved):
            await self._stop(stored, session, reserved)

    async def _reserved(self, transaction: Transaction, session: Session) -> Decimal | None:
        """By card with us, else what the Tariff tells the terminal provider to reserve."""
        payment = await self._platform.store.cards.of_token(session.cdr_token.uid)
        if payment is not None:
            return payment.amount
        if is_ours(self._platform, PartyId.of(session.cdr_token.country_code, session.cdr_token.party_id)):
            return None  # nobody reserved anything: it is paid on trust
        terms = charges.terms_of(transaction) if transaction.terms is not None else None
        tariff = terms.tariff_at(transaction.started_at) if terms else None
        return tariff.preauthorize_amount if tariff else None

    def _is_used_up(self, session: Session, reserved: Decimal) -> bool:
        """If it goes on as it did."""
        if session.total_cost is None:
            return False
        cost = after_taxes(session.total_cost)
        before, growth = self._seen.get(session.id, (cost, Decimal(0)))
        growth = growth if cost == before else cost - before
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[session.id] = cost, growth
        return cost + growth > reserved

    async def _stop(self, stored: StoredObject, session: Session, reserved: Decimal) -> None:
        now = self._platform.clock()
        asked = self._asked.get(session.id)
        if asked is not None and now - asked < _ASK_AGAIN:
            return
        self._asked[session.id] = now
        try:
            await commands.stop(self._platform, stored, session)
        except OcpilotError as error:
            log.warning("the charge %s has used up what was reserved and cannot be stopped: %s", session.id, error)
            return
        payment = await self._platform.store.cards.of_token(session.cdr_token.uid)
        if payment is not None and payment.state is PaymentState.CHARGING:
            what = f"stopped: {reserved} {session.currency} are used up"
            await card_payments.move(self._platform, payment, payment.state, what, next_at=payment.next_at)
