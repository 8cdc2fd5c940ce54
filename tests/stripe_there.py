"""A small server that answers in the shapes of Stripe's API (docs.stripe.com/api), over a real socket."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from servers import running

KEY = "sk_test_ours"


class StripeThere:
    """Checkout Sessions and PaymentIntents in memory; `broken` and `silent` are what happens to the next requests."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, object]] = {}
        self.intents: dict[str, dict[str, object]] = {}
        #: What was never taken stands here too, as in old versions of the API.
        self.refunds: list[dict[str, object]] = [
            {"id": "re_0", "object": "refund", "amount": 47655, "status": "succeeded", "metadata": {}}
        ]
        self.answers: dict[str, tuple[int, object]] = {}
        self.asked: list[tuple[str, dict[str, str], str | None]] = []
        self.broken: list[int] = []
        self.silent: list[str] = []
        self.done: list[str] = []
        self.over = asyncio.Event()
        self._numbers = itertools.count(1)

    async def serve(self, request: Request) -> Response:
        """Everything: a key that was seen gets the answer it got."""
        body = {name: str(value) for name, value in (await request.form()).items()}
        key = request.headers.get("idempotency-key")
        self.asked.append((f"{request.method} {request.url.path}", body, key))
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", "Invalid API Key provided: sk_test_********")
        if self.broken:
            status = self.broken.pop(0)
            return _error(status, "api_error", "Something went wrong on Stripe's end.")
        if request.method == "POST" and key in self.answers:
            status, answer = self.answers[key]
        else:
            status, answer = self._do(request.method, request.url.path, body)
            if request.method == "POST" and key is not None:
                self.answers[key] = status, answer
        if self.silent and self.silent[0] in request.url.path and request.method == "POST":
            self.silent.pop(0)
            await self.over.wait()
        return JSONResponse(answer, status)

    def _do(self, method: str, path: str, body: dict[str, str]) -> tuple[int, object]:
        parts = path.removeprefix("/v1/").split("/")
        if path == "/v1/checkout/sessions":
            return 200, self._new_session(body)
        if parts[:2] == ["checkout", "sessions"]:
            session = self.sessions.get(parts[2])
            if session is None:
                return 404, _said(
                    "invalid_request_error", f"No such checkout.session: '{parts[2]}'", "resource_missing"
                )
            if parts[3:] == ["expire"]:
                session |= {"status": "expired", "url": None}
            return 200, self._whole(session) if method == "GET" else session
        if parts[0] == "payment_intents":
            return self._change(self.intents[parts[1]], parts[2], body)
        if method == "GET":
            return 200, {"object": "list", "data": self.refunds, "has_more": False, "url": "/v1/refunds"}
        return self._refund(body)

    def _new_session(self, body: dict[str, str]) -> dict[str, object]:
        ident = f"cs_test_{next(self._numbers)}"
        self.sessions[ident] = {
            "id": ident,
            "object": "checkout.session",
            "amount_total": int(body["line_items[0][price_data][unit_amount]"]),
            "currency": body["line_items[0][price_data][currency]"],
            "client_reference_id": body["client_reference_id"],
            "metadata": {"payment": body["metadata[payment]"]},
            "payment_intent": None,
            "status": "open",
            "url": f"https://checkout.stripe.com/c/pay/{ident}",
        }
        return self.sessions[ident]

    def pay(self, session_id: str, *, declined: bool = False) -> None:
        """What the driver does at the page."""
        session = self.sessions[session_id]
        intent = {
            "id": f"pi_{session_id}",
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_capturable": 0 if declined else session["amount_total"],
            "amount_received": 0,
            "currency": session["currency"],
            "capture_method": "manual",
            "metadata": session["metadata"],
            "status": "requires_payment_method" if declined else "requires_capture",
            "last_payment_error": {"code": "card_declined", "message": "Your card was declined."} if declined else None,
            "latest_charge": {
                "id": "ch_1",
                "object": "charge",
                "amount_refunded": 47655,
                "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
            },
        }
        self.intents[str(intent["id"])] = intent
        session["payment_intent"] = intent["id"]
        if not declined:
            session |= {"status": "complete", "url": None}

    def _change(self, intent: dict[str, object], word: str, body: dict[str, str]) -> tuple[int, object]:
        if intent["status"] != "requires_capture":
            message = f"This PaymentIntent could not be {word}d because it has a status of {intent['status']}."
            return 400, _said("invalid_request_error", message, "payment_intent_unexpected_state")
        self.done.append(word)
        if word == "capture":
            intent |= {"status": "succeeded", "amount_received": int(body["amount_to_capture"]), "amount_capturable": 0}
        else:
            intent |= {"status": "canceled", "amount_capturable": 0}
        return 200, intent

    def _refund(self, body: dict[str, str]) -> tuple[int, object]:
        self.done.append("refund")
        number, key = len(self.refunds) + 1, body["metadata[payment]"]
        made = {"id": f"re_{number}", "object": "refund", "amount": int(body["amount"]), "status": "succeeded"}
        self.refunds.append(made | {"metadata": {"payment": key}})
        return 200, self.refunds[-1]

    def _whole(self, session: dict[str, object]) -> dict[str, object]:
        """As with `expand`."""
        return session | {"payment_intent": self.intents.get(str(session["payment_intent"]))}


def _said(kind: str, message: str, code: str | None = None) -> object:
    return {"error": {"type": kind, "message": message, "code": code}}


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse(_said(kind, message), status)


@asynccontextmanager
async def stripe_there() -> AsyncIterator[tuple[StripeThere, str]]:
    """The server and its address."""
    there = StripeThere()
    app = Starlette(routes=[Route("/{path:path}", there.serve, methods=["GET", "POST"])])
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off")
    async with running(config) as port:
        yield there, f"http://127.0.0.1:{port}"
        there.over.set()
