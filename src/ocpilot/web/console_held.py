"""The transaction page of the console: what is odd about a charge, and what a person decides about one that waits."""

from starlette.responses import Response

from ocpilot.app.charges.finding_words import WORDS
from ocpilot.app.office import console_views
from ocpilot.app.transactions import held_charges
from ocpilot.base.errors import NotFound
from ocpilot.web.reader import Reader


async def transaction(reader: Reader) -> Response:
    """One transaction, what is odd about it, and why it is held."""
    found = await console_views.transaction(reader.platform, _number(reader))
    findings = await reader.platform.store.transaction_findings.of(found.id)
    evses = await held_charges.evses_for(reader.platform, found)
    about = {"transaction": found, "findings": findings, "odd": WORDS, "evses": evses}
    return reader.page("console/transaction.html", about)


async def release(reader: Reader) -> Response:
    """Bill it after all, maybe as a charge of the Token or at the EVSE that was named."""
    token, evse = await _field(reader, "token"), await _field(reader, "evse")
    await held_charges.release(reader.platform, _number(reader), token, evse)
    return _back(reader)


async def drop(reader: Reader) -> Response:
    """Never bill it."""
    await held_charges.drop(reader.platform, _number(reader), await _field(reader, "why"))
    return _back(reader)


async def _field(reader: Reader, name: str) -> str | None:
    text = (await reader.request.form()).get(name, "")
    return text.strip() or None if isinstance(text, str) else None


def _back(reader: Reader) -> Response:
    return reader.go(f"/console/transactions/{_number(reader)}")


def _number(reader: Reader) -> int:
    text = reader.request.path_params["number"]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotFound(f"no transaction {text!r}")
    return int(text)
