"""What a partner's CDR may come to before a person looks at it, and which rules only note: data, set per partner."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Rule(StrEnum):
    """What a CDR is judged by before it is paid. Stored with CDRs: a word that was ever used stays."""

    PRICE = "price"
    NOT_PRICED = "not_priced"
    STRUCTURE = "structure"
    DURATION = "duration"
    ENERGY = "energy"
    COST = "cost"
    POWER = "power"
    OVERLAP = "overlap"
    DOUBLED = "doubled"
    LATE = "late"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - a word of OCPI
    UNKNOWN_PLACE = "unknown_place"
    ZERO_COST = "zero_cost"
    CURRENCY = "currency"
    NEGATIVE = "negative"
    SIGNED = "signed_values"
    #: Of Credit CDRs.
    CREDIT_CHAIN = "credit_of_a_credit"
    CREDITED_TWICE = "credited_twice"
    CREDIT_AMOUNT = "credit_amount"
    CREDIT_CHARGE = "credit_of_another_charge"


#: What an amount in these currencies is far above what a charge costs.
_MOST_COST = {
    "EUR": Decimal(300),
    "SEK": Decimal(3000),
    "NOK": Decimal(3000),
    "DKK": Decimal(2000),
    "GBP": Decimal(300),
    "USD": Decimal(300),
    "CHF": Decimal(300),
    "PLN": Decimal(1500),
}


class ClearingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one partner. A charge of more than `most_hours`, `most_kwh` or `most_cost` (before taxes, by currency; none
    for a currency that is not named) is looked at by a person, one whose mean power is more than `power_tolerance`
    (0.1: 10 %) above the Connector's, or whose CDR came more than `late_days` after its end. `currencies` are those
    agreed on, none: that of the Tariffs. `note` are rules that hold nothing back: what they find is only noted.
    """

    most_hours: Decimal = Decimal(72)
    most_kwh: Decimal = Decimal(600)
    most_cost: dict[str, Decimal] = msgspec.field(default_factory=lambda: dict(_MOST_COST))
    power_tolerance: Decimal = Decimal("0.1")
    late_days: Decimal = Decimal(7)
    currencies: tuple[str, ...] = ()
    note: tuple[Rule, ...] = (Rule.LATE, Rule.UNKNOWN_PLACE)

    def holds(self, rule: Rule) -> bool:
        """Whether a CDR of which this rule found something waits for a person."""
        return rule not in self.note


USUAL = ClearingLimits()
