"""The Linux virtio_balloon driver: every page is the guest's or the host's, never both.

`Linux49` is drivers/virtio/virtio_balloon.c of v4.9 (8424af5336b3); `Fixed` is the same driver
with what was fixed later. README.md tells what is modelled, what is not, and what was found.
"""
from types import SimpleNamespace

from checker import Index

from spec.virtio_balloon.compaction import Compaction
from spec.virtio_balloon.driver import Driver
from spec.virtio_balloon.faults import counts, findings_49, fixes_gone_wrong, orders, races
from spec.virtio_balloon.host import Host, Management
from spec.virtio_balloon.life import Life
from spec.virtio_balloon.life_faults import (life_faults, life_findings, life_findings_49, stalls,
                                             stalls_49)
from spec.virtio_balloon.life_rules import LifeRules
from spec.virtio_balloon.oom import Oom
from spec.virtio_balloon.pages import Pages
from spec.virtio_balloon.rules import Rules
from spec.virtio_balloon.stats import Stats
from spec.virtio_balloon.work import Freezer


class Balloon(Rules, LifeRules):
    """A guest with a balloon driver, its memory management, and the host.

    The constants, by what they are about:

      size          pages of the guest, per_page balloon pages in each, array: how many of the
                    guest's pages a request can name, zones
      features      must_tell, deflate_on_oom; None: both with and without
      the host      target: the first size it wants (None: any); changes: how often it changes
                    its mind (0: for ever), to one of `sizes` (None: any); discards_after_ack;
                    silent: it never answers
      who is there  oom, compaction, direct_compaction, stats, suspends; wishes: of the
                    administrator ("stay", "remove", "suspend"; None: all that there are), who
                    is restless or has one wish in all; fs_lock: reclaim may need a lock of
                    others
      failures      alloc_fails, restore_fails, freezes_tasks=False: a freeze leaves out tasks
      versions      allocates, deletes, recounts, oom_counts, aligns, inits_stats, unmounts
      mistakes      release, walk, clamps, tells, waits, stores, type_test, migrate_lock,
                    dequeue_locks, uncounts, checks_target, cancels, ignores_stop_update,
                    offers_always, exit_unregisters, leaks_once, forgets_stats, resets
      rules         strict: also those that v4.9 does not keep; strict_kick: also that which no
                    version keeps; progress: what has to happen; reads_actual: EQ
    """

    fixed = False
    alive = False           # whether the driver comes and goes

    def __init__(self, *, pages=2, per_page=1, array=None, zones=1,
                 must_tell=None, deflate_on_oom=None, stats=False,
                 target=0, changes=0, sizes=None, reads_actual=False,
                 discards_after_ack=False, silent=False,
                 oom=True, compaction=True, direct_compaction=False, fs_lock=False,
                 suspends=True, wishes=None, restless=True, alloc_fails=True, progress=False,
                 allocates=None, deletes=None, recounts=None, oom_counts=None, aligns=None,
                 inits_stats=None, unmounts=None,
                 release="locked", walk="locked", clamps=True, tells="before_release",
                 waits=True, stores="before_increment", type_test="locked",
                 migrate_lock="mutex_trylock", dequeue_locks=True, uncounts=True,
                 checks_target=True, cancels=True, ignores_stop_update=False,
                 offers_always=False, exit_unregisters=True, freezes_tasks=True,
                 restore_fails=False, leaks_once=False, forgets_stats=False, resets=True,
                 strict=None, strict_kick=False):
        fixed = self.fixed
        if wishes is None:
            wishes = ("stay", "remove", "suspend") if suspends else ("stay", "remove")
        self.options = SimpleNamespace(
            life=self.alive, per_page=per_page, must_tell=must_tell,
            deflate_on_oom=deflate_on_oom, target=target, changes=changes, sizes=sizes,
            reads_actual=reads_actual, discards_after_ack=discards_after_ack, silent=silent,
            direct_compaction=direct_compaction, fs_lock=fs_lock, alloc_fails=alloc_fails,
            suspends=suspends, wishes=wishes, restless=restless, removes="remove" in wishes,
            allocates=allocates or ("first" if fixed else "locked"),
            deletes=deletes or ("locked" if fixed else "unlocked"),
            recounts=fixed if recounts is None else recounts,
            oom_counts=oom_counts or ("pages" if fixed else "balloon pages"),
            aligns=fixed if aligns is None else aligns,
            inits_stats=fixed if inits_stats is None else inits_stats,
            unmounts=fixed if unmounts is None else unmounts,
            release=release, walk=walk, clamps=clamps, tells=tells, waits=waits, stores=stores,
            type_test=type_test, migrate_lock=migrate_lock, dequeue_locks=dequeue_locks,
            uncounts=uncounts, checks_target=checks_target, cancels=cancels,
            ignores_stop_update=ignores_stop_update, offers_always=offers_always,
            exit_unregisters=exit_unregisters, freezes_tasks=freezes_tasks,
            restore_fails=restore_fails, leaks_once=leaks_once, forgets_stats=forgets_stats,
            resets=resets)
        self.per_page = per_page
        self.page = Index("page", pages)
        self.build(pages, zones, (array or pages) * per_page, compaction, oom, stats)
        self.choose_rules(fixed if strict is None else strict, strict_kick, progress)

    def build(self, pages, zones, slots, compaction, oom, stats):
        options = self.options
        self.pages = Pages(options, self.page, zones)
        self.freezer = Freezer(options)
        self.host = Host(options, self.pages, slots, pages * options.per_page)
        self.driver = Driver(options, self.pages, self.host, self.freezer)
        self.management = Management(options, self.host)
        self.compaction = Compaction(options, self.driver) if compaction else None
        self.oom = Oom(options, self.driver) if oom else None
        self.stats = Stats(options, self.driver, self.freezer) if stats else None
        self.life = Life(options, self.driver, self.stats, self.oom, self.freezer) \
            if self.alive else None
        self.host.guest.driver = self.driver
        self.host.guest.life = self.life
        self.driver.mm.compaction = self.compaction
        if self.oom is not None:
            self.oom.kernel.life = self.life

    def choose_rules(self, strict, strict_kick, progress):
        """The constants that rules name with `when=`."""
        self.compacts = self.compaction is not None
        self.can_migrate = self.compacts and self.page.size > 1
        self.can_oom = self.oom is not None
        self.oom_frees = self.can_oom and not self.options.silent
        self.inflates = self.options.sizes is None or max(self.options.sizes) > 0
        self.fills = self.inflates and self.options.stores == "before_increment"
        self.lives_and_inflates = self.alive and self.inflates
        self.goes_inflated = self.lives_and_inflates and self.options.removes
        self.lives = self.alive
        self.lives_with_stats = self.alive and self.stats is not None
        self.reads_actual = self.alive and self.options.reads_actual
        self.strict = strict
        self.strict_mount = strict and self.alive
        self.strict_stats = strict and self.lives_with_stats
        self.strict_kick = strict_kick
        self.must_progress = progress
        self.must_go = progress and self.options.removes
        self.oom_must_progress = progress and self.can_oom
        self.must_act = progress and not self.can_oom
        self.stats_must_progress = progress and self.lives_with_stats


class Linux49(Balloon):
    """v4.9, as released."""

    instances = {
        "small": dict(sizes=(0, 2), must_tell=True, deflate_on_oom=False, oom=False),
        "ci": dict(sizes=(0, 2)),
        "oom": dict(must_tell=True, deflate_on_oom=True, compaction=False),
        "large": dict(pages=3),
    }
    faults = [*races(), *orders(), *counts(), *findings_49()]


class Fixed(Balloon):
    """The same driver with every fix of README.md's table."""

    fixed = True
    instances = {
        "small": dict(sizes=(0, 2), must_tell=True, deflate_on_oom=False, oom=False),
        "ci": dict(sizes=(0, 2), must_tell=True, fs_lock=True),
        "oom": dict(must_tell=True, deflate_on_oom=True, compaction=False),
        "large": dict(pages=3),
    }
    faults = fixes_gone_wrong()


LIFE = dict(pages=1, compaction=False, must_tell=True)
LIVES = {
    "small": dict(**LIFE, oom=False, deflate_on_oom=False),
    "ci": dict(**LIFE, oom=False, deflate_on_oom=False, stats=True),
    "oom": dict(**LIFE, deflate_on_oom=True),
    "stats": dict(**LIFE, oom=False, deflate_on_oom=False, stats=True, sizes=(0,)),
    "isolated": dict(pages=1, must_tell=True, oom=False, deflate_on_oom=False, suspends=False),
    "large": dict(pages=2, must_tell=True, deflate_on_oom=True),
}


class Linux49Life(Balloon):
    """v4.9 as it is probed, removed, frozen and restored."""

    alive = True
    instances = LIVES
    faults = [*life_faults(), *life_findings(), *life_findings_49()]


class FixedLife(Balloon):
    """The same, with every fix of README.md's table."""

    fixed = True
    alive = True
    instances = LIVES
    faults = life_findings()


PROGRESS = dict(**LIFE, alloc_fails=False, suspends=False, progress=True, target=None, changes=1)
PROGRESSES = {
    "small": dict(**PROGRESS, oom=False, deflate_on_oom=False),
    "ci": dict(**PROGRESS, oom=False, deflate_on_oom=False),
    "oom": dict(**PROGRESS, deflate_on_oom=True),
    "stats": dict(**{**PROGRESS, "target": 0}, sizes=(0,), oom=False, deflate_on_oom=False,
                  stats=True),
    "sleeps": dict(**{**PROGRESS, "suspends": True}, wishes=("suspend",), restless=False,
                   oom=False, deflate_on_oom=False),
}
ENOUGH = {"msleep(200)": "there is memory enough, as without it no size is ever reached"}


class Linux49Progress(Balloon):
    """What has to happen in v4.9, given enough memory."""

    alive = True
    instances = PROGRESSES
    intended = ENOUGH
    faults = [*stalls(), *stalls_49()]


class FixedProgress(Balloon):
    """What has to happen with every fix of README.md's table."""

    fixed = True
    alive = True
    instances = PROGRESSES
    intended = ENOUGH
