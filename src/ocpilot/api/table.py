"""Every route of the API: its method and path, the scope it wants, who answers, and what goes in and out.

The server, the OpenAPI document and the page /api are made from this table and nothing else.
"""

from dataclasses import dataclass, field

import msgspec

from ocpilot.api import clearing, commands, hooks, invoices, objects, peers, shapes, site_limits, stations
from ocpilot.api.calls import LARGEST_PAGE, Handler
from ocpilot.app import shown
from ocpilot.app.invoicing import clearing_shown, invoices_shown
from ocpilot.app.kept.api_ports import Scope
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.kept.hook_ports import EventState
from ocpilot.app.kept.peer_records import PeerProfile
from ocpilot.app.shown import Shown
from ocpilot.app.sites import site_shown
from ocpilot.app.stations import station_shown
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.schema import MOMENT, Parameter
from ocpilot.wire.v230 import CDR, EVSE, Location, Session, Status, Tariff, Token, TokenType

#: Where all of them are.
PREFIX = "/api/v1"

Shape = type[Wire] | type[Shown]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One route. `path` starts after the prefix, `{words}` are variables of it."""

    method: str
    path: str
    scope: Scope
    handler: Handler
    request: type[msgspec.Struct] | None = None
    #: The body holds some fields of `request` only.
    patches: bool = False
    response: Shape | None = None
    #: The answer is a file of this media type.
    media_type: str | None = None
    #: The answer is a page of `response`.
    listed: bool = False
    #: HTTP statuses when it worked.
    statuses: tuple[int, ...] = (200,)
    query: tuple[Parameter, ...] = field(default=())

    @property
    def about(self) -> str:
        """What it does: the docstring of who answers, in one line."""
        return " ".join((self.handler.__doc__ or "").split())


_TEXT: Body = {"type": "string"}
_LIMIT = Parameter(
    name="limit",
    description="How many at most.",
    schema={"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 100},
)
_CURSOR = Parameter(name="cursor", description="The `next` of the page before.", schema=_TEXT)
_OWNER = Parameter(
    name="owner",
    description="Whose: `ours`, `peers` (one peer after the other), or the name of a peer.",
    schema=_TEXT | {"default": "ours"},
)
_FILTERS = (
    _LIMIT,
    _CURSOR,
    _OWNER,
    Parameter(name="party", description="Only objects of this party.", schema=_TEXT | {"examples": ["SE/LAD"]}),
    Parameter(name="updated_from", description="Only what was updated at this time or later.", schema=MOMENT),
    Parameter(name="updated_to", description="Only what was updated before this time.", schema=MOMENT),
)
_TYPE = Parameter(
    name="type", description="The type of the Token.", schema=_TEXT | {"default": "RFID", "examples": [*TokenType]}
)
_STATE = Parameter(name="state", description="Only events in this state.", schema=_TEXT | {"enum": [*EventState]})
_OBJECT = "/{country_code}/{party_id}/{id}"


def _read(path: str, scope: Scope, lists: Handler, gets: Handler, cls: type[Wire]) -> list[Endpoint]:
    query = (_TYPE,) if cls is Token else ()
    return [
        Endpoint(method="GET", path=path, scope=scope, handler=lists, response=cls, listed=True, query=_FILTERS),
        Endpoint(method="GET", path=path + _OBJECT, scope=scope, handler=gets, response=cls, query=query),
    ]


def _write(path: str, scope: Scope, puts: Handler, patches: Handler, cls: type[Wire]) -> list[Endpoint]:
    query = (_TYPE,) if cls is Token else ()
    return [
        Endpoint(
            method="PUT",
            path=path,
            scope=scope,
            handler=puts,
            request=cls,
            response=cls,
            statuses=(200, 201),
            query=query,
        ),
        Endpoint(
            method="PATCH",
            path=path,
            scope=scope,
            handler=patches,
            request=cls,
            patches=True,
            response=cls,
            query=query,
        ),
    ]


def _delete(path: str, scope: Scope, handler: Handler) -> Endpoint:
    return Endpoint(method="DELETE", path=path, scope=scope, handler=handler, statuses=(204,))


def _post(  # noqa: PLR0917 - a row of the table
    path: str, scope: Scope, handler: Handler, request: type[msgspec.Struct] | None, response: Shape, status: int = 200
) -> Endpoint:
    return Endpoint(
        method="POST",
        path=path,
        scope=scope,
        handler=handler,
        request=request,
        response=response,
        statuses=(status,),
    )


def _get(path: str, scope: Scope, handler: Handler, response: Shape) -> Endpoint:
    return Endpoint(method="GET", path=path, scope=scope, handler=handler, response=response)


def _file(path: str, scope: Scope, handler: Handler, media_type: str) -> Endpoint:
    return Endpoint(method="GET", path=path, scope=scope, handler=handler, media_type=media_type)


def _all(path: str, scope: Scope, handler: Handler, response: Shape, *query: Parameter) -> Endpoint:
    return Endpoint(method="GET", path=path, scope=scope, handler=handler, response=response, listed=True, query=query)


_BOOL: Body = {"type": "boolean"}
_STATIONS = (
    _LIMIT,
    _CURSOR,
    Parameter(name="location_id", description="Only at this Location.", schema=_TEXT),
    Parameter(name="text", description="Only with this in the id, vendor, model or serial number.", schema=_TEXT),
    Parameter(name="connected", description="Only those that are connected, or are not.", schema=_BOOL),
    Parameter(name="status", description="Only with an EVSE in this status.", schema=_TEXT | {"enum": [*Status]}),
)
_FRAMES = (
    _LIMIT,
    _CURSOR,
    Parameter(name="action", description="Only of this action, with its answers.", schema=_TEXT),
    Parameter(name="direction", description="Only these.", schema=_TEXT | {"enum": [*FrameDirection]}),
    Parameter(name="failed", description="Only errors and faults.", schema=_BOOL),
    Parameter(name="since", description="Only at this time or later.", schema=MOMENT),
    Parameter(name="until", description="Only before this time.", schema=MOMENT),
)
_INVOICES = (
    _LIMIT,
    _CURSOR,
    Parameter(name="customer", description="Only of the customer with this number.", schema=_TEXT),
    Parameter(name="issued_from", description="Only those issued at this time or later.", schema=MOMENT),
    Parameter(name="issued_to", description="Only those issued before this time.", schema=MOMENT),
    Parameter(name="open", description="Only those that are not paid in full.", schema=_BOOL),
    Parameter(name="unsent", description="Only those that were not sent.", schema=_BOOL),
)
_INVOICE = "/invoices/{number}"
_CLEARING = (
    _LIMIT,
    Parameter(name="state", description="Only in this state.", schema=_TEXT | {"enum": [*ClearingState]}),
    Parameter(name="peer", description="Only from this peer, or for its drivers.", schema=_TEXT),
)
_STATION = "/stations/{id}"
_EVSE = f"/locations{_OBJECT}/evses/{{evse_uid}}"
_SITE = f"/site-limits{_OBJECT}"
_PEER, _HOOK = "/peers/{name}", "/hooks/{name}"

ENDPOINTS: tuple[Endpoint, ...] = (
    *_read("/locations", Scope.LOCATIONS_READ, objects.list_locations, objects.get_location, Location),
    *_write(f"/locations{_OBJECT}", Scope.LOCATIONS_WRITE, objects.put_location, objects.patch_location, Location),
    _get(_EVSE, Scope.LOCATIONS_READ, objects.get_evse, EVSE),
    *_write(_EVSE, Scope.LOCATIONS_WRITE, objects.put_evse, objects.patch_evse, EVSE),
    _delete(_EVSE, Scope.LOCATIONS_WRITE, objects.delete_evse),
    *_read("/tariffs", Scope.TARIFFS_READ, objects.list_tariffs, objects.get_tariff, Tariff),
    *_write(f"/tariffs{_OBJECT}", Scope.TARIFFS_WRITE, objects.put_tariff, objects.patch_tariff, Tariff),
    _delete(f"/tariffs{_OBJECT}", Scope.TARIFFS_WRITE, objects.delete_tariff),
    *_read("/tokens", Scope.TOKENS_READ, objects.list_tokens, objects.get_token, Token),
    *_write(f"/tokens{_OBJECT}", Scope.TOKENS_WRITE, objects.put_token, objects.patch_token, Token),
    *_read("/sessions", Scope.SESSIONS_READ, objects.list_sessions, objects.get_session, Session),
    *_read("/cdrs", Scope.CDRS_READ, objects.list_cdrs, objects.get_cdr, CDR),
    _post(f"/cdrs{_OBJECT}/credit", Scope.CDRS_WRITE, objects.credit_cdr, shapes.Credit, CDR, 201),
    _post(
        f"/cdrs{_OBJECT}/reissue",
        Scope.CDRS_WRITE,
        clearing.reissue_cdr,
        shapes.Reissue,
        clearing_shown.ReissuedShown,
        201,
    ),
    _get(f"/cdrs{_OBJECT}/clearing", Scope.CDRS_READ, clearing.get_clearing, clearing_shown.ClearingShown),
    _post(f"/cdrs{_OBJECT}/clearing", Scope.CDRS_WRITE, clearing.decide, shapes.Decision, clearing_shown.ClearingShown),
    _get(f"/cdrs{_OBJECT}/dispute", Scope.CDRS_READ, clearing.get_dispute, clearing_shown.DisputeShown),
    _all("/clearing", Scope.CDRS_READ, clearing.list_clearing, clearing_shown.ClearingShown, *_CLEARING),
    _all("/site-limits", Scope.LOCATIONS_READ, site_limits.list_site_limits, site_shown.SiteShown),
    _get(_SITE, Scope.LOCATIONS_READ, site_limits.get_site_limit, site_shown.SiteShown),
    Endpoint(
        method="PUT",
        path=_SITE,
        scope=Scope.LOCATIONS_WRITE,
        handler=site_limits.put_site_limit,
        request=shapes.SiteLimitOrder,
        response=site_shown.SiteShown,
    ),
    _delete(_SITE, Scope.LOCATIONS_WRITE, site_limits.delete_site_limit),
    _all("/invoices", Scope.INVOICES_READ, invoices.list_invoices, invoices_shown.InvoiceShown, *_INVOICES),
    _get(_INVOICE, Scope.INVOICES_READ, invoices.get_invoice, invoices_shown.InvoiceInFull),
    _file(f"{_INVOICE}/pdf", Scope.INVOICES_READ, invoices.get_invoice_pdf, "application/pdf"),
    _file(f"{_INVOICE}/xml", Scope.INVOICES_READ, invoices.get_invoice_xml, "application/xml"),
    _post(
        f"{_INVOICE}/credit",
        Scope.INVOICES_WRITE,
        invoices.credit_invoice,
        shapes.InvoiceCredit,
        invoices_shown.InvoiceInFull,
        201,
    ),
    _post(
        "/invoice-runs",
        Scope.INVOICES_WRITE,
        invoices.run_invoices,
        shapes.RunOrder,
        invoices_shown.InvoiceRunShown,
        202,
    ),
    _get("/invoice-runs/{run}", Scope.INVOICES_READ, invoices.get_invoice_run, invoices_shown.InvoiceRunShown),
    _all("/peers", Scope.PEERS_READ, peers.list_peers, shown.PeerShown),
    _post("/peers", Scope.PEERS_WRITE, peers.invite_peer, shapes.Invite, shapes.InvitationMade, 201),
    _get(_PEER, Scope.PEERS_READ, peers.get_peer, shown.PeerShown),
    _post(f"{_PEER}/register", Scope.PEERS_WRITE, peers.register_peer, shapes.Register, shown.PeerShown),
    _post(f"{_PEER}/suspend", Scope.PEERS_WRITE, peers.suspend_peer, None, shown.PeerShown),
    _post(f"{_PEER}/resume", Scope.PEERS_WRITE, peers.resume_peer, None, shown.PeerShown),
    _post(f"{_PEER}/unregister", Scope.PEERS_WRITE, peers.unregister_peer, None, shown.PeerShown),
    _post(f"{_PEER}/pull", Scope.PEERS_WRITE, peers.pull_peer, None, shapes.Accepted, 202),
    Endpoint(
        method="PATCH",
        path=f"{_PEER}/profile",
        scope=Scope.PEERS_WRITE,
        handler=peers.patch_profile,
        request=PeerProfile,
        patches=True,
        response=shown.PeerShown,
    ),
    _all(f"{_PEER}/findings", Scope.PEERS_READ, peers.list_findings, shown.FindingShown),
    _all(f"{_PEER}/dead-letters", Scope.PEERS_READ, peers.list_dead_letters, shown.DeliveryShown),
    _post(
        f"{_PEER}/dead-letters/replay",
        Scope.PEERS_WRITE,
        peers.replay_dead_letter,
        shapes.LetterOrder,
        shapes.Replayed,
    ),
    _all("/commands", Scope.COMMANDS_READ, commands.list_commands, shown.CommandShown, _LIMIT, _CURSOR),
    _get("/commands/{id}", Scope.COMMANDS_READ, commands.get_command, shown.CommandShown),
    _post("/commands/start", Scope.COMMANDS_WRITE, commands.start, shapes.StartOrder, shown.CommandShown, 201),
    _post("/commands/stop", Scope.COMMANDS_WRITE, commands.stop, shapes.StopOrder, shown.CommandShown, 201),
    _post("/commands/unlock", Scope.COMMANDS_WRITE, commands.unlock, shapes.UnlockOrder, shown.CommandShown, 201),
    _post("/commands/reserve", Scope.COMMANDS_WRITE, commands.reserve, shapes.ReserveOrder, shown.CommandShown, 201),
    _post("/commands/cancel", Scope.COMMANDS_WRITE, commands.cancel, shapes.CancelOrder, shown.CommandShown, 201),
    _all("/stations", Scope.STATIONS_READ, stations.list_stations, station_shown.StationShown, *_STATIONS),
    _get(_STATION, Scope.STATIONS_READ, stations.get_station, station_shown.StationShown),
    _all(f"{_STATION}/log", Scope.STATIONS_READ, stations.list_frames, station_shown.FrameShown, *_FRAMES),
    _get(f"{_STATION}/reports/{{month}}", Scope.STATIONS_READ, stations.get_report, station_shown.ReportShown),
    _all(f"{_STATION}/variables", Scope.STATIONS_READ, stations.list_variables, station_shown.VariableShown),
    _all(f"{_STATION}/notices", Scope.STATIONS_READ, stations.list_notices, station_shown.NoticeShown),
    _post(
        f"{_STATION}/call/{{action}}",
        Scope.STATIONS_WRITE,
        stations.call_station,
        shapes.CallPayload,
        shapes.CallAnswered,
    ),
    _post(f"{_STATION}/messages", Scope.STATIONS_WRITE, stations.show_message, shapes.MessageOrder, shapes.MessageMade),
    _all("/hooks", Scope.HOOKS_READ, hooks.list_hooks, shown.HookShown),
    _post("/hooks", Scope.HOOKS_WRITE, hooks.add_hook, shapes.HookOrder, shapes.HookMade, 201),
    _get(_HOOK, Scope.HOOKS_READ, hooks.get_hook, shown.HookShown),
    Endpoint(
        method="PATCH",
        path=_HOOK,
        scope=Scope.HOOKS_WRITE,
        handler=hooks.patch_hook,
        request=shapes.HookChange,
        response=shown.HookShown,
    ),
    _delete(_HOOK, Scope.HOOKS_WRITE, hooks.remove_hook),
    _post(f"{_HOOK}/test", Scope.HOOKS_WRITE, hooks.test_hook, None, shapes.Accepted, 202),
    _all(f"{_HOOK}/events", Scope.HOOKS_READ, hooks.list_hook_events, shown.HookEventShown, _LIMIT, _STATE),
    _post(f"{_HOOK}/events/replay", Scope.HOOKS_WRITE, hooks.replay_hook_events, None, shapes.Replayed),
    _post(f"{_HOOK}/events/{{id}}/replay", Scope.HOOKS_WRITE, hooks.replay_hook_event, None, shapes.Replayed),
)
