"""Every way to wait."""
import pytest


def test_steps_interleave(check):
    """Two processes of two steps each: the 9 pairs of positions."""
    check("""
    def __init__(self):
        self.log = Int(0, 4)

    @process(times=2)
    async def worker(self):
        await step("first")
        self.log += 1
        await step("second")
        self.log += 1
    """, distinct=9, generated=12)


def test_what_happens_before_the_first_await(check):
    it = check("""
    def __init__(self):
        self.n = Int(0, 5)

    @process
    async def worker(self):
        k = pick((1, 2))
        if k == 2 and maybe("more"):
            k = 3
        await step("add")
        self.n += k
    """, distinct=6, generated=3)
    assert it.said("interp").initial == 3


@pytest.mark.parametrize("condition", [
    "lambda: self.n == 2", "self.full", "lambda: self.full() and self.n > 0",
    "lambda: any(self.n == k for k in (2, 3))"])
def test_until(check, condition):
    check(f"""
    def __init__(self):
        self.n = Int(0, 2)
        self.seen = Bool

    def full(self):
        return self.n == 2

    @process
    async def counter(self):
        await step("one")
        self.n += 1
        await step("two")
        self.n += 1

    @process
    async def waiter(self):
        await until({condition}, "full")
        self.seen = True
    """, distinct=4, generated=3)


def test_until_over_locals(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.busy = Map(self.slot, Bool)
        self.got = Map(self.slot, Bool)

    @process(each="slot")
    async def worker(self, i):
        await step("choose")
        want = pick(self.slot)
        await until(lambda: not self.busy[want])
        self.busy[want] = True
        await step("done")
        self.busy[want] = False
        self.got[i] = True
    """, distinct=34, generated=64)


def test_until_whose_condition_has_no_value(check):
    """It is no wait: the step fails."""
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.owner = Maybe(self.slot, init=1)
        self.n = Int(0, 3)

    @process
    async def waiter(self):
        await until(lambda: self.owner > 0)
        self.n = 1

    @process
    async def other(self):
        await step("drop")
        self.owner = None
    """, distinct=4, generated=3, violated={"none_used": 1})


def test_until_in_a_loop(check):
    check("""
    def __init__(self):
        self.turn = Int(0, 1)

    @process(daemon=True)
    async def ping(self):
        while True:
            await until(lambda: self.turn == 0)
            self.turn = 1

    @process(daemon=True)
    async def pong(self):
        while True:
            await until(lambda: self.turn == 1)
            self.turn = 0
    """, distinct=2, generated=2)


# ── locks ────────────────────────────────────────────────────────────────────────────────────

def test_async_with_excludes(check):
    check("""
    def __init__(self):
        self.lock = Lock
        self.inside = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("enter")
        async with self.lock:
            self.inside += 1
            await step("leave")
            self.inside -= 1

    @invariant
    def one(self):
        return self.inside <= 1

    @invariant
    def locked(self):
        return self.lock.locked() == (self.inside == 1)
    """, distinct=15, generated=20)


def test_acquire_and_release(check):
    it = check("""
    def __init__(self):
        self.lock = Lock
        self.n = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("enter")
        await self.lock.acquire(source="here.c:add")
        read = self.n
        await step("write")
        self.n = read + 1
        self.lock.release()

    @invariant
    def nothing_lost(self):
        return self.lock.locked() or self.n < 2 or self.n == 2
    """, distinct=15, generated=20)
    sources = {w.label: w.provenance for w in it.system.processes[0].locations.values()}
    assert sources == {"enter": "", "acquire lock": "here.c:add", "write": ""}


@pytest.mark.parametrize("leave", ["return", "break", "continue"])
def test_a_lock_is_released_however_its_block_is_left(check, leave):
    check(f"""
    def __init__(self):
        self.lock = Lock
        self.n = Int(0, 3)

    @process(times=2)
    async def worker(self):
        await step("enter")
        for i in range(2):
            async with self.lock:
                await step("inside")
                if maybe("leave"):
                    {leave}
                self.n = 1
            self.n = 2
        self.n = 3

    @sometimes
    def somebody_is_done(self):
        return self.n == 3
    """, witnessed={"somebody_is_done": 3 if leave == "break" else 5}, bound=5)


def test_nested_locks_in_one_order(check):
    check("""
    def __init__(self):
        self.a = Lock
        self.b = Lock
        self.n = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("enter")
        async with self.a:
            async with self.b:
                await step("both")
                self.n += 1
    """, distinct=21, generated=28)


def test_return_from_nested_locks(check):
    check("""
    def __init__(self):
        self.a = Lock
        self.b = Lock

    async def inner(self):
        await step("enter")
        async with self.a:
            async with self.b:
                await step("both")
                if maybe("early"):
                    return 1
            await step("one")
        return 2

    @process(times=2)
    async def worker(self):
        n = await self.inner()
        assert n in (1, 2)
    """, distinct=27, generated=42)


def test_try_acquire(check):
    check("""
    def __init__(self):
        self.lock = Lock
        self.won = Int(0, 2)
        self.lost = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("try")
        if self.lock.try_acquire():
            self.won += 1
            await step("leave")
            self.lock.release()
        elif not self.lock.try_acquire() and self.lock.locked():
            self.lost += 1

    @sometimes
    def contended(self):
        return self.lost == 1
    """, distinct=11, generated=12, witnessed={"contended": 2})


def test_try_acquire_as_a_value(check):
    check("""
    def __init__(self):
        self.lock = Lock

    @process(times=2)
    async def worker(self):
        await step("try")
        mine = self.lock.try_acquire()
        await step("leave")
        if mine:
            self.lock.release()

    @sometimes
    def held(self):
        return self.lock.locked()
    """, distinct=12, generated=16, witnessed={"held": 1})


# ── queues ───────────────────────────────────────────────────────────────────────────────────

def test_get_waits(check):
    check("""
    def __init__(self):
        self.queue = Queue(Int(0, 3), 2)
        self.total = Int(0, 6)

    @process
    async def producer(self):
        for i in range(1, 4):
            await until(lambda: not self.queue.full())
            self.queue.put(i)

    @process(daemon=True)
    async def consumer(self):
        while True:
            n = await self.queue.get()
            self.total += n

    @sometimes
    def all_consumed(self):
        return self.total == 6
    """, distinct=9, generated=10, witnessed={"all_consumed": 6})


def test_get_as_a_statement_and_into_a_place(check):
    check("""
    def __init__(self):
        self.queue = Queue(Int(0, 3), 2, init=(3, 1))
        self.last = Int(0, 3)

    @process
    async def consumer(self):
        self.last = await self.queue.get()
        await self.queue.get()
        assert self.queue.empty() and self.last == 3
    """, distinct=3, generated=2)


def test_queues_in_a_map(check):
    check("""
    def __init__(self):
        self.node = Index("node", 2)
        self.inbox = Map(self.node, Queue(self.node, 2))
        self.knows = Map(self.node, Bool)

    @process(each="node")
    async def run(self, me):
        await step("send")
        to = pick(self.node)
        self.inbox[to].put(me)
        sender = await self.inbox[me].get()
        self.knows[me] = sender == me
    """, distinct=23, generated=30, violated={"deadlock": 3})


def test_two_consumers(check):
    check("""
    def __init__(self):
        self.queue = Queue(Bool, 2)
        self.taken = Int(0, 2)

    @process(times=2)
    async def consumer(self):
        x = await self.queue.get()
        await step("use")
        if x:
            self.taken += 1

    @process
    async def producer(self):
        await step("put")
        self.queue.put(True)
        await step("put again")
        self.queue.put(maybe("value"))
    """, distinct=27, generated=43)


def test_a_lock_may_be_the_first_thing_waited_for(check):
    check("""
    def __init__(self):
        self.lock = Lock
        self.n = Int(0, 2)

    @process(times=2)
    async def worker(self):
        async with self.lock:
            await step("inside")
            self.n += 1
    """, distinct=8, generated=8)


def test_a_lock_first_and_again_in_a_loop(check):
    """What is no re-entry at the start is one when the loop comes round."""
    check("""
    def __init__(self):
        self.lock = Lock

    @process
    async def worker(self):
        while True:
            await self.lock.acquire()
            await step("inside")
    """, distinct=2, generated=1, violated={"reentry": 1})
