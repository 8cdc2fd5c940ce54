"""A national access point: it keeps the Locations and Tariffs that operators send, and passes on what is public.

"Information can be sent and retrieved from the NAP" (terminology). Who asks it gets what all others sent; what changes
is pushed on. A Location that was never public is seen by nobody. One that was public once is told on, so that who shows
it hears that he may not any more (`publish`, mod_locations, "Location object").
"""

from dataclasses import replace

from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import object_in
from ocpilot.app.ocpi.exchange import AtHub, Call
from ocpilot.base.settings import Settings
from ocpilot.roaming.offers import GATHERED
from ocpilot.wire.protocol import InterfaceRole, ModuleID


def passes_on(settings: Settings, module: ModuleID) -> bool:
    """Whether others get what peers send us of this module: at a hub all, at an access point what it gathers."""
    return settings.hub is not None or (settings.access_point is not None and module in GATHERED)


def reading(settings: Settings, call: Call) -> Call:
    """A call that reads what an access point gathered reads what all others sent."""
    gathered = settings.access_point is not None and call.module in GATHERED
    if not gathered or call.interface is not InterfaceRole.SENDER:
        return call
    return replace(call, at_hub=AtHub(viewer=call.peer.parties))


def shown_to(settings: Settings, stored: StoredObject, before: StoredObject | None) -> str | None:
    """Who may see what a peer sent, for `StoredObject.audience`; `before` is what was kept of it until now."""
    point = settings.access_point
    if point is None or stored.key.module is not ModuleID.LOCATIONS or object_in(stored).get("publish") is not False:
        return stored.audience
    was_public = before is not None and before.audience is None
    return stored.audience if was_public else point.key
