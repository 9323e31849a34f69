"""Deadlocks: nothing can step, or a lock that is never released."""


def test_nothing_can_step(check):
    check("""
    def __init__(self):
        self.n = Int(0, 2)

    @process
    async def waiter(self):
        await until(lambda: self.n == 2)

    @process
    async def worker(self):
        await step("up")
        self.n += 1
    """, violated={"deadlock": 1}, distinct=2, generated=1)


def test_a_daemon_may_wait_for_ever(check):
    check("""
    def __init__(self):
        self.n = Int(0, 2)

    @process(daemon=True)
    async def waiter(self):
        await until(lambda: self.n == 2)

    @process
    async def worker(self):
        await step("up")
        self.n += 1
    """, distinct=2, generated=1)


def test_lock_order(check):
    check("""
    def __init__(self):
        self.a = Lock
        self.b = Lock

    @process
    async def one(self):
        await step("start")
        async with self.a:
            async with self.b:
                await step("both")

    @process
    async def two(self):
        await step("start")
        async with self.b:
            async with self.a:
                await step("both")
    """, distinct=22, generated=30, violated={"deadlock": 4})


def test_a_cycle_of_locks_while_others_run(check):
    """Somebody can always step, yet two processes are stuck for ever."""
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.locks = Map(self.slot, Lock)
        self.tick = Bool

    @process(each="slot")
    async def worker(self, i):
        await step("start")
        async with self.locks[i]:
            await step("one")
            other = 1 - i
            async with self.locks[other]:
                await step("both")

    @process(daemon=True)
    async def clock(self):
        while True:
            await step("tick")
            self.tick = not self.tick
    """, distinct=62, generated=150, violated={"deadlock": 6})


def test_a_lock_whose_holder_is_done(check):
    check("""
    def __init__(self):
        self.lock = Lock
        self.tick = Bool

    @process
    async def forgetful(self):
        await step("start")
        await self.lock.acquire()

    @process
    async def waiter(self):
        await step("start")
        async with self.lock:
            await step("inside")

    @process(daemon=True)
    async def clock(self):
        while True:
            await step("tick")
            self.tick = not self.tick
    """, distinct=22, generated=50, violated={"deadlock": 3})


def test_waiting_behind_somebody_who_is_stuck(check):
    check("""
    def __init__(self):
        self.a = Lock
        self.b = Lock
        self.n = Int(0, 1)

    @process
    async def holder(self):
        await step("start")
        async with self.a:
            await until(lambda: self.n == 1)

    @process
    async def behind(self):
        await step("start")
        async with self.b:
            async with self.a:
                self.n = 1

    @process(daemon=True)
    async def third(self):
        while True:
            await step("start")
            async with self.b:
                await step("inside")
    """, distinct=36, generated=77, violated={"deadlock": 5})


def test_everybody_done_is_no_deadlock(check):
    check("""
    def __init__(self):
        self.n = Int(0, 1)

    @process(times=3)
    async def worker(self):
        await step("go")
        self.n = 1
    """, distinct=8, generated=12)
