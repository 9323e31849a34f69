"""mm/oom_kill.c up to the driver's notifier, and what the notifier answers."""
from types import SimpleNamespace

from checker import Bool, Component, Int, Lock, maybe, process, step, until


class Oom(Component):
    """Tasks whose allocation fails. They may hold file system locks, and wait for no one else."""

    def __init__(self, options, driver):
        self.options = options
        self.driver = driver
        self.kernel = SimpleNamespace(life=None)
        self.oom_lock = Lock
        self.freed = Int(0, driver.slots)           # pages, as out_of_memory is told
        self.really_freed = Int(0, driver.slots)    # pages, as they were
        self.notified = Bool                        # the notifier chain runs

    @process(daemon=True, fair="weak")
    async def task(self):
        while True:
            await step("__alloc_pages_slowpath", source="mm/page_alloc.c:__alloc_pages_slowpath")
            if self.options.fs_lock:
                if maybe("within the file system"):
                    await self.driver.fs_lock.acquire(source="mm/page_alloc.c: its caller")
                    await self.out_of_memory()
                    self.driver.fs_lock.release()
                    continue
            await self.out_of_memory()

    async def out_of_memory(self):
        await step("__alloc_pages_may_oom", source="mm/page_alloc.c:__alloc_pages_may_oom")
        if self.options.life:
            if self.kernel.life.unregistering:
                await until(lambda: not self.kernel.life.unregistering, "down_read",
                            source="kernel/notifier.c:blocking_notifier_call_chain")
            if not self.registered():
                return
        self.oom_lock.try_acquire()
        self.notified = True
        if self.driver.deflate_on_oom:
            await self.virtballoon_oom_notify()
        self.notified = False
        self.freed = 0
        self.really_freed = 0
        self.oom_lock.release()

    def registered(self):
        """Whether the driver's notifier is called: out_of_memory is disabled while frozen."""
        return self.kernel.life.notifier and not self.driver.size_work.freezer.frozen

    async def virtballoon_oom_notify(self):
        """Free a whole array of pages; runs with oom_lock held."""
        freed = await self.driver.leak_balloon(self.driver.slots)
        await self.driver.update_balloon_size()
        if self.options.oom_counts == "pages":      # 5a6b4cc5b7a1
            self.freed = freed // self.driver.per_page
        else:
            self.freed = freed
        self.really_freed = freed // self.driver.per_page
        await step("notifier_call_chain returns", source="mm/oom_kill.c:out_of_memory")
