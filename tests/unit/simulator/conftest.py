"""A small central system of another make, and time to wait for it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from central import Standing, standing, until


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until


@pytest.fixture
async def stood() -> AsyncIterator[Standing]:
    """Everything a station said was right by the schemas, unless the test says otherwise."""
    async with standing() as one:
        yield one
    assert one.central.broken == []
