"""Who runs: the guest's driver of the vIOMMU, the device, and the migration."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from spec.dirty_log.reference.machine import Machine
from spec.virtio_balloon.reference.switch import Stopped


class Vfio:
    """hw/vfio: unmapping, with the log or without."""

    def __init__(self, m: Machine) -> None:
        self.m = m
        self.at = m.switch.at

    def unmap(self, first: int, last: int, entry: bool) -> None:
        """vfio_container_dma_unmap."""
        if entry and self.m.tracking():
            self.unmap_with_log(first, last)
        else:
            self.at("unmap")
            self.m.unmap(first, last)

    def unmap_with_log(self, first: int, last: int) -> None:
        m, asks = self.m, self.m.options.asked
        if asks == "with the unmap":
            self.at("unmap and get the bitmap")
            m.report(first, last)
            m.unmap(first, last)
            return
        if asks == "before":
            self.at("query before the unmap")
            if not self.query(first, last) and not m.options.unmaps_anyway:
                return
        self.at("unmap under the log")
        m.unmap(first, last)
        if asks == "after":
            self.at("query after the unmap")
            self.query(first, last)

    def query(self, first: int, last: int) -> bool:
        m = self.m
        if m.options.query_fails and m.env.fails("query"):
            m.error = m.error or m.options.failure == "fails the migration"
            return False
        m.report(first, last)
        return True

    def sync(self) -> None:
        """vfio_listener_log_sync, page by page of what is mapped."""
        self.at("bitmap sync")
        for page in self.m.pages:
            if self.m.mapped(page):
                self.m.report(page, page + 1)


class Guest:
    """The guest's driver of the vIOMMU; each of its requests is handled under the big lock."""

    def __init__(self, m: Machine, vfio: Vfio) -> None:
        self.m = m
        self.vfio = vfio

    def viommu(self) -> None:
        m = self.m
        while True:
            with m.locked("BQL vIOMMU", m.runs):
                if not m.options.switches:
                    self.remap()
                elif m.domain == "blocked":
                    self.enter()
                elif m.domain == "passthrough":
                    self.leave_passthrough()
                elif m.env.pick("leave", (False, True)):
                    self.leave_translated()
                else:
                    self.remap()
                m.taken = [False] * len(m.pages)

    def wants(self, first: int, last: int, reaches: bool) -> None:
        for page in range(first, last):
            self.m.reaches[page] = reaches
            self.m.taken[page] = not reaches

    def remap(self) -> None:
        m = self.m
        page = m.env.pick("page", m.pages)
        if m.reaches[page]:
            self.wants(page, page + 1, False)
            self.vfio.unmap(page, page + 1, True)
        else:
            m.reaches[page] = True
            m.map(page)

    def enter(self) -> None:
        m = self.m
        if m.env.pick("passthrough", (False, True)):
            m.switch.at("region_add")
            m.domain = "passthrough"
            self.wants(0, len(m.pages), True)
            for page in m.pages:
                m.map(page)
        else:
            m.domain = "translated"

    def leave_passthrough(self) -> None:
        m = self.m
        m.domain = "blocked"
        self.wants(0, len(m.pages), False)
        plain = len(m.pages) - m.options.blocks
        self.vfio.unmap(0, plain, m.options.region_del == "makes an entry")
        if m.options.blocks:
            m.switch.at("unregister RamDiscardListener")
            self.vfio.unmap(plain, len(m.pages), m.options.discard_knows)

    def leave_translated(self) -> None:
        m = self.m
        m.domain = "blocked"
        self.wants(0, len(m.pages), False)
        if m.options.whole == "one call":
            m.switch.at("unmap the whole address space")
            self.vfio.unmap(0, len(m.pages), False)
        else:
            for page in m.pages:
                if m.mapped(page):
                    self.vfio.unmap(page, page + 1, True)


def device(m: Machine) -> None:
    """DMA, one page at a time, wherever it can."""
    while True:
        m.switch.until(lambda: bool(m.writable()), "DMA")
        m.dma()


def migrate(m: Machine, vfio: Vfio) -> None:
    with m.locked("BQL setup"):
        m.phase = "precopy"
        m.dirty = [True] * len(m.pages)
        m.log.on = True
        if m.options.covers == "start":
            m.log.covered = {page for page in m.pages if m.mapped(page)}
    for _ in range(m.options.rounds):
        m.switch.at("send")
        for page in m.pages:
            if m.dirty[page] and m.env.pick("page is sent", (False, True)):
                m.send(page)
        with m.locked("BQL sync"):
            vfio.sync()
    with m.locked("BQL completion"):
        m.phase = "stopped"
        vfio.sync()
        while any(m.dirty):
            m.switch.at("send the rest")
            m.send(m.env.pick("page", [page for page in m.pages if m.dirty[page]]))
        m.switch.at("end")
        m.phase = "failed" if m.error else "completed"


def threads(m: Machine) -> dict[str, Callable[[], None]]:
    """What each thread runs, by the name of the model's process."""
    vfio = Vfio(m)
    bodies: dict[str, Callable[[], None]] = {"device.dma": partial(device, m),
                                             "migration.migrate": partial(migrate, m, vfio)}
    if m.options.switches or m.options.domain == "translated":
        bodies["guest.viommu"] = Guest(m, vfio).viommu
    return {name: partial(_until_off, body) for name, body in bodies.items()}


def _until_off(body: Callable[[], None]) -> None:
    try:
        body()
    except Stopped:
        pass
