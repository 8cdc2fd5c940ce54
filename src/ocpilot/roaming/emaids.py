"""eMA IDs, the names of contracts: one contract is written with and without separators and check digit.

(mod_tokens, "Token object": `contract_id`; ISO 15118-2, annex H: country, provider, nine characters, check digit)
"""

import re

from ocpilot.base.ids import PartyId

_SEPARATORS = str.maketrans("", "", "-* ")
_FORM = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}")
_LENGTH = 14


def plain(text: str) -> str:
    """The form in which eMA IDs compare: upper case, no separators, no check digit."""
    return text.translate(_SEPARATORS).upper()[:_LENGTH]


def is_emaid(text: str) -> bool:
    """Whether a text has the form of one."""
    return len(text.translate(_SEPARATORS)) in (_LENGTH, _LENGTH + 1) and _FORM.fullmatch(plain(text)) is not None


def provider_of(text: str) -> PartyId:
    """The provider that an eMA ID names."""
    return PartyId.parse(plain(text)[:5])
