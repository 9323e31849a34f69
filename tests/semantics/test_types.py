"""Every type: its values, its initial value, what happens where a value leaves it."""
import pytest


def turn(declaration, *statements, more=""):
    """A component with the variable `x`, and one step that makes the statements."""
    made = "\n    ".join(statements)
    return f"""
def __init__(self):
    self.group = Index("group", 2)
    self.page = Range(3)
    self.x = {declaration}

@process
async def go(self):
    await step("go")
    {made}
{more}
"""


def test_bool(check):
    check(turn("Bool", "self.x = maybe('up')"), distinct=3, generated=2)


def test_int_within(check):
    check(turn("Int(-2, 3)", "self.x = pick((-2, 0, 3))"), distinct=4, generated=3)


@pytest.mark.parametrize("value, inside", [(3, True), (4, False), (-2, True), (-3, False)])
def test_int_leaves_its_range(check, value, inside):
    check(turn("Int(-2, 3, init=1)", "y = self.x", f"self.x = y + ({value - 1})"),
          violated={} if inside else {"overflow": 0})


def test_wrapping(check):
    check(turn("Wrapping(2, init=3)", "self.x += 1", "y = self.x", "self.x = y * 5 - 2",
               more="""
@invariant
def in_range(self):
    return 0 <= self.x and self.x <= 3

@sometimes
def wrapped(self):
    return self.x == 2
"""), distinct=2, generated=1, witnessed={"wrapped": 1})


def test_enum(check):
    check(turn('Enum("idle", "busy", "gone", init="busy")',
               'self.x = "gone" if self.x == "busy" else "idle"'), distinct=2, generated=1)


def test_index_element(check):
    check(turn("Var(self.group)", "self.x = pick(self.group)"), distinct=3, generated=2)


def test_range_element(check):
    check(turn("Var(self.page, init=2)", "self.x = pick(self.page)"), distinct=4, generated=3)


def test_range_arithmetic_overflows(check):
    check(turn("Var(self.page, init=2)", "self.x = self.x + 1"), violated={"overflow": 0})


def test_maybe(check):
    check(turn("Maybe(self.group)", "self.x = pick(self.group)", "drop = maybe('drop')",
               "self.x = None if drop else self.x"), distinct=4, generated=4)


def test_maybe_used_while_none(check):
    check(turn("Maybe(Int(0, 3))", "self.x = self.x + 1"), violated={"none_used": 0})


def test_maybe_overflow(check):
    check(turn("Maybe(Int(0, 3), init=3)", "self.x = self.x + 1"), violated={"overflow": 0})


def test_maybe_compared_with_a_value(check):
    check(turn("Maybe(self.page)", "self.x = 1", "assert self.x == 1",
               "assert self.x is not None", "self.x = None", "assert self.x != 1"),
          distinct=2, generated=1)


def test_maybe_compared_with_what_it_never_holds(check):
    check(turn("Maybe(self.page, init=ANY)", "big = 7 if self.x is None else 4",
               "assert self.x != 7 and self.x != -1 and self.x not in (3, 4)",
               "assert self.x != big and not self.x == big + 1"), distinct=8, generated=4)


def test_maybe_that_wraps(check):
    check(turn("Maybe(Wrapping(2))", "self.x = 6", "y = self.x", "assert y == 2",
               "self.x = y + 3", "assert self.x == 1", "self.x = None"), distinct=2, generated=1)


def test_set(check):
    check(turn("Set(self.group)", "g = pick(self.group)", "self.x.add(g)",
               "h = pick(self.group)", "self.x.discard(h)"), distinct=4, generated=4)


def test_set_of_numbers_and_its_operators(check):
    check(turn("Set(self.page, init=ANY)", "a = {p for p in self.page if p > 0}",
               "self.x = (self.x | a) - {2} if len(self.x) == 1 else self.x & a"),
          distinct=13, generated=8)


def test_set_remove_of_what_is_not_there(check):
    check(turn("Set(self.page, init={1})", "p = pick(self.page)", "self.x.remove(p)"),
          violated={"bad_key": 0}, distinct=2, generated=1)


def test_map(check):
    check(turn("Map(self.group, Bool)", "g = pick(self.group)", "self.x[g] = True"),
          distinct=3, generated=2)


def test_map_of_maps(check):
    check(turn("Map(self.group, self.page, Int(0, 2))", "g = pick(self.group)",
               "self.x[g, 1] = 2", "self.x[g][2] = self.x[g][1] - 1"), distinct=3, generated=2)


def test_map_key_outside(check):
    check(turn("Map(self.page, Bool)", "i = pick((0, 2, 3))", "self.x[i] = True"),
          violated={"bad_key": 0}, distinct=3, generated=2)


def test_map_initial_values(check):
    check(turn("Map(self.page, Int(0, 9), init={0: 1, 1: 5, 2: 9})", "self.x[0] = self.x[2]",
               more="""
@invariant
def known(self):
    return self.x[1] == 5 and self.x[0] in (1, 9)
"""), distinct=2, generated=1)


def test_record(check):
    check("""
    def __init__(self):
        self.page = Range(2)
        self.x = Request

    @process
    async def go(self):
        await step("go")
        p = pick(self.page)
        self.x = Request(page=p, dirty=True)
        await step("clean")
        self.x.dirty = False
        y = self.x == Request(page=1, dirty=False)
        assert y or self.x.page == 0
    """, before="Request = Record(page=Range(2), dirty=Bool)", distinct=5, generated=4)


def test_record_in_a_map_is_a_value(check):
    check("""
    def __init__(self):
        self.page = Range(2)
        self.last = Request
        self.all = Map(self.page, Request)

    @process
    async def go(self):
        await step("go")
        self.all[1] = self.last
        self.last.dirty = True
        self.all[0] = self.last
        self.last.dirty = False
        assert self.all[0].dirty and not self.all[1].dirty
    """, before="Request = Record(page=Range(2), dirty=Bool)", distinct=2, generated=1)


def test_queue(check):
    check(turn("Queue(Int(0, 3), 3)", "self.x.put(pick((1, 2)))", "self.x.put(3)",
               "y = self.x.peek()", "assert len(self.x) == 2 and not self.x.empty()",
               "z = self.x.get_nowait()", "assert y == z and not self.x.full()",
               "self.x.put(z)"), distinct=3, generated=2)


def test_queue_full(check):
    check(turn("Queue(Bool, 1)", "self.x.put(True)", "self.x.put(False)"),
          violated={"queue_full": 0})


@pytest.mark.parametrize("use", ["y = self.x.get_nowait()", "assert self.x.peek()"])
def test_queue_empty(check, use):
    check(turn("Queue(Bool, 1)", use), violated={"queue_empty": 0})


def test_queue_of_records(check):
    check("""
    def __init__(self):
        self.queue = Queue(Request, 2)
        self.seen = Set(Range(2))

    @process
    async def client(self):
        await step("send")
        p = pick(PAGES)
        urgent = maybe("urgent")
        r = Request(page=p, urgent=urgent)
        self.queue.put(r)

    @process(daemon=True)
    async def server(self):
        while True:
            r = await self.queue.get()
            if r.urgent:
                self.seen.add(r.page)
    """, before="PAGES = Range(2)\nRequest = Record(page=PAGES, urgent=Bool)",
          distinct=8, generated=8)


@pytest.mark.parametrize("declaration, initial", [
    ("Bool(init=ANY)", 2), ("Int(0, 4, init=ANY)", 5), ("Enum('a', 'b', init=ANY)", 2),
    ("Maybe(self.page, init=ANY)", 4), ("Set(self.group, init=ANY)", 4),
    ("Map(self.group, Bool, init=ANY)", 4), ("Queue(Bool, 2, init=ANY)", 7),
    ("Map(self.group, Int(0, 2, init=ANY))", 9), ("Var(self.group, init=ANY)", 2),
    ("Wrapping(2, init=ANY)", 4), ("Record(a=Bool, b=Int(0, 2, init=ANY))", 3),
    ("Record(a=Bool, b=Int(0, 2), init=ANY)", 6)])
def test_any_initial_value(check, declaration, initial):
    it = check(turn(declaration, "pass"), distinct=2 * initial, generated=initial)
    assert it.said("interp").initial == initial


def test_lock_in_a_map(check):
    check("""
    def __init__(self):
        self.page = Range(2)
        self.locks = Map(self.page, Lock)
        self.n = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("choose")
        p = pick(self.page)
        async with self.locks[p]:
            await step("work")
            self.n += 1
    """, distinct=34, generated=64)


def test_removing_from_a_local_set_what_is_not_in_it(check):
    check("""
    def __init__(self):
        self.slot = Range(2)

    @process
    async def worker(self):
        await step("remove")
        some = {s for s in self.slot if s > 0}
        some.remove(1)
        some.remove(1)
    """, distinct=1, generated=0, violated={"bad_key": 0})
