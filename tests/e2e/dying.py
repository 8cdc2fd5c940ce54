"""Rates and invoices everything and kills itself at one statement: `python dying.py URL FOLDER NUMBER`.

The process dies with the statement of that number (from 1 on): before it is sent when the number is odd, after it was
carried out and before anybody hears of it when it is even. It lives when there are fewer statements.
"""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

import billed
from ocpilot.app.invoicing import invoicing, rating
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.store import pool
from ocpilot.store.postgres import store_at


def dies_at(number: int) -> None:
    """From now on every statement counts."""
    counted = itertools.count(1)
    rows, row = pool.OneConnection.rows, pool.OneConnection.row

    def dying(run):
        async def one(self, statement, values=pool.NOTHING):
            place = next(counted)
            if place == number and number % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            found = await run(self, statement, values)
            if place == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return one

    pool.OneConnection.rows, pool.OneConnection.row = dying(rows), dying(row)


async def main(url: str, folder: str, number: int) -> None:
    settings = billed.settings_of(Path(folder))
    async with store_at(url, pool=4) as store:
        nobody = object()
        platform = Platform(
            settings=settings,
            clock=lambda: billed.NOW,
            store=store,
            partners=nobody,
            stations=nobody,
            sealing=Seal(settings),
        )
        dies_at(number)
        while await rating.rate(platform, limit=40):
            pass
        async for _ in invoicing.run(platform):
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
