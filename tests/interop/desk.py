"""A provider's people at their desk, and the CDRs that an operator sends them."""

from ocpilot.app.cdrs import clearing_actions
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version

LAD = PartyId.of("SE", "LAD")


class Desk:
    """The provider's people, and what the operator sends."""

    def __init__(self, connection, bodies) -> None:
        self.connection, self.bodies = connection, bodies
        self.platform = connection.resa.platform
        self.jobs = Jobs(self.platform)

    async def comes(self, ident, amount="5.25", **fields):
        cost = {"before_taxes": float(amount)}
        if self.connection.version is not Version.V2_3_0:
            cost = {"excl_vat": float(amount)}
        tariff = self.bodies.tariff(self.connection.version)
        body = self.bodies.cdr(self.connection.version, ident, total_cost=cost, tariffs=[tariff], **fields)
        body["charging_periods"][0]["tariff_id"] = "T1"
        path = f"{self.connection.version}/receiver/cdrs"
        reply = await self.connection.resa.ask("POST", path, self.connection.lades_token, body)
        assert reply.status == 1000, reply.message

    async def credit_comes(self, ident, of, amount, **fields):
        await self.comes(ident, f"-{amount}", credit=True, credit_reference_id=of, **fields)

    async def standing(self, ident):
        await self.jobs.once()
        assert not self.jobs.failures
        return await self.platform.store.clearings.get(self.key(ident))

    async def act(self, ident, action, why="because"):
        return await clearing_actions.act(self.platform, self.key(ident), action, "kim@resa.se", why)

    @staticmethod
    def key(ident):
        return ObjectKey(module=ModuleID.CDRS, party=LAD, id=ident)
