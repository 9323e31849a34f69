"""migration/ram.c: the bitmap is filled, synchronised, and sent until nothing is dirty."""
from checker import Component, Int, maybe, pick, process, step


class Migration(Component):
    """One migration. The guest's processors write as well; their log is KVM's, and not here."""

    def __init__(self, options, vfio, bql):
        self.options = options
        self.vfio = vfio
        self.ram = vfio.ram
        self.page = self.ram.page
        self.bql = bql

    @process(fair="weak")
    async def migrate(self):
        await self.bql.take("BQL setup", "migration/ram.c:ram_init_bitmaps")
        self.ram.phase = "precopy"
        for p in self.page:
            self.ram.dirty[p] = True
        self.vfio.container.start()
        self.bql.give()
        for _ in range(self.options.rounds):
            await step("send", source="migration/ram.c:ram_save_iterate")
            for p in self.page:
                if self.ram.dirty[p]:
                    if maybe("page is sent"):
                        self.ram.send(p)
            await self.bql.take("BQL sync", "migration/ram.c:ram_state_pending_exact")
            await self.vfio.sync()
            self.bql.give()
        await self.bql.take("BQL completion", "migration/migration.c:migration_completion_precopy")
        self.ram.phase = "stopped"              # virtual processors, and VFIO_DEVICE_STATE_STOP
        await self.vfio.sync()
        sent: Int(0, self.page.size) = 0                # nothing gets dirty any more
        while any(self.ram.dirty[p] for p in self.page):
            await step("send the rest", source="migration/ram.c:ram_save_complete")
            self.ram.send(pick((p for p in self.page if self.ram.dirty[p]), "page"))
            sent += 1
        await step("end", source="migration/migration.c:migration_detect_error")
        self.ram.phase = "failed" if self.vfio.error else "completed"
        self.bql.give()
