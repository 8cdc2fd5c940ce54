"""POSTs with an Idempotency-Key: carried out once, answered the same for a day."""

import hashlib
from datetime import timedelta

import msgspec

from ocpilot.api.calls import ApiCall, Handler, Reply
from ocpilot.base.errors import Conflict, MissingParameter, UserError

HEADER = "idempotency-key"
_LONGEST = 255
_KEPT = timedelta(days=1)
#: A request that has not been answered for so long died with its process.
_LOST = timedelta(minutes=5)


class _Kept(msgspec.Struct):
    status: int
    body: str | None
    headers: dict[str, str]


async def once(call: ApiCall, handler: Handler) -> Reply:
    """What the handler answers, or answered to the first request with this Idempotency-Key.

    UserError when the first was another request, Conflict while it is under way. An error is not kept: whoever tries
    again is the first again.
    """
    name = call.headers.get(HEADER)
    if call.method != "POST" or name is None:
        return await handler(call)
    if not 0 < len(name) <= _LONGEST or not name.isprintable():
        raise MissingParameter(f"Idempotency-Key: found {len(name)} characters, expected 1 to {_LONGEST}")
    answers, sealing = call.platform.store.api_answers, call.platform.sealing
    request = hashlib.sha256(b"\n".join([call.method.encode(), call.url.encode(), call.body])).digest()
    now = call.platform.clock()
    kept = await answers.claim(call.key.id, name, request, now, forgotten=now - _KEPT, lost=now - _LOST)
    if kept is not None:
        if kept.request != request:
            raise UserError("Idempotency-Key: found that of another request, expected a new one")
        if kept.answer is None:
            raise Conflict("the first request with this Idempotency-Key is still under way")
        return _read(sealing.open(kept.answer))
    try:
        reply = await handler(call)
    except BaseException:
        await answers.release(call.key.id, name)
        raise
    await answers.keep(call.key.id, name, sealing.seal(_written(reply)))
    return reply


def _written(reply: Reply) -> str:
    body = None if reply.body is None else reply.body.decode()
    return msgspec.json.encode(_Kept(status=reply.status, body=body, headers=dict(reply.headers))).decode()


def _read(text: str) -> Reply:
    kept = msgspec.json.decode(text, type=_Kept)
    body = None if kept.body is None else kept.body.encode()
    return Reply(status=kept.status, body=body, headers={**kept.headers, "Idempotent-Replay": "true"})
