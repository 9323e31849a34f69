"""Who else is in the machine: vfio containers, one behind a vIOMMU, the balloon."""
from __future__ import annotations

from collections.abc import Callable

from spec.virtio_mem.reference.device import Device
from spec.virtio_mem.reference.machine import Machine, often


def vfio(m: Machine, number: int, rounds: int | None) -> None:
    """hw/vfio/common.c: a container with a section of its own, plugged and unplugged."""
    for _ in often(rounds):
        with m.bql("BQL vfio plug"):
            vfio_plug(m, number)
        if m.attached[number]:
            with m.bql("BQL vfio unplug"):
                m.leaving[number] = m.options.live
                if m.options.vfio_votes:
                    m.votes.give("uncoordinated", "enable uncoordinated")
                m.manager.unregister(m.listeners[number])
                m.attached[number] = m.leaving[number] = False


def vfio_plug(m: Machine, number: int) -> None:
    listener, options = m.listeners[number], m.options
    if options.vfio_votes:
        accepted = m.votes.take("uncoordinated", "disable uncoordinated")
        if not accepted:
            return
    m.manager.register(listener)
    if options.sanity == "refuses" and options.limit > 0:
        m.at("check mapping limit")
        if listener.last - listener.first > options.limit:
            m.manager.unregister(listener)
            m.votes.give("uncoordinated", "enable uncoordinated on error")
            return
    m.attached[number] = True


def viommu(m: Machine, rounds: int | None) -> None:
    """vfio_iommu_map_notify: the guest maps and unmaps, vfio asks whether that is populated."""
    with m.bql("BQL vfio plug behind vIOMMU"):
        m.viommu_attached = m.votes.take("uncoordinated", "disable uncoordinated behind vIOMMU")
    for _ in often(rounds):
        with m.bql("BQL vIOMMU", m.guest_runs):
            b = m.env.pick("block", m.blocks)
            if m.env.pick("unmap", (False, True)):
                m.untranslate(b)
            elif m.manager.plugged[b] or not m.options.asks_populated:
                if m.owns[b] or not m.options.sane:
                    m.translate(b)


def balloon(m: Machine, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL balloon"):
            if not m.votes.ask("balloon: is discarding disabled"):
                m.zapping = True
                m.at("balloon: zap")
                b = m.env.pick("block", m.blocks)
                m.manager.discard_ram(b, b + 1)
                m.zapping = False


def threads(m: Machine, rounds: int | None = None) -> dict[str, Callable[[], None]]:
    """What each thread runs, by its name."""
    device, options = Device(m), m.options
    bodies: dict[str, Callable[[], None]] = {
        f"vfio.life {x.number}": lambda n=x.number: vfio(m, n, rounds) for x in m.listeners}
    bodies["device.realize"] = device.realize
    bodies["device.requests"] = lambda: device.requests(rounds)
    bodies["device.resets"] = lambda: device.resets(rounds)
    if options.resizes:
        bodies["resizing.resize"] = lambda: device.resize(rounds)
    if options.migrates or options.incoming:
        bodies["migration.migrate"] = lambda: device.migrate(rounds)
    if options.incoming:
        bodies["loading.load"] = device.load
    if options.viommu:
        bodies["viommu.life"] = lambda: viommu(m, rounds)
    if options.balloon:
        bodies["balloon.inflate"] = lambda: balloon(m, rounds)
    return bodies
