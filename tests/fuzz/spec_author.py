"""Random specs, continued: statements, methods, processes, properties."""
from __future__ import annotations

from checker.types import (Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set, Type,
                           Wrapping, bounds)
from tests.fuzz.author import (BOOL, GROUP, HEAD, KEYS, MODE, NUMBERS, PAIR, SIMPLE, SLOT, SMALL,
                               Impossible, Method, Scope, Values, Writer, text_of)

LOCALS = (BOOL, MODE, GROUP, SLOT, SMALL, Maybe(SLOT), Maybe(GROUP), Set(SLOT), PAIR)


class Author(Values):
    """Writes one spec."""

    def spec(self) -> str:
        """The text of the spec of this seed."""
        self.out = Writer(HEAD.split("\n"))
        self.state = self.declarations()
        self.parts()
        self.out.line("")
        with self.out.block("class Fuzzed(Component):"):
            self.out.line('instances = {"small": {}}')
            self.variables("self")
            methods: tuple[Method, ...] = ()
            for kind in ("pure", "plain", "async"):
                for _ in range(self.one([0, 1, 1, 2])):
                    methods += (self.method(kind, methods),)
            for number in range(self.one([1, 2, 2, 3])):
                self.process(number, methods)
            for number in range(self.one([1, 2, 3])):
                self.property(number, methods)
        return "\n".join(self.out.lines) + "\n"

    # ── state ────────────────────────────────────────────────────────────────────────────────

    def declarations(self) -> dict[str, Type]:
        state: dict[str, Type] = {}
        where = self.one(["self"] * 5 + ["self.part", "self.parts[0]", "self.parts[1]"])
        for _ in range(self.one([2, 3, 4, 5])):
            of = self.state_type(2)
            owner = where if self.chance(0.5) else "self"
            state[f"{owner}.{self.name(type(of).__name__.lower())}"] = of
        return state

    def parts(self) -> None:
        """A component of its own for the variables that belong to `self.part` or `self.parts`."""
        owners = {name.rpartition(".")[0] for name in self.state} - {"self"}
        self.owner = next(iter(owners), "")
        if not self.owner:
            return
        self.note(f"component {self.owner}")
        self.out.line("")
        with self.out.block("class Part(Component):"):
            self.variables(self.owner)

    def variables(self, owner: str) -> None:
        """A constructor with the variables of one component."""
        with self.out.block("def __init__(self):"):
            self.out.line('self.group = Index("group", 2)')
            self.out.line("self.slot = Range(2)")
            for name, of in self.state.items():
                if name.rpartition(".")[0] == owner:
                    self.note(f"state: {type(of).__name__}")
                    self.out.line(f"self.{name.rpartition('.')[2]} = {self.declared(of)}")
            if owner == "self" and self.owner:
                made = "[Part(), Part()]" if "parts" in self.owner else "Part()"
                self.out.line(f"self.{self.owner.split('.')[1].split('[')[0]} = {made}")

    def state_type(self, depth: int) -> Type:
        kind = self.one(["simple"] * 4 + ["maybe", "set", "set", "map", "map", "pair", "queue",
                                          "lock"])
        if kind == "simple" or depth == 0:
            return self.one(SIMPLE)
        if kind == "maybe":
            return Maybe(self.one([GROUP, SLOT, SMALL, MODE]))
        if kind == "set":
            return Set(self.one([GROUP, SLOT, SLOT, MODE]))
        if kind == "map":
            return Map(self.one(KEYS), self.state_type(depth - 1))
        if kind == "queue":
            return Queue(self.one([SLOT, BOOL, GROUP, MODE, PAIR]), self.one([1, 2]))
        return PAIR if kind == "pair" else Lock()

    def declared(self, of: Type) -> str:
        if isinstance(of, (Index, Range)):
            return f"Var({text_of(of)})"
        init = self.initial(of) if self.chance(0.3) else ""
        if not init:
            return text_of(of)
        self.note("init=ANY" if init == "ANY" else "init=")
        if isinstance(of, (Lock, Record)):
            return text_of(of) if isinstance(of, Lock) else f"Var(PAIR, init={init})"
        text = text_of(of)
        if of in (BOOL, MODE):
            return f"Var({text}, init={init})"
        return f"{text[:-1]}, init={init})"

    def initial(self, of: Type) -> str:
        """An initial value as an author writes it."""
        if self.chance(0.25) and not isinstance(of, (Map, Queue, Lock)):
            return "ANY"
        match of:
            case Int() | Wrapping() | Range():
                return str(self.random.randint(*bounds(of)))
            case Enum(members):
                return repr(self.one(members))
            case Maybe(inner):
                return self.initial(inner) if not isinstance(inner, Index) else "0"
            case Set(inner) if inner == MODE:
                return '("a", "c")'
            case Set():
                return self.one(["(0,)", "(1,)", "(0, 1)"])
            case Map(_, value) if value in SIMPLE:
                text = self.initial(value)
                return "" if text == "ANY" else text
        return "True" if of == BOOL else "1" if isinstance(of, Index) else ""

    # ── methods ──────────────────────────────────────────────────────────────────────────────

    def method(self, kind: str, known: tuple[Method, ...]) -> Method:
        """A pure, a plain (it changes state) or an async method, written and described."""
        containers = [of for of in self.state.values() if isinstance(of, (Set, Queue, Map))]
        choices = [*SIMPLE, *(containers if kind != "pure" else [])]
        parameters = tuple((self.name("a"), self.one(choices)) for _ in range(self.one([0, 1, 2])))
        returns = BOOL if kind == "pure" else self.one([None, BOOL, SLOT, MODE])
        name, self.choices = self.name(kind), 2
        scope = Scope({**self.state, **dict(parameters)}, frozenset(n for n, _ in parameters),
                      waits=kind == "async", chooses=kind != "pure", methods=known,
                      returns=kind if returns else "nothing")
        names = "".join(f", {n}" for n, _ in parameters)
        with self.out.block(f"{'async ' * (kind == 'async')}def {name}(self{names}):"):
            if kind == "pure":
                self.decision(scope)
            else:
                self.returning = returns
                self.body(scope, self.one([1, 2, 3]))
                if returns is not None:
                    self.out.line(f"return {self.any_value(returns, scope)}")
        return Method(name, parameters, returns, kind, self.choices - 2)

    def any_value(self, of: Type, scope: Scope) -> str:
        return self.value(of, scope.inner(), 1)

    def decision(self, scope: Scope) -> None:
        """The body of a pure method: names, `if`, `return`."""
        inner = scope.inner(guarded=True)
        if self.chance(0.4):
            name = self.name("x")
            self.out.line(f"{name} = {self.truth(inner, 1)}")
            inner.names[name] = BOOL
        if self.chance(0.4):
            with self.out.block(f"if {self.truth(inner, 1)}:"):
                self.out.line(f"return {self.truth(inner, 1)}")
        self.out.line(f"return {self.truth(inner)}")

    def process(self, number: int, methods: tuple[Method, ...]) -> None:
        of, mark = self.one([(None, ""), (GROUP, 'each="group"'), (SLOT, 'each="slot"'),
                             (None, "times=2")])
        daemon = self.chance(0.3)
        fair = self.one(["", "", "weak", "strong"])
        if fair:
            self.note(f"{fair} fairness")
        options = ", ".join(filter(None, [mark, "daemon=True" if daemon else "",
                                          f'fair="{fair}"' if fair else ""]))
        self.note(f"process {mark or 'alone'}")
        self.choices = 0
        scope = Scope(dict(self.state), waits=True, chooses=True, methods=methods,
                      returns="process")
        parameter = ""
        if of is not None:
            scope.names["me"], scope.fixed, parameter = of, frozenset({"me"}), ", me"
        self.out.line(f"@process({options})" if options else "@process")
        with self.out.block(f"async def run{number}(self{parameter}):"):
            if self.chance(0.15):
                self.note("choice before the first await")
                self.choose_local(scope)
            self.wait_step(scope)
            if daemon and self.chance(0.6):
                self.note("while True")
                with self.out.block("while True:"):
                    self.body(scope.inner(loop=True), self.one([2, 3, 4]))
                    self.wait_step(scope)
            else:
                self.body(scope, self.one([2, 3, 4, 5, 6]))

    def property(self, number: int, methods: tuple[Method, ...]) -> None:
        kind = self.one(["invariant", "invariant", "sometimes", "lemma", "step_invariant",
                         "eventually", "leads_to"])
        self.note(kind)
        scope = Scope(dict(self.state), guarded=self.chance(0.7), methods=methods)
        parameters = ""
        if kind == "step_invariant":
            parameters = ", before, after"
            views = {f"{view}.{name.removeprefix('self.')}": of
                     for name, of in self.state.items() for view in ("before", "after")}
            scope = Scope(views, guarded=True)
        elif self.chance(0.15):
            self.note("property each=")
            of, each = self.one([(GROUP, "group"), (SLOT, "slot")])
            scope.names["own"], parameters = of, ", own"
            kind += f'(each="{each}")'
        self.out.line(f"@{kind}")
        with self.out.block(f"def property{number}(self{parameters}):"):
            premise = f"{self.truth(scope, 2)}, " if kind.startswith("leads_to") else ""
            self.out.line(f"return {premise}{self.truth(scope, 3)}")

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def body(self, scope: Scope, length: int, depth: int = 2) -> None:
        for _ in range(length):
            self.statement(scope, depth)

    def statement(self, scope: Scope, depth: int) -> None:
        """One statement; what can not be written here is replaced by something else."""
        simple = [self.assign, self.assign, self.assign, self.assign_local, self.assign_local,
                  self.change_set, self.use_queue, self.add_to, self.use_lock, self.check]
        if scope.chooses:
            simple += [self.choose_local, self.choose_local, self.call]
        if scope.loop:
            simple += [self.jump]
        if scope.waits:
            simple += [self.wait_step, self.wait_step, self.wait_until, self.get]
        nested = [self.branch, self.branch, self.each, self.numbered]
        if scope.waits:
            nested += [self.hold, self.repeat]
        if scope.returns and depth < 2 and self.chance(0.05):
            nested, simple = [], [self.leave]
        lines = len(self.out.lines)
        for _ in range(8):
            write = self.one(nested if nested and depth and self.chance(0.35) else simple)
            try:
                write(scope, depth) if write in nested else write(scope)
                return
            except Impossible:
                del self.out.lines[lines:]

    def assign(self, scope: Scope) -> None:
        """To a variable, an element, a field."""
        of = self.one([t for t in (*SIMPLE, PAIR, Maybe(GROUP), Maybe(SLOT), Maybe(SMALL),
                                   Maybe(MODE), Set(SLOT), Set(GROUP), Set(MODE))])
        places = [p for p in self.atoms(of, scope) if p.startswith("self.") or "." in p]
        places = [p for p in places if p.split("[")[0].split(".")[0] not in scope.fixed]
        place = self.one(places)
        self.note("assign an element" if "[" in place else "assign a variable")
        if of in (SLOT, SMALL) and not scope.guarded and self.chance(0.1):
            maybe = self.named(Maybe(of), scope)
            self.out.line(f"{place} = {maybe}")
        else:
            self.out.line(f"{place} = {self.value(of, scope)}")

    def add_to(self, scope: Scope) -> None:
        of = self.one(list(NUMBERS) and [SMALL, SLOT, Wrapping(2), Int(-1, 1)])
        place = self.one([p for p in self.atoms(of, scope) if p.startswith("self.")])
        if scope.guarded and not isinstance(of, Wrapping):
            raise Impossible
        self.note("augmented assignment")
        self.out.line(f"{place} {self.one(['+=', '-='])} {self.one(['1', '1', '2'])}")

    def assign_local(self, scope: Scope) -> None:
        of = self.one(LOCALS)
        mine = [name for name, have in scope.names.items() if have == of
                and not name.startswith("self.") and name not in scope.fixed]
        name = self.one(mine) if mine and self.chance(0.4) else self.name("x")
        fresh = name not in scope.names
        value = self.value(of, scope)
        if isinstance(of, (Set, Record)) and value.replace(".", "_").replace("[", "_").replace(
                "]", "_").replace('"', "_").isidentifier():
            raise Impossible        # a second name for something that can change
        declared = fresh and (of == SMALL or isinstance(of, Maybe) or self.chance(0.1))
        if fresh and not declared and of in (SLOT, SMALL):
            raise Impossible        # the range of a number is found only without a circle
        self.note("annotated local" if declared else "local")
        self.out.line(f"{name}: {text_of(of)} = {value}" if declared else f"{name} = {value}")
        scope.names[name] = of

    def change_set(self, scope: Scope) -> None:
        name, of = self.one([(n, t.of) for n, t in scope.names.items() if isinstance(t, Set)])
        method = self.one(["add", "add", "discard", "remove"])
        if method == "remove" and scope.guarded:
            raise Impossible
        self.note(f"set {method}")
        self.out.line(f"{name}.{method}({self.value(of, scope, 1)})")

    def use_queue(self, scope: Scope) -> None:
        texts = [(text, of) for of in set(t for t in self.state.values() if isinstance(t, Queue))
                 for text in self.atoms(of, scope)]
        name, of = self.one(sorted(texts, key=str))
        use = self.one(["put", "put", "get_nowait", "peek"])
        self.note(f"queue {use}")
        if scope.guarded:
            raise Impossible
        guard = f"not {name}.full()" if use == "put" else f"not {name}.empty()"
        element = self.value(of.of, scope, 1) if use == "put" else ""
        if self.chance(0.8):
            with self.out.block(f"if {guard}:"):
                self._queue_line(scope.inner(), name, of, use, element)
        else:
            self._queue_line(scope, name, of, use, element)

    def _queue_line(self, scope: Scope, name: str, of: Queue, use: str, element: str) -> None:
        if use == "put":
            self.out.line(f"{name}.put({element})")
        elif use == "peek":
            self.out.line(f"assert {name}.peek() == {name}.peek()")
        else:
            local = self.name("x")
            self.out.line(f"{local} = {name}.get_nowait()")
            scope.names[local] = of.of

    def use_lock(self, scope: Scope) -> None:
        name = self.one([n for n, t in scope.names.items() if isinstance(t, Lock)])
        if scope.guarded or not scope.chooses:
            raise Impossible
        self.note("try_acquire")
        with self.out.block(f"if {name}.try_acquire():"):
            inner = scope.inner()
            self.body(inner, 1, 0)
            if self.chance(0.9):
                self.out.line(f"{name}.release()")

    def check(self, scope: Scope) -> None:
        if scope.guarded or self.chance(0.6):
            raise Impossible
        self.note("assert")
        self.out.line(f"assert {self.truth(scope)}")

    def choose_local(self, scope: Scope) -> None:
        """A choice, into a local."""
        name = self.name("c")
        options = [("pick(self.group)", GROUP), ("pick(self.slot)", SLOT), ("maybe('m')", BOOL),
                   ("fails('f')", BOOL), ("pick(('a', 'c'))", MODE), ("pick(MODE)", MODE)]
        started = scope.waits and any(line.lstrip().startswith("await") for line in
                                      self.out.lines[-40:])
        if started:
            options += [(f"pick({n})", t.of) for n, t in scope.names.items()
                        if isinstance(t, Set) and t.of != MODE and not scope.guarded]
            inner = scope.inner(guarded=True)
            inner.names["y"] = SLOT
            options.append((f"pick(y for y in self.slot if {self.truth(inner, 1)})", SLOT))
        text, of = self.one(options)
        self.spend(1, scope)
        self.note(text.split("(")[0] + (" where" if " if " in text else ""))
        self.out.line(f"{name} = {text}")
        scope.names[name] = of

    def call(self, scope: Scope) -> None:
        """A call of a plain or an async method, its result into a local or a condition."""
        kinds = ["plain", "async"] if scope.waits else ["plain"]
        method = self.one([m for m in scope.methods if m.kind in kinds])
        self.spend(method.choices, scope)
        call = f"self.{method.name}({self.arguments(method, scope)})"
        call = f"await {call}" if method.kind == "async" else call
        self.note(f"{method.kind} method")
        if method.returns == BOOL and method.kind == "plain" and self.chance(0.5):
            with self.out.block(f"if {self.one(['', 'not '])}{call}:"):
                self.body(scope.inner(), 1, 0)
        elif method.returns is not None and self.chance(0.7):
            name = self.name("x")
            self.out.line(f"{name} = {call}")
            scope.names[name] = method.returns
        else:
            self.out.line(call)

    def jump(self, scope: Scope) -> None:
        jump = self.one(["break", "continue"])
        self.note(jump)
        with self.out.block(f"if {self.truth(scope, 1)}:"):
            self.out.line(jump)

    def leave(self, scope: Scope) -> None:
        self.note("return")
        if scope.returns in ("process", "nothing"):
            with self.out.block(f"if {self.truth(scope, 1)}:"):
                self.out.line("return")
            return
        with self.out.block(f"if {self.truth(scope, 1)}:"):
            self.out.line(f"return {self.any_value(self.returning, scope)}")

    # ── waiting ──────────────────────────────────────────────────────────────────────────────

    def wait_step(self, scope: Scope) -> None:
        self.note("step")
        self.out.line(f'await step("{self.name("s")}")')

    def wait_until(self, scope: Scope) -> None:
        self.note("until")
        inner = scope.inner(guarded=self.chance(0.8))
        self.out.line(f'await until(lambda: {self.truth(inner, 2)}, "{self.name("u")}")')

    def get(self, scope: Scope) -> None:
        name, of = self.one([(n, t) for n, t in scope.names.items() if isinstance(t, Queue)])
        self.note("get")
        local = self.name("x")
        self.out.line(f"{local} = await {name}.get()")
        scope.names[local] = of.of

    def hold(self, scope: Scope, depth: int) -> None:
        locks = [n for n, t in scope.names.items() if isinstance(t, Lock)]
        locks += [f"{n}[{self.key(t.key, scope)}]" for n, t in scope.names.items()
                  if isinstance(t, Map) and isinstance(t.value, Lock)]
        lock = self.one([n for n in locks if n not in scope.held])
        self.note("async with")
        with self.out.block(f"async with {lock}:"):
            self.body(scope.inner(held=(*scope.held, lock)), self.one([1, 2]), depth - 1)

    # ── control ──────────────────────────────────────────────────────────────────────────────

    def branch(self, scope: Scope, depth: int) -> None:
        self.note("if")
        test = self.truth(scope)
        if scope.chooses and self.chance(0.3):
            self.spend(1, scope)
            self.note("choice in a condition")
            test = self.one(["maybe('b')", "not fails('b')", f"{test} and maybe('b')"])
        with self.out.block(f"if {test}:"):
            self.body(scope.inner(), self.one([1, 2]), depth - 1)
        if self.chance(0.5):
            with self.out.block("else:"):
                self.body(scope.inner(), 1, depth - 1)

    def each(self, scope: Scope, depth: int) -> None:
        """A loop over an Index or a Set: no await, no choice, updates at the element."""
        name = self.name("g")
        sets = [(n, t.of) for n, t in scope.names.items() if isinstance(t, Set)]
        over, of = self.one([("self.group", GROUP), ("self.group", GROUP), *sets])
        inner = scope.inner(waits=False, chooses=False, guarded=True, loop=False, returns="")
        inner.names = {n: t for n, t in inner.names.items() if n != over}
        inner.names[name], inner.fixed = of, inner.fixed | {name}
        self.note(f"for over a {type(of).__name__}")
        with self.out.block(f"for {name} in {over}:"):
            if isinstance(of, Index) and self.chance(0.9):
                for _ in range(self.one([1, 2])):
                    self.unordered(inner, name, of)
            else:
                self.body(inner, self.one([1, 2]), 0)

    def unordered(self, scope: Scope, name: str, of: Type) -> None:
        """An update whose effect can not depend on the order of the elements."""
        maps = [n for n, t in scope.names.items() if isinstance(t, Map) and t.key == of
                and t.value in (BOOL, MODE, SMALL)]
        sets = [n for n, t in scope.names.items() if isinstance(t, Set) and t.of == of
                and n not in scope.fixed]
        flags = [n for n, t in scope.names.items() if t == BOOL and n.startswith("self.")]
        totals = [n for n, t in scope.names.items() if t == SMALL and n.startswith("self.")]
        written = {*maps, *sets, *flags, *totals}
        quiet = scope.inner()
        quiet.names = {n: t for n, t in scope.names.items() if n not in written}
        updates = [f"{m}[{name}] = {self.value(scope.names[m].value, quiet, 1)}" for m in maps]
        updates += [f"{s}.{self.one(['add', 'discard'])}({name})" for s in sets]
        updates += [f"{f} = {self.one(['True', 'False'])}" for f in flags]
        updates += [f"{t} += {self.one(['1', '0'])}" for t in totals]
        update = self.one(updates)
        if self.chance(0.5):
            with self.out.block(f"if {self.truth(quiet, 1)}:"):
                self.out.line(update)
        else:
            self.out.line(update)

    def numbered(self, scope: Scope, depth: int) -> None:
        """A loop over numbers, a tuple or an Enum, with whatever is allowed outside."""
        name = self.name("i")
        over, of = self.one([("self.slot", SLOT), ("range(2)", SLOT), ("range(1, 3)", SMALL),
                             ("range(2, 0, -1)", SMALL), ("(2, 0)", SMALL), ("MODE", MODE),
                             ("('b', 'a')", MODE)])
        inner = scope.inner(loop=True, chooses=scope.chooses and not scope.loop)
        inner.names[name], inner.fixed = of, inner.fixed | {name}
        self.note(f"for over {over.split('(')[0] or 'a tuple'}")
        with self.out.block(f"for {name} in {over}:"):
            self.body(inner, self.one([1, 2]), depth - 1)

    def repeat(self, scope: Scope, depth: int) -> None:
        self.note("while")
        with self.out.block(f"while {self.truth(scope, 1)}:"):
            self.wait_step(scope)
            self.body(scope.inner(loop=True), self.one([1, 2]), depth - 1)
