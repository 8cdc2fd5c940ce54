"""Stripe, by its official SDK: a driver pays at a page of Stripe's (Checkout Session), and what was reserved is taken
later (PaymentIntent with manual capture). No card data comes near us.

A payment is known by its Checkout Session, for the PaymentIntent is made when the driver pays. Stripe keeps the first
answer to a key for a day and gives it again, whatever it was.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from http import HTTPStatus

import aiohttp
import msgspec
import stripe
from stripe import Charge, PaymentIntent, StripeClient
from stripe.checkout import Session
from stripe.params.checkout import SessionCreateParams

from ocpilot.app.kept.card_ports import AtProvider, CardOrder, CardState
from ocpilot.base.errors import CardRefused, CardUnreachable, NotAuthorized
from ocpilot.base.money_settings import CardSettings
from ocpilot.cards.stripe_amounts import from_coins, to_coins

#: docs.stripe.com/payments/paymentintents/lifecycle; every other status waits for the driver.
_STATES = {
    "requires_capture": CardState.AUTHORISED,
    "succeeded": CardState.CAPTURED,
    "canceled": CardState.RELEASED,
}
_EXPANDED = ["payment_intent.latest_charge"]
_NOT_GIVEN = frozenset({"failed", "canceled"})
#: What our id is called in `metadata`.
_OURS = "payment"


class _Object(msgspec.Struct):
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    """What of a message matters: docs.stripe.com/api/events/object."""

    data: _Data


class StripeCards:
    """`app.kept.card_ports.CardProvider`."""

    def __init__(self, settings: CardSettings) -> None:
        timeout = aiohttp.ClientTimeout(total=settings.timeout)
        self._http = stripe.AIOHTTPClient(timeout=timeout)
        self._webhook_secret = settings.webhook_secret
        self._client = StripeClient(
            settings.secret_key,
            http_client=self._http,
            max_network_retries=0,  # we try again ourselves, and remember that
            base_addresses={"api": settings.api_base} if settings.api_base else {},
        ).v1

    async def authorise(self, order: CardOrder, key: str) -> AtProvider:
        """See the port."""
        params: SessionCreateParams = {
            "mode": "payment",
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency.lower(),
                        "unit_amount": to_coins(order.amount, order.currency),
                        "product_data": {"name": order.what},
                    },
                }
            ],
            "payment_intent_data": {"capture_method": "manual", "metadata": {_OURS: order.id}},
            "metadata": {_OURS: order.id},
            "client_reference_id": order.id,
            "locale": "sv" if order.language == "sv" else "auto",
            "success_url": order.return_url,
            "cancel_url": order.return_url,
        }
        async with _told():
            return _at(await self._client.checkout.sessions.create_async(params, {"idempotency_key": key}))

    async def state(self, reference: str) -> AtProvider:
        """See the port."""
        async with _told():
            session = await self._client.checkout.sessions.retrieve_async(reference, {"expand": _EXPANDED})
            return _at(session, await self._refunded(session))

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """See the port."""
        intent = await self._intent(reference)
        async with _told():
            await self._client.payment_intents.capture_async(
                intent, {"amount_to_capture": to_coins(amount, currency)}, {"idempotency_key": key}
            )
        return await self.state(reference)

    async def release(self, reference: str, key: str) -> AtProvider:
        """See the port. What the driver has not finished expires; what was reserved is cancelled."""
        there = await self.state(reference)
        async with _told():
            if there.state is CardState.OPEN:
                await self._client.checkout.sessions.expire_async(reference, {}, {"idempotency_key": key})
            else:
                intent = await self._intent(reference)
                await self._client.payment_intents.cancel_async(intent, {}, {"idempotency_key": key})
        return await self.state(reference)

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """See the port."""
        intent = await self._intent(reference)
        async with _told():
            await self._client.refunds.create_async(
                {"payment_intent": intent, "amount": to_coins(amount, currency), "metadata": {_OURS: key}},
                {"idempotency_key": key},
            )
        return await self.state(reference)

    def heard(self, body: bytes, signature: str) -> str | None:
        """See the port (docs.stripe.com/webhooks/signature)."""
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, self._webhook_secret, stripe.Webhook.DEFAULT_TOLERANCE
            )
            event = msgspec.json.decode(body, type=_Event)
        except (stripe.SignatureVerificationError, UnicodeDecodeError, msgspec.DecodeError) as error:
            raise NotAuthorized("the message is not signed by Stripe, or too old") from error
        return (event.data.object.metadata or {}).get(_OURS)

    async def close(self) -> None:
        """See the port."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK says no types

    async def _refunded(self, session: Session) -> int:
        """What we gave back, in coins. Not what the Charge says: Stripe may count there what was never taken."""
        intent = session.payment_intent
        if not isinstance(intent, PaymentIntent) or intent.status != "succeeded":
            return 0
        found = await self._client.refunds.list_async({"payment_intent": intent.id, "limit": 100})
        given = (one for one in found.data if one.status not in _NOT_GIVEN and _OURS in (one.metadata or {}))
        return sum(one.amount for one in given)

    async def _intent(self, reference: str) -> str:
        async with _told():
            found = (await self._client.checkout.sessions.retrieve_async(reference)).payment_intent
        if found is None:
            raise CardRefused(f"{reference}: nobody has paid there")
        return found if isinstance(found, str) else found.id


def _at(session: Session, refunded: int = 0) -> AtProvider:
    """The payment of a Checkout Session, with its PaymentIntent when that came with it."""
    intent = session.payment_intent if isinstance(session.payment_intent, PaymentIntent) else None
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, Charge) else None
    currency = (session.currency or "").upper()
    declined = intent.last_payment_error if intent else None
    return AtProvider(
        reference=session.id,
        state=_state(session, intent),
        url=session.url,
        authorised=from_coins(intent.amount_capturable if intent else 0, currency),
        captured=from_coins(intent.amount_received if intent else 0, currency),
        refunded=from_coins(refunded, currency),
        card=_card(charge),
        message=(declined.message or "") if declined else "",
    )


def _state(session: Session, intent: PaymentIntent | None) -> CardState:
    """A card that was declined leaves the session open: the driver may take another one."""
    if session.status == "expired":
        return CardState.EXPIRED
    return CardState.OPEN if intent is None else _STATES.get(intent.status, CardState.OPEN)


def _card(charge: Charge | None) -> str:
    details = charge.payment_method_details if charge else None
    card = details.card if details else None
    return f"{(card.brand or '').capitalize()} •••• {card.last4}" if card else ""


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Stripe's errors in our words. What it says of a request it refused is fit for a person; nothing else is passed
    on, for it may hold what was sent."""
    try:
        yield
    except (stripe.APIConnectionError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CardUnreachable(f"Stripe gave no answer ({type(error).__name__})") from error
    except stripe.StripeError as error:
        status = error.http_status or HTTPStatus.INTERNAL_SERVER_ERROR
        if status in {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise CardUnreachable(f"Stripe answered HTTP {status}") from error
        raise CardRefused(error.user_message or type(error).__name__, error.code or "") from error
