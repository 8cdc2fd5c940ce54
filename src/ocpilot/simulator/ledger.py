"""What a simulated station counted: its messages, and the truth about its charges."""

import msgspec


class Charge(msgspec.Struct, kw_only=True):
    """One transaction as it really was. Times as OCPI writes them; `faults` are those it was given."""

    evse: int
    token: str
    began: str
    ended: str
    energy_wh: int
    reason: str
    transaction: str
    faults: tuple[str, ...] = ()


class Ledger(msgspec.Struct, kw_only=True):
    """`sent` calls of the station that were `answered`, or `refused` by a CALLERROR; `heard`: calls it got.

    `energy_wh` is what really flowed in ended charges; `faults` says how often each happened.
    """

    sent: int = 0
    answered: int = 0
    refused: int = 0
    heard: int = 0
    connections: int = 0
    transactions: int = 0
    energy_wh: int = 0
    faults: dict[str, int] = msgspec.field(default_factory=dict)
    charges: list[Charge] = msgspec.field(default_factory=list)

    def ended(self, charge: Charge) -> None:
        """A charge is over."""
        self.transactions += 1
        self.energy_wh += charge.energy_wh
        self.charges.append(charge)

    def fault(self, name: str) -> None:
        """A fault happened."""
        self.faults[name] = self.faults.get(name, 0) + 1


def total(ledgers: "list[Ledger]") -> Ledger:
    """Of many stations, without their charges."""
    whole = Ledger()
    for one in ledgers:
        for name in ("sent", "answered", "refused", "heard", "connections", "transactions", "energy_wh"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for fault, times in one.faults.items():
            whole.faults[fault] = whole.faults.get(fault, 0) + times
    return whole
