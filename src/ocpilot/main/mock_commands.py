"""What `ocpilot mock` asks for, as `cli.mock` states it."""

import asyncio
from collections.abc import Callable, Sequence

from ocpilot.cli import mock as mock_command
from ocpilot.cli.mock import MockOptions
from ocpilot.main.alone import alone
from ocpilot.mock import registration
from ocpilot.mock.faults import SENTENCES, Faults, read_faults
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan, started
from ocpilot.wire.protocol import SUPPORTED


class Mocks:
    """`cli.mock.MockCommands`."""

    def faults(self) -> Sequence[tuple[str, str]]:
        """See `MockCommands`."""
        return [(str(name), sentence) for name, sentence in SENTENCES.items()]

    async def serve(self, options: MockOptions, say: Callable[[str], None]) -> None:
        """See `MockCommands`."""
        plan = Plan(
            part=Part(options.role),
            party=options.party,
            versions=(options.version,) if options.version else SUPPORTED,
            host=options.host,
            port=options.port,
            public_url=options.public_url,
            objects=options.objects,
            data=options.data,
            faults=Faults(read_faults(options.faults), options.seed),
            seed=options.seed,
            token_a=None if options.register else options.token,
        )
        async with started(plan) as partner:
            say(f"versions URL: {partner.versions_url}")
            if options.register and options.token:
                version = await registration.register(partner, options.register, options.token, options.version)
                say(f"registered over OCPI {version}")
            else:
                say(f"token A:      {partner.connection.token_a}")
            await asyncio.Event().wait()


run_mock = alone(lambda args: mock_command.run(args, Mocks()))
