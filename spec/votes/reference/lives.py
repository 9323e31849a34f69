"""What each actor does, over and over, by its name: the functions that the C code has.

`rounds` is None for a life without end. The sources are named at the model's steps.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from spec.votes.reference.machine import Actor, Machine

Life = Callable[[Machine, Actor, int | None], None]


def often(rounds: int | None) -> Iterator[int]:
    return iter(itertools.count() if rounds is None else range(rounds))


def kvm(m: Machine, a: Actor, rounds: int | None) -> None:
    m.at("kvm_init")
    if not m.options.sync_mmu:
        accepted = a.take("kvm: disable")
        assert accepted != (m.options.kvm == "polarity"), "ram_block_discard_disable"
        a.pin()
    m.up.set()


def vfio(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL vfio plug"):
            vfio_connect(m, a)
        if a.plugged:
            with m.bql("BQL vfio unplug"):
                if a.holds:
                    a.give("vfio: enable")
                m.at("vfio: unregister listener")
                a.unpin()
                a.plugged = False


def vfio_connect(m: Machine, a: Actor) -> None:
    m.at("vfio: SET_CONTAINER")
    if m.env.fails("SET_CONTAINER"):
        return
    if not a.take("vfio: disable"):
        m.at("vfio: UNSET_CONTAINER on refusal")
        return
    if m.env.pick("mediated, opts in", (False, True)):
        a.give("vfio: opt in")
        a.plugged = True
        return
    m.at("vfio: register listener")
    a.pin()
    if m.env.fails("listener"):
        m.at("vfio: unregister listener on error")
        a.unpin()
        if m.options.mistake != "vfio_leaks":
            a.give("vfio: enable on error")
        a.holds = False
        return
    a.plugged = True


def nvme(m: Machine, a: Actor, rounds: int | None) -> None:
    votes = m.options.nvme_votes
    for _ in often(rounds):
        with m.bql("BQL nvme open"):
            if not votes or a.take("nvme: disable"):
                m.at("nvme: map RAM")
                if not m.env.fails("init_pci"):
                    a.pin()
                elif votes:
                    a.give("nvme: enable on error")
        if a.relies:
            with m.bql("BQL nvme close"):
                m.at("nvme: close container")
                a.unpin()
                if votes:
                    a.give("nvme: enable")


def sev(m: Machine, a: Actor, rounds: int | None) -> None:
    with m.bql("sev_guest_init"):
        if a.take("sev: disable"):
            m.at("sev: launch")
            if m.env.fails("launch"):
                a.give("sev: enable on error")
            else:
                a.pin()


def s390(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL protect"):
            if a.take("s390: disable"):
                s390_protect(m, a)
        if a.relies:
            with m.bql("BQL unprotect"):
                s390_unprotect(m, a)


def s390_protect(m: Machine, a: Actor) -> None:
    m.at("s390: add migration blocker")
    if m.env.fails("migrate_add_blocker"):
        a.give("s390: enable on blocker failure")
        return
    m.at("s390: enable PV")
    if m.env.fails("s390_pv_vm_enable"):
        a.give("s390: enable on failure")
        return
    a.pin()
    m.at("s390: set parameters")
    if m.env.fails("s390_pv_set_sec_parms"):
        s390_unprotect(m, a)


def s390_unprotect(m: Machine, a: Actor) -> None:
    m.at("s390: disable PV")
    a.unpin()
    a.give("s390: enable")


def vdpa(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL netdev_add"):
            m.at("vdpa: backend features")
            if not m.env.fails("backend features") and a.take("vdpa: disable"):
                m.at("vdpa: map RAM")
                if not m.env.fails("map"):
                    a.pin()
            if not a.relies:
                vdpa_cleanup(m, a, "vdpa: enable on error")
        if a.relies:
            with m.bql("BQL netdev_del"):
                vdpa_cleanup(m, a, "vdpa: enable")


def vdpa_cleanup(m: Machine, a: Actor, label: str) -> None:
    """vhost_vdpa_cleanup gives a vote back whether there is one or not."""
    a.unpin()
    if a.holds or m.options.vdpa_cleanup == "always":
        a.give(label)


def colo(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL COLO"):
            if a.take("colo: disable"):
                m.at("colo: init RAM cache")
                if m.env.fails("colo_init_ram_cache"):
                    a.give("colo: enable on error")
                else:
                    a.pin()
        if a.relies:
            m.at("colo: release RAM cache")
            a.unpin()
            a.give("colo: enable")


def blkio(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL blkio open"):
            if m.env.pick("may pin", (False, True)) and a.take("blkio: disable"):
                m.at("blkio: start")
                if m.env.fails("blkio_start"):
                    a.give("blkio: enable on error")
                else:
                    a.pin()
        if a.relies:
            with m.bql("BQL blkio close"):
                m.at("blkio: destroy")
                a.unpin()
                a.give("blkio: enable")


def rdma(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL RDMA start"):
            if m.options.rdma_votes:
                free = a.take("rdma: disable")
            else:
                m.at("rdma: is discarding required")
                free = not m.votes.is_required()
            if free:
                m.at("rdma: register RAM")
                a.pin()
        if a.relies:
            m.at("rdma: cleanup")
            a.unpin()
            if a.holds:
                a.give("rdma: enable")


def postcopy(m: Machine, a: Actor, rounds: int | None) -> None:
    if m.one_sided:
        old_postcopy(m, a, rounds)
        return
    for _ in often(rounds):
        with m.bql("BQL postcopy listen"):
            a.relies = True
        m.at("postcopy cleanup")
        a.relies = a.lost = False


def old_postcopy(m: Machine, a: Actor, rounds: int | None) -> None:
    """Until 2020 postcopy had a vote, given back without the big lock."""
    for _ in often(rounds):
        m.at("postcopy advise")
        if m.env.pick("listen", (False, True)):
            if m.options.bql:
                with m.bql("BQL listen"):
                    a.take("postcopy inhibit")
            else:
                a.take("postcopy inhibit")
        if a.holds or m.options.postcopy_votes == "raw":
            a.give("postcopy uninhibit")


def snapshot(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL snapshot start"):
            a.relies = True
        with m.bql("BQL snapshot end"):
            a.relies = a.lost = False


def may_plug(m: Machine) -> bool:
    return m.options.hotplug_while_migrating or not any(x.relies for x in m.migrations)


def virtio_mem(m: Machine, a: Actor, rounds: int | None) -> None:
    told = a.kind == "coordinated" and m.options.mistake != "virtio_mem_tells_nobody"
    for _ in often(rounds):
        with m.bql("BQL virtio-mem plug"):
            if may_plug(m) and a.take("virtio-mem: require") and m.env.fails("realize"):
                a.give("virtio-mem: unrequire on error")
                if m.options.mistake == "virtio_mem_releases_twice":
                    a.give("virtio-mem: unrequire again on error")
        while a.holds:
            with m.bql("BQL virtio-mem"):
                what = m.env.pick("request", ("unplug a block", "unplug the device"))
                if what == "unplug a block":
                    m.at("virtio-mem: discard")
                    if not any(x.relies for x in m.migrations):
                        m.zap(told, m.users)
                else:
                    a.give("virtio-mem: unrequire")


def guest_memfd(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL guest_memfd add"):
            if may_plug(m) and a.take("guest_memfd: require") \
                    and m.env.fails("kvm_create_guest_memfd"):
                a.give("guest_memfd: unrequire on error")
        while a.holds:
            with m.bql("BQL guest_memfd"):
                if m.env.pick("request", ("reclaim", "convert")) == "convert":
                    m.at("guest_memfd: convert")
                    m.zap(a.kind == "coordinated", m.users)
                else:
                    a.give("guest_memfd: unrequire")


def anybody(m: Machine, a: Actor, rounds: int | None) -> None:
    for _ in often(rounds):
        m.at("choose")
        a.kind = m.env.pick("kind", m.kinds)
        if a.take(f"take {a.kind}"):
            a.give(f"give {a.kind}")


def balloon(m: Machine, rounds: int | None) -> None:
    for _ in often(rounds):
        with m.bql("BQL balloon"):
            disabled = m.votes.ask("balloon: is discarding disabled")
            asks = [x for x in m.migrations if x.name in m.options.balloon_asks
                    and not m.one_sided]
            if not disabled and not any(x.relies for x in asks):
                m.zapping = True
                m.at("balloon: zap")
                m.zap(False, m.users + [x for x in m.migrations if x.name != "rdma"])
                m.zapping = False


LIVES: dict[str, Life] = {
    life.__name__: life for life in (kvm, vfio, nvme, sev, s390, vdpa, colo, blkio, rdma,
                                     postcopy, snapshot, virtio_mem, guest_memfd, anybody)}


def threads(m: Machine, rounds: int | None = None) -> dict[str, Callable[[], None]]:
    """What each thread runs, by its name: "vfio 0", "colo", ..., "balloon"."""
    bodies: dict[str, Callable[[], None]] = {}
    for actor in m.actors:
        name = actor.name if actor.number is None else f"{actor.name} {actor.number}"
        bodies[name] = lambda a=actor: LIVES[a.name](m, a, rounds)
    if "balloon" in m.options.users:
        bodies["balloon"] = lambda: balloon(m, rounds)
    return bodies
