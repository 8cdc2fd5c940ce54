"""What a station answers in OCPP 2.1 beyond 2.0.1: Tariffs, priority charging, energy transfer, grid services."""

from collections.abc import Mapping
from types import ModuleType
from typing import cast

from ocpilot.simulator.charging import ACCEPTED
from ocpilot.simulator.device import Device
from ocpilot.simulator.orders import Orders, Outcome
from ocpilot.simulator.speech import Payload, Reaction, Reactions, Stamp
from ocpilot.simulator.v2_reactions import V2Reactions

_WORDS: Mapping[str, str] = {
    "NotifyAllowedEnergyTransfer": "Accepted",
    "UsePriorityCharging": "NoProfile",
    "UpdateDynamicSchedule": "Rejected",
    "AFRRSignal": "Rejected",
    "SetDERControl": "NotSupported",
    "GetDERControl": "NotSupported",
    "ClearDERControl": "NotSupported",
    "RequestBatterySwap": "Rejected",
    "AdjustPeriodicEventStream": "Rejected",
}


class V21Reactions(V2Reactions):
    """Tariffs are kept by EVSE, 0 being the station."""

    def __init__(self, call: ModuleType, result: ModuleType, orders: Orders, device: Device, stamp: Stamp) -> None:
        super().__init__(call, result, orders, device, stamp)
        self._tariffs: dict[int, Payload] = {}

    def table(self) -> Reactions:
        """By action."""
        return {
            **super().table(),
            **{action: self.word(action, word) for action, word in _WORDS.items()},
            "SetDefaultTariff": self.said("SetDefaultTariff", self._set_default_tariff),
            "GetTariffs": self._get_tariffs,
            "ClearTariffs": self._clear_tariffs,
            "ChangeTransactionTariff": self.said("ChangeTransactionTariff", self._change_transaction_tariff),
            "GetPeriodicEventStream": lambda _: Reaction(self.result.GetPeriodicEventStream()),
            "NotifyWebPaymentStarted": lambda _: Reaction(self.result.NotifyWebPaymentStarted()),
            "GetCertificateChainStatus": lambda _: Reaction(
                self.result.GetCertificateChainStatus(certificate_status=[])
            ),
        }

    def _set_default_tariff(self, asked: Payload) -> Outcome:
        evse = cast(int, asked["evse_id"])
        if evse and evse not in self.orders.charging.evses:
            return Outcome("Rejected")
        self._tariffs[evse] = cast(Payload, asked["tariff"])
        return Outcome(ACCEPTED)

    def _get_tariffs(self, asked: Payload) -> Reaction:
        found = [
            {"tariff_id": tariff["tariff_id"], "tariff_kind": "DefaultTariff", "evse_ids": [evse] if evse else None}
            for evse, tariff in self._tariffs.items()
            if asked["evse_id"] in (0, evse)
        ]
        if not found:
            return Reaction(self.result.GetTariffs(status="NoTariff"))
        return Reaction(self.result.GetTariffs(status=ACCEPTED, tariff_assignments=found))

    def _clear_tariffs(self, asked: Payload) -> Reaction:
        """By id, by EVSE, or all of them."""
        wanted, evse = cast(list[str], asked.get("tariff_ids") or []), asked.get("evse_id")
        results: list[Payload] = []
        for where, tariff in list(self._tariffs.items()):
            if (not wanted or tariff["tariff_id"] in wanted) and evse in (None, where):
                del self._tariffs[where]
                results.append({"status": ACCEPTED, "tariff_id": tariff["tariff_id"]})
        return Reaction(self.result.ClearTariffs(clear_tariffs_result=results or [{"status": "NoTariff"}]))

    def _change_transaction_tariff(self, asked: Payload) -> Outcome:
        known = any(running.key == asked["transaction_id"] for _, running in self.orders.charging.running())
        return Outcome(ACCEPTED if known else "TxNotFound")
