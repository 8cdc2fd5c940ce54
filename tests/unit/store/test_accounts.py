"""People who sign in."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.records import Account, AccountRole
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.store.postgres import PostgresStore


@pytest.fixture
def driver(noon: datetime) -> Account:
    return Account(
        email="Eva@Example.se",
        name="Eva",
        role=AccountRole.DRIVER,
        password_hash="x",
        token_uids=("App-1", "Card-2"),
        created_at=noon,
    )


async def test_a_driver_is_found_by_number_email_and_token(store: PostgresStore, driver: Account) -> None:
    added = await store.accounts.add(driver)
    assert added == replace(driver, id=added.id)
    assert await store.accounts.get(added.id) == added
    assert await store.accounts.by_email("eva@example.SE") == added
    assert await store.accounts.by_token("CARD-2") == added
    assert await store.accounts.by_token("card") is None


async def test_an_email_has_one_account(store: PostgresStore, driver: Account) -> None:
    await store.accounts.add(driver)
    other = await store.accounts.add(replace(driver, email="other@example.se", token_uids=()))
    with pytest.raises(Conflict, match="already"):
        await store.accounts.add(replace(driver, email="EVA@example.se"))
    with pytest.raises(Conflict, match="already"):
        await store.accounts.save(replace(other, email="EVA@example.se"))


async def test_saving_replaces_and_needs_a_stored_account(store: PostgresStore, driver: Account) -> None:
    added = await store.accounts.add(driver)
    await store.accounts.save(replace(added, language="sv", token_uids=("App-1",)))
    assert await store.accounts.by_token("card-2") is None
    with pytest.raises(NotFound):
        await store.accounts.save(replace(driver, id=99, email="no@example.se"))
