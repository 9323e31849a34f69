"""A parameter is a name for the set or record that it is given, which may not be replaced."""
import pytest

from checker.errors import SpecError

STATE = """
    def __init__(self):
        self.page = Range(2)
        self.s = Set(self.page)
        self.sets = Map(self.page, Set(self.page))
        self.pair = Pair
        self.n = Int(0, 4)
"""
PAIR = "Pair = Record(left=Int(0, 1), right=Int(0, 1))"
REPLACED = {
    "by the method itself": """
    def fill(self, pages):
        self.s = self.s | {1}
        self.n = len(pages)

    @process
    async def go(self):
        await step("go")
        self.fill(self.s)
    """,
    "by a method that it calls": """
    def clear(self):
        self.s = set()

    def fill(self, pages):
        self.clear()
        self.n = len(pages)

    @process
    async def go(self):
        await step("go")
        self.fill(self.s)
    """,
    "while it waits, by another process": """
    async def fill(self, pages):
        await step("fill")
        self.n = len(pages)

    @process
    async def go(self):
        await step("go")
        await self.fill(self.s)

    @process
    async def other(self):
        await step("other")
        self.s = {1}
    """,
    "while it waits, by another instance": """
    async def fill(self, pages):
        await step("fill")
        self.n = len(pages)

    @process(times=2)
    async def go(self):
        await step("go")
        await self.fill(self.s)
        self.s |= {1}
    """,
    "as an element that may be the same": """
    async def fill(self, pages):
        await step("fill")
        self.n = len(pages)

    @process(each="page")
    async def go(self, me):
        await step("go")
        await self.fill(self.sets[me])

    @process
    async def other(self):
        await step("other")
        self.sets[0] = {1}
    """,
    "as a record": """
    async def fill(self, pair):
        await step("fill")
        self.n = pair.left

    @process
    async def go(self):
        await step("go")
        await self.fill(self.pair)

    @process
    async def other(self):
        await step("other")
        self.pair = Pair(left=1, right=1)
    """,
}
KEPT = {
    "in place": """
    async def fill(self, pages):
        await step("fill")
        self.n = len(pages)
        pages.discard(0)

    @process
    async def go(self):
        await step("go")
        await self.fill(self.s)

    @process
    async def other(self):
        await step("other")
        self.s.add(1)
    """,
    "when nobody can come between": """
    def fill(self, pages):
        pages.add(0)
        self.n = len(pages)

    @process(times=2)
    async def go(self):
        await step("go")
        self.fill(self.s)
        await step("again")
        self.s = self.s | {1}
    """,
    "another element": """
    async def fill(self, pages):
        await step("fill")
        pages.add(0)
        self.n = len(pages)

    @process
    async def go(self):
        await step("go")
        await self.fill(self.sets[1])

    @process
    async def other(self):
        await step("other")
        self.sets[0] = {1}
    """,
    "a field of the record": """
    async def fill(self, pair):
        await step("fill")
        self.n = pair.left + pair.right

    @process
    async def go(self):
        await step("go")
        await self.fill(self.pair)

    @process
    async def other(self):
        await step("other")
        self.pair.left = 1
    """,
    "a copy": """
    async def fill(self, pages):
        await step("fill")
        self.n = len(pages)

    @process(times=2)
    async def go(self):
        await step("go")
        await self.fill(self.s | set())
        self.s = self.s | {1}
    """,
}


@pytest.mark.parametrize("how", REPLACED)
def test_what_is_replaced_under_its_name_is_refused(check, how):
    with pytest.raises(SpecError, match="E101.* replaced"):
        check(STATE + REPLACED[how], before=PAIR)


@pytest.mark.parametrize("how", KEPT)
def test_what_stays_the_same_is_not(check, how):
    check(STATE + KEPT[how], before=PAIR)
