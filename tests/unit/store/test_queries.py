"""Every statement has a name, a sentence and is understood by PostgreSQL."""

from importlib import resources

import asyncpg
import pytest

from ocpilot.store.frames import CONDITIONS as OF_FRAMES
from ocpilot.store.location_pages import BODY
from ocpilot.store.messages import CONDITIONS
from ocpilot.store.queries import Statement, load

OBJECT_TABLES = ("tariff", "session", "cdr", "token", "invoice_record", "payment", "booking")
SUBJECTS = sorted(
    entry.name.removesuffix(".sql")
    for entry in resources.files("ocpilot.store").iterdir()
    if entry.name.endswith(".sql")
)
#: A search of messages with every condition there is.
SEARCH = {"line": "*", "whole": "*", "columns": "*", "conditions": " AND ".join(CONDITIONS.values())}


def every_statement() -> list[Statement]:
    found = []
    for subject in SUBJECTS:
        tables = {
            "objects": OBJECT_TABLES,
            "pages": (*OBJECT_TABLES, "whole_location"),
            "unseen": (*OBJECT_TABLES, "location"),
        }.get(subject, ("",))
        for table in tables:
            body = BODY if table == "whole_location" else "body"
            subs = (
                {"sub": "''", "sub_key": "''"}
                if table == "location"
                else {"sub": "held.sub", "sub_key": "held.key_sub"}
            )
            search = SEARCH | ({"conditions": " AND ".join(OF_FRAMES.values())} if subject == "frames" else {})
            found += load(subject, table=table, body=body, **subs, **search).values()
    return found


def test_every_statement_has_a_sentence() -> None:
    for statement in every_statement():
        assert statement.about.endswith((".", "?")), statement.name
        assert not statement.text.startswith("--"), statement.name


async def test_every_statement_is_understood_by_the_server(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for statement in every_statement():
        await connection.prepare(statement.text)
    await connection.close()


def test_the_same_parameter_stands_several_times_under_one_number() -> None:
    statement = load("changes")["after"]
    assert statement.parameters == ("xid", "seq", "limit")
    assert "$1::text::xid8" in statement.text


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        load("peers")["get"].bind({})
