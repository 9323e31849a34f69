"""Python expressions to IR expressions.

One method `from_X` for each kind of `ast` node; what has none is refused by `unsupported`.
Each returns a `Static` (known at compile time) or a typed IR expression. Conditions under which
an expression has a value at all (NOTE(totality) in `ir/nodes.py`) are collected in
`obligations`; whoever asked for the expression turns them into `Check`s.
"""
from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from checker.frontend import calls, coerce
from checker.frontend.elaborate import Elaborated
from checker.frontend.frames import Frame, Obligation
from checker.frontend.refuse import Refused, construct, did_you_mean, refuse
from checker.frontend.static import (
    BINARY,
    COMPARE,
    BoundMethod,
    Result,
    Static,
    ValueMethod,
    View,
    is_set,
)
from checker.ir import build
from checker.ir.nodes import CheckKind, Const, Expr, Field, Local, Op, Place, Var
from checker.ir.system import Variable
from checker.lang.component import Component
from checker.source import Loc, loc_of
from checker.types import Bool, Int, Lock, Map, Maybe, Queue, Record, Set, Type, bounds

LOCK_METHODS = {"locked", "acquire", "release", "try_acquire"}
QUEUE_METHODS = {"put", "get", "get_nowait", "empty", "full", "peek"}
SET_METHODS = {"add", "discard", "remove"}
PURE_METHODS = {"locked", "empty", "full", "peek"}


class Expressions:
    """Translates expressions; `Statements` adds what processes may do besides."""

    def __init__(self, elaborated: Elaborated) -> None:
        self.elaborated = elaborated
        self.obligations: list[Obligation] = []
        self.frames: list[Frame] = []
        self.bound: list[str] = []

    # ── places and names ─────────────────────────────────────────────────────────────────────

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def loc(self, node: ast.AST) -> Loc:
        return loc_of(self.frame.path, node)

    def refuse(self, code: str, headline: str, node: ast.AST, hint: str = "") -> Refused:
        return refuse(code, headline, self.loc(node), hint)

    def require(self, condition: Expr, kind: CheckKind, message: str, node: ast.AST) -> None:
        """Note a condition of the expression at `node`; one that always holds is dropped."""
        if not build.is_constant(condition, True):
            self.obligations.append(Obligation(condition, kind, message, self.loc(node)))

    @contextlib.contextmanager
    def only_if(self, test: Expr) -> Iterator[None]:
        """What is translated inside is evaluated only where `test` holds."""
        outer, self.obligations = self.obligations, []
        try:
            yield
        finally:
            for inner in self.obligations:
                inner.condition = build.implication(test, inner.condition, loc=inner.loc)
            self.obligations = outer + self.obligations

    @contextlib.contextmanager
    def for_all(self, variable: str, domain: Type) -> Iterator[None]:
        """What is translated inside is evaluated for every value of a bound variable."""
        outer, self.obligations = self.obligations, []
        self.bound.append(variable)
        try:
            yield
        finally:
            self.bound.pop()
            for inner in self.obligations:
                inner.condition = build.quantified("all", variable, domain, inner.condition,
                                                   Bool(), loc=inner.loc)
            self.obligations = outer + self.obligations

    def fresh(self, name: str) -> str:
        """A name for a bound variable that no enclosing binder has."""
        taken = set(self.bound) | {r.name for f in self.frames for r in f.names.values()
                                   if isinstance(r, Local)}
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = f"{name}{number}"
        return candidate

    # ── entry points ─────────────────────────────────────────────────────────────────────────

    def translate(self, node: ast.expr) -> Result:
        method = getattr(self, f"from_{type(node).__name__}", None)
        return method(node) if method else self.unsupported(node)

    def unsupported(self, node: ast.AST) -> Any:
        name, instead = construct(node)
        raise self.refuse("E101", f"{name} is not part of the language", node, instead)

    def value(self, node: ast.expr) -> Expr:
        """An IR expression; a constant gets the type that it has by itself."""
        return coerce.lift(self, self.translate(node), node)

    def typed(self, node: ast.expr, of: Type) -> Expr:
        """An IR expression of type `of` (a number type: any number)."""
        return coerce.to_type(self, self.translate(node), of, node)

    def condition(self, node: ast.expr) -> Expr:
        """A Bool expression."""
        return self.typed(node, Bool())

    def static(self, node: ast.expr, what: str) -> Any:
        """The compile-time value of `node`. Raises Refused where it depends on the state."""
        result = self.translate(node)
        if not isinstance(result, Static):
            raise self.refuse("E104", f"{what} must be a constant", node,
                              "it is decided before checking starts")
        return result.value

    # ── atoms ────────────────────────────────────────────────────────────────────────────────

    def from_Constant(self, node: ast.Constant) -> Result:
        if isinstance(node.value, (bool, int, str, type(None))):
            return Static(node.value)
        raise self.refuse("E101", f"`{node.value!r}` is not a value of the language", node,
                          "there are Bools, integers, Enum members and None")

    def from_Name(self, node: ast.Name) -> Result:
        frame = self.frames[-1]
        if node.id in frame.names:
            return frame.names[node.id]
        function = frame.function
        closure = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
        for scope in (closure, function.__globals__, vars(builtins)):
            if node.id in scope:
                return Static(scope[node.id])
        known = [*frame.names, *closure]
        raise self.refuse("E102", f"`{node.id}` is not known here", node,
                          did_you_mean(node.id, known))

    def from_JoinedStr(self, node: ast.JoinedStr) -> Result:
        parts = []
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            result = self.translate(inner)
            if not isinstance(result, Static):
                return self.unsupported(node)
            parts.append(str(result.value))
        return Static("".join(parts))

    def from_Tuple(self, node: ast.Tuple) -> Result:
        parts = [self.translate(element) for element in node.elts]
        if all(isinstance(part, Static) for part in parts):
            return Static(tuple(part.value for part in parts))
        raise self.refuse("E101", "a tuple of values that depend on the state", node,
                          "use a Record, or names of their own")

    def from_Set(self, node: ast.Set) -> Result:
        parts = [self.translate(element) for element in node.elts]
        if all(isinstance(part, Static) for part in parts):
            return Static(frozenset(part.value for part in parts))
        first = next(part for part in parts if not isinstance(part, Static))
        of = Set(first.type)
        result: Expr = Const(frozenset(), of)
        for part, element in zip(parts, node.elts):
            member = coerce.to_type(self, part, of.of, element)
            result = Op("with", (result, member), of, loc=self.loc(node))
        return result

    def from_Attribute(self, node: ast.Attribute) -> Result:
        owner = self.translate(node.value)
        if isinstance(owner, Static):
            return self._static_attribute(node, owner.value)
        if isinstance(owner.type, Maybe):
            owner = coerce.unwrap(self, owner, node.value)
        if isinstance(owner.type, Record):
            of = owner.type.field_type(node.attr)
            if of is not None:
                return Field(owner, node.attr, of, loc=self.loc(node))
            known = [name for name, _ in owner.type.fields]
        else:
            known = sorted(methods_of(owner.type))
            if node.attr in known:
                return Static(ValueMethod(owner, self.place_of(node.value), node.attr))
        raise self.refuse("E103", f"a {owner.type} has no `{node.attr}`", node,
                          did_you_mean(node.attr, known))

    def place_of(self, node: ast.expr) -> Place | None:
        """The place that an expression names, where it can be assigned; see `Statements`."""
        return None

    def _static_attribute(self, node: ast.Attribute, owner: Any) -> Result:
        primed = False
        view: Component | View = owner
        if isinstance(owner, View):
            owner, primed = owner.component, owner.primed
        if not isinstance(owner, Component):
            if hasattr(owner, node.attr) and not node.attr.startswith("_"):
                return Static(getattr(owner, node.attr))
            raise self.refuse("E103", f"`{ast.unparse(node.value)}` has no `{node.attr}`", node)
        variable = self.elaborated.variable(owner, node.attr)
        if variable is not None:
            return self.read_variable(variable, primed, node)
        own = vars(owner)                       # most are constants, which need no search
        thing = (own[node.attr] if node.attr in own
                 else inspect.getattr_static(type(owner), node.attr, None))
        if inspect.isfunction(thing):
            return Static(BoundMethod(view, thing))
        if hasattr(owner, node.attr):
            found = getattr(owner, node.attr)
            return Static(_seen(found, primed) if isinstance(view, View) else found)
        known = [name for name in (*vars(owner), *dir(type(owner))) if not name.startswith("_")]
        raise self.refuse("E103", f"{type(owner).__name__} has no `{node.attr}`", node,
                          did_you_mean(node.attr, known))

    def read_variable(self, variable: Variable, primed: bool, node: ast.AST) -> Expr:
        return Var(variable.name, variable.type, primed, loc=self.loc(node))

    def from_Subscript(self, node: ast.Subscript) -> Result:
        owner = self.translate(node.value)
        if isinstance(owner, Static):
            key = self.static(node.slice, "the index of a constant")
            try:
                return Static(owner.value[key])
            except (LookupError, TypeError) as error:
                raise self.refuse("E103", f"no element {key!r}: {error}", node) from None
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for key in keys:
            if isinstance(owner.type, Maybe):
                owner = coerce.unwrap(self, owner, node.value)
            if not isinstance(owner.type, Map):
                raise self.refuse("E104", f"a {owner.type} has no elements", node.value)
            owner = Op("get", (owner, self.map_key(owner.type, key)), owner.type.value,
                       loc=self.loc(node))
        return owner

    def map_key(self, of: Map, node: ast.expr) -> Expr:
        """A key of the map; a number that may lie outside its range becomes an obligation."""
        return coerce.fitted(self, self.translate(node), of.key, node, kind="bad_key")

    # ── operators ────────────────────────────────────────────────────────────────────────────

    def from_UnaryOp(self, node: ast.UnaryOp) -> Result:
        if isinstance(node.op, ast.Not):
            inner = self.translate(node.operand)
            if isinstance(inner, Static):
                return Static(not inner.value)
            test = coerce.to_type(self, inner, Bool(), node.operand)
            return build.negation(test, loc=self.loc(node))
        if not isinstance(node.op, ast.USub):
            return self.unsupported(node.op if hasattr(node.op, "lineno") else node)
        inner = self.translate(node.operand)
        if isinstance(inner, Static):
            return Static(-inner.value)
        if isinstance(inner.type, Maybe):
            inner = coerce.unwrap(self, inner, node.operand)
        coerce.need_number(self, inner, node.operand)
        lo, hi = bounds(inner.type)
        return Op("neg", (inner,), Int(-hi, -lo), loc=self.loc(node))

    def from_BoolOp(self, node: ast.BoolOp) -> Result:
        is_and = isinstance(node.op, ast.And)
        parts: list[Expr] = []
        with contextlib.ExitStack() as stack:
            for operand in node.values:
                part = self.translate(operand)
                if isinstance(part, Static) and not isinstance(part.value, bool):
                    part = Static(bool(part.value))
                parts.append(coerce.to_type(self, part, Bool(), operand))
                if build.is_constant(parts[-1], not is_and):
                    break
                reached = parts[-1] if is_and else build.negation(parts[-1])
                stack.enter_context(self.only_if(reached))
        join = build.conjunction if is_and else build.disjunction
        result = join(parts, loc=self.loc(node))
        return Static(result.value) if isinstance(result, Const) else result

    def from_IfExp(self, node: ast.IfExp) -> Result:
        test = self.translate(node.test)
        if isinstance(test, Static):
            return self.translate(node.body if test.value else node.orelse)
        test = coerce.to_type(self, test, Bool(), node.test)
        with self.only_if(test):
            then = self.translate(node.body)
        with self.only_if(build.negation(test)):
            otherwise = self.translate(node.orelse)
        return self.choose_between(test, then, otherwise, node)

    def choose_between(self, test: Expr, then: Result, otherwise: Result, node: ast.AST) -> Expr:
        then, otherwise = coerce.unify(self, then, otherwise, node)
        of = coerce.join_types(then.type, otherwise.type)
        assert of is not None, "unify gives a common type"
        return build.conditional(test, then, otherwise, of, loc=self.loc(node))

    def from_BinOp(self, node: ast.BinOp) -> Result:
        left, right = self.translate(node.left), self.translate(node.right)
        if type(node.op) not in BINARY:
            return self.unsupported_operator(node)
        if isinstance(left, Static) and isinstance(right, Static):
            try:
                return Static(BINARY[type(node.op)](left.value, right.value))
            except Exception as error:
                raise self.refuse("E104", f"this constant has no value: {error}", node) from None
        return coerce.binary(self, node, left, right)

    def unsupported_operator(self, node: ast.BinOp) -> Any:
        name, instead = construct(node.op)
        raise self.refuse("E101", f"{name} is not part of the language", node, instead)

    def from_Compare(self, node: ast.Compare) -> Result:
        """A chain of comparisons, each of which is evaluated only where those before it hold."""
        nodes = [node.left, *node.comparators]
        parts: list[Expr] = []
        with contextlib.ExitStack() as stack:
            right = self.translate(node.left)
            for i, op in enumerate(node.ops):
                left, right = right, self.translate(nodes[i + 1])
                parts.append(self._comparison(op, (left, nodes[i]), (right, nodes[i + 1]), node))
                stack.enter_context(self.only_if(parts[-1]))
        result = build.conjunction(parts, loc=self.loc(node))
        return Static(result.value) if isinstance(result, Const) else result

    def _comparison(self, op: ast.cmpop, left: tuple[Result, ast.expr],
                    right: tuple[Result, ast.expr], node: ast.Compare) -> Expr:
        (a, _), (b, _) = left, right
        if not (isinstance(a, Static) and isinstance(b, Static)):
            return coerce.compare(self, op, left, right, node)
        try:
            return build.boolean(COMPARE[type(op)](a.value, b.value))
        except TypeError as error:
            raise self.refuse("E104", str(error), node) from None

    # ── calls ────────────────────────────────────────────────────────────────────────────────

    def from_Await(self, node: ast.Await) -> Result:
        raise self.refuse("E114", "an await inside an expression", node,
                          "await on a line of its own and assign the result to a name")

    def from_Call(self, node: ast.Call) -> Result:
        return calls.translate_call(self, node)

    def from_GeneratorExp(self, node: ast.GeneratorExp) -> Result:
        raise self.refuse("E101", "a generator outside any, all, sum and pick", node,
                          "quantify with any(...), all(...) or sum(...)")

    def from_SetComp(self, node: ast.SetComp) -> Result:
        return calls.set_comprehension(self, node)

    def impure_call(self, node: ast.Call, what: str) -> Result:
        """A choice or a change of state inside an expression; `Statements` allows more."""
        raise self.refuse("E112", f"{what} can not stand inside an expression", node,
                          "assign its result to a name on a line of its own")

    def domain_of(self, node: ast.expr) -> Result:
        """What a generator or a loop runs over: a static set, a static sequence, a Set value."""
        result = self.translate(node)
        if isinstance(result, Static):
            if is_set(result.value):
                return result
            if isinstance(result.value, (range, tuple, list, frozenset)):
                return Static(tuple(result.value) if not isinstance(result.value, range)
                              else result.value)
        elif isinstance(result.type, Set):
            return result
        raise self.refuse("E104", "this can not be run through", node,
                          "use an Index, a Range, an Enum, range(n), a Set or a tuple")


def _seen(thing: Any, primed: bool) -> Any:
    """A component, or a list of them, as a step invariant sees it."""
    if isinstance(thing, Component):
        return View(thing, primed)
    if isinstance(thing, (list, tuple)):
        return tuple(_seen(part, primed) for part in thing)
    return thing


def methods_of(of: Type) -> set[str]:
    """The names of the methods that a value of this type has."""
    match of:
        case Lock():
            return LOCK_METHODS
        case Queue():
            return QUEUE_METHODS
        case Set():
            return SET_METHODS
    return set()
