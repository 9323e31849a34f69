"""Every kind of property of states and of steps."""


def test_invariants_and_lemmas(check):
    check("""
    def __init__(self):
        self.n = Int(0, 5)

    @process(daemon=True)
    async def count(self):
        while True:
            await until(lambda: self.n < 5)
            self.n += 1

    @invariant
    def below_two(self):
        return self.n < 2

    @lemma
    def below_four(self):
        low = self.n < 4
        if self.n == 1:
            return True
        return low

    @invariant(vacuous="never zero again")
    def always(self):
        return implies(self.n == 0, self.n < 1)
    """, distinct=6, generated=5, violated={"below_two": 2, "below_four": 4})


def test_step_invariants(check):
    check("""
    def __init__(self):
        self.page = Range(2)
        self.m = Map(self.page, Int(0, 2))
        self.part = Part()

    @process(each="page", daemon=True)
    async def count(self, p):
        while True:
            await step("up")
            if self.m[p] < 2:
                self.m[p] += 1
                self.part.n = self.m[p]

    @step_invariant
    def grows(self, before, after):
        return all(before.m[p] <= after.m[p] for p in self.page)

    @step_invariant
    def total(self, before, after):
        return after.part.twice() <= before.part.twice() + 2

    @step_invariant
    def never_back(self, before, after):
        return not (before.part.n == 2 and after.part.n == 1)
    """, before="""
    class Part(Component):
        def __init__(self):
            self.n = Int(0, 2)

        def twice(self):
            return 2 * self.n

        @step_invariant
        def small(self, before, after):
            return after.n < 2 or before.n == after.n or before.n == 1
    """, distinct=11, generated=22, violated={"never_back": 3})


def test_sometimes(check):
    check("""
    def __init__(self):
        self.n = Int(0, 5)
        self.who = Maybe(Range(2))

    @process
    async def count(self):
        while self.n < 3:
            await step("up")
            self.n += 1

    @sometimes
    def two(self):
        return self.n == 2

    @sometimes
    def never(self):
        return self.n == 5

    @sometimes
    def at_the_start(self):
        return self.n == 0
    """.replace("while self.n < 3:", "for i in range(3):"), distinct=4, generated=3,
        witnessed={"at_the_start": 0, "two": 2})


def test_a_property_without_a_value_is_violated(check):
    check("""
    def __init__(self):
        self.who = Maybe(Range(2), init=1)
        self.m = Map(Range(2), Bool, init=True)

    @process
    async def drop(self):
        await step("drop")
        self.who = None

    @invariant
    def owned(self):
        return self.m[self.who]

    @sometimes
    def never(self):
        return not self.m[self.who]

    @invariant
    def guarded(self):
        return self.who is None or self.m[self.who]
    """, distinct=2, generated=1, violated={"owned": 1})


def test_one_property_for_each_element(check):
    check("""
    def __init__(self):
        self.page = Range(3)
        self.group = Index("group", 2)
        self.m = Map(self.page, Bool)
        self.held = Map(self.group, Bool)

    @process(each="page")
    async def set(self, p):
        await step("set")
        if p != 1:
            self.m[p] = True

    @process(each="group")
    async def take(self, g):
        await step("take")
        self.held[g] = True

    @sometimes(each="page")
    def is_set(self, p):
        return self.m[p]

    @invariant(each="group")
    def is_free(self, g):
        return not self.held[g]
    """, distinct=32, generated=80, violated={"is_free(group0)": 1, "is_free(group1)": 1},
          witnessed={"is_set(0)": 1, "is_set(2)": 1})


def test_liveness(check):
    """The explicit engines decide it; CPython evaluates its parts as the interpreter does."""
    check("""
    def __init__(self):
        self.n = Int(0, 3)

    @process(fair="weak")
    async def count(self):
        for i in range(3):
            await step("up")
            self.n += 1

    @eventually
    def three(self):
        return self.n == 3

    @leads_to
    def from_one_to_three(self):
        one = self.n == 1
        return one, self.n == 3

    @leads_to
    def from_three_to_two(self):
        return self.n == 3, self.n == 2
    """, distinct=4, generated=3, live={"three": "holds", "from_one_to_three": "holds",
                                        "from_three_to_two": "violated"})


def test_fairness(check):
    """A light that blinks for ever, and processes that may switch it off while it is on."""
    for fair, outcome in (("", "violated"), ("weak", "violated"), ("strong", "holds")):
        check(f"""
    def __init__(self):
        self.lit = Bool
        self.off = Bool

    @process(fair="weak", daemon=True)
    async def blink(self):
        while True:
            await step("blink")
            if not self.off:
                self.lit = not self.lit

    @process(fair="{fair}", daemon=True)
    async def switch(self):
        await until(lambda: self.lit, "lit")
        self.off = True

    @eventually
    def is_off(self):
        return self.off

    @leads_to
    def comes_on(self):
        return not self.lit, self.lit
        """, distinct=3, generated=4, live={"is_off": outcome, "comes_on": "holds"})


def test_fairness_to_each_instance(check):
    """Whoever asks is served in the end, though the server may prefer the others."""
    for fair, outcome in (("", "violated"), ("weak", "holds")):
        check(f"""
    def __init__(self):
        self.slot = Range(3)
        self.asks = Map(self.slot, Bool)

    @process(each="slot", fair="weak", daemon=True)
    async def ask(self, s):
        while True:
            await until(lambda: not self.asks[s], "nothing asked")
            self.asks[s] = True

    @process(each="slot", fair="{fair}", daemon=True)
    async def serve(self, s):
        while True:
            await until(lambda: self.asks[s], "asked")
            self.asks[s] = False

    @leads_to(each="slot")
    def served(self, s):
        return self.asks[s], not self.asks[s]
        """, distinct=8, generated=24, live={f"served({n})": outcome for n in range(3)})


def test_step_invariants_over_parts(check):
    """A list of components is seen before and after the step, as the components in it are."""
    check("""
    def __init__(self):
        self.parts = [Part(), Part()]

    @process(daemon=True)
    async def count(self):
        while True:
            await step("up")
            self.parts[0].n = 1
            await step("down")
            self.parts[0].n = 0

    @step_invariant
    def changes(self, before, after):
        return before.parts[0].n != after.parts[0].n

    @step_invariant
    def sums(self, before, after):
        return sum(p.n for p in before.parts) + sum(p.n for p in after.parts) == 1

    @step_invariant
    def never_down(self, before, after):
        return all(b.n == 0 for b in before.parts) or after.parts[1].n == 1
    """, before="""
    class Part(Component):
        def __init__(self):
            self.n = Int(0, 1)
    """, distinct=2, generated=2, violated={"never_down": 2})
