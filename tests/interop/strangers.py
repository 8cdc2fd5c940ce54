"""A foreign platform written from the standard alone, none of our code: an operator or provider with the habits of the
field. It keeps what it is sent, remembers every request, and talks to us as its habits say."""

import asyncio
import base64
import json
import re
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from yarl import URL

from servers import running

_UTC = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_OFFERS = {
    "CPO": {
        "SENDER": ("locations", "tariffs", "sessions", "cdrs"),
        "RECEIVER": ("tokens", "commands"),
    },
    "EMSP": {
        "SENDER": ("tokens", "commands", "chargingprofiles"),
        "RECEIVER": ("locations", "tariffs", "sessions", "cdrs"),
    },
    "SCSP": {
        "SENDER": ("chargingprofiles",),
        "RECEIVER": ("sessions",),
    },
    "PTP": {
        "SENDER": ("commands", "payments"),
        "RECEIVER": ("locations", "tariffs", "sessions", "cdrs"),
    },
}


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What this platform does in its own way; the defaults are the standard's."""

    plain_token: bool = False
    trailing_slash: bool = False
    roleless_endpoints: bool = False
    #: Its credentials lead to the details of its version.
    details_for_versions: bool = False
    #: It offers no module, it only fetches.
    only_fetches: bool = False
    #: An unknown credentials token is HTTP 200 with 2001.
    unknown_token_is_200: bool = False
    null_lists: bool = False
    zone: str = "Z"
    numbers_as_text: bool = False
    lower_case_parties: bool = False
    extra_fields: bool = False
    timestamp: bool = True
    data: bool = True
    #: `data` of an answer that needs none.
    put_data: object = None
    #: An unknown object is HTTP 200 with 2000 instead of 404.
    unknown_is_200: bool = False
    slow: float = 0.0
    total: int | None = None
    #: absolute, http, path, port, endless
    link: str = "absolute"
    cdr_location: bool = True
    created: int = 201
    #: after, early, twice, never
    results: str = "after"
    status_as_text: bool = False


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request we got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: object


@dataclass(frozen=True)
class Said:
    """What the other side answered us."""

    http: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, object]:
        return json.loads(self.text)

    @property
    def status(self) -> object:
        return self.body["status_code"]

    @property
    def data(self):
        return self.body.get("data")


@dataclass(frozen=True)
class Say:
    """What we answer."""

    data: object = None
    http: int = 200
    status: int = 1000
    headers: dict[str, str] = field(default_factory=dict)
    message: str | None = None


UNKNOWN = Say(None, 404, 2000)


@dataclass
class Stranger:
    """A foreign operator or provider that runs at `base`."""

    role: str
    version: str
    base: str
    http: aiohttp.ClientSession
    habits: Habits = field(default_factory=Habits)
    country: str = "DE"
    party: str = "XYZ"
    #: A list of a module with several that this platform does not have.
    missing: str = ""
    #: Tokens that open our doors: invitations, then the one we gave out.
    doors: set[str] = field(default_factory=set)
    #: The token we use with them, and their endpoints as (module, role).
    key: str = ""
    endpoints: dict[tuple[str, str], str] = field(default_factory=dict)
    #: Objects they sent, by path below the version; objects of ours by module.
    kept: dict[str, object] = field(default_factory=dict)
    ours: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    #: What a Token may, by uid; an unknown one is 404 and 2004.
    allowed: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    #: What came of commands of ours, by the last segment of our response_url.
    results: dict[str, list[object]] = field(default_factory=dict)
    running: set[asyncio.Task[object]] = field(default_factory=set)

    # ---- what a person does there ----------------------------------------------------------------------------------

    @property
    def versions_url(self) -> str:
        return f"{self.base}/roam/versions"

    def has(self, **habits: object) -> None:
        self.habits = replace(self.habits, **habits)

    def invite(self) -> str:
        """A token for a platform that will register with us."""
        token = secrets.token_hex(16)
        self.doors.add(token)
        return token

    async def register(self, versions_url: str, token: str, method: str = "POST", **changes: object) -> Said:
        """Register with them by the token they gave us."""
        self.key = token
        await self._discover(versions_url)
        said = await self._offer(method, **changes)
        if said.http < 300 and said.status == 1000:
            self.key = said.data["token"]
        return said

    async def update(self) -> Said:
        """New tokens for both."""
        said = await self._offer("PUT")
        self.key = said.data["token"]
        return said

    async def ask(
        self,
        method: str,
        module: str,
        *segments: str,
        body: object = None,
        query: str = "",
        headers: dict[str, str] | None = None,
        role: str | None = None,
        key: str | None = None,
    ) -> Said:
        """Call a module of theirs, in the one role they offer it."""
        roles = [role] if role else ["SENDER", "RECEIVER"]
        base = next(self.endpoints[module, one] for one in roles if (module, one) in self.endpoints)
        path = "/".join([base, *(quote(one, safe="") for one in segments)]) + "/" * self.habits.trailing_slash
        return await self.call(method, path + query, body=body, headers=headers, key=key)

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Said:
        """Call any URL of theirs."""
        sent = {"Authorization": self._authorization(self.key if key is None else key), **(headers or {})}
        data = json.dumps(self.in_our_way(body)).encode() if body is not None else None
        if data is not None:
            sent.setdefault("Content-Type", "application/json; charset=utf-8")
        raw = URL(url, encoded=True)
        async with self.http.request(method, raw, data=data, headers=sent, allow_redirects=False) as answer:
            return Said(answer.status, dict(answer.headers), await answer.text())

    def requests(self, method: str, word: str = "") -> list[Seen]:
        return [one for one in self.seen if one.method == method and word in one.path]

    # ---- habits ----------------------------------------------------------------------------------------------------

    def in_our_way(self, value: object) -> object:
        """An object as this platform writes it."""
        if isinstance(value, list):
            return [self.in_our_way(one) for one in value]
        if isinstance(value, dict):
            return self._object({name: self.in_our_way(one) for name, one in value.items()})
        if isinstance(value, str) and _UTC.fullmatch(value):
            return value.removesuffix("Z") + self.habits.zone
        if self.habits.numbers_as_text and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return value

    def _object(self, written: dict[str, object]) -> dict[str, object]:
        if self.habits.lower_case_parties:
            written |= {name: written[name].lower() for name in ("country_code", "party_id") if name in written}
        if self.habits.extra_fields:
            written |= {"x_internal": {"id": 7, "tags": [None, "a"]}}
        if self.habits.null_lists and "last_updated" in written:
            written |= {name: None for name in ("images", "directions", "capabilities") if name not in written}
        return written

    def _authorization(self, token: str) -> str:
        return "Token " + (token if self.habits.plain_token else base64.b64encode(token.encode()).decode())

    def _owner(self) -> dict[str, str]:
        return {"country_code": self.country, "party_id": self.party}

    # ---- the calls of a registration -------------------------------------------------------------------------------

    async def _discover(self, versions_url: str) -> None:
        versions = (await self.call("GET", versions_url)).data
        details = await self.call("GET", next(one["url"] for one in versions if one["version"] == self.version))
        self.endpoints = {(one["identifier"], one["role"]): one["url"] for one in details.data["endpoints"]}

    async def _offer(self, method: str, **changes: object) -> Said:
        return await self.ask(method, "credentials", body=self._credentials(self.invite()) | changes)

    def _credentials(self, token: str) -> dict[str, object]:
        role = {"role": self.role, "business_details": {"name": "Fremde AG"}, **self._owner()}
        url = f"{self.base}/roam/{self.version}" if self.habits.details_for_versions else self.versions_url
        return {"token": token, "url": url, "roles": [role]}

    # ---- what they ask us ------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Response:
        """Every request: remembered, checked, answered in our way."""
        raw = request.scope["raw_path"].decode()
        parts = [unquote(one) for one in raw.strip("/").split("/")][1:]
        body = await request.body()
        parsed = json.loads(body) if body else None
        seen = Seen(
            method=request.method,
            path=raw,
            query=dict(request.query_params),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=parsed,
        )
        self.seen.append(seen)
        opens = request.headers.get("authorization") in map(self._authorization, self.doors)
        await asyncio.sleep(self.habits.slow)
        if not opens:
            http = 200 if self.habits.unknown_token_is_200 else 401
            return self._written(Say(None, http, 2001, message="Invalid or missing Authorization header"))
        if self.habits.trailing_slash and len(parts) > 2 and not raw.endswith("/"):
            return Response(status_code=301, headers={"Location": raw + "/"})
        return self._written(await self._handle(seen, parts))

    def _written(self, say: Say) -> Response:
        said: dict[str, object] = {
            "status_code": str(say.status) if self.habits.status_as_text else say.status,
            "status_message": say.message,
        }
        if self.habits.timestamp:
            said["timestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S") + self.habits.zone
        data = self.habits.put_data if say.data is None else say.data
        if self.habits.data or say.data is not None:
            said["data"] = data
        return Response(json.dumps(said), say.http, say.headers, media_type="application/json")

    async def _handle(self, seen: Seen, parts: list[str]) -> Say:
        if parts == ["versions"]:
            return Say([{"version": one, "url": f"{self.base}/roam/{one}"} for one in ("2.0", self.version)])
        if len(parts) == 1:
            return Say({"version": self.version, "endpoints": self._endpoints()})
        if parts[1] == "credentials":
            return await self._credentials_call(seen)
        return await self._module_call(seen, parts[1], parts[2:])

    async def _module_call(self, seen: Seen, module: str, rest: list[str]) -> Say:
        if module == "commands":
            return await self._command(seen, rest)
        if rest[1:] == ["authorize"]:
            return self._authorize(rest[0])
        if module in _OFFERS[self.role]["SENDER"]:
            whole = not rest or (module == "payments" and rest != [self.missing])
            return self._page(seen, module) if whole else UNKNOWN
        return self._receive(seen, module, rest)

    def _endpoints(self) -> list[dict[str, str]]:
        listed = [("credentials", "SENDER")]
        offers = {} if self.habits.only_fetches else _OFFERS[self.role]
        listed += [(module, role) for role, modules in offers.items() for module in modules]
        rows = [
            {"identifier": module, "role": role, "url": f"{self.base}/roam/{self.version}/{module}"}
            for module, role in listed
        ]
        if self.habits.roleless_endpoints:
            rows = [{name: value for name, value in row.items() if name != "role"} for row in rows]
        return rows

    async def _credentials_call(self, seen: Seen) -> Say:
        if seen.method == "DELETE":
            self.doors.clear()
            return Say()
        if seen.method in ("POST", "PUT"):
            self.key = seen.body["token"]
            await self._discover(seen.body["url"])
            self.doors.clear()
        token = self.invite() if seen.method != "GET" else next(iter(self.doors))
        return Say(self.in_our_way(self._credentials(token)))

    def _authorize(self, uid: str) -> Say:
        if uid not in self.allowed:
            return Say(None, 200 if self.habits.unknown_is_200 else 404, 2004, message="never seen that card")
        token = next(one for one in self.ours["tokens"] if one["uid"] == uid)
        info = {"allowed": self.allowed[uid], "token": token, "authorization_reference": "REF-1"}
        return Say(self.in_our_way(info))

    def _page(self, seen: Seen, module: str) -> Say:
        """A list by offset and limit."""
        items = self.ours.get(module, [])
        limit = min(int(seen.query.get("limit", "3")), 3)
        offset = int(seen.query.get("offset", "0"))
        page = items[offset : offset + limit]
        headers = {"X-Limit": str(limit), "X-Total-Count": str(self.habits.total or len(items))}
        if offset + limit < len(items) or self.habits.link == "endless":
            path = f"/roam/{self.version}/{module}?offset={offset + limit}&limit={limit}"
            start = {
                "absolute": self.base,
                "endless": self.base,
                "http": self.base.replace("https://", "http://"),
                "port": re.sub(r":\d+$", ":8080", self.base),
                "path": "",
            }[self.habits.link]
            headers["Link"] = f'<{start}{path}>; rel="next"'
        return Say(self.in_our_way(page) or ([] if self.habits.data else None), headers=headers)

    def _receive(self, seen: Seen, module: str, rest: list[str]) -> Say:
        where = "/".join([module, *rest])
        if seen.method == "POST":
            url = f"{self.base}/roam/{self.version}/cdrs/{seen.body['id']}"
            self.kept[f"cdrs/{seen.body['id']}"] = seen.body
            return Say(http=self.habits.created, headers={"Location": url} if self.habits.cdr_location else {})
        if seen.method == "PUT":
            self.kept[where] = seen.body
            return Say(http=self.habits.created)
        if where not in self.kept:
            return Say(None, 200, 2000) if self.habits.unknown_is_200 else UNKNOWN
        if seen.method == "DELETE":
            del self.kept[where]
            return Say()
        if seen.method == "PATCH":
            self.kept[where] = {**self.kept[where], **seen.body}
            return Say()
        return Say(self.kept[where])

    # ---- commands --------------------------------------------------------------------------------------------------

    async def _command(self, seen: Seen, rest: list[str]) -> Say:
        if self.role != "CPO":
            self.results.setdefault(rest[-1], []).append(seen.body)
            return Say()
        posting = asyncio.ensure_future(self._post_results(seen.body["response_url"]))
        self.running.add(posting)
        if self.habits.results == "early":
            await posting
        return Say({"result": "ACCEPTED", "timeout": 30})

    async def _post_results(self, url: str) -> None:
        times = {"never": 0, "twice": 2}.get(self.habits.results, 1)
        await asyncio.sleep(0 if self.habits.results == "early" else 0.05)
        for _ in range(times):
            await self.call("POST", url, body={"result": "ACCEPTED"})


@asynccontextmanager
async def stranger(role: str, version: str, habits: Habits | None = None) -> AsyncIterator[Stranger]:
    """A foreign platform that runs."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    async with aiohttp.ClientSession(skip_auto_headers=["User-Agent"]) as http:
        there = Stranger(role, version, f"http://127.0.0.1:{bound.getsockname()[1]}", http, habits or Habits())
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app = Starlette(routes=[Route("/roam/{rest:path}", there.answer, methods=methods)])
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
        async with running(config, bound):
            yield there
            await asyncio.gather(*there.running)
