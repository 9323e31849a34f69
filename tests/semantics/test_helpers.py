"""Methods, inlined where they are called."""
import pytest


def test_plain_and_async_helpers(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    def add(self, k):
        self.n += k

    def half(self):
        return self.n // 2

    async def twice(self, k, *, also=1):
        await step("twice")
        self.add(k)
        await step("twice again")
        self.add(k)
        return self.half() + also

    @process
    async def go(self):
        await step("go")
        self.add(2)
        x = await self.twice(1)
        y = await self.twice(k=2, also=0)
        assert x == 3 and y == 4, "x is (2 + 2) // 2 + 1, y is 8 // 2"
        self.n = x
    """, distinct=6, generated=5)


def test_returns_in_branches_and_loops(check):
    check("""
    def __init__(self):
        self.slot = Range(3)
        self.free = Set(self.slot, init={1, 2})
        self.taken = Set(self.slot)

    def first(self):
        for i in self.slot:
            if i in self.free:
                self.free.discard(i)
                return i
        return None

    @process(times=3)
    async def worker(self):
        await step("take")
        mine = self.first()
        if mine is None:
            return
        await step("use")
        self.taken.add(mine)
    """, distinct=41, generated=81)


def test_an_async_helper_that_returns_early(check):
    check("""
    def __init__(self):
        self.n = Int(0, 3)
        self.log = Map(Range(3), Bool)

    async def wait_for(self, limit):
        while True:
            await step("look")
            if self.n >= limit:
                return True
            if maybe("give up"):
                return False

    @process
    async def one(self):
        ok = await self.wait_for(1)
        if not ok:
            return
        ok = await self.wait_for(2)
        self.log[1 if ok else 2] = True

    @process
    async def two(self):
        await step("up")
        self.n += 1
        await step("up again")
        self.n += 1
    """, distinct=11, generated=13)


def test_parameters_are_locals_of_the_helper(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    def count_down(self, k):
        k = max(k - 1, 0)
        self.n += k
        return k

    @process
    async def go(self):
        k = pick((2, 3))
        await step("go")
        left = self.count_down(k)
        less = self.count_down(left)
        await step("end")
        self.n += k + less
    """, distinct=6, generated=4)


def test_containers_are_passed_by_reference(check):
    check("""
    def __init__(self):
        self.page = Range(2)
        self.a = Set(self.page)
        self.b = Set(self.page)
        self.ready = Map(self.page, Bool)
        self.queues = Map(self.page, Queue(self.page, 2))
        self.record = Pair

    def fill(self, pages, flags, queue, pair):
        pages.add(1)
        flags[0] = True
        queue.put(1)
        pair.left = 1

    @process
    async def go(self):
        await step("go")
        i = pick(self.page)
        self.fill(self.b if False else self.a, self.ready, self.queues[i], self.record)
        assert 1 in self.a and 1 not in self.b and self.ready[0] and self.record.left == 1
        assert self.queues[i].peek() == 1
    """, before="Pair = Record(left=Int(0, 1), right=Int(0, 1))", distinct=3, generated=2)


def test_a_reference_stays_with_its_element(check):
    """The element is found when the method is called, even where the index then changes."""
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.current = Var(self.slot)
        self.queues = Map(self.slot, Queue(Bool, 2))

    def push(self, queue):
        self.current = 1 - self.current
        queue.put(True)

    @process
    async def go(self):
        await step("go")
        self.push(self.queues[self.current])
        assert len(self.queues[0]) == 1 and self.queues[1].empty()
    """, distinct=2, generated=1)


def test_arguments_are_evaluated_before_the_call(check):
    """From left to right: the first sees the counter before the second changes it."""
    check("""
    def __init__(self):
        self.n = Int(0, 9, init=1)
        self.seen = Int(0, 9)

    def next(self):
        self.n += 1
        return self.n

    def note(self, before, after):
        self.seen = before * 3 + after

    @process
    async def go(self):
        await step("go")
        self.note(self.n, self.next())
        assert self.seen == 5
    """, distinct=2, generated=1)


def test_what_is_assigned_is_evaluated_before_the_place(check):
    check("""
    def __init__(self):
        self.slot = Range(3)
        self.n = Var(self.slot)
        self.m = Map(self.slot, Int(0, 3))

    def next(self):
        self.n += 1
        return 3

    @process
    async def go(self):
        await step("go")
        self.m[self.n] = self.next()
        assert self.m[1] == 3 and self.m[0] == 0
    """, distinct=2, generated=1)


def test_a_condition_with_effects_stops_early(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    def bump(self, by, result):
        self.n += by
        return result

    @process
    async def go(self):
        await step("go")
        if self.bump(1, False) and self.bump(2, True) or self.n == 1 and self.bump(4, True):
            self.n += 1
        assert self.n == 6
        while not self.bump(1, self.n > 6):
            await step("again")
        assert self.n == 8
    """, distinct=3, generated=2)


def test_pure_methods_and_functions(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.m = Map(self.page, Int(0, 3), init=ANY)
        self.best = Int(0, 9)

    def most(self):
        low = self.m[0]
        if low > self.m[1]:
            if low > self.m[2]:
                return low
            return self.m[2]
        high = larger(self.m[1], self.m[2])
        return high

    @process
    async def go(self):
        await step("go")
        self.best = self.most()

    @invariant
    def right(self):
        return self.best == 0 or all(self.m[p] <= self.best for p in self.page) and any(
            self.m[p] == self.best for p in self.page)
    """, before="""
    def larger(a, b):
        return a if a > b else b
    """, distinct=128, generated=64)


def test_a_helper_of_another_component(check):
    check("""
    def __init__(self):
        self.one = Counter(2)
        self.two = Counter(3)

    @process
    async def go(self):
        await step("go")
        full = self.one.add(2)
        await self.two.add_slowly(1)
        await self.two.add_slowly(2)
        assert full and self.two.full()
    """, before="""
    class Counter(Component):
        def __init__(self, most):
            self.n = Int(0, most)
            self.most = most

        def full(self):
            return self.n == self.most

        def add(self, k):
            self.n += k
            return self.full()

        async def add_slowly(self, k):
            await step("read")
            read = self.n
            await step("write")
            self.n = read + k
    """, distinct=6, generated=5)


def test_a_helper_that_waits_called_twice_by_two_processes(check):
    check("""
    def __init__(self):
        self.n = Int(0, 4)

    async def add(self, k):
        read = self.n
        await step("write")
        self.n = read + k

    @process(times=2)
    async def worker(self):
        await step("start")
        await self.add(1)
        await self.add(1)

    @sometimes
    def lost(self):
        return self.n == 1
    """, distinct=34, generated=44, witnessed={"lost": 2})


def test_helpers_in_helpers(check):
    check("""
    def __init__(self):
        self.a = Lock
        self.b = Lock
        self.n = Int(0, 3)

    async def both(self, first, second):
        async with first:
            await self.second(second)

    async def second(self, lock):
        async with lock:
            await step("both")
            self.n += 1

    @process
    async def one(self):
        await step("start")
        await self.both(self.a, self.b)

    @process
    async def two(self):
        await step("start")
        await self.both(self.b, self.a)
    """, distinct=22, generated=30, violated={"deadlock": 4})


@pytest.mark.parametrize("of, make, change", [
    ("Set(Range(2))", "self.s | {0}", "add(1)"), ("Pair", "Pair(left=0, right=0)", "left = 1")])
def test_two_names_for_one_local_value(check, of, make, change):
    """CPython's names would share a set that is changed in place; the checker refuses them."""
    from checker.errors import SpecError
    body = f"""
    def __init__(self):
        self.s = {of}

    @process
    async def go(self):
        await step("go")
        one = {make}
        two = one
        two.{change}
        self.s = one
    """
    with pytest.raises(SpecError, match="E101"):
        check(body, before="Pair = Record(left=Int(0, 1), right=Int(0, 1))")


def test_a_parameter_that_is_assigned_is_no_second_name(check):
    """`pages` is the argument itself until it is assigned."""
    from checker.errors import SpecError
    body = """
    def __init__(self):
        self.page = Range(2)
        self.s = Set(self.page)

    def fill(self, pages):
        pages.add(1)
        pages = pages | {0}
        return len(pages)

    @process
    async def go(self):
        await step("go")
        n = self.fill(self.s)
        assert n == 2 and 1 in self.s
    """
    with pytest.raises(SpecError, match="E101"):
        check(body)


def test_helpers_whose_numbered_names_meet(check):
    """`get` inlined for the second time is not `get2`."""
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    async def get(self, k):
        x = k + 1
        await step("get")
        return x

    async def get2(self, k):
        x = k + 3
        y = await self.get(k)
        z = await self.get(k + 1)
        return x + y + z

    @process
    async def go(self):
        await step("go")
        self.n = await self.get2(pick((0, 1)))
    """, distinct=7, generated=6)


def test_a_value_is_kept_while_a_later_argument_waits(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)
        self.queue = Queue(Range(3), 1)
        self.sum = Int(0, 99)

    def note(self, before, got):
        self.sum = 10 * before + got

    @process
    async def reader(self):
        await step("read")
        self.note(self.n, await self.queue.get())

    @process
    async def writer(self):
        await step("write")
        self.n = 5
        await step("put")
        self.queue.put(2)

    @sometimes
    def early(self):
        return self.sum == 2

    @sometimes
    def late(self):
        return self.sum == 52
    """, distinct=10, generated=10, witnessed={"early": 4, "late": 4})
