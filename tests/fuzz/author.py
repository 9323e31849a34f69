"""Random specs: well-typed source text, the same for the same seed.

An `Author` writes a spec as a person might who has read the page on the language and nothing
else: a few state variables of any type, helpers, processes that wait and choose, properties.
Most of what it writes has a value (`x % 3`, `m if m is not None else 0`); now and then it leaves
the guard out, so that implicit properties fail. Some of its specs are refused (a loop whose order
would be visible, a local whose range can not be found); those are counted and passed over.

NOTE(one failure). In one place the language and CPython may differ by design: where a step would
fail in two ways, for two elements of one quantifier or of one loop over an Index, which of the
two is seen depends on the order of the elements. So inside those nothing is left unguarded.
"""
from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from checker.types import (NUMBERS, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record,
                           Set, Type, Wrapping, bounds)

GROUP = Index("group", 2)
SLOT = Range(2)
MODE = Enum("a", "b", "c")
BOOL = Bool()
SMALL, SIGNED, WRAP = Int(0, 2), Int(-1, 1), Wrapping(2)
PAIR = Record(left=SLOT, flag=BOOL)
KEYS = (GROUP, SLOT, SLOT, MODE, BOOL)
SIMPLE = (BOOL, SMALL, SIGNED, WRAP, MODE, GROUP, SLOT)

TEXT: dict[Type, str] = {
    GROUP: "self.group", SLOT: "self.slot", MODE: "MODE", BOOL: "Bool", PAIR: "PAIR",
    Lock(): "Lock",
}
HEAD = '''from checker import *

MODE = Enum("a", "b", "c")
PAIR = Record(left=Range(2), flag=Bool)
'''


MOST_CHOICES = 4


class Impossible(Exception):
    """What was asked for can not be written here; something else is."""


def text_of(of: Type) -> str:
    """A type as a constructor or an annotation names it."""
    match of:
        case Maybe(inner):
            return f"Maybe({text_of(inner)})"
        case Set(inner):
            return f"Set({text_of(inner)})"
        case Map(key, value):
            return f"Map({text_of(key)}, {text_of(value)})"
        case Queue(inner, capacity):
            return f"Queue({text_of(inner)}, {capacity})"
    return TEXT.get(of) or str(of)


@dataclass
class Scope:
    """What can be named: variables with their types, and what may be done here.

    `waits`: awaits are allowed. `chooses`: choices are. `guarded`: nothing may fail. `pure`: no
    change of state. `loop`: break and continue are allowed.
    """

    names: dict[str, Type]
    fixed: frozenset[str] = frozenset()
    waits: bool = False
    chooses: bool = False
    guarded: bool = False
    loop: bool = False
    returns: str = ""
    methods: tuple[Method, ...] = ()
    held: tuple[str, ...] = ()

    def inner(self, **changes: object) -> Scope:
        """The same, with its own names: what is assigned inside is not known outside."""
        return replace(self, names=dict(self.names), **changes)


@dataclass(frozen=True)
class Method:
    """A method that others may call: its parameters, what it returns, whether it is awaited."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    returns: Type | None
    kind: str
    choices: int = 0


@dataclass
class Writer:
    """Lines under construction."""

    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self.depth += 1
        before = len(self.lines)
        try:
            yield
            if len(self.lines) == before:
                self.line("pass")
        finally:
            self.depth -= 1


class Values:
    """Writes expressions."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)
        self.features: Counter[str] = Counter()
        self.serial = 0
        self.choices = 0

    # ── chance ───────────────────────────────────────────────────────────────────────────────

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, options: list | tuple):
        if not options:
            raise Impossible
        return self.random.choice(options)

    def spend(self, choices: int, scope: Scope) -> None:
        """Make choices, of which a method or process may make a few: they multiply."""
        cost = choices * (2 if scope.loop else 1)
        if self.choices + cost > MOST_CHOICES:
            raise Impossible
        self.choices += cost

    def note(self, feature: str) -> None:
        self.features[feature] += 1

    def name(self, base: str) -> str:
        self.serial += 1
        return f"{base}{self.serial}"

    def first_of(self, options: list[Callable[[], str]]) -> str:
        """One of the options that turns out to be possible."""
        self.random.shuffle(options)
        for option in options:
            try:
                return option()
            except Impossible:
                continue
        raise Impossible

    # ── expressions ──────────────────────────────────────────────────────────────────────────

    def atoms(self, of: Type, scope: Scope) -> list[str]:
        """What names a value of exactly this type: variables, elements, fields."""
        found = []
        for name, have in scope.names.items():
            found += self._parts(name, have, of, scope, 2)
        return found

    def _parts(self, text: str, have: Type, of: Type, scope: Scope, depth: int) -> list[str]:
        if have == of:
            return [text]
        if depth and isinstance(have, Map):
            try:
                key = self.key(have.key, scope)
            except Impossible:
                return []
            return self._parts(f"{text}[{key}]", have.value, of, scope, depth - 1)
        if depth and isinstance(have, Record):
            return [part for name, inner in have.fields
                    for part in self._parts(f"{text}.{name}", inner, of, scope, depth - 1)]
        return []

    def named(self, of: Type, scope: Scope) -> str:
        return self.one(self.atoms(of, scope))

    def key(self, of: Type, scope: Scope) -> str:
        """A key of a map; a number that may lie outside only where failing is allowed."""
        locals_ = [name for name, have in scope.names.items()
                   if have == of and not name.startswith("self.")]
        if of == SLOT:
            if not scope.guarded and self.chance(0.08):
                self.note("key that may lie outside")
                numbers = [name for name, have in scope.names.items() if isinstance(have, NUMBERS)]
                return f"{self.one(numbers)} + {self.one(['0', '1'])}"
            return self.one([*locals_, "0", "1"])
        if of == MODE:
            return self.one([*locals_, '"a"', '"b"'])
        if of == BOOL:
            return self.one([*locals_, "True", "False"])
        return self.one(locals_)

    def value(self, of: Type, scope: Scope, depth: int = 2) -> str:
        """An expression of this type."""
        match of:
            case Bool():
                return self.truth(scope, depth)
            case Int() | Wrapping():
                return self.fitting(of, scope, depth)
            case Range():
                return self.first_of([lambda: self.named(of, scope),
                                      lambda: self.fitting(of, scope, depth)])
            case Enum(members):
                return self.first_of([lambda: repr(self.one(members)).replace("'", '"'),
                                      lambda: self.named(of, scope),
                                      lambda: self.conditional(of, scope, depth)])
            case Index():
                return self.first_of([lambda: self.named(of, scope),
                                      lambda: self.conditional(of, scope, depth)])
            case Maybe(inner):
                return self.first_of([lambda: "None", lambda: self.named(of, scope),
                                      lambda: self.value(inner, scope, depth - 1)])
            case Set():
                return self.set_of(of, scope, depth)
            case Record():
                return self.record(scope, depth)
        raise Impossible

    def conditional(self, of: Type, scope: Scope, depth: int) -> str:
        if depth <= 0:
            raise Impossible
        self.note("conditional expression")
        test = self.truth(scope, depth - 1)
        return (f"({self.value(of, scope, depth - 1)} if {test} else "
                f"{self.value(of, scope, depth - 1)})")

    def record(self, scope: Scope, depth: int) -> str:
        if self.chance(0.4) and self.atoms(PAIR, scope):
            return self.named(PAIR, scope)
        self.note("record")
        return (f"PAIR(left={self.value(SLOT, scope, depth - 1)}, "
                f"flag={self.truth(scope, depth - 1)})")

    def set_of(self, of: Set, scope: Scope, depth: int) -> str:
        def element() -> str:
            return self.first_of([lambda: self.named(of.of, scope),
                                  lambda: self.value(of.of, scope, 0)
                                  if of.of == MODE else self.one([])])

        def chosen() -> str:
            variable = self.name("e")
            inner = scope.inner(guarded=True)
            inner.names[variable] = of.of
            over = TEXT[of.of] if self.chance(0.6) else self.named(of, scope)
            self.note("set comprehension")
            return "{" + f"{variable} for {variable} in {over} if {self.truth(inner, 1)}" + "}"

        if depth <= 0:
            return self.named(of, scope)
        left = self.named(of, scope) if self.atoms(of, scope) else chosen()
        op = self.one(["|", "&", "-"])
        self.note(f"set {op}")
        return self.first_of([
            lambda: f"({left} {op} {{{element()}}})", chosen,
            lambda: f"({left} {op} {self.set_of(of, scope, depth - 1)})"])

    # ── numbers ──────────────────────────────────────────────────────────────────────────────

    def fitting(self, of: Type, scope: Scope, depth: int) -> str:
        """A number that, as a rule, lies in the range of `of`."""
        lo, hi = bounds(of)
        if self.chance(0.3):
            return str(self.random.randint(lo, hi))
        same = self.atoms(of, scope)
        if same and self.chance(0.4):
            return self.one(same)
        raw = self.number(scope, depth)
        if isinstance(of, Wrapping) or not scope.guarded and self.chance(0.15):
            self.note("number that may leave its range")
            return raw
        if lo == 0 and self.chance(0.5):
            return f"({raw}) % {hi + 1}"
        return f"max({lo}, min({raw}, {hi}))"

    def number(self, scope: Scope, depth: int) -> str:
        """Any number."""
        simple = [str(self.random.randint(-1, 3))]
        for of in (SMALL, SIGNED, WRAP, SLOT):
            simple += self.atoms(of, scope)
        if depth <= 0:
            return self.one(simple)
        return self.first_of([
            lambda: self.one(simple), lambda: self.one(simple),
            lambda: self.arithmetic(scope, depth), lambda: self.arithmetic(scope, depth),
            lambda: self.divided(scope, depth), lambda: self.extreme(scope, depth),
            lambda: self.length(scope), lambda: self.total(scope, depth),
            lambda: self.some_number(scope, depth),
            lambda: self.number_or_number(scope, depth)])

    def arithmetic(self, scope: Scope, depth: int) -> str:
        op = self.one(["+", "-", "*", "+"])
        self.note(f"number {op}")
        return f"({self.number(scope, depth - 1)} {op} {self.number(scope, depth - 1)})"

    def divided(self, scope: Scope, depth: int) -> str:
        op = self.one(["//", "%"])
        self.note(f"number {op}")
        by = self.one(["2", "3", "-2"])
        if not scope.guarded and self.chance(0.2):
            by = self.number(scope, 0)
        return f"({self.number(scope, depth - 1)} {op} {by})"

    def extreme(self, scope: Scope, depth: int) -> str:
        name = self.one(["min", "max", "abs", "-", "int"])
        self.note(f"number {name}")
        if name == "int":
            return f"int({self.truth(scope, depth - 1)})"
        if name in ("abs", "-"):
            return f"{name}({self.number(scope, depth - 1)})"
        return f"{name}({self.number(scope, depth - 1)}, {self.number(scope, depth - 1)})"

    def length(self, scope: Scope) -> str:
        sized = [name for name, have in scope.names.items() if isinstance(have, (Set, Queue))]
        self.note("len")
        return f"len({self.one(sized)})"

    def total(self, scope: Scope, depth: int) -> str:
        clauses, inner = self.clauses(scope)
        self.note("sum")
        body = self.one([self.number, self.truth])(inner, depth - 1)
        return f"sum({body} {clauses})"

    def some_number(self, scope: Scope, depth: int) -> str:
        """A Maybe used as the number that it holds."""
        optional = [text for of in (SMALL, SLOT) for text in self.atoms(Maybe(of), scope)]
        text = self.one(optional)
        self.note("maybe as a value")
        if not scope.guarded and self.chance(0.3):
            return text
        return f"({text} if {text} is not None else {self.number(scope, depth - 1)})"

    def number_or_number(self, scope: Scope, depth: int) -> str:
        self.note("conditional number")
        return (f"({self.number(scope, depth - 1)} if {self.truth(scope, depth - 1)} "
                f"else {self.number(scope, depth - 1)})")

    # ── truths ───────────────────────────────────────────────────────────────────────────────

    def truth(self, scope: Scope, depth: int = 2) -> str:
        """A Bool."""
        simple = [*self.atoms(BOOL, scope), "True", "False"]
        if depth <= 0:
            return self.one(simple)
        return self.first_of([
            lambda: self.one(simple), lambda: self.compared(scope, depth),
            lambda: self.compared(scope, depth), lambda: self.connected(scope, depth),
            lambda: self.quantified(scope, depth), lambda: self.equal(scope, depth),
            lambda: self.member(scope, depth), lambda: self.observed(scope),
            lambda: self.subset(scope, depth), lambda: self.asked(scope),
            lambda: self.sheltered(scope, depth),
            lambda: self.conditional(BOOL, scope, depth)])

    def compared(self, scope: Scope, depth: int) -> str:
        parts = [self.number(scope, depth - 1) for _ in range(3 if self.chance(0.15) else 2)]
        ops = [self.one(["<", "<=", ">", ">=", "==", "!="]) for _ in parts[1:]]
        self.note("comparison chain" if len(parts) > 2 else "comparison")
        return "(" + parts[0] + "".join(f" {op} {p}" for op, p in zip(ops, parts[1:])) + ")"

    def connected(self, scope: Scope, depth: int) -> str:
        op = self.one(["and", "or", "not", "implies"])
        self.note(op)
        left, right = self.truth(scope, depth - 1), self.truth(scope, depth - 1)
        if op == "not":
            return f"(not {left})"
        return f"implies({left}, {right})" if op == "implies" else f"({left} {op} {right})"

    def sheltered(self, scope: Scope, depth: int) -> str:
        """What has a value only where the test before it holds."""
        by = self.number(scope, 0)
        share = f"{self.number(scope, depth - 1)} {self.one(['//', '%'])} {by}"
        self.note("sheltered by a test")
        return self.one([f"({by} != 0 and {share} > 0)", f"({by} == 0 or {share} != 1)",
                         f"(({share} if {by} != 0 else 1) < 2)",
                         f"(0 != {by} <= {share})"])

    def clauses(self, scope: Scope) -> tuple[str, Scope]:
        """The `for` and `if` of a generator, and what can be named behind them."""
        inner, parts = scope.inner(guarded=True), []
        for _ in range(2 if self.chance(0.2) else 1):
            variable = self.name("q")
            over, of = self.one([
                ("self.group", GROUP), ("self.slot", SLOT), ("MODE", MODE), ("range(1, 3)", SMALL),
                ("(0, 2)", SMALL), *((s, have.of) for s, have in scope.names.items()
                                     if isinstance(have, Set))])
            parts.append(f"for {variable} in {over}")
            inner.names[variable] = of
            if self.chance(0.3):
                parts.append(f"if {self.truth(inner, 1)}")
        return " ".join(parts), inner

    def quantified(self, scope: Scope, depth: int) -> str:
        kind = self.one(["any", "all"])
        self.note(kind)
        clauses, inner = self.clauses(scope)
        return f"{kind}({self.truth(inner, depth - 1)} {clauses})"

    def equal(self, scope: Scope, depth: int) -> str:
        of = self.one([MODE, GROUP, SLOT, PAIR, Maybe(GROUP), Maybe(SLOT), Maybe(SMALL), Set(SLOT),
                       Set(GROUP)])
        left, op = self.named(of, scope), self.one(["==", "!="])
        self.note(f"{op} of a {type(of).__name__}")
        if isinstance(of, Maybe) and self.chance(0.5):
            return f"({left} is {self.one(['', 'not '])}None)"
        return f"({left} {op} {self.value(of, scope, depth - 1)})"

    def member(self, scope: Scope, depth: int) -> str:
        op = self.one(["in", "not in"])
        self.note(op)
        if self.chance(0.3):
            return f"({self.number(scope, depth - 1)} {op} (0, 2))"
        name, of = self.one([(n, have.of) for n, have in scope.names.items()
                             if isinstance(have, Set)])
        what = self.number(scope, 1) if of == SLOT else self.value(of, scope, 1)
        return f"({what} {op} {name})"

    def subset(self, scope: Scope, depth: int) -> str:
        of = self.one([Set(SLOT), Set(GROUP), Set(MODE)])
        op = self.one(["<=", "<", ">=", ">", "=="])
        left = self.named(of, scope)
        self.note(f"set {op}")
        return f"({left} {op} {self.set_of(of, scope, depth - 1)})"

    def observed(self, scope: Scope) -> str:
        name, of = self.one([(n, have) for n, have in scope.names.items()
                             if isinstance(have, (Lock, Queue))])
        ask = "locked" if isinstance(of, Lock) else self.one(["empty", "full"])
        self.note(ask)
        return f"{name}.{ask}()"

    def asked(self, scope: Scope) -> str:
        """A call of a pure method."""
        method = self.one([m for m in scope.methods if m.kind == "pure" and m.returns == BOOL])
        self.note("pure method")
        return f"self.{method.name}({self.arguments(method, scope)})"

    def arguments(self, method: Method, scope: Scope) -> str:
        texts = []
        for position, (name, of) in enumerate(method.parameters):
            container = isinstance(of, (Set, Queue, Map))
            value = self.named(of, scope) if container else self.value(of, scope, 1)
            keyword = position == len(method.parameters) - 1 and self.chance(0.3)
            texts.append(f"{name}={value}" if keyword else value)
        return ", ".join(texts)


__all__ = ["BOOL", "GROUP", "HEAD", "KEYS", "MODE", "NUMBERS", "PAIR", "SIMPLE", "SLOT", "SMALL",
           "Impossible", "Method", "Scope", "Values", "Writer", "text_of"]
