"""A driver's charges: starting one, watching it, stopping it, and the history with receipts."""

from starlette.responses import Response

from ocpilot.app.drivers import charge_views
from ocpilot.app.drivers.charge_views import ChargeView, Stage
from ocpilot.app.invoicing import driver_invoices, receipts
from ocpilot.app.invoicing.driver_invoices import OnInvoice
from ocpilot.app.invoicing.invoice_documents import DocumentKind, document
from ocpilot.app.kept.mailing import Attachment
from ocpilot.app.kept.records import ObjectKey, Receipt
from ocpilot.app.orders import commands
from ocpilot.base.ids import PartyId
from ocpilot.web.documents import sent_as
from ocpilot.web.links import charge_path, station_path
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text
from ocpilot.wire.protocol import ModuleID

#: Invoices on a driver's page.
_MOST = 200


async def start_charge(reader: Reader) -> Response:
    """Ask for a start, then show how it goes."""
    form = await reader.request.form()
    party = PartyId.of(text(form, "country"), text(form, "party"))
    location = ObjectKey(module=ModuleID.LOCATIONS, party=party, id=text(form, "location"))
    command = await commands.start_session(
        reader.platform, reader.known, location, text(form, "evse") or None, text(form, "connector") or None
    )
    return reader.go(f"/starts/{command.id}")


async def starting(reader: Reader) -> Response:
    """How a start is going; leads to the charge once there is one."""
    view = await charge_views.start_view(reader.platform, reader.known, reader.request.path_params["command"])
    if view.stage is Stage.STARTED and view.session is not None:
        return reader.go(charge_path(view.session))
    back = station_path(view.station) if view.station else None
    context = {"start": view, "ad_hoc": None, "payment": None, "let_go": False, "back": back}
    return reader.page("starting.html", context, part="starting_part.html")


async def charges(reader: Reader) -> Response:
    """All charges of this driver."""
    found = await charge_views.charges(reader.platform, reader.known)
    rows = [(one, await _invoice(reader, one)) for one in found]
    return reader.page("charges.html", {"charges": rows, "totals": charge_views.totals(found)})


async def charge(reader: Reader) -> Response:
    """One charge, running or finished. `stopping` names the command that shall stop it."""
    view = await charge_views.charge_view(
        reader.platform, reader.known, _party(reader), reader.request.path_params["session"]
    )
    asked = reader.request.query_params.get("stopping")
    stop = await charge_views.start_view(reader.platform, reader.known, asked) if asked and view.running else None
    receipt_path = f"/receipts/{view.receipt.number}.pdf" if view.receipt else None
    context = {
        "charge": view,
        "stop": stop,
        "ad_hoc": None,
        "receipt_path": receipt_path,
        "payment": None,
        "invoice": await _invoice(reader, view),
    }
    return reader.page("charge.html", context, part="charge_part.html")


async def stop_charge(reader: Reader) -> Response:
    """Ask the station to stop, then show the charge again."""
    view = await charge_views.charge_view(
        reader.platform, reader.known, _party(reader), reader.request.path_params["session"]
    )
    command = await commands.stop_session(reader.platform, reader.known, view.key.id)
    return reader.go(f"{charge_path(view.key)}?stopping={command.id}")


async def receipt(reader: Reader) -> Response:
    """The receipt as PDF."""
    found = await charge_views.receipt(reader.platform, reader.known, reader.request.path_params["number"])
    return await pdf(reader, found)


async def pdf(reader: Reader, found: Receipt) -> Response:
    """A receipt as it is opened or saved."""
    data = await receipts.pdf_of(reader.platform, found)
    return sent_as(Attachment(name=f"{found.number}.pdf", media_type="application/pdf", data=data))


async def invoices(reader: Reader) -> Response:
    """The newest invoices of this driver."""
    return reader.page("invoices.html", {"rows": await driver_invoices.listed(reader.platform, reader.known, _MOST)})


async def invoice(reader: Reader) -> Response:
    """One of them as PDF."""
    kept = await driver_invoices.one(reader.platform, reader.known, str(reader.request.path_params["number"]))
    return sent_as(await document(kept, DocumentKind.PDF))


async def account(reader: Reader) -> Response:
    """Name, language and cards."""
    return reader.page("account.html", {"cards": await charge_views.cards(reader.platform, reader.known)})


async def _invoice(reader: Reader, view: ChargeView) -> OnInvoice | None:
    """The one a charge is on, also where it had a receipt before."""
    if view.bill is None:
        return None
    return await driver_invoices.of_charge(reader.platform, reader.known, view.bill)


def _party(reader: Reader) -> PartyId:
    return PartyId.of(reader.request.path_params["country"], reader.request.path_params["party"])
