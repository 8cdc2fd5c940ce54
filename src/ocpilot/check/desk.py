"""The way to one interface of the platform: every answer is judged by the rules that hold for all answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.check import rules
from ocpilot.check.exchange import CORRELATION_ID, REQUEST_ID, Answer, Line, Unanswered
from ocpilot.check.partner import Us
from ocpilot.check.rules import Rule
from ocpilot.check.verdicts import Book
from ocpilot.roaming import routing
from ocpilot.roaming.offers import OFFERED_BY
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.leaves import moment
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, Protocol, TokenEncoding, Version
from ocpilot.wire.v230 import CredentialsRole

#: Rules about the answer itself.
_FIRST = frozenset(one for one in rules.ALL if one.id.startswith("answer.")) | {rules.BROKEN_JSON}


def _is_none(answer: Answer) -> bool:
    """HTTP 5xx, or a success that is no OCPI."""
    return answer.http >= 500 or (answer.http < 300 and answer.code is None)


@dataclass(kw_only=True)
class Talk:
    """Our connection with the platform: what it opens with, in which version, with which parties."""

    line: Line
    book: Book
    us: Us
    token: str = field(repr=False)
    encoding: TokenEncoding
    version: Version
    theirs: tuple[CredentialsRole, ...] = ()

    @property
    def row(self) -> Protocol:
        """What the version does in its own way."""
        return PROTOCOLS[self.version]

    @property
    def context(self) -> Context:
        """Whose our objects are, where a version does not say it in them."""
        return Context(party=self.us.party)

    def desk(self, subject: str, url: str) -> "Desk":
        """Versions or credentials, which are not routed."""
        return Desk(talk=self, subject=subject, url=url)

    def interface(self, module: ModuleID, role: InterfaceRole, url: str) -> "Desk":
        """An interface of a functional module."""
        return Desk(talk=self, subject=f"{module.lower()} {role.lower()}", url=url, module=module, role=role)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One interface. `module` None: versions and credentials."""

    talk: Talk
    subject: str
    url: str
    module: ModuleID | None = None
    role: InterfaceRole = InterfaceRole.SENDER

    @property
    def version(self) -> Version:
        """The version spoken here."""
        return self.talk.version

    @property
    def party(self) -> PartyId:
        """The party of the platform that plays the role of this interface; its first when none does."""
        wanted = OFFERED_BY[self.module, self.role] if self.module else frozenset()
        theirs = sorted(self.talk.theirs, key=lambda role: role.role not in wanted)
        return PartyId.of(theirs[0].country_code, theirs[0].party_id) if theirs else self.talk.us.party

    # ---- asking ----------------------------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        *segments: str,
        body: object = None,
        raw: bytes | None = None,
        params: Mapping[str, str] | None = None,
        url: str | None = None,
        token: str | None = None,
    ) -> Answer:
        """One request below this interface's URL (or to `url`), its answer judged. Unanswered when there is none.

        `token` is used instead of ours, the empty one leaves the header out.
        """
        where = url or self.resource(segments, params or {})
        content = codec.dumps(body) if body is not None else raw
        secret = self.talk.token if token is None else token
        used = (secret, self.talk.encoding) if secret else None
        try:
            answer = await self.talk.line.send(method, where, used, self._routing(), content)
        except Unanswered as error:
            self.judge(rules.ANSWERED, str(error))
            raise
        self._judge_answer(answer)
        return answer

    def resource(self, segments: Sequence[str], params: Mapping[str, str]) -> str:
        """A URL below the interface's."""
        path = "/".join([self.url.rstrip("/"), *(quote(segment, safe="") for segment in segments)])
        query = urlencode(params, safe=":")
        return path + (("&" if urlsplit(path).query else "?") + query if query else "")

    def is_here(self, url: str) -> bool:
        """Whether a URL that came in an answer is at the host of this interface: our token goes nowhere else."""
        return urlsplit(url).hostname == urlsplit(self.url).hostname

    def _routing(self) -> dict[str, str]:
        if not self.routed:
            return {}
        return routing.headers(routing.Route(sender=self.talk.us.party, receiver=self.party))

    @property
    def routed(self) -> bool:
        """Whether requests here carry the routing headers."""
        return self.talk.row.routing_headers and self.module is not None and self.module not in routing.UNROUTED

    # ---- judging ---------------------------------------------------------------------------------------------------

    def judge(self, rule: Rule, wrong: str | None, answer: Answer | None = None) -> None:
        """One more thing judged here; `wrong` None when nothing is.

        Of an answer that is none, only that is a breach: all else would be the same breach again.
        """
        if wrong is not None and answer is not None and _is_none(answer) and rule not in _FIRST:
            self.skip(f"no answer to judge: {answer.said}", rule)
            return
        evidence = answer.evidence if wrong is not None and answer is not None else None
        self.talk.book.judge(rule, self.subject, self.version, wrong, evidence)

    def expect(self, rule: Rule, right: bool, wrong: str, answer: Answer) -> bool:
        """Judge whether something is right; returns it."""
        self.judge(rule, None if right else wrong, answer)
        return right

    def skip(self, reason: str, *skipped: Rule) -> None:
        """Rules that cannot be judged here."""
        for rule in skipped:
            self.talk.book.skip(rule, self.subject, self.version, reason)

    def _judge_answer(self, answer: Answer) -> None:
        self.expect(rules.ANSWERED, answer.http < 500, f"found HTTP {answer.http}", answer)
        if answer.http >= 500:
            return
        self._judge_ids(answer)
        if answer.http >= 300:
            right = answer.code is not None
            self.expect(rules.ERROR_ENVELOPE, right, f"HTTP {answer.http} without an OCPI answer", answer)
            return
        if self.expect(rules.JSON, answer.json is not None, "found no JSON", answer):
            self._judge_envelope(answer)
        if self.routed:
            self._judge_routing(answer)

    def _judge_ids(self, answer: Answer) -> None:
        if not self.talk.row.message_ids:
            return
        for rule, name in ((rules.REQUEST_ID, REQUEST_ID), (rules.CORRELATION_ID, CORRELATION_ID)):
            found = answer.header(name)
            self.expect(rule, found == answer.sent[name], f"found {found}, expected {answer.sent[name]}", answer)

    def _judge_envelope(self, answer: Answer) -> None:
        kind = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
        self.expect(rules.CONTENT_TYPE, kind == "application/json", f"found {kind or 'none'}", answer)
        code = answer.envelope.get("status_code")
        right = answer.code is not None and 1000 <= answer.code <= 9999
        self.expect(rules.STATUS_CODE, right, f"found {code!r}, expected such as 1000", answer)
        if not answer.envelope:
            return
        stamp = answer.envelope.get("timestamp")
        problems: list[Problem] = []
        moment(stamp, problems)
        self.expect(rules.TIMESTAMP, not problems, f"found {stamp!r}, expected such as 2015-06-29T20:39:09Z", answer)
        message = answer.envelope.get("status_message")
        self.expect(rules.MESSAGE, message is None or isinstance(message, str), f"found {message!r}", answer)

    def _judge_routing(self, answer: Answer) -> None:
        """Two platforms of one party in one role each may leave the headers out."""
        found = routing.read(answer.headers)
        wanted = routing.read(answer.sent).back()
        alone = len(self.talk.theirs) == 1 and len(self.talk.us.roles) == 1
        if alone and found == routing.Route():
            self.skip("not needed between two parties of one role each", rules.ROUTING)
            return
        wrong = f"found from {found.sender} to {found.receiver}, expected from {wanted.sender} to {wanted.receiver}"
        self.expect(rules.ROUTING, found == wanted, wrong, answer)
