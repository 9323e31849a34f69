"""The Linux virtio_balloon driver: every page is the guest's or the host's, never both.

`Linux49` is drivers/virtio/virtio_balloon.c of v4.9 (8424af5336b3); `Fixed` is the same driver
with what was fixed later. README.md tells what is modelled, what is not, and what was found.
"""
from types import SimpleNamespace

from checker import Index

from spec.virtio_balloon.compaction import Compaction
from spec.virtio_balloon.driver import Driver
from spec.virtio_balloon.faults import counts, findings_49, fixes_gone_wrong, orders, races
from spec.virtio_balloon.host import Host
from spec.virtio_balloon.oom import Oom
from spec.virtio_balloon.pages import Pages
from spec.virtio_balloon.rules import Rules


class Balloon(Rules):
    """A guest with a balloon driver, its memory management, and the host.

    The constants, by what they are about:

      size          pages of the guest, per_page balloon pages in each, array: how many of the
                    guest's pages a request can name, zones
      features      must_tell, deflate_on_oom; None: both with and without
      the host      target: the first size it wants; targets: it changes its mind, to one of
                    `sizes` (None: any); discards_after_ack; silent: it never answers
      who is there  oom, compaction, direct_compaction, fs_lock: reclaim may need a lock of others
      versions      allocates, deletes, recounts, oom_counts: what was fixed later
      mistakes      release, walk, clamps, tells, stores, type_test, migrate_lock, dequeue_locks,
                    uncounts
      rules         strict: also those that v4.9 does not keep
    """

    fixed = False

    def __init__(self, *, pages=2, per_page=1, array=None, zones=1,
                 must_tell=None, deflate_on_oom=None,
                 target=0, targets=True, sizes=None, reads_actual=False,
                 discards_after_ack=False, silent=False,
                 oom=True, compaction=True, direct_compaction=False, fs_lock=False,
                 allocates=None, deletes=None, recounts=None, oom_counts=None,
                 release="locked", walk="locked", clamps=True, tells="before_release",
                 stores="before_increment", type_test="locked", migrate_lock="mutex_trylock",
                 dequeue_locks=True, uncounts=True, strict=None):
        fixed = self.fixed
        self.strict = fixed if strict is None else strict
        self.compacts = compaction
        self.can_oom = oom
        self.per_page = per_page
        self.options = SimpleNamespace(
            per_page=per_page, must_tell=must_tell, deflate_on_oom=deflate_on_oom,
            target=target, targets=targets, sizes=sizes, reads_actual=reads_actual,
            discards_after_ack=discards_after_ack, silent=silent,
            direct_compaction=direct_compaction, fs_lock=fs_lock,
            allocates=allocates or ("first" if fixed else "locked"),
            deletes=deletes or ("locked" if fixed else "unlocked"),
            recounts=fixed if recounts is None else recounts,
            oom_counts=oom_counts or ("pages" if fixed else "balloon pages"),
            release=release, walk=walk, clamps=clamps, tells=tells, stores=stores,
            type_test=type_test, migrate_lock=migrate_lock, dequeue_locks=dequeue_locks,
            uncounts=uncounts)
        self.page = Index("page", pages)
        self.pages = Pages(self.options, self.page, zones)
        self.host = Host(self.options, self.pages, (array or pages) * per_page, pages * per_page)
        self.driver = Driver(self.options, self.pages, self.host)
        self.host.guest.driver = self.driver
        self.compaction = Compaction(self.options, self.driver) if compaction else None
        self.driver.mm.compaction = self.compaction
        self.oom = Oom(self.options, self.driver) if oom else None


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
    faults = [*races()[1:-1], *orders(), *counts(), *fixes_gone_wrong()]
