"""Where OCPI objects of a module are kept, and for whom one of ours stays when it is written again."""

from msgspec.structs import replace

from ocpilot.app.kept.object_ports import Locations, Objects
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi import status_history
from ocpilot.app.platform import Platform
from ocpilot.wire.protocol import ModuleID


def home(platform: Platform, module: ModuleID) -> Objects | Locations:
    """The store of a module: Locations have one of their own."""
    return platform.store.locations if module is ModuleID.LOCATIONS else platform.store.objects


async def put_ours(platform: Platform, stored: StoredObject) -> bool:
    """Store an object of ours, new or changed; True when it was created.

    One that is there is for whom it was: all that its class says, or the one party that `ocpilot load --for` named.
    """
    before = await home(platform, stored.key.module).get(stored.key)
    return await put_whole(platform, stored if before is None else replace(stored, audience=before.audience))


async def put_whole(platform: Platform, stored: StoredObject) -> bool:
    """Store a whole object of ours, which a person or program wrote; True when it was created.

    EVSEs are what their stations say, unless what was written takes them out of service.
    """
    kept = await status_history.as_stations_say(platform, stored)
    created = await home(platform, stored.key.module).put(kept)
    await status_history.written(platform, kept)
    return created
