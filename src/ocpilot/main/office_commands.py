"""What the commands about back offices ask of a platform, as `cli/` states it: keys, web hooks, exports and imports."""

from collections.abc import AsyncIterator, Iterable, Sequence

from ocpilot.app.kept.api_ports import ApiKey
from ocpilot.app.kept.hook_ports import Hook, HookAnswer, HookEvent
from ocpilot.app.office import api_keys, hooks, moving
from ocpilot.app.office.hook_events import body_of
from ocpilot.app.office.hooks import NewHook
from ocpilot.app.office.moving import Filter, Line, Taken
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import api_key, export_objects, hook, import_objects
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.protocol import ModuleID, Version

#: Events that are listed.
_MOST = 200


class ApiKeysOf:
    """`cli.api_key.ApiKeyCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def add(self, name: str, scopes: Sequence[str], party: str | None, days: int | None) -> tuple[ApiKey, str]:
        """See `ApiKeyCommands`."""
        return await api_keys.add(self._platform, name, scopes, _party(party), days)

    async def revoke(self, name: str) -> ApiKey:
        """See `ApiKeyCommands`."""
        return await api_keys.revoke(self._platform, name)

    async def all(self) -> Sequence[ApiKey]:
        """See `ApiKeyCommands`."""
        return await self._platform.store.api_keys.all()


class HooksOf:
    """`cli.hook.HookCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def add(self, name: str, url: str, events: Sequence[str], party: str | None) -> NewHook:
        """See `HookCommands`."""
        return await hooks.add(self._platform, name, url, events, _party(party))

    async def remove(self, name: str) -> None:
        """See `HookCommands`."""
        await hooks.remove(self._platform, await self._named(name))

    async def resume(self, name: str) -> None:
        """See `HookCommands`."""
        await hooks.resume(self._platform, await self._named(name))

    async def test(self, name: str) -> HookAnswer:
        """See `HookCommands`."""
        hook = await self._named(name)
        event = hooks.event_of_a_test(self._platform, hook)
        body = await body_of(self._platform, hook, event) or ""
        async with HttpHooks(self._platform.settings) as sender:
            return await hooks.send(self._platform, sender, hook, event, body.encode())

    async def replay(self, name: str, event_id: str | None) -> int:
        """See `HookCommands`."""
        return await hooks.replay(self._platform, await self._named(name), event_id)

    async def all(self) -> Sequence[Hook]:
        """See `HookCommands`."""
        return await self._platform.store.hooks.all()

    async def events(self, name: str | None) -> Sequence[tuple[HookEvent, str]]:
        """See `HookCommands`."""
        wanted = None if name is None else (await self._named(name)).id
        names = {hook.id: hook.name for hook in await self.all()}
        found = await self._platform.store.hooks.events(wanted, _MOST)
        return [(one, names.get(one.hook_id, "")) for one in found]

    async def _named(self, name: str) -> Hook:
        return await hooks.named(self._platform, name)


class Moving:
    """`cli.export_objects.ExportCommands` and `cli.import_objects.ImportCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def lines(self, module: ModuleID, which: Filter) -> AsyncIterator[Line]:
        """See `ExportCommands`."""
        return moving.lines(self._platform, module, which)

    def take(
        self, lines: Iterable[tuple[int | None, bytes]], version: Version | None, *, dry_run: bool
    ) -> AsyncIterator[Taken]:
        """See `ImportCommands`."""
        return moving.take(self._platform, lines, version, dry_run=dry_run)


def _party(text: str | None) -> PartyId | None:
    try:
        return None if text is None else PartyId.parse(text)
    except ValueError as error:
        raise UserError(str(error)) from error


run_api_key = on_platform(lambda args, platform: api_key.run(args, ApiKeysOf(platform)))
run_hook = on_platform(lambda args, platform: hook.run(args, HooksOf(platform)))
run_export = on_platform(lambda args, platform: export_objects.run(args, Moving(platform)))
run_import = on_platform(lambda args, platform: import_objects.run(args, Moving(platform)))
