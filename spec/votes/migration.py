"""Migrations that rely on pages staying where they are, none of which votes (any more)."""
from checker import process, step

from spec.votes.users import Pinner, User


class Rdma(User):
    """migration/rdma.c: registers (pins) RAM; only asks whether discards are required.

    "To keep it simple", says 5f1f1902f8e4: the answer can not change, since no device is plugged
    during a migration. With rdma_votes it votes, as everybody else who pins.
    """

    def __init__(self, options, votes, bql):
        super().__init__(options, votes, bql)
        self.kind = "disable" if options.rdma_votes else "none"

    @process(fair="strong")
    async def life(self):
        source = "migration/rdma.c:rdma_start_outgoing_migration"
        while True:
            await self.bql.take("BQL RDMA start", source)
            if self.options.rdma_votes:
                free = await self.take("rdma: disable", source)
            else:
                await step("rdma: is discarding required", source=source)
                free = not self.votes.is_required()
            if free:
                await step("rdma: register RAM", source="migration/rdma.c:qemu_rdma_reg_whole")
                self.pins = True
            self.bql.give()
            if self.pins:
                await step("rdma: cleanup", source="migration/rdma.c:qemu_rdma_cleanup")
                self.unpin()
                if self.options.rdma_votes:
                    await self.give("rdma: enable", "migration/rdma.c:qemu_rdma_cleanup")


class IncomingPostcopy(Pinner):
    """migration/postcopy-ram.c since 06df2e692a95: no vote, the balloon asks for its state."""

    name = "postcopy"

    @process(fair="strong")
    async def life(self):
        while True:
            await self.bql.take("BQL postcopy listen",
                             "migration/postcopy-ram.c:postcopy_ram_enable_notify")
            self.pins = True
            self.bql.give()
            await step("postcopy cleanup",
                       source="migration/postcopy-ram.c:postcopy_ram_incoming_cleanup")
            self.unpin()


class BackgroundSnapshot(Pinner):
    """migration/migration.c: pages are write-protected, and saved as they were at the start."""

    name = "snapshot"

    @process(fair="strong")
    async def life(self):
        while True:
            await self.bql.take("BQL snapshot start", "migration/migration.c:bg_migration_thread")
            self.pins = True
            self.bql.give()
            await self.bql.take("BQL snapshot end", "migration/migration.c:bg_migration_completion")
            self.unpin()
            self.bql.give()
