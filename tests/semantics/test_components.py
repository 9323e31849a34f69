"""Trees of components."""


def test_a_component_shared_by_two(check):
    check("""
    def __init__(self):
        self.counter = Counter()
        self.left = Side(self.counter)
        self.right = Side(self.counter)
    """, before="""
    class Counter(Component):
        def __init__(self):
            self.n = Int(0, 2)

        @invariant
        def small(self):
            return self.n < 2

    class Side(Component):
        def __init__(self, counter):
            self.counter = counter

        @process
        async def add(self):
            await step("add")
            self.counter.n += 1
    """, distinct=4, generated=4, violated={"counter.small": 2})


def test_a_list_of_components_with_processes_and_properties(check):
    check("""
    def __init__(self):
        self.nodes = [Node(k) for k in (1, 2)]
        self.nodes[0].peer = self.nodes[1]
        self.nodes[1].peer = self.nodes[0]

    @invariant
    def one(self):
        return sum(node.active for node in self.nodes) <= 1
    """, before="""
    class Node(Component):
        def __init__(self, weight):
            self.weight = weight
            self.active = Bool
            self.turns = Int(0, 2)
            self.peer = self

        @process
        async def run(self):
            await until(lambda: not self.peer.active, "start")
            self.active = True
            await step("stop")
            self.active = False
            self.turns = self.weight

        @sometimes
        def finished(self):
            return self.turns == self.weight
    """, distinct=8, generated=8, witnessed={"nodes0.finished": 2, "nodes0.peer.finished": 2})


def test_inherited_processes_and_overridden_helpers(check):
    check("""
    def amount(self):
        return 2
    """, before="""
    class Base(Component):
        def __init__(self):
            self.n = Int(0, 4)

        def amount(self):
            return 1

        @process
        async def add(self):
            await step("add")
            self.n += self.amount()

        @invariant
        def even(self):
            return self.n % 2 == 0

    Component = Base
    """, distinct=2, generated=1)


def test_constants_decide_what_exists(check):
    for locked, distinct, generated, witnessed in ((True, 15, 20, {"both": 6}), (
            False, 12, 14, {"both": 4, "lost": 2})):
        check("""
    def __init__(self, *, locked=True):
        self.lock = Lock
        self.n = Int(0, 2)
        self.locked = locked

    async def add(self):
        read = self.n
        await step("write")
        self.n = read + 1

    @process(times=2)
    async def worker(self):
        await step("start")
        if self.locked:
            async with self.lock:
                await self.add()
        else:
            await self.add()

    @sometimes
    def both(self):
        return self.n == 2

    @sometimes(when="not locked")
    def lost(self):
        return self.n == 1 and not self.lock.locked()
    """, locked=locked, distinct=distinct, generated=generated, witnessed=witnessed)


def test_each_on_a_range_and_times_by_name(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.helpers = 2
        self.log = Map(self.slot, Bool)
        self.n = Int(0, 2)

    @process(each="slot")
    async def keeper(self, i):
        await until(lambda: self.n > i)
        self.log[i] = True

    @process(times="helpers")
    async def helper(self):
        await step("help")
        self.n += 1
    """, distinct=9, generated=12)


def test_times_with_a_parameter(check):
    check("""
    def __init__(self):
        self.owner = Lock

    @process(times=2)
    async def helper(self, me):
        await step("take")
        mine = self.owner.try_acquire()
        await step("leave")
        if mine:
            self.owner.release()
    """, distinct=12, generated=16)
