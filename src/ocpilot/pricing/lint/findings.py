"""What the lint of a Tariff says: rules as data, and a finding of one at a place."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.pricing.lint.reach import Reach
from ocpilot.wire.v230 import Tariff


class Severity(StrEnum):
    """`error`: no driver can pay what is written, or it is against the rules. `warning`: most likely not what was
    meant. `hint`: right, but others may read it in another way, or it says nothing."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing about a Tariff. `path` is a JSON path in it, `found` says what is there, `meaning` what comes of it for
    a driver, `mend` what to do, `section` who says so."""

    code: str
    severity: Severity
    path: str
    found: str
    meaning: str
    mend: str
    section: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; `code` never changes its meaning."""

    code: str
    severity: Severity
    section: str
    meaning: str
    mend: str

    def at(self, path: str, found: str) -> Finding:
        """It was found there."""
        return Finding(
            code=self.code,
            severity=self.severity,
            path=path,
            found=found,
            meaning=self.meaning,
            mend=self.mend,
            section=self.section,
        )


class Subject(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A Tariff and what is known about where it holds; see `lint`."""

    tariff: Tariff
    reach: Reach
    #: Whether its version has a field for rates of VAT.
    has_rates: bool = True
    power_kw: Decimal | None = None
    ad_hoc: bool = False
    now: datetime | None = None


def element_path(element: int) -> str:
    """Where an element stands."""
    return f"$.elements[{element}]"


def component_path(element: int, component: int) -> str:
    """Where a Price Component stands."""
    return f"$.elements[{element}].price_components[{component}]"


def restrictions_path(element: int) -> str:
    """Where the restrictions of an element stand."""
    return f"$.elements[{element}].restrictions"
