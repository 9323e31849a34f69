"""IR expressions in C.

An expression becomes one C expression without side effects, in which `s` is the state, `t` the
state after a step (in step invariants) and `me` the number of the running instance. A quantifier becomes a small function
with a loop, to which the locals that it mentions are passed; equal quantifiers share one. What an
operator becomes is said in `TRANSLATIONS`, one row for each row of `ir.ops.OPERATORS`.

NOTE(ranges). The IR lets number types mix, alone and inside of Maybe, Set and so on. A number in
C is its own value, whatever its range; but the code of a Maybe(Int(3, 5)) is counted from 3. Where
an argument's type has another code than the place it goes to, `converted` moves it over.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from checker.engines.native import cexpr
from checker.engines.native.cexpr import FALSE, TRUE, C, Names, binary, call, cast, chain, item
from checker.engines.native.layout import WORD, Unsupported
from checker.engines.native.parts import (Accessors, Key, Spot, declared, function,
                                          lowest_number)
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.ops import OPERATORS
from checker.ir.walk import free_locals, subexpressions
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
            write(cexpr.comment(f"{expr.loc} {expr.loc.text()}".strip()))
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

    def loop(self, write: Writer, variable: str, of: Type):
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


# ── operators ────────────────────────────────────────────────────────────────────────────────

Translation = Callable[[Expressions, Op], C]
INT_MAX = 2 ** 31 - 1


def _connective(op: str, empty: C) -> Translation:
    return lambda t, e: chain(op, [t.compile(arg) for arg in e.args], empty)


def _not(t: Expressions, e: Op) -> C:
    return cexpr.negation(t.compile(e.args[0]))


def _implies(t: Expressions, e: Op) -> C:
    return binary("||", cexpr.negation(t.compile(e.args[0])), t.compile(e.args[1]))


def _ite(t: Expressions, e: Op) -> C:
    test, then, otherwise = e.args
    return cexpr.ternary(t.compile(test), t.as_type(then, e.type),
                         t.as_type(otherwise, e.type))


def _equality(op: str) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        of = t.common(e.args[0].type, e.args[1].type)
        a, b = (t.as_type(arg, of) for arg in e.args)
        if not t.codes.wide(of):
            return binary(op, a, b)
        same = call("wide_equal", a, b, t.codes.words(of))
        return same if op == "==" else cexpr.negation(same)
    return translate


def _comparison(op: str) -> Translation:
    return lambda t, e: binary(op, *(t.compile(arg) for arg in e.args))


def _arithmetic(op: str) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        a, b = (t.compile(arg) for arg in e.args)
        return binary(op, _roomy(a, e), b)
    return translate


def _roomy(value: C, e: Op) -> C:
    """Where the result may leave C's int, two literals must not be computed as ints."""
    lo, hi = bounds(e.type)
    return cast("number", value) if lo < -INT_MAX or hi > INT_MAX else value


def _negative(t: Expressions, e: Op) -> C:
    return cexpr.minus(_roomy(t.compile(e.args[0]), e))


def _division(op: str, general: str) -> Translation:
    """Where neither side can be negative and the divisor is a constant, C's own operator."""
    def translate(t: Expressions, e: Op) -> C:
        a, b = e.args
        left, right = t.compile(a), t.compile(b)
        if isinstance(b, Const) and b.value > 0 and bounds(a.type)[0] >= 0:
            if op == "%" and bounds(a.type)[1] < 2 * b.value:
                return call("wrap_once", left, right)
            return binary(op, left, right)
        return call(general, left, right)
    return translate


def _call(name: str) -> Translation:
    return lambda t, e: call(name, *(t.compile(arg) for arg in e.args))


def _some(t: Expressions, e: Op) -> C:
    inner = e.type.of
    if not t.codes.wide(e.type):
        value = t.as_type(e.args[0], inner)
        if isinstance(inner, NUMBERS):
            return cast("word", cexpr.plus(value, 1 - lowest_number(inner)))
        return cexpr.plus(cast("word", value), 1)
    value = t.as_type(e.args[0], inner)
    words = [cexpr.literal(1), *_words_of(t, value, inner)]
    return _compound(words)


def _words_of(t: Expressions, value: C, of: Type) -> list[C]:
    """The words of a value that stands at the beginning of a word."""
    if not t.codes.wide(of):
        return [t.coding.encode(of, value)]
    return [item(value, i) for i in range(t.codes.words(of))]


def _compound(words: list[C]) -> C:
    return C(f"(const word[{len(words)}]){{{', '.join(map(str, words))}}}")


def _is_none(t: Expressions, e: Op) -> C:
    value = t.compile(e.args[0])
    flag = item(value, 0) if t.codes.wide(e.args[0].type) else value
    return binary("==", flag, cexpr.ZERO)


def _value(t: Expressions, e: Op) -> C:
    maybe, otherwise = e.args
    inner = maybe.type.of
    value, other = t.compile(maybe), t.as_type(otherwise, inner)
    if t.codes.wide(maybe.type):
        some = (binary("+", value, cexpr.literal(1)) if t.codes.wide(inner)
                else t.coding.decode(inner, item(value, 1)))
        found = cexpr.ternary(item(value, 0), some, other)
    elif isinstance(inner, NUMBERS):
        found = call("number_or", value, lowest_number(inner), other)
    else:
        found = call("value_or", value, other)
    return t.converted(found, inner, e.type)


def _element(t: Expressions, element: Expr, of: Type) -> C:
    """The position of an element, too large a one for something outside."""
    value = t.compile(element)
    return t.coding.encode(of, value) if isinstance(of, NUMBERS) else value


def _contains(t: Expressions, e: Op) -> C:
    whole, element = e.args
    of = whole.type.of
    position, mask = _element(t, element, of), t.compile(whole)
    if not isinstance(of, NUMBERS) or t.inside(element.type, of):
        return call("bits", mask, position, 1)
    return binary("!=", binary("&", mask, call("single", position, size(of))), cexpr.ZERO)


def _changed_set(insert: bool) -> Translation:
    def translate(t: Expressions, e: Op) -> C:
        of = e.type.of
        whole = t.as_type(e.args[0], e.type)
        one = call("single", _element(t, e.args[1], of), size(of))
        return binary("|", whole, one) if insert else binary("&", whole, cexpr.complement(one))
    return translate


def _sets(combine: Callable[[C, C], C]) -> Translation:
    return lambda t, e: combine(*(t.as_type(arg, e.type) for arg in e.args))


def _minus_set(a: C, b: C) -> C:
    return binary("&", a, cexpr.complement(b))


def _subset(t: Expressions, e: Op) -> C:
    of = t.common(e.args[0].type, e.args[1].type)
    a, b = (t.as_type(arg, of) for arg in e.args)
    return binary("==", _minus_set(a, b), cexpr.ZERO)


def _record(t: Expressions, e: Op) -> C:
    of, codes = e.type, t.codes
    words: list[list[C]] = [[] for _ in range(codes.words(of) or 1)]
    for (name, field_type), arg in zip(of.fields, e.args):
        at, shift = divmod(codes.field(of, name), WORD)
        value = t.as_type(arg, field_type)
        if codes.wide(field_type):
            for i, part in enumerate(_words_of(t, value, field_type)):
                words[at + i].append(part)
        elif codes.bits(field_type):
            code = cast("word", t.coding.encode(field_type, value))
            words[at].append(binary("<<", code, cexpr.literal(shift)) if shift else code)
    joined = [chain("|", parts, cexpr.ZERO) for parts in words]
    return _compound(joined) if codes.wide(of) else joined[0]


def _queue_len(t: Expressions, e: Op) -> C:
    of, value = e.args[0].type, t.compile(e.args[0])
    if t.codes.wide(of):
        return cast("number", item(value, 0))
    return cast("number", call("queue_length", value, t.queue(of)))


def _head(t: Expressions, e: Op) -> C:
    queue, otherwise = e.args
    of, inner = queue.type, queue.type.of
    value, other = t.compile(queue), t.as_type(otherwise, inner)
    if not t.codes.wide(of):
        code = call("queue_head", value, t.queue(of), t.coding.encode(inner, other))
        found = t.coding.decode(inner, code)
    else:
        first = binary("+", value, cexpr.literal(1))
        if not t.codes.wide(inner):
            code = call("bits", item(value, 1), 0, t.codes.bits(inner))
            first = t.coding.decode(inner, code)
        found = cexpr.ternary(item(value, 0), first, other)
    return t.converted(found, inner, e.type)


def _push(t: Expressions, e: Op) -> C:
    of = e.type
    queue, element = t.as_type(e.args[0], of), t.as_type(e.args[1], of.of)
    if not t.codes.wide(of):
        return call("queue_push", queue, t.queue(of), t.coding.encode(of.of, element))
    if not t.codes.wide(of.of):
        element = _compound([t.coding.encode(of.of, element)])
    return call("wide_push", t.room(of), queue, t.queue(of), element)


def _pop(t: Expressions, e: Op) -> C:
    queue = t.as_type(e.args[0], e.type)
    if t.codes.wide(e.type):
        return call("wide_pop", t.room(e.type), queue, t.queue(e.type))
    return call("queue_pop", queue, t.queue(e.type))


def _holder(t: Expressions, holder: Expr) -> C:
    return cast("word", cexpr.plus(t.compile(holder), 1))


TRANSLATIONS: dict[str, Translation] = {
    "not": _not,
    "and": _connective("&&", TRUE),
    "or": _connective("||", FALSE),
    "implies": _implies,
    "ite": _ite,
    "eq": _equality("=="),
    "ne": _equality("!="),
    "lt": _comparison("<"),
    "le": _comparison("<="),
    "add": _arithmetic("+"),
    "sub": _arithmetic("-"),
    "mul": _arithmetic("*"),
    "floordiv": _division("/", "floor_div"),
    "mod": _division("%", "floor_mod"),
    "neg": _negative,
    "min": _call("least"),
    "max": _call("greatest"),
    "int": lambda t, e: cast("number", t.compile(e.args[0])),
    "get": Expressions.compile,             # a part of a value, see Expressions._part
    "some": _some,
    "is_none": _is_none,
    "value": _value,
    "contains": _contains,
    "with": _changed_set(insert=True),
    "without": _changed_set(insert=False),
    "union": _sets(lambda a, b: binary("|", a, b)),
    "intersection": _sets(lambda a, b: binary("&", a, b)),
    "difference": _sets(_minus_set),
    "subset": _subset,
    "set_len": _call("set_size"),
    "record": _record,
    "queue_len": _queue_len,
    "head": _head,
    "push": _push,
    "pop": _pop,
    "is_free": lambda t, e: binary("==", t.compile(e.args[0]), cexpr.ZERO),
    "held_by": lambda t, e: binary("==", t.compile(e.args[0]), _holder(t, e.args[1])),
    "free": lambda t, e: cexpr.ZERO,
    "held": lambda t, e: _holder(t, e.args[0]),
}
assert set(TRANSLATIONS) == set(OPERATORS), set(TRANSLATIONS) ^ set(OPERATORS)
