"""Preemption: an await before every statement that touches shared state.

CPython awaits where the source says await, so it can not run a preemptible process. Instead
each test also gives the same process with the awaits written out, which CPython can run, and
expects the same figures.
"""
import pytest

STATE = """
    def __init__(self):
        self.n = Int(0, 4)
        self.lock = Lock
        self.m = Map(Range(2), Bool)
"""
NO_CPYTHON = {"live": "preemptible: CPython awaits only where the source does"}

CASES = {
    "read and write": (dict(distinct=24, generated=34), """
        await step("start")
        x = self.n
        self.n = x + 1
        x = 0
        self.m[x] = True
    """, """
        await step("start")
        x = self.n
        await step("a")
        self.n = x + 1
        x = 0
        await step("b")
        self.m[x] = True
    """),
    "condition": (dict(distinct=12, generated=14), """
        await step("start")
        y = 1
        if self.n == 0:
            self.n += y
        else:
            self.m[1] = True
    """, """
        await step("start")
        y = 1
        if self.n == 0:
            await step("b")
            self.n += y
        else:
            await step("c")
            self.m[1] = True
    """),
    "loop": (dict(distinct=68, generated=120), """
        await step("start")
        while self.n < 3:
            self.n += 1
            self.m[0] = not self.m[0]
    """, """
        await step("start")
        while True:
            await step("a")
            if not self.n < 3:
                break
            await step("b")
            self.n += 1
            await step("c")
            self.m[0] = not self.m[0]
    """),
    "lock": (dict(distinct=21, generated=28), """
        await step("start")
        async with self.lock:
            x = self.n
            self.n = x + 1
    """, """
        await step("start")
        await self.lock.acquire()
        x = self.n
        await step("b")
        self.n = x + 1
        await step("c")
        self.lock.release()
    """),
}


@pytest.mark.parametrize("case", CASES)
def test_preemptible(check, case):
    figures, source, _ = CASES[case]
    check(f"{STATE}\n    @process(times=2, preemptible=True)\n    async def go(self):{source}",
          without=NO_CPYTHON, **figures)


@pytest.mark.parametrize("case", CASES)
def test_preemptible_for_a_whole_run(check, case):
    figures, source, _ = CASES[case]
    check(f"{STATE}\n    @process(times=2)\n    async def go(self):{source}",
          without=NO_CPYTHON, preemptible=True, **figures)


@pytest.mark.parametrize("case", CASES)
def test_with_the_awaits_written_out(check, case):
    figures, _, written = CASES[case]
    check(f"{STATE}\n    @process(times=2)\n    async def go(self):{written}", **figures)
