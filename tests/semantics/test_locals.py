"""Locals: their types, their lives, their resets."""


def test_a_local_lives_across_an_await(check):
    check("""
    def __init__(self):
        self.n = Int(0, 3)

    @process(times=2)
    async def worker(self):
        await step("read")
        read = self.n
        await step("write")
        self.n = read + 1

    @sometimes
    def lost(self):
        return self.n == 1
    """, distinct=12, generated=14, witnessed={"lost": 2})


def test_a_dead_local_splits_no_states(check):
    """Nine choices, one state behind them."""
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        a = pick(range(9))
        b = a + 1
        await step("then")
        a = 0
        await step("end")
        self.n = a
    """, distinct=4, generated=11)


def test_a_local_is_live_on_one_path_only(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        keep = pick((3, 4))
        if maybe("one"):
            await step("one")
            self.n = keep
        else:
            await step("two")
            self.n = 1
    """, distinct=7, generated=7)


def test_a_local_that_one_branch_replaces_is_live_before_both(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        keep = pick((3, 4))
        await step("then")
        if maybe("anew"):
            keep = 5
        self.n = keep
    """, distinct=6, generated=6)


def test_kinds_of_locals(check):
    check("""
    def __init__(self):
        self.group = Index("group", 2)
        self.queue = Queue(Pair, 2)
        self.pages = Set(Range(2), init=ANY)
        self.n = Int(0, 3)
        self.owner = Maybe(self.group)

    @process
    async def go(self):
        await step("go")
        who = pick(self.group)
        other = None
        mode = "slow"
        pages = self.pages | {1}
        if maybe("fast"):
            mode = "fast"
            other = who
        pair = Pair(left=1, right=mode == "fast")
        await step("put")
        self.queue.put(pair)
        pair.left = 0
        pages.discard(0)
        await step("check")
        assert self.queue.peek().left == 1 and self.queue.peek().right == (mode == "fast")
        assert pair.left == 0 and pages == {1}
        self.owner = other
    """, before="Pair = Record(left=Int(0, 1), right=Bool)", distinct=40, generated=40)


def test_an_annotated_local_keeps_its_range(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    @process
    async def go(self):
        i: Int(0, 2) = 0
        while True:
            await step("up")
            i += 1
            self.n = i
    """, violated={"overflow": 2}, distinct=3, generated=2)


def test_an_annotated_local_that_wraps(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    @process(daemon=True)
    async def go(self):
        i: Wrapping(2) = 2
        while True:
            await step("up")
            i = i + 3
            self.n = i
    """, distinct=5, generated=5)


def test_a_maybe_local_loses_and_finds_its_value(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.n = Int(0, 9)

    @process
    async def go(self):
        held: Maybe(self.slot) = None
        for i in range(2):
            await step("turn")
            if held is None:
                held = pick(self.slot)
            else:
                self.n += held + 1
                held = None
        assert held is None
    """, distinct=5, generated=4)


def test_the_parameter_of_a_process(check):
    check("""
    def __init__(self):
        self.slot = Range(3)
        self.n = Int(0, 99)

    @process(each="slot")
    async def worker(self, i):
        await step("add")
        self.n = self.n * 4 + i + 1
    """, distinct=16, generated=15)


def test_swapping(check):
    check("""
    def __init__(self):
        self.a = Int(0, 3, init=1)
        self.b = Int(0, 3, init=2)

    @process
    async def go(self):
        await step("go")
        kept = self.a
        self.a = self.b
        self.b = kept
        assert self.a == 2 and self.b == 1
    """, distinct=2, generated=1)


def test_the_same_name_in_a_helper_is_another_local(check):
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    async def helper(self, x):
        y = x + 1
        await step("inside")
        x = y % 4
        return x

    @process
    async def go(self):
        y = pick((1, 2))
        x = 0
        await step("go")
        x = await self.helper(y)
        z = await self.helper(x - y)
        self.n = x + y + z - z
    """, distinct=8, generated=6)


def test_a_parameter_changed_after_it_was_passed_on(check):
    """The helper keeps what it was given, whatever becomes of the caller's name."""
    check("""
    def __init__(self):
        self.n = Int(0, 9)

    async def later(self, k):
        await step("later")
        self.n = k

    @process
    async def go(self):
        i: Int(0, 4) = 0
        await step("start")
        while i < 3:
            i += 1
            await self.later(i)
            assert self.n == i
    """, distinct=5, generated=4)


def test_a_local_set_keeps_its_type(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.big = Int(0, 3, init=ANY)
        self.n = Int(0, 2)

    @process
    async def go(self):
        await step("go")
        found = {s for s in self.slot if s == 1}
        found.add(self.big)
        self.n = len(found)
    """, distinct=6, generated=2, violated={"overflow": 0})


def test_removing_from_a_local_set(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.n = Var(self.slot, init=ANY)

    @process
    async def go(self):
        await step("go")
        found = {s for s in self.slot if s == 1}
        found.remove(self.n)
        assert not found <= {0} or len(found) == 0
    """, distinct=3, generated=1, violated={"bad_key": 0})


def test_a_spec_in_a_function(check):
    """Names of the enclosing function are constants, also where code is compiled again."""
    check("""
    def __init__(self):
        super().__init__()
        self.n = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        k: Int(0, 9) = add(STEPS)
        small = {s for s in SLOTS if s < k}
        self.n = k + len(small)
    """, before="""
    def made():
        SLOTS, STEPS = Range(3), 2
        def add(k):
            return k + STEPS
        class Closed(Component):
            def __init__(self):
                self.m = Int(0, 9)
            @process
            async def other(self):
                await step("other")
                k: Int(0, 9) = add(STEPS)
                small = {s for s in SLOTS if s < k}
                self.m = k + len(small)
        return Closed

    SLOTS, STEPS, Component = Range(3), 1, made()

    def add(k):
        return k + STEPS
    """, distinct=4, generated=4)
