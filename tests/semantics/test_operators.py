"""Every operator, on every pair of small values: CPython's own answer is the expected one."""
import itertools

import pytest

NUMBERS = range(-3, 4)
NUMERIC = ["a + b", "a - b", "a * b", "-a", "min(a, b)", "max(a, b, 1)", "abs(a)", "a * a - b * 2",
           "a if a > b else b", "1 if a == b else 0", "int(a < b)", "(a + 3) // 2", "(a - 9) % 4",
           "a // 2 + b % 3", "a // -2 - b % -3", "2 ** 3 - a"]
TESTS = ["a < b", "a <= b", "a > b", "a >= b", "a == b", "a != b", "-2 < a <= b", "a < 0 or b < 0",
         "not (a < 0 and b > 0)", "a in (1, 2, -3)", "a not in (0, 1)", "implies(a > 0, b > 0)",
         "a == b == 1", "(a < b) == (b < 0)", "a < b if a > 0 else a > b"]


def results(expression, type_of=int):
    values = {"implies": lambda p, q: not p or q}
    return {(a, b, type_of(eval(expression, values | {"a": a, "b": b})))
            for a, b in itertools.product(NUMBERS, repeat=2)}


def body(result, expression):
    return f"""
    def __init__(self):
        self.a = Int(-3, 3, init=ANY)
        self.b = Int(-3, 3, init=ANY)
        self.r = {result}
        self.done = Bool

    @process
    async def go(self):
        await step("go")
        a = self.a
        b = self.b
        self.r = {expression}
        self.done = True
        assert self.r == ({expression})
    """


@pytest.mark.parametrize("expression", NUMERIC)
def test_number(check, expression):
    check(body("Int(-40, 40)", expression), distinct=49 + len(results(expression)), generated=49)


@pytest.mark.parametrize("expression", TESTS)
def test_truth(check, expression):
    check(body("Bool", expression), distinct=49 + len(results(expression, bool)), generated=49)


@pytest.mark.parametrize("expression", ["a // b", "a % b"])
def test_division_by_zero(check, expression):
    found = [1 for b in NUMBERS if b for _ in NUMBERS]
    check(body("Int(-40, 40)", expression), distinct=49 + len(found), generated=len(found),
          violated={"division": 0})


@pytest.mark.parametrize("expression", [
    "self.s | self.t", "self.s & self.t", "self.s - self.t", "self.s | {p}", "self.s - {p}",
    "self.s & {0, 2}", "{q for q in self.page if q in self.s or q == p}",
    "{q for q in self.s if q > 0}", "self.s if self.s <= self.t else self.t",
    "self.s if self.s < self.t else self.t", "self.s if self.s >= self.t else {p}",
    "self.s if self.s == self.t else {0}", "self.t if len(self.s) > 1 else self.s",
    "self.t if p not in self.s else self.s"])
def test_sets(check, expression):
    check(f"""
    def __init__(self):
        self.page = Range(3)
        self.s = Set(self.page, init=ANY)
        self.t = Set(self.page, init={{1, 2}})

    @process
    async def go(self):
        await step("go")
        p = pick(self.page)
        self.s = {expression}
    """)


@pytest.mark.parametrize("expression", [
    "any(self.m[p] for p in self.page)", "all(self.m[p] for p in self.page)",
    "sum(self.m[p] for p in self.page) > 1", "sum(p for p in self.page if self.m[p]) == 2",
    "any(self.m[p] and p > q for p in self.page for q in self.page if q != 1)",
    "all(self.m[p] for p in self.page if p != 1)", "any(self.m[p] for p in (0, 2))",
    "sum(1 for p in self.page if self.m[p]) == sum(2 for p in range(1, 3) if not self.m[p])",
    "all(any(self.m[q] and q >= p for q in self.page) for p in range(2))",
    "any(m == 'b' and self.m[1] for m in MODES)",
    "all(implies(self.m[p], p < 2) for p in self.page)", "any(p == 5 for p in range(0))",
    "all(self.m[p] for p in range(2, -1, -2))"])
def test_quantifiers(check, expression):
    check(f"""
    def __init__(self):
        self.page = Range(3)
        self.m = Map(self.page, Bool, init=ANY)
        self.r = Bool

    @process
    async def go(self):
        await step("go")
        self.r = {expression}

    @sometimes
    def true(self):
        return {expression}
    """, before="MODES = Enum('a', 'b')", distinct=16, generated=8, **(
        {} if "range(0)" in expression else {"witnessed": {"true": 0}}))


def test_a_comparison_chain_stops_early(check):
    """`0 < x < 6 // x` never divides by zero."""
    check("""
    def __init__(self):
        self.x = Int(0, 3, init=ANY)
        self.r = Bool

    @process
    async def go(self):
        await step("go")
        self.r = 0 < self.x < 6 // self.x
    """, distinct=8, generated=4)


def test_and_or_and_conditionals_stop_early(check):
    check("""
    def __init__(self):
        self.x = Int(0, 3, init=ANY)
        self.r = Bool

    @process
    async def go(self):
        await step("go")
        self.r = self.x != 0 and 6 // self.x > 2
        self.r = self.x == 0 or 6 // self.x > 2
        self.r = 6 // self.x > 2 if self.x > 0 else True
    """, distinct=8, generated=4)


@pytest.mark.parametrize("quantified", ["any(6 // x > 2 for x in self.s)",
                                        "all(6 // x > 2 for x in self.s if x < 3)",
                                        "sum(6 // x for x in self.s) > 2",
                                        "any(6 // x > 2 for x in self.s if 6 // x < 6)",
                                        "{x for x in self.s if 6 // x > 2} == {1}",
                                        "any(x > 0 for x in self.n if x != 0 if 6 // x > 2)"])
def test_a_quantifier_looks_only_at_members(check, quantified):
    """Zero is in the domain but not among the elements that the generator gives."""
    check(f"""
    def __init__(self):
        self.n = Range(4)
        self.s = Set(self.n, init={{1, 2, 3}})
        self.r = Bool

    @process
    async def go(self):
        await step("go")
        self.r = {quantified}
    """, distinct=2, generated=1)


@pytest.mark.parametrize("quantified", ["any(6 // x > 2 for x in self.n)",
                                        "all(x > 0 and 6 // x > 2 or 6 // x < 2 for x in self.n)"])
def test_a_quantifier_looks_at_all_its_elements(check, quantified):
    """Whether an element has no value must not depend on which comes first."""
    check(f"""
    def __init__(self):
        self.n = Range(4)
        self.r = Bool

    @process
    async def go(self):
        await step("go")
        self.r = {quantified}
    """, violated={"division": 0})
