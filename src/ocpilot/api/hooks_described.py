"""What a web hook is sent, as OpenAPI 3.1 describes it (`webhooks`): the body, and how to check that it is from us."""

from ocpilot.app.office.hooks import EVENTS, SIGNATURE
from ocpilot.wire.jsontext import Body

_TEXT: Body = {"type": "string"}
_HOW = """\
What happened, to each hook that wants this event (`POST /api/v1/hooks` or `ocpilot hook add`).

Check the signature before you believe the body. The header is `t=SECONDS,v1=HEX`: `v1` is the HMAC-SHA256 of `t`, a
dot and the body as it came, with the hook's secret (`whsec_...`) as the key; refuse what is older than five minutes. In
Python:

    said = dict(part.split("=", 1) for part in header.split(","))
    signed = hmac.new(secret.encode(), said["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signed, said["v1"]) and abs(time.time() - int(said["t"])) < 300

Answer 2xx within ten seconds. Otherwise the event comes again, with the same `id` and growing pauses: leave out ids you
have had. `POST /api/v1/hooks/{name}/test` sends a `hook.test` at once."""
_EVENT: Body = {
    "type": "object",
    "required": ["id", "event", "time"],
    "properties": {
        "id": {**_TEXT, "description": "Stays the same however often the event is sent."},
        "event": {"enum": [*EVENTS, "hook.test"]},
        "time": {**_TEXT, "format": "date-time"},
        "module": {**_TEXT, "description": "Of an object of OCPI, such as `sessions`."},
        "owner": {"description": "Whose object it is: `ours`, or the peer's name."},
        "key": {"type": "object", "description": "`country_code`, `party_id` and `id` of the object."},
        "object": {"description": "Its newest state in OCPI 2.3.0; null when it is gone."},
    },
}


def webhooks() -> Body:
    """The one request that hooks get."""
    parameters: list[Body] = [
        {"name": name, "in": "header", "required": True, "description": about, "schema": _TEXT}
        for name, about in (
            (SIGNATURE, "`t=SECONDS,v1=HEX`, see above."),
            ("OCPIlot-Event-Id", "The `id` of the body."),
        )
    ]
    answers = {
        "2XX": "Taken: it does not come again.",
        "410": "The hook is switched off (`ocpilot hook resume`).",
        "4XX": "Refused: after six tries it is put aside (`ocpilot hook replay`).",
        "5XX": "It comes again.",
    }
    post: Body = {
        "summary": "Something happened",
        "description": _HOW,
        "security": [],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _EVENT}}},
        "responses": {status: {"description": about} for status, about in answers.items()},
    }
    return {"event": {"post": post}}
