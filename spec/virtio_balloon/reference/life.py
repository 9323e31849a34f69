"""The driver's life: probe, remove, freeze and restore, and who asks for them."""
from __future__ import annotations

import threading

from spec.virtio_balloon.reference.driver import VirtioBalloon
from spec.virtio_balloon.reference.oom import NotifierChain, Oom
from spec.virtio_balloon.reference.stats import BUFFER, Stats
from spec.virtio_balloon.reference.work import Work

STRUCT = "virtio_balloon"


class PseudoFs:
    """balloon-kvm, the file system that gives pages of the balloon their mapping."""

    def __init__(self) -> None:
        self.mounts: list[object] = []      # the kernel's
        self.balloon_mnt: object = None     # the driver's one pointer, to the last mount

    def kern_mount(self) -> None:
        self.balloon_mnt = object()
        self.mounts.append(self.balloon_mnt)

    def kern_unmount(self) -> None:
        self.mounts.remove(self.balloon_mnt)

    def mounted(self) -> bool:
        """Whether the mount that was made last is still there."""
        return self.balloon_mnt in self.mounts


class Life:
    """One device, which the driver core binds to the driver and takes away from it."""

    def __init__(self, driver: VirtioBalloon, stats: Stats | None, oom: Oom,
                 chain: NotifierChain) -> None:
        self.driver, self.host, self.slab = driver, driver.host, driver.slab
        self.options, self.switch, self.env = driver.options, driver.switch, driver.env
        self.stats, self.oom, self.chain = stats, oom, chain
        self.fs = PseudoFs()
        self.inode: object = None
        self.wanted = "stay"
        self.config_lock = threading.Lock()
        self.config_enabled = False
        self.change_pending = False
        self.removing = False
        self.rounds = 0                     # of the loop in remove_common, this time
        self.removals = self.sleeps = 0     # how often it went, and slept

    def bind(self) -> None:
        """A driver that is bound already: what probe does where nothing fails."""
        self.kmalloc()
        self.init_vqs()
        self.chain.register(self.oom.virtballoon_oom_notify)
        self.fs.kern_mount()
        self.inode = object()
        self.device_ready()
        self.config_enabled = True

    def administrator(self) -> None:
        """Wants the device to go or to sleep, or to stay as it is."""
        while True:
            self.switch.until(lambda: self.wanted == "stay" and self.config_enabled,
                              "unbind or suspend")
            self.wanted = self.env.pick("wish", self.options.wishes)
            if not self.options.restless:
                return

    def core(self) -> None:
        """drivers/base and drivers/virtio/virtio.c: everything is done by one thread."""
        while True:
            self.switch.at("virtballoon_probe")
            bound = self.virtballoon_probe()
            while bound:
                self.switch.until(lambda: self.wanted != "stay", "driver core")
                bound = self.wanted == "suspend"
                self.wanted = "stay"
                if bound:
                    self.suspend()
                else:
                    self.virtballoon_remove()

    # What there is of one device.

    def kmalloc(self) -> None:
        """struct virtio_balloon, of which nothing is cleared."""
        self.slab.kmalloc(STRUCT)
        self.slab.kmalloc(BUFFER)
        self.slab.write(STRUCT, b"virtio_balloon")
        self.driver.stop_update = False

    def kfree(self) -> None:
        self.slab.kfree(STRUCT)
        self.slab.kfree(BUFFER)
        self.change_pending = False         # of the device that is registered next

    def allocated(self) -> bool:
        return STRUCT in self.slab.live

    def init_vqs(self) -> None:
        self.host.inflate.create()
        self.host.deflate.create()
        if self.stats is not None:
            self.stats.init_vq()
            if self.options.primes == "init_vqs":
                self.stats.prime()

    def device_ready(self) -> None:
        """virtio_device_ready: DRIVER_OK."""
        self.host.ready = True
        if self.stats is not None and self.options.primes == "DRIVER_OK":
            self.stats.prime()

    def del_vqs(self) -> None:
        self.host.inflate.delete()
        self.host.deflate.delete()
        if self.stats is not None:
            self.stats.del_vq()

    # Changes of the configuration: drivers/virtio/virtio.c.

    def virtio_config_changed(self) -> None:
        """The interrupt, which only a device that is ready sends."""
        if not self.host.ready:
            return
        self.switch.acquire(self.config_lock, "config_lock")
        if self.config_enabled:
            self.driver.virtballoon_changed()
        elif self.host.ready:
            self.change_pending = True
        self.config_lock.release()

    def virtio_config_enable(self) -> None:
        self.switch.acquire(self.config_lock, "config_lock")
        self.config_enabled = True
        if self.change_pending:
            self.change_pending = False
            self.driver.virtballoon_changed()
        self.config_lock.release()

    def virtio_config_disable(self) -> None:
        self.switch.acquire(self.config_lock, "config_lock")
        self.config_enabled = False
        self.config_lock.release()

    # probe

    def virtballoon_probe(self) -> bool:
        """Whether the driver is bound; if not, what was done is undone from where it failed."""
        if self.env.fails("kmalloc"):
            return False
        self.kmalloc()
        self.switch.at("init_vqs")
        if not self.env.fails("find_vqs"):
            self.init_vqs()
            self.switch.at("register_oom_notifier")
            if not self.env.fails("register_oom_notifier"):
                self.chain.register(self.oom.virtballoon_oom_notify)
                if self.mount():
                    self.start()
                    return True
                if self.options.exit_unregisters:
                    self.chain.unregister()
            self.del_vqs()
        self.kfree()
        return False

    def mount(self) -> bool:
        """The file system and its inode, or neither."""
        self.switch.at("kern_mount")
        if self.env.fails("kern_mount"):
            return False
        self.fs.kern_mount()
        self.switch.at("alloc_anon_inode")
        if self.env.fails("alloc_anon_inode"):
            self.fs.kern_unmount()
            return False
        self.inode = object()
        return True

    def start(self) -> None:
        self.switch.at("virtio_device_ready")
        self.device_ready()
        self.switch.at("towards_target")
        if self.options.checks_target and self.driver.towards_target() != 0:
            self.driver.virtballoon_changed()
        self.virtio_config_enable()

    # remove

    def virtballoon_remove(self) -> None:
        self.virtio_config_disable()
        self.removing = True
        self.chain.unregister()
        self.stop_works(self.options.cancels)
        self.remove_common(self.options.bars_isolation)
        self.switch.at("kfree")
        self.inode = None
        if self.options.unmounts:
            self.fs.kern_unmount()
        self.kfree()
        self.removing = False
        self.removals += 1

    def stop_works(self, cancels: bool) -> None:
        """No interrupt queues a work any more, and what was queued is gone."""
        self.switch.acquire(self.driver.stop_update_lock, "stop_update_lock")
        self.driver.stop_update = True
        self.driver.stop_update_lock.release()
        if cancels:
            self.cancel_work_sync(self.driver.size_work)
            if self.stats is not None:
                self.cancel_work_sync(self.stats.work)

    def cancel_work_sync(self, work: Work) -> None:
        self.switch.at("cancel_work_sync")
        work.cancel()
        self.switch.until(work.flushed, "flush")

    def remove_common(self, bars_isolation: bool) -> None:
        """Give everything back: again and again, as isolated pages can not be dequeued."""
        self.rounds = 0
        self.driver.info.closing = bars_isolation
        self.switch.at("while (vb->num_pages)")
        while self.driver.num_pages:
            self.rounds += 1
            self.driver.leak_balloon(self.driver.num_pages)
            self.switch.at("while (vb->num_pages) again")
            if self.options.leaks_once:
                break
        self.driver.info.closing = False
        self.driver.update_balloon_size()
        self.switch.at("config->reset")
        if self.options.resets:
            self.host.reset()
        if self.stats is not None:
            self.stats.reset()
        self.switch.at("config->del_vqs")
        self.del_vqs()

    # freeze and restore

    def suspend(self) -> None:
        """Freeze, sleep, restore and thaw. Whoever might interfere was frozen before."""
        self.switch.until(self.driver.freezer.freeze, "freeze_processes")
        self.virtio_config_disable()
        self.switch.at("virtballoon_freeze")
        self.remove_common(False)
        self.switch.at("virtballoon_restore")
        if not (self.options.restore_fails and self.env.fails("find_vqs on restore")):
            self.virtballoon_restore()
        elif self.options.stops_works:
            self.stop_works(True)
        self.switch.at("thaw_processes")
        self.driver.freezer.frozen = False
        self.sleeps += 1

    def virtballoon_restore(self) -> None:
        self.init_vqs()
        self.driver.stop_update = False     # where it was set, a restore had failed
        self.switch.at("virtio_device_ready on restore")
        self.device_ready()
        if self.driver.towards_target() != 0:
            self.driver.virtballoon_changed()
        self.driver.update_balloon_size()
        self.virtio_config_enable()
