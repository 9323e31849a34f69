"""Every kind of choice."""
import pytest


def picking(options, before=""):
    return f"""
    def __init__(self):
        self.group = Index("group", 2)
        self.page = Range(3)
        self.ready = Set(self.page, init={{0, 2}})
        self.m = Map(self.page, Bool, init={{0: False, 1: True, 2: True}})
        self.mode = Enum("a", "b", "c")
        self.n = Int(-9, 9)
        self.flag = Bool
        self.who = Maybe(self.group)

    @process
    async def go(self):
        await step("go")
        {options}
    """


@pytest.mark.parametrize("statement, ways", [
    ("self.n = pick(self.page)", 3), ("self.n = pick(self.page, 'page')", 3),
    ("self.n = pick(self.ready, name='ready')", 2), ("self.n = pick((5, -5, 7, 5))", 3),
    ("self.n = pick(range(2, 6))", 4), ("self.n = pick(range(8, 0, -3))", 3),
    ("self.mode = pick(('c', 'a'))", 2), ("self.mode = pick(MODES)", 3),
    ("self.flag = pick((True, False))", 2), ("self.who = pick(self.group)", 2),
    ("self.n = pick(p for p in self.page if self.m[p])", 2),
    ("self.n = pick(p for p in self.ready if p > 0)", 1),
    ("self.n = pick(p for p in self.page if p != 0 if 2 // p > 0)", 2),
    ("self.n = pick(p for p in (1, 2, 4) if p > self.n)", 3),
    ("self.n = pick({1, 4})", 2), ("self.n = pick(self.ready | {1})", 3),
    ("self.flag = maybe('flag')", 2), ("self.flag = fails('flag')", 2),
    ("self.flag = not maybe('flag')", 2), ("self.flag = maybe('a') and fails('b')", 2),
    ("self.flag = maybe('a') or self.m[1] and fails('b')", 2)])
def test_choice(check, statement, ways):
    check(picking(statement), before="MODES = Enum('a', 'b', 'c')", distinct=1 + ways)


def test_choices_of_one_step_multiply(check):
    check(picking("""a = pick(self.page)
        b = pick(self.page)
        if maybe("subtract"):
            self.n = a - b
        else:
            self.n = 3 * a + b"""), distinct=1 + len(
                {a - b for a in range(3) for b in range(3)}
                | {3 * a + b for a in range(3) for b in range(3)}), generated=18)


def test_a_choice_that_is_made_on_some_paths_only(check):
    check(picking("""if maybe("first") and not fails("second"):
            self.n = pick((1, 2))
        elif maybe("third"):
            self.n = 3"""), distinct=5, generated=2 + 2 * 2)


@pytest.mark.parametrize("options", ["self.ready - {0, 2}", "(p for p in self.page if p > 2)"])
def test_picking_from_nothing(check, options):
    check(picking(f"self.n = pick({options})"), violated={"empty_choice": 0})


def test_pick_handed_to_a_helper_that_waits(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.seen = Set(self.page)

    async def touch(self, p, again):
        await step("touch")
        self.seen.add(p)
        if again:
            await step("again")
            self.seen.discard(p)

    @process
    async def go(self):
        await step("go")
        await self.touch(pick(self.page), maybe("again"))
    """, distinct=14, generated=15)


def test_choice_in_a_loop(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.m = Map(self.page, Int(0, 2))

    @process
    async def go(self):
        await step("go")
        for p in self.page:
            self.m[p] = pick((0, 2))
            if maybe("stop"):
                break
    """, distinct=9, generated=22)


def test_a_choice_depends_on_the_one_before(check):
    check(picking("""a = pick(self.page)
        b = pick(p for p in self.page if p > a)
        self.n = 3 * a + b"""), distinct=4, generated=3, violated={"empty_choice": 0})
