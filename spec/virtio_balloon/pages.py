"""struct page as far as the balloon is concerned, and mm/balloon_compaction.c of v4.9.

A page is in the guest's hands (free or in use, which makes no difference here) unless somebody
holds a reference: the balloon, or a compaction that has isolated it or wants to fill it.
"""
from checker import ANY, Bool, Component, Index, Int, Lock, Map, pick, step

FILE = "mm/balloon_compaction.c"


class Pages(Component):
    """All pages of the guest, and the list of those in the balloon.

    The order of the list is left out: a walk finds any page that it can lock.
    """

    def __init__(self, options, page: Index, zones: int):
        pages = page.size
        self.options = options
        self.page = page
        self.zone = Index("zone", zones)
        self.zone_of = Map(page, Index("zone", zones, init=ANY))
        self.taken = Map(self.zone, Int(-pages, pages, init=0))     # what managed_pages is short of
        self.balloon_ref = Map(page, Bool)      # the balloon's reference
        self.migrate_ref = Map(page, Bool)      # compaction's reference
        self.pg_locked = Map(page, Lock)        # PG_locked
        self.pg_isolated = Map(page, Bool)      # PG_isolated
        self.balloon_type = Map(page, Bool)     # __PageMovable, and PageBalloon before 4.8
        self.private = Map(page, Bool)          # page->private leads to the device
        self.pages_lock = Lock                  # vb_dev_info.pages_lock, a spinlock
        self.listed = Map(page, Bool)           # in vb_dev_info.pages
        self.isolated_pages = Int(0, pages)
        self.walked_off = Bool                  # a walk went on from an entry that was removed
        self.bug = Bool                         # BUG(): "some balloon pages are lost"

    def in_guests_hands(self, p):
        return not self.balloon_ref[p] and not self.migrate_ref[p]

    def any_free(self):
        return any(self.in_guests_hands(p) for p in self.page)

    def adjust_managed_page_count(self, p, taken):
        self.taken[self.zone_of[p]] += taken

    def put_page(self, p):
        """Drop the balloon's reference. A second time it would be somebody else's."""
        assert self.balloon_ref[p], "put_page of a page that is not the balloon's"
        self.balloon_ref[p] = False

    # The list.

    def held(self):
        """lockdep_assert_held: the list and its count are not touched without the lock."""
        assert self.pages_lock.locked(), "the list is touched without pages_lock"

    def balloon_page_insert(self, p):
        self.held()
        self.balloon_type[p] = True
        self.private[p] = True
        self.listed[p] = True

    async def enqueue(self, p):
        """balloon_page_enqueue: nobody else can have locked a page so new (or it is a BUG)."""
        await self.pages_lock.acquire(source=f"{FILE}:balloon_page_enqueue")
        assert not self.pg_locked[p].locked(), "BUG_ON(!trylock_page(page))"
        self.balloon_page_insert(p)
        self.pages_lock.release()

    def can_be_dequeued(self, p):
        if not self.options.dequeue_locks:
            return self.listed[p]
        return self.listed[p] and not self.pg_isolated[p] and not self.pg_locked[p].locked()

    async def dequeue(self):
        """balloon_page_dequeue: a page that was in the list, or None.

        The spinlock is held over the whole walk (21ea9fb69e7c); page locks are only tried, as
        they nest outside of it.
        """
        if self.options.walk == "unlocked":
            p = await self.walk_without_the_lock()
        else:
            await self.pages_lock.acquire(source=f"{FILE}:balloon_page_dequeue")
            p = None
            if any(self.can_be_dequeued(q) for q in self.page):
                p = pick((q for q in self.page if self.can_be_dequeued(q)), "dequeued")
                if self.options.dequeue_locks:
                    self.pg_locked[p].try_acquire()
                self.balloon_type[p] = False
            else:
                self.pages_lock.release()
        if p is None:
            await self.complain_if_lost()
            return None
        await step("balloon_page_delete", source=f"{FILE}:balloon_page_dequeue")
        self.held()
        self.private[p] = False
        self.listed[p] = False
        if self.options.dequeue_locks:
            self.pg_locked[p].release()
        self.pages_lock.release()
        return p

    async def walk_without_the_lock(self):
        """The walk before 21ea9fb69e7c: only the deletion takes the lock."""
        await step("list_for_each_entry_safe", source=f"{FILE}:balloon_page_dequeue")
        if not any(self.listed[q] for q in self.page):
            return None
        p = pick((q for q in self.page if self.listed[q]), "cursor")
        await step("trylock_page of the cursor", source=f"{FILE}:balloon_page_dequeue")
        if not self.listed[p]:
            self.walked_off = True
            return None
        if not self.pg_locked[p].try_acquire():         # who is listed is not isolated
            return None
        await self.pages_lock.acquire(source=f"{FILE}:balloon_page_dequeue")
        self.balloon_type[p] = False
        return p

    async def complain_if_lost(self):
        await self.pages_lock.acquire(source=f"{FILE}:balloon_page_dequeue")
        if not any(self.listed[q] for q in self.page) and self.isolated_pages == 0:
            self.bug = True
        self.pages_lock.release()
