"""Every loop."""
import pytest


def test_while_with_awaits(check):
    check("""
    def __init__(self):
        self.n = Int(0, 5)

    @process
    async def go(self):
        await step("start")
        while self.n < 3:
            await step("up")
            self.n += 1
            if self.n == 2 and maybe("stop"):
                break
            if self.n == 1:
                continue
            await step("pause")
        self.n = 5
    """, distinct=7, generated=7)


def test_nested_while(check):
    check("""
    def __init__(self):
        self.n = Int(0, 6)

    @process
    async def go(self):
        await step("start")
        i: Int(0, 2) = 0
        while i < 2:
            j: Int(0, 3) = 0
            while True:
                await step("inner")
                j += 1
                self.n += 1
                if j > i:
                    break
            i += 1
    """, distinct=5, generated=4)


def test_for_over_an_index(check):
    check("""
    def __init__(self):
        self.group = Index("group", 3)
        self.held = Map(self.group, Bool, init=ANY)
        self.count = Int(0, 3)
        self.members = Set(self.group)
        self.some = Bool

    @process
    async def go(self):
        await step("go")
        for g in self.group:
            if self.held[g]:
                self.count += 1
                self.members.add(g)
                self.some = True
            self.held[g] = not self.held[g]

    @invariant
    def counted(self):
        return self.count == len(self.members) and self.some == (self.count > 0)
    """, distinct=16, generated=8)


def test_for_over_a_range(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.order = Queue(self.page, 3)
        self.sum = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        for p in self.page:
            self.order.put(p)
            self.sum = self.sum * 2 + p
        assert self.sum == 4
    """, distinct=2, generated=1)


@pytest.mark.parametrize("numbers", ["range(3)", "range(1, 4)", "range(4, 0, -1)", "range(1, 6, 2)",
                                     "range(2, 2)", "(2, 0, 1)", "NUMBERS", "(1, 1)"])
@pytest.mark.parametrize("wait", [True, False])
def test_for_over_numbers(check, numbers, wait):
    """In CPython's order, with an await in the body and without."""
    expected = 0
    for k in eval(numbers, {"NUMBERS": range(5)}):
        expected = expected * 5 + k
    check(f"""
    def __init__(self):
        self.n = Int(0, 10000)

    @process
    async def go(self):
        await step("go")
        for k in {numbers}:
            {'await step("next")' if wait else "pass"}
            self.n = self.n * 5 + k
        assert self.n == {expected}
    """, before="NUMBERS = Range(5)")


@pytest.mark.parametrize("jump", ["break", "continue", "return"])
@pytest.mark.parametrize("wait", [
    "pass", 'await step("next")', "if k != 1:\n                await step('some')"])
def test_leaving_a_for(check, jump, wait):
    check(f"""
    def __init__(self):
        self.slot = Range(4)
        self.stop = Var(self.slot, init=ANY)
        self.n = Int(0, 99)

    @process
    async def go(self):
        await step("go")
        for k in self.slot:
            {wait}
            if k == self.stop:
                {jump}
            self.n += 1
        self.n += 10
    """)


def test_for_over_a_set(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.ready = Set(self.page, init=ANY)
        self.seen = Map(self.page, Bool)
        self.n = Int(0, 20)

    @process
    async def go(self):
        await step("go")
        for p in self.ready:
            self.seen[p] = True
            self.n = self.n * 2 + p
        for p in {0, 2}:
            self.n += p
    """, distinct=16, generated=8)


def test_for_over_an_enum(check):
    check("""
    def __init__(self):
        self.last = MODES
        self.n = Map(MODES, Int(0, 3))

    @process
    async def go(self):
        await step("go")
        for m in MODES:
            self.n[m] = 2 if m == "b" else 1
        for m in MODES:
            await step("next")
            if self.n[m] == 2:
                self.last = m
    """, before="MODES = Enum('a', 'b', 'c')", distinct=5, generated=4)


def test_for_over_components(check):
    check("""
    def __init__(self):
        self.parts = [Part(k) for k in range(3)]

    @process
    async def go(self):
        await step("go")
        for part in self.parts:
            part.reset()
            if part.weight > 0:
                await part.fill()
        assert all(part.full for part in self.parts if part.weight > 0)
        assert sum(part.weight for part in self.parts if part.full) == 3
    """, before="""
    class Part(Component):
        def __init__(self, weight):
            self.weight = weight
            self.full = Bool(init=True)

        def reset(self):
            self.full = False

        async def fill(self):
            await step("fill")
            self.full = True
    """, distinct=4, generated=3)


def test_nested_fors_and_the_variable_after_the_loop(check):
    check("""
    def __init__(self):
        self.slot = Range(2)
        self.seen = Map(self.slot, self.slot, Bool)
        self.last = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        for i in range(3):
            for j in self.slot:
                await step("pair")
                if i < 2:
                    self.seen[i, j] = True
                if i == 1:
                    break
        self.last = 3 * i + j
        assert self.last == 7
    """, distinct=7, generated=6)


def test_a_loop_in_a_loop_over_an_index(check):
    check("""
    def __init__(self):
        self.group = Index("group", 2)
        self.page = Range(2)
        self.m = Map(self.group, self.page, Bool)
        self.n = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        for g in self.group:
            for p in self.page:
                self.m[g, p] = p == 1
                self.n += 1
        assert self.n == 4
    """, distinct=2, generated=1)


@pytest.mark.parametrize("found", [0, 1, 2, None])
def test_search_with_break(check, found):
    """A name set in one turn of an unrolled loop keeps that value."""
    check(f"""
    def __init__(self):
        self.m = Map(Range(3), Bool, init={{k: k == {found} for k in range(3)}})
        self.where = Int(0, 9)

    @process
    async def go(self):
        await step("go")
        where = 9
        for k in (0, 1, 2):
            if self.m[k]:
                where = k
                break
        self.where = where
        assert self.where == {9 if found is None else found}
    """, distinct=2, generated=1)


@pytest.mark.parametrize("stop", [0, 1, None])
def test_the_variable_of_a_loop_after_it(check, stop):
    """Where a loop over constants was left early, its variable is that of the last turn."""
    check(f"""
    def __init__(self):
        self.m = Map(Range(3), Bool, init={{k: k == {stop} for k in range(3)}})
        self.n = Int(0, 99)

    @process
    async def go(self):
        await step("go")
        for k in range(2, -1, -1):
            await step("look")
            if self.m[k]:
                break
        for i in self.numbers():
            self.n += 1
        self.n += 10 * i

    def numbers(self):
        return range(3)
    """.replace("self.numbers()", "range(3)"), generated={0: 4, 1: 3, None: 4}[stop],
        distinct={0: 5, 1: 4, None: 5}[stop])


ORDERED = {
    "an element kept": "for g in self.group:\n            self.who = g",
    "a local kept": "for g in self.group:\n            x = self.m[g]\n        self.flag = x",
    "and after or": """for g in self.group:
            self.flag = self.flag and self.m[g]
            self.flag = self.flag or self.m[g]""",
    "a total that goes up and down": """for g in self.group:
            self.n += 1 if self.m[g] else -1""",
    "a total that is looked at": """for g in self.group:
            self.n += 1
            assert self.n < 2 or self.m[g]""",
    "adding and removing": """for g in self.group:
            self.s.add(g)
            self.s = self.s - {h for h in self.group if self.m[h]}""",
    "another element": """for g in self.group:
            self.m[g] = any(self.m[h] for h in self.group if h != g)""",
    "the element after the loop": """for g in self.group:
            self.m[g] = True
        self.who = g""",
}


@pytest.mark.parametrize("name", ORDERED)
def test_a_loop_whose_order_would_be_visible(check, name):
    from checker.errors import SpecError
    with pytest.raises(SpecError, match="E106"):
        check(f"""
    def __init__(self):
        self.group = Index("group", 3)
        self.m = Map(self.group, Bool, init=ANY)
        self.who = Var(self.group)
        self.flag = Bool
        self.n = Int(0, 2)
        self.s = Set(self.group)

    @process
    async def go(self):
        await step("go")
        {ORDERED[name]}
    """)


UNORDERED = {
    "at the element": "self.m[g] = not self.m[g]",
    "at the element of another map": "self.k[g, 1] = self.m[g]\n            self.k[g, 0] = True",
    "a total": "self.n += 2 if self.m[g] else 0",
    "a total that shrinks": "self.down -= 1 if self.m[g] else 0",
    "members": "if self.m[g]:\n                self.s.add(g)",
    "no members": "if self.m[g]:\n                self.t.discard(g)",
    "a flag": "if self.m[g]:\n                self.flag = True",
    "or": "self.flag = self.flag or self.m[g]",
    "a local of the turn": "x = not self.m[g]\n            self.k[g, 0] = x",
    "a nested loop": "for h in self.group:\n                self.n += 1 if h == g else 0",
}


@pytest.mark.parametrize("name", UNORDERED)
def test_a_loop_whose_order_is_not_visible(check, name):
    """CPython runs through an Index backwards, the other engines forwards."""
    check(f"""
    def __init__(self):
        self.group = Index("group", 3)
        self.m = Map(self.group, Bool, init=ANY)
        self.k = Map(self.group, Range(2), Bool)
        self.flag = Bool
        self.n = Int(0, 6)
        self.down = Int(0, 3, init=3)
        self.s = Set(self.group)
        self.t = Set(self.group, init=())

    @process
    async def go(self):
        await step("go")
        for g in self.group:
            {UNORDERED[name]}
    """, distinct=16, generated=8)


@pytest.mark.parametrize("body", [
    "while True:\n            while True:\n                pass",
    "while True:\n            while self.n == 0:\n                while self.n == 1:\n"
    "                    pass",
    "while True:\n            if self.n == 1:\n                await step('wait')"])
def test_a_loop_that_need_not_wait(check, body):
    from checker.errors import SpecError
    with pytest.raises(SpecError, match="E107"):
        check(f"""
    def __init__(self):
        self.n = Int(0, 1)

    @process
    async def go(self):
        await step("go")
        {body}
    """)
