"""Every implicit property: found at the same depth by every engine."""
import pytest

from checker.ir.system import IMPLICIT

BROKEN = {
    "assertion": "assert self.n != 1, 'not one'",
    "overflow": "self.n += 8",
    "none_used": "self.m[self.who] = True",
    "bad_key": "self.m[self.n + 2] = True",
    "queue_full": "self.queue.put(1)",
    "queue_empty": "self.empty.get_nowait()",
    "empty_choice": "x = pick(p for p in self.page if p > 7)",
    "division": "self.n = 3 // (self.n - 1)",
    "reentry": "await self.lock.acquire()",
    "release": "self.other.release()",
}
assert set(BROKEN) == set(IMPLICIT) - {"deadlock"}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("guarded", [False, True])
def test_implicit(check, kind, guarded):
    """The third step fails; behind a condition that never holds, nothing does."""
    statement = BROKEN[kind]
    if guarded:
        statement = f"if self.n > 1:\n            {statement}"
    check(f"""
    def __init__(self):
        self.page = Range(2)
        self.n = Int(0, 3)
        self.who = Maybe(self.page)
        self.m = Map(self.page, Bool)
        self.queue = Queue(self.page, 1, init=(0,))
        self.empty = Queue(self.page, 1)
        self.lock = Lock
        self.other = Lock

    @process
    async def go(self):
        await step("start")
        await self.lock.acquire()
        self.n = 1
        await step("fail")
        {statement}
        self.lock.release()
    """, violated={} if guarded else {kind: 2}, distinct=4 if guarded else 3,
        generated=3 if guarded else 2)


@pytest.mark.parametrize("statement", [
    "self.n = self.m[self.n] + self.who", "self.n = self.who", "x = self.who + 1",
    "x = self.who < 1", "self.s.add(self.who)", "x = self.who in self.s",
    "x = -self.who", "x = min(self.who, 2)", "self.queue.put(self.who)", "self.r = self.opt",
    "x = self.opt.left", "self.r.left = self.who", "x = any(self.m[self.who] > p for p in (1, 2))",
    "x = 6 // self.who", "self.m[self.who] += 1", "x = self.m[0] if self.who > 0 else 2",
    "x = self.who == 1 or self.who > 0", "self.s.discard(self.who)", "x = abs(self.who)",
    "self.r = Pair(left=self.who, right=0)",
    "x = self.m[self.who]"])
def test_none_used(check, statement):
    check(f"""
    def __init__(self):
        self.page = Range(3)
        self.who = Maybe(self.page)
        self.n = Int(0, 3)
        self.m = Map(self.page, Int(0, 3))
        self.s = Set(self.page)
        self.queue = Queue(self.page, 1)
        self.r = Pair
        self.opt = Maybe(Pair)

    @process
    async def go(self):
        await step("go")
        {statement}
    """, before="Pair = Record(left=Range(3), right=Range(3))", violated={"none_used": 0})


@pytest.mark.parametrize("statement", [
    "self.n = 4", "self.n -= 1", "self.m[0] = self.m[1] - 1", "self.r.left = 3",
    "self.queue.put(self.big)", "self.who = self.big", "self.who = 7", "self.who = -1",
    "self.who = 1 if self.big < 5 else 3", "self.r = Pair(left=self.big, right=0)",
    "self.s.add(self.big)", "k: Int(0, 2) = self.big", "k: Range(2) = 1; k += 1",
    "self.m[self.s_len()] = self.big", "self.n = sum(self.big for p in self.page)"])
def test_overflow(check, statement):
    check(f"""
    def __init__(self):
        self.page = Range(3)
        self.who = Maybe(self.page)
        self.big = Int(0, 5, init=5)
        self.n = Int(0, 3)
        self.m = Map(self.page, Int(0, 3))
        self.s = Set(self.page)
        self.queue = Queue(self.page, 1)
        self.r = Pair

    def s_len(self):
        return len(self.s)

    @process
    async def go(self):
        await step("go")
        {statement}
    """, before="Pair = Record(left=Range(3), right=Range(3))", violated={"overflow": 0})


@pytest.mark.parametrize("statement", [
    "self.m[self.big] = 1", "x = self.m[self.big]", "x = self.mm[1, self.big]",
    "x = self.mm[self.big][1]", "self.mm[1][self.big - 6] = True", "self.s.discard(self.big)",
    "self.s.remove(1)", "x = any(self.m[p + 1] > 0 for p in self.page)",
    "x = self.m[0] > 0 or self.m[self.big] > 0"])
def test_bad_key(check, statement):
    check(f"""
    def __init__(self):
        self.page = Range(3)
        self.big = Int(0, 5, init=5)
        self.m = Map(self.page, Int(0, 3))
        self.mm = Map(self.page, self.page, Bool)
        self.s = Set(self.page)

    @process
    async def go(self):
        await step("go")
        {statement}
    """, violated={"bad_key": 0})


NEVER = "self.m[self.big] > 2 and 1 < 1"


@pytest.mark.parametrize("statement", [
    f"if {NEVER}: return", "if self.m[self.big] > 1 < 1: return", f"x = {NEVER}",
    f"if not ({NEVER}): self.n = 1", f"if {NEVER.replace('and 1 <', 'or 1 ==')}: self.n = 1",
    "x = self.never()", "x = self.branches()", "self.does()", "x = self.does()",
    f"while {NEVER}: await step('on')", f"while {NEVER}: pass", f"{NEVER}",
    f"for i in ((0,) if {NEVER} else ()): self.n = i",
    f"for i in range(2 if {NEVER} else 0): await step('on')",
    f"self.n = 1 if {NEVER} else 2", f"x = pick((1, 2) if {NEVER} else (2, 1))",
    f"x = {NEVER}; await step('on')", f"x: Int(0, 3) = 1 if {NEVER} else 2"])
def test_what_leads_to_a_known_outcome_may_fail(check, statement):
    """The value is known while the spec is compiled. CPython looks at the map all the same."""
    check(f"""
    def __init__(self):
        self.big = Int(0, 5, init=5)
        self.n = Int(0, 3)
        self.m = Map(Range(3), Int(0, 3))

    def never(self):
        return {NEVER}

    def branches(self):
        if {NEVER}:
            return 1
        return 2

    def does(self):
        self.n = 1
        return {NEVER}

    @process
    async def go(self):
        await step("go")
        {statement}
    """, distinct=1, generated=0, violated={"bad_key": 0})


def test_an_element_outside_is_in_no_set(check):
    check("""
    def __init__(self):
        self.s = Set(Range(3), init={0, 1, 2})
        self.big = Int(0, 5, init=5)

    @process
    async def go(self):
        await step("go")
        assert self.big not in self.s
    """, distinct=2, generated=1)


def test_the_first_failure_counts(check):
    """In CPython's order of evaluation: the value before the place, left before right."""
    check("""
    def __init__(self):
        self.page = Range(2)
        self.who = Maybe(self.page)
        self.zero = Int(0, 1)
        self.m = Map(self.page, Int(0, 3))
        self.case = Int(0, 5, init=ANY)

    @process
    async def go(self):
        await step("go")
        if self.case == 0:
            self.m[self.who] = 3 // self.zero
        elif self.case == 1:
            self.m[3 // self.zero] = 5
        elif self.case == 2:
            self.m[self.zero + 2] = 5
        elif self.case == 3:
            x = 3 // self.zero + self.who
        elif self.case == 4:
            x = self.who + 3 // self.zero
        else:
            x = self.m[self.zero + 7] // self.zero
    """, distinct=6, generated=0, violated={"division": 0, "bad_key": 0})


def test_two_processes_two_violations(check):
    check("""
    def __init__(self):
        self.n = Int(0, 2)

    @process(times=2)
    async def worker(self):
        await step("up")
        self.n += 1
        await step("up again")
        self.n += 1

    @process
    async def watcher(self):
        await step("look")
        assert self.n == 0

    @invariant
    def small(self):
        return self.n < 2
    """, distinct=12, generated=13, violated={"small": 2, "assertion": 1, "overflow": 2})
