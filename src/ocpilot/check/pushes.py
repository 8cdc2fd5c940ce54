"""Receiver interfaces of objects we own: one harmless object is PUT, PATCHed and DELETEd, and what must not work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ocpilot.check import rules
from ocpilot.check.desk import Desk
from ocpilot.check.exchange import Answer
from ocpilot.check.judging import check_broken_json, judge_refused, judge_same, judge_unknown, judge_wrong_method
from ocpilot.check.rules import Rule
from ocpilot.check.samples import Samples, fresh_id, later
from ocpilot.wire.codec import Body
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import BookingLocation, InvoiceReconciliationRecord, Location, Session, Tariff, Token

#: A field that no version names, well-named as the standard asks for.
NEW_FIELD = {"conformance_note": {"made_by": "a check", "tags": ["a", "b"]}}
_DELETE, _PATCH = "DELETE", "PATCH"


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """A kind of objects and what of it can be tried. Patches are in all versions the same."""

    cls: type[Wire]
    make: Callable[[Samples, str], Body]
    methods: frozenset[str]
    #: The field that the URL names, and a required one to leave out.
    name: str = "id"
    required: str = "last_updated"
    #: What stands between the party and the id in the URL.
    between: tuple[str, ...] = ()
    change: Body = field(default_factory=dict)
    clear: str | None = None
    replace: Body = field(default_factory=dict)
    breaking: Body = field(default_factory=dict)
    #: A field of an OpenEnum, with a word of ours.
    word: Body = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


PUSHED: Mapping[ModuleID, Pushed] = {
    ModuleID.LOCATIONS: Pushed(
        cls=Location,
        make=Samples.location,
        methods=frozenset({_PATCH}),
        required="address",
        change={"city": "Gällivare"},
        clear="name",
        replace={"facilities": ["MUSEUM"]},
        breaking={"coordinates": {"latitude": "67.000000"}},
        word={"facilities": ["MOON_BASE"]},
    ),
    ModuleID.TARIFFS: Pushed(
        cls=Tariff,
        make=Samples.tariff,
        methods=frozenset({_DELETE}),
        required="currency",
        change={"currency": "SEK"},
        clear="tariff_alt_text",
        breaking={"elements": "none"},
    ),
    ModuleID.SESSIONS: Pushed(
        cls=Session,
        make=Samples.session,
        methods=frozenset({_PATCH}),
        required="auth_method",
        change={"kwh": 1},
        clear="meter_id",
        breaking={"status": "PERHAPS"},
    ),
    ModuleID.TOKENS: Pushed(
        cls=Token,
        make=Samples.token,
        methods=frozenset({_PATCH}),
        name="uid",
        required="issuer",
        change={"issuer": "Another issuer"},
        clear="visual_number",
        breaking={"whitelist": "PERHAPS"},
        params={"type": "RFID"},
    ),
    ModuleID.INVOICE_RECONCILIATION: Pushed(
        cls=InvoiceReconciliationRecord,
        make=Samples.invoice_record,
        methods=frozenset({_DELETE}),
        required="invoice_id",
    ),
}
BOOKING_LOCATION = Pushed(
    cls=BookingLocation,
    make=Samples.booking_location,
    methods=frozenset({_PATCH}),
    required="location_id",
    between=("booking_locations",),
    replace={"tariff_ids": ["OTHER"]},
    change={"location_id": "CHECK-2"},
)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One of our objects at one interface."""

    desk: Desk
    kind: Pushed
    samples: Samples
    ident: str

    def segments(self, ident: str | None = None, *, foreign: bool = False) -> tuple[str, ...]:
        """Its path, or that of another object."""
        party = ("XX", "ZZZ") if foreign else (self.samples.party.country_code, self.samples.party.party_id)
        return (*party, *self.kind.between, ident or self.ident)

    def body(self, ident: str | None = None) -> Body:
        """The whole object."""
        return self.kind.make(self.samples, ident or self.ident)

    async def put(self, body: object, ident: str | None = None, *, foreign: bool = False) -> Answer:
        """PUT of the object."""
        return await self.desk.ask("PUT", *self.segments(ident, foreign=foreign), body=body)

    async def get(self, ident: str | None = None) -> Answer:
        """GET of the object."""
        return await self.desk.ask("GET", *self.segments(ident), params=self.kind.params)

    async def patch(self, body: object, ident: str | None = None) -> Answer:
        """PATCH of the object."""
        return await self.desk.ask("PATCH", *self.segments(ident), body=body, params=self.kind.params)

    async def kept(self) -> Body:
        """The object as the platform has it; empty when it has none."""
        answer = await self.get()
        return answer.data if answer.ok and isinstance(answer.data, dict) else {}

    def same(self, rule: Rule, sent: object, answer: Answer) -> bool:
        """Judge that an answer holds what was sent."""
        return judge_same(self.desk, rule, sent, answer)


async def check_pushes(desk: Desk, kind: Pushed, samples: Samples) -> Trial | None:
    """Everything about one object; None when it was not even accepted."""
    trial = Trial(desk=desk, kind=kind, samples=samples, ident=fresh_id())
    judge_unknown(desk, await trial.get())
    body = trial.body()
    if not await _check_put(trial, body):
        reason = "our object was not accepted"
        desk.skip(reason, rules.PUT_AGAIN, rules.UNKNOWN_FIELDS, rules.INVALID, rules.PATCH, rules.DELETED)
        return None
    await _check_extras(trial, body)
    await _check_refusals(trial, body)
    return trial


async def _check_put(trial: Trial, body: Body) -> bool:
    desk = trial.desk
    answer = await trial.put(body)
    if not desk.expect(rules.PUT_NEW, answer.ok, answer.said, answer):
        return False
    desk.expect(rules.CREATED, answer.http == 201, f"HTTP {answer.http} for a new object, expected 201", answer)
    trial.same(rules.ROUND_TRIP, body, await trial.get())
    changed = body | {"last_updated": later(body["last_updated"])}
    if trial.kind.clear:
        changed.pop(trial.kind.clear, None)
    again = await trial.put(changed)
    if desk.expect(rules.PUT_AGAIN, again.ok, again.said, again):
        desk.expect(rules.CREATED, again.http == 200, f"HTTP {again.http} for a known object, expected 200", again)
        answer = await trial.get()
        trial.same(rules.PUT_AGAIN, changed, answer)
        still = trial.kind.clear and isinstance(answer.data, dict) and answer.data.get(trial.kind.clear) is not None
        desk.expect(rules.PUT_AGAIN, not still, f"{trial.kind.clear} is still there though the PUT had none", answer)
    restored = body | {"last_updated": later(body["last_updated"], 2)}
    await trial.put(restored)
    return True


async def _check_extras(trial: Trial, body: Body) -> None:
    """What only versions with OpenEnums promise."""
    desk = trial.desk
    if not desk.talk.row.extensible:
        desk.skip("not in this version", rules.UNKNOWN_FIELDS, rules.UNKNOWN_WORDS)
        return
    ident = fresh_id()
    other = trial.body(ident) | NEW_FIELD
    answer = await trial.put(other, ident)
    if desk.expect(rules.UNKNOWN_FIELDS, answer.ok, answer.said, answer):
        trial.same(rules.UNKNOWN_FIELDS_KEPT, other, await trial.get(ident))
    if trial.kind.word:
        worded = await trial.put(
            trial.body(ident) | trial.kind.word | {"last_updated": later(body["last_updated"])}, ident
        )
        desk.expect(rules.UNKNOWN_WORDS, worded.ok, worded.said, worded)


async def _check_refusals(trial: Trial, body: Body) -> None:
    desk = trial.desk
    ident = fresh_id()
    incomplete = {name: value for name, value in trial.body(ident).items() if name != trial.kind.required}
    judge_refused(desk, rules.INVALID, await trial.put(incomplete, ident))
    judge_refused(desk, rules.OTHER_ID, await trial.put(trial.body(fresh_id()), ident))
    foreign = await trial.put(_owned_by_nobody(trial.body(ident)), ident, foreign=True)
    judge_refused(desk, rules.FOREIGN, foreign, http_too=False)
    await check_broken_json(desk, "PUT", *trial.segments(ident))
    # No module knows a POST to the URL of an object.
    judge_wrong_method(desk, await desk.ask("POST", *trial.segments(), body=body))


def _owned_by_nobody(body: Body) -> Body:
    return body | ({"country_code": "XX", "party_id": "ZZZ"} if "party_id" in body else {})


# ---- DELETE --------------------------------------------------------------------------------------------------------


async def check_delete(trial: Trial) -> None:
    """The object is gone after it."""
    desk = trial.desk
    answer = await desk.ask("DELETE", *trial.segments())
    if desk.expect(rules.DELETED, answer.ok, answer.said, answer):
        gone = await trial.get()
        desk.expect(rules.DELETED, not gone.ok, f"{gone.said} after the DELETE", gone)
