"""The operator console: CDRs that wait for somebody, what speaks against them, and what a person decides."""

from decimal import Decimal, InvalidOperation

from starlette.datastructures import FormData
from starlette.responses import Response

from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.cdrs.clearing_moves import BY_HAND, Action
from ocpilot.app.invoicing import clearing_views
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.web.console import more, number
from ocpilot.web.reader import Reader, safe_next
from ocpilot.web.sign_in import text
from ocpilot.wire.protocol import ModuleID

_PAGE = 50
_MOST = 1000


async def queue(reader: Reader) -> Response:
    """Those that wait, or those in one state, of one peer or all."""
    state = reader.request.query_params.get("state", "")
    states = (ClearingState(state),) if state in set(ClearingState) else clearing_views.WAITS
    shown, peer = number(reader, "show", _PAGE, _MOST), number(reader, "peer", 0, 1_000_000_000)
    view = await clearing_views.queue(reader.platform, states, peer or None, shown)
    asked = f"state={states[0]}&" if len(states) == 1 else ""
    context = {
        "view": view,
        "state": states[0] if len(states) == 1 else None,
        "peer": peer,
        "more": more(len(view.rows), shown),
        "asked": f"{asked}peer={peer}&" if peer else asked,
    }
    return reader.page("console/clearing.html", context)


async def act(reader: Reader) -> Response:
    """What the form says with one CDR; then back to where the reader was."""
    form = await reader.request.form()
    key, word = _key(form), str(reader.request.path_params["word"])
    who, why = reader.known.email, text(form, "why")
    if word in BY_HAND:
        await clearing_actions.act(reader.platform, key, Action(word), who, why)
    elif word == "credit":
        _require_why(why)
        await cdr_credits.credit(reader.platform, key.id, why, key.party, who)
    elif word == "reissue":
        _require_why(why)
        anew = Anew(why=why, tariff=text(form, "tariff").strip() or None, kwh=_kwh(text(form, "kwh").strip()))
        await cdr_credits.reissue(reader.platform, key.id, anew, key.party, who)
    else:
        raise NotFound(f"nobody can {word!r} a CDR")
    return reader.go(safe_next(text(form, "next") or "/console/clearing"))


def _require_why(why: str) -> None:
    if not why.strip():
        raise UserError("a reason is missing: the provider reads it")


def _kwh(given: str) -> Decimal | None:
    try:
        kwh = Decimal(given.replace(",", ".")) if given else None
    except InvalidOperation:
        kwh = Decimal("NaN")
    return None if kwh is None else cdr_credits.kwh_of(kwh, given)


def _key(form: FormData) -> ObjectKey:
    try:
        party = PartyId.parse(text(form, "party"))
    except ValueError as error:
        raise NotFound(str(error)) from error
    return ObjectKey(module=ModuleID.CDRS, party=party, id=text(form, "id"))
