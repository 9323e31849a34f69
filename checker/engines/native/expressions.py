"""IR expressions in C.

An expression becomes one C expression without side effects, in which `s` is the state, `t` the
state after a step (in step invariants) and `me` the number of the running instance. A quantifier
becomes a small function with a loop, to which the locals that it mentions are passed; equal
quantifiers share one. What an operator becomes is said in `operators.py`.

NOTE(ranges). The IR lets number types mix, alone and inside of Maybe, Set and so on. A number in
C is its own value, whatever its range; but the code of a Maybe(Int(3, 5)) is counted from 3. Where
an argument's type has another code than the place it goes to, `converted` moves it over.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ContextManager, assert_never

from checker.engines.native import cexpr
from checker.engines.native.cexpr import C, Names, call
from checker.engines.native.layout import Unsupported
from checker.engines.native.operators import TRANSLATIONS
from checker.engines.native.parts import (Accessors, Key, Spot, declared, function,
                                          lowest_number)
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.walk import free_locals, subexpressions
from checker.source import Loc
from checker.text import Writer
from checker.types import (NUMBERS, Int, Map, Maybe, Queue, Record, Set, Type, bounds,
                           size)


@dataclass(frozen=True, slots=True)
class Needs:
    """What an expression takes from its surroundings."""

    state: bool
    after: bool
    me: bool
    locals: tuple[tuple[str, Type], ...]


def needs(expr: Expr) -> Needs:
    parts = tuple(subexpressions(expr))
    free = free_locals(expr)
    found = {e.name: e.type for e in parts if isinstance(e, Local) and e.name in free}
    return Needs(any(isinstance(e, Var) and not e.primed for e in parts),
                 any(isinstance(e, Var) and e.primed for e in parts),
                 any(isinstance(e, Me) for e in parts), tuple(sorted(found.items())))


def origin(loc: Loc) -> str:
    """Where something was written, the same from whatever directory the checker runs."""
    return f"{'/'.join(loc.path.split('/')[-2:])}:{loc.line}"


class Expressions:
    """The translator of a file; collects the accessors and functions that expressions need."""

    def __init__(self, accessors: Accessors, names: Names) -> None:
        self.accessors, self.names = accessors, names
        self.coding, self.codes = accessors.coding, accessors.coding.codes
        self.functions = Writer()
        self._quantifiers: dict[Expr, str] = {}

    def local(self, name: str) -> str:
        """The C name of a local; the same in every function of the file."""
        return self.names.name(("local", name), name)

    def compile(self, expr: Expr) -> C:
        match expr:
            case Const(value, of):
                return self.coding.constant(of, self.codes.encode(of, value))
            case Var(name, _, primed):
                return self.accessors.read("t" if primed else "s", name, [])
            case Local(name):
                return C(self.local(name))
            case Me():
                return C("me")
            case Field() | Op("get"):
                return self._part(expr)
            case Op():
                return TRANSLATIONS[expr.op](self, expr)
            case Quantifier():
                return self._quantify(expr)
            case _:
                assert_never(expr)

    def as_type(self, expr: Expr, of: Type) -> C:
        """The expression as a value with the codes of `of`."""
        if isinstance(expr, Const) and not isinstance(of, NUMBERS):
            return self.coding.constant(of, self.codes.encode(of, expr.value))
        return self.converted(self.compile(expr), expr.type, of)

    def as_code(self, expr: Expr, of: Type) -> C:
        """The narrow code of the expression as a value of `of`."""
        return self.coding.encode(of, self.as_type(expr, of))

    # ── codes that differ ───────────────────────────────────────────────────────────────────

    def converted(self, value: C, have: Type, of: Type) -> C:
        """A value of type `have` as one of `of`; see NOTE(ranges)."""
        if isinstance(of, NUMBERS) or self.alike(have, of):
            return value
        match have, of:
            case (Maybe(a), Maybe(b)) if isinstance(a, NUMBERS):
                return call("rebase_maybe", value, lowest_number(a), lowest_number(b))
            case (Set(a), Set(b)) if isinstance(a, NUMBERS):
                return call("rebase_set", value, lowest_number(a), lowest_number(b))
        raise Unsupported(f"{have} where {of} is expected")

    def alike(self, a: Type, b: Type) -> bool:
        """Whether the codes of the values that both types have are equal."""
        if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
            return lowest_number(a) == lowest_number(b)
        match a, b:
            case (Maybe(x), Maybe(y)):
                return self.codes.wide(a) == self.codes.wide(b) and self.alike(x, y)
            case (Set(x), Set(y)):
                return self.alike(x, y)
            case (Map(), Map()) | (Queue(), Queue()):
                x, y = (a.value, b.value) if isinstance(a, Map) else (a.of, b.of)
                same = isinstance(a, Map) or a.capacity == b.capacity
                return same and self.coding.size(x) == self.coding.size(y) and self.alike(x, y)
            case (Record(fields), Record(others)):
                return all(self.coding.size(x) == self.coding.size(y) and self.alike(x, y)
                           for (_, x), (_, y) in zip(fields, others, strict=True))
        return a == b

    def common(self, a: Type, b: Type) -> Type:
        """A type with the values of both."""
        if a == b:
            return a
        match a, b:
            case (Maybe(x), Maybe(y)):
                return Maybe(self.common(x, y))
            case (Set(x), Set(y)):
                return Set(self.common(x, y))
        if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
            (al, ah), (bl, bh) = bounds(a), bounds(b)
            return Int(min(al, bl), max(ah, bh))
        return a

    # ── parts ───────────────────────────────────────────────────────────────────────────────

    def position(self, key: Expr, of: Type) -> C:
        """Where a map keeps the value of `key`: the lowest key's place for one outside."""
        value = self.compile(key)
        if not isinstance(of, NUMBERS):
            return value
        if self.inside(key.type, of):
            return cexpr.plus(value, -lowest_number(of))
        return call("place", value, lowest_number(of), size(of))

    @staticmethod
    def inside(have: Type, of: Type) -> bool:
        """Whether a value of the one number type is surely in the other."""
        return bounds(of)[0] <= bounds(have)[0] and bounds(have)[1] <= bounds(of)[1]

    def path(self, keys: Iterable[Expr | str], root: Type) -> tuple[list[Key], Type]:
        """A path of keys and fields as positions and fields, and the type where it ends."""
        found: list[Key] = []
        for key in keys:
            if isinstance(key, str):
                found.append(key)
                root = root.field_type(key)
            else:
                found.append(self.position(key, root.key))
                root = root.value
        return found, root

    def _part(self, expr: Field | Op) -> C:
        """A chain of subscripts and fields, down to what it starts from."""
        keys: list[Expr | str] = []
        root: Expr = expr
        while isinstance(root, Field) or isinstance(root, Op) and root.op == "get":
            keys.insert(0, root.name if isinstance(root, Field) else root.args[1])
            root = root.record if isinstance(root, Field) else root.args[0]
        path, of = self.path(keys, root.type)
        if isinstance(root, Var):
            return self.converted(
                self.accessors.read("t" if root.primed else "s", root.name, path), of, expr.type)
        spot = Spot(root.type, self.coding)
        for key in path:
            spot.enter(key)
        value = spot.read(self.compile(root), narrow=not self.codes.wide(root.type))
        return self.converted(value, of, expr.type)

    # ── quantifiers ─────────────────────────────────────────────────────────────────────────

    def _quantify(self, expr: Quantifier) -> C:
        need = needs(expr)
        name = self._quantifiers.get(expr)
        if name is None:
            name = self.names.name(("quantifier", expr), f"{expr.kind}_{len(self._quantifiers)}")
            self._quantifiers[expr] = name
            self._define(name, expr, need)
        arguments = ["s"] * need.state + ["t"] * need.after + ["me"] * need.me
        return call(name, *arguments, *(self.local(local) for local, _ in need.locals))

    def _define(self, name: str, expr: Quantifier, need: Needs) -> None:
        body = self.compile(expr.body)        # first: it may define functions itself
        parameters = (["const word *s"] * need.state + ["const word *t"] * need.after
                      + ["number me"] * need.me
                      + [declared(self.coding.ctype(of), self.local(n)) for n, of in need.locals])
        write, of = self.functions, self.coding.ctype(expr.type)
        head = f"static {of} {name}({', '.join(parameters) or 'void'})"
        if expr.loc.line:
            write(cexpr.comment(f"{origin(expr.loc)}  {expr.loc.text()}".rstrip()))
        with function(write, head):
            if expr.kind in ("sum", "set"):
                write(f"{of} result = 0;")
            with self.loop(write, expr.variable, expr.domain):
                self._gather(write, expr, body)
            write({"any": "return false;", "all": "return true;"}.get(expr.kind,
                                                                      "return result;"))

    def _gather(self, write: Writer, expr: Quantifier, body: C) -> None:
        """What the loop of a quantifier does for one value."""
        if expr.kind == "sum":
            write(f"result += {body};")
            return
        test = cexpr.negation(body) if expr.kind == "all" else body
        write(f"if ({test})")
        with write.indent():
            if expr.kind == "set":
                of = expr.type.of
                member = self.coding.encode(expr.domain, C(self.local(expr.variable)))
                shift = lowest_number(expr.domain) - lowest_number(of) if isinstance(
                    of, NUMBERS) else 0
                write(f"result |= {call('single', cexpr.plus(member, shift), size(of))};")
            else:
                write("return true;" if expr.kind == "any" else "return false;")

    def loop(self, write: Writer, variable: str, of: Type) -> ContextManager[None]:
        """A loop over all values of a scalar type."""
        name = self.local(variable)
        if isinstance(of, NUMBERS):
            lo, hi = bounds(of)
            return write.block(f"for (number {name} = {lo}; {name} <= {hi}; {name}++) {{")
        return write.block(f"for (word {name} = 0; {name} < {size(of)}; {name}++) {{")

    def queue(self, of: Queue) -> str:
        """The description of a queue type that the functions of model.h take."""
        capacity = of.capacity
        if self.codes.wide(of):
            slots, words = self.codes.slots(of), self.codes.words(of)
            width, per = (slots.words, 0) if slots.words else (slots.bits, slots.per)
            return f"(struct wide_queue){{{words}, {width}, {per}, {capacity}}}"
        length, width = self.codes.length_bits(of), self.codes.bits(of.of)
        return f"(struct queue){{{length}, {width}, {capacity}}}"

    def room(self, of: Type) -> str:
        """Room for a wide value that is built in an expression."""
        return f"(word[{self.codes.words(of)}]){{0}}"
