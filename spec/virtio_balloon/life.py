"""The driver's life: probe, remove, freeze and restore, as the driver core calls them."""
from checker import Bool, Component, Enum, Lock, fails, pick, process, step, until

from spec.virtio_balloon.driver import FILE
from spec.virtio_balloon.work import CANCEL


class Life(Component):
    """One device that is bound, unbound, suspended and resumed, over and over."""

    def __init__(self, options, driver, stats, oom, freezer):
        self.options = options
        self.driver = driver
        self.host = driver.host
        self.stats = stats
        self.oom = oom
        self.freezer = freezer
        self.wanted = Enum("stay", "remove", "suspend")
        self.allocated = Bool           # struct virtio_balloon
        self.notifier = Bool            # its OOM notifier is registered
        if oom is not None:
            self.unregistering = Bool   # a writer waits for the chain's semaphore
        self.mounted = Bool             # balloon_mnt
        self.inode = Bool
        self.config_lock = Lock         # of struct virtio_device
        self.config_enabled = Bool      # interrupts on a change of the configuration reach it
        self.change_pending = Bool      # one came while they did not
        if options.removes:
            self.removing = Bool        # virtballoon_remove runs

    @process(daemon=True)
    async def administrator(self):
        """Wants the device to go or to sleep, or never does."""
        while True:
            await until(lambda: self.wanted == "stay" and self.config_enabled, "unbind or suspend",
                        source="drivers/base/bus.c:unbind_store")
            self.wanted = pick(self.options.wishes, "wish")
            if not self.options.restless:
                return

    @process(daemon=True, fair="weak")
    async def core(self):
        while True:
            await step("virtballoon_probe", source=f"{FILE}:virtballoon_probe")
            bound = await self.virtballoon_probe()
            while bound:
                await until(lambda: self.wanted != "stay", "driver core",
                            source="drivers/virtio/virtio.c:virtio_dev_remove")
                bound = self.wanted == "suspend"
                self.wanted = "stay"
                if self.options.suspends:
                    if bound:
                        await self.suspend()
                if self.options.removes:
                    if not bound:
                        await self.virtballoon_remove()

    # probe

    async def virtballoon_probe(self):
        if fails("kmalloc"):
            return False
        self.allocated = True
        self.driver.stop_update = False
        await step("init_vqs", source=f"{FILE}:init_vqs")
        if fails("find_vqs"):
            self.kfree()
            return False
        self.init_vqs()
        await step("register_oom_notifier", source=f"{FILE}:virtballoon_probe")
        if fails("register_oom_notifier"):
            self.del_vqs()
            self.kfree()
            return False
        self.notifier = True
        await step("kern_mount", source=f"{FILE}:virtballoon_probe")
        mounted = not fails("kern_mount")
        if mounted:
            self.mounted = True
            await step("alloc_anon_inode", source=f"{FILE}:virtballoon_probe")
            self.inode = not fails("alloc_anon_inode")
            if self.inode:
                await self.device_ready()
                return True
            self.mounted = False                # kern_unmount
        if self.options.exit_unregisters:
            await self.unregister_oom_notifier()
        self.del_vqs()
        self.kfree()
        return False

    async def device_ready(self):
        await step("virtio_device_ready", source=f"{FILE}:virtballoon_probe")
        self.host.ready = True
        await step("towards_target", source=f"{FILE}:virtballoon_probe")
        if self.options.checks_target and self.driver.towards_target() != 0:    # 8424af5336b3
            await self.driver.virtballoon_changed()
        await self.config_enable()

    async def config_enable(self):
        """drivers/virtio/virtio.c:virtio_config_enable delivers what came too early."""
        await self.config_lock.acquire(source="drivers/virtio/virtio.c:virtio_config_enable")
        self.config_enabled = True
        if self.change_pending:
            self.change_pending = False
            await self.driver.virtballoon_changed()
        self.config_lock.release()

    async def config_disable(self):
        """drivers/virtio/virtio.c:virtio_config_disable waits for an interrupt that is handled."""
        await self.config_lock.acquire(source="drivers/virtio/virtio.c:virtio_config_disable")
        self.config_enabled = False
        self.config_lock.release()

    def init_vqs(self):
        self.host.inflate.exists = True
        self.host.deflate.exists = True
        if self.stats is not None:
            self.stats.prime()

    def del_vqs(self):
        self.host.inflate.exists = False
        self.host.deflate.exists = False
        if self.stats is not None:
            self.stats.exists = False
            self.stats.reset()

    def kfree(self):
        self.allocated = False
        self.change_pending = False             # of the device that is registered next
        if self.stats is not None:
            self.stats.initialised = False

    async def unregister_oom_notifier(self):
        """Takes the chain's semaphore for writing: new readers wait, and one that runs ends."""
        source = "kernel/notifier.c:blocking_notifier_chain_unregister"
        if self.oom is not None:
            await step("down_write", source=source)
            self.unregistering = True
            await until(lambda: not self.oom.notified, "unregister_oom_notifier", source=source)
            self.unregistering = False
        else:
            await step("unregister_oom_notifier", source=source)
        self.notifier = False

    # remove

    async def virtballoon_remove(self):
        await self.config_disable()
        self.removing = True
        await self.unregister_oom_notifier()
        await self.driver.stop_update_lock.acquire(source=f"{FILE}:virtballoon_remove")
        self.driver.stop_update = True
        self.driver.stop_update_lock.release()
        if self.options.cancels:
            await self.cancel_work_sync(self.driver.size_work)
            if self.stats is not None:
                await self.cancel_work_sync(self.stats.work)
        await self.remove_common()
        await step("kfree", source=f"{FILE}:virtballoon_remove")
        self.inode = False                      # iput
        if self.options.unmounts:
            self.mounted = False                # kern_unmount
        self.kfree()
        self.removing = False

    async def cancel_work_sync(self, work):
        await step("cancel_work_sync", source=CANCEL)
        work.cancelled = True
        work.pending = False
        await until(lambda: not work.running, "flush", source=CANCEL)
        work.cancelled = False

    async def remove_common(self):
        """Give everything back: again and again, as isolated pages can not be dequeued."""
        source = f"{FILE}:remove_common"
        await step("while (vb->num_pages)", source=source)
        while self.driver.num_pages > 0:
            await self.driver.leak_balloon(self.driver.num_pages)
            await step("while (vb->num_pages) again", source=source)
            if self.options.leaks_once:
                break
        await self.driver.update_balloon_size()
        await step("config->reset", source=source)
        if self.options.resets:
            self.host.reset()
        if self.stats is not None:
            self.stats.reset()
        await step("config->del_vqs", source=source)
        self.del_vqs()

    # freeze and restore

    async def suspend(self):
        """Freeze, sleep, restore and thaw. Whoever might interfere was frozen before."""
        await until(lambda: self.can_freeze(), "freeze_processes",
                    source="kernel/power/process.c:freeze_processes")
        self.freezer.frozen = True
        await self.config_disable()
        await step("virtballoon_freeze", source=f"{FILE}:virtballoon_freeze")
        await self.remove_common()
        await step("virtballoon_restore", source=f"{FILE}:virtballoon_restore")
        restored = True
        if self.options.restore_fails:
            restored = not fails("find_vqs on restore")     # where it does, nothing is undone
        if restored:
            self.init_vqs()
            await step("virtio_device_ready on restore", source=f"{FILE}:virtballoon_restore")
            self.host.ready = True
            if self.driver.towards_target() != 0:
                await self.driver.virtballoon_changed()
            await self.driver.update_balloon_size()
            await self.config_enable()
        await step("thaw_processes", source="kernel/power/process.c:thaw_processes")
        self.freezer.frozen = False

    def can_freeze(self):
        if self.driver.size_work.running or self.stats is not None and self.stats.work.running:
            return False
        return self.oom is None or not self.oom.notified or not self.options.freezes_tasks
