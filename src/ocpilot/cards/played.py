"""The provider that is built in: it plays card payments, in our own database and on a page of ours."""

import hmac
from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ocpilot.app.kept.card_ports import AtProvider, CardOrder, CardState, PlayedPayment
from ocpilot.app.kept.card_records import PlayedPayments
from ocpilot.base.errors import CardRefused, NotAuthorized
from ocpilot.base.ids import derived_id
from ocpilot.base.time import Clock


class PlayedCards:
    """`app.kept.card_ports.CardProvider`. `base_url` is where its page is."""

    def __init__(self, payments: PlayedPayments, clock: Clock, base_url: str, webhook_secret: str = "") -> None:
        self._payments = payments
        self._clock = clock
        self._base_url = base_url
        self._secret = webhook_secret

    async def authorise(self, order: CardOrder, key: str) -> AtProvider:
        """See the port."""
        reference = f"played-{derived_id('played payment', key)}"
        begun = PlayedPayment(reference=reference, key=key, order=order, created_at=self._clock())
        return self._told(await self._payments.begin(begun))

    async def state(self, reference: str) -> AtProvider:
        """See the port."""
        found = await self._payments.get(reference)
        if found is None:
            raise CardRefused(f"no payment {reference}", "resource_missing")
        return self._told(found)

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """See the port."""

        def change(kept: PlayedPayment) -> PlayedPayment:
            if kept.state is not CardState.AUTHORISED or not 0 < amount <= kept.order.amount:
                raise CardRefused(f"{amount} {currency} cannot be taken: the payment is {kept.state}", "state")
            return replace(kept, state=CardState.CAPTURED, captured=amount, takes=kept.takes + 1)

        return await self._once(reference, key, change)

    async def release(self, reference: str, key: str) -> AtProvider:
        """See the port."""

        def change(kept: PlayedPayment) -> PlayedPayment:
            if kept.state not in {CardState.OPEN, CardState.AUTHORISED}:
                raise CardRefused(f"the payment is {kept.state}", "state")
            return replace(kept, state=CardState.RELEASED)

        return await self._once(reference, key, change)

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """See the port."""

        def change(kept: PlayedPayment) -> PlayedPayment:
            if not 0 < amount <= kept.captured - kept.refunded:
                raise CardRefused(f"{amount} {currency} cannot be given back", "amount")
            return replace(kept, refunded=kept.refunded + amount)

        return await self._once(reference, key, change)

    def heard(self, body: bytes, signature: str) -> str | None:
        """See the port; the signature is HMAC-SHA256 of the body, in hexadecimal."""
        wanted = hmac.digest(self._secret.encode(), body, "sha256").hex()
        if not self._secret or not hmac.compare_digest(wanted, signature):
            raise NotAuthorized("the message is not signed by the provider of card payments")
        try:
            return msgspec.json.decode(body, type=dict[str, str]).get("payment")
        except msgspec.DecodeError:
            return None

    async def close(self) -> None:
        """See the port."""

    async def _once(self, reference: str, key: str, change: Callable[[PlayedPayment], PlayedPayment]) -> AtProvider:
        def changed(kept: PlayedPayment) -> PlayedPayment:
            if key in kept.keys:
                return kept
            after = change(kept)
            return replace(after, keys=(*kept.keys, key))

        found = await self._payments.modify(reference, changed)
        if found is None:
            raise CardRefused(f"no payment {reference}", "resource_missing")
        return self._told(found)

    def _told(self, one: PlayedPayment) -> AtProvider:
        return AtProvider(
            reference=one.reference,
            state=one.state,
            url=f"{self._base_url}/test-cards/{one.reference}" if one.state is CardState.OPEN else None,
            authorised=one.order.amount,
            captured=one.captured,
            refunded=one.refunded,
            card=one.card,
            message=one.message,
        )
