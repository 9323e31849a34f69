"""The statements of a process to blocks and locations.

`Statements` walks the body of an `async` method in the order in which CPython would run it and
emits blocks. Methods are inlined where they are called. A local's type is the join of what is
assigned to it; since a use may come before the last assignment, a process is translated
repeatedly until no type changes (`frontend/processes.py`).
"""
from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Iterator
from typing import Any

from checker.errors import Diagnostic
from checker.frontend import coerce, inlining, loops, waits
from checker.frontend.aliases import HINT, Aliases, is_replaced
from checker.frontend.blocks import Builder
from checker.frontend.changes import release
from checker.frontend.elaborate import Elaborated
from checker.frontend.expressions import Expressions
from checker.frontend.frames import Inlined, Loop, Types, Unusable, merge_names
from checker.frontend.places import (
    extended,
    is_result,
    place_of_value,
    reads_shared,
    touches_shared,
)
from checker.frontend.refuse import CONSEQUENCE, Refused, did_you_mean
from checker.frontend.static import Result, Static
from checker.ir import build
from checker.ir.nodes import Assign, Branch, Check, Expr, Local, Location, Place, Statement
from checker.lang.component import Component
from checker.types import TYPES, Bool, Lock, Map, Maybe, Queue, Record, Set, Type, as_type


class Statements(Expressions):
    """Translates one process."""

    def __init__(self, elaborated: Elaborated, types: Types, me_type: Type,
                 preemptible: bool) -> None:
        super().__init__(elaborated)
        self.types = types
        self.me_type = me_type
        self.preemptible = preemptible
        self.builder = Builder()
        self.locations: dict[str, Location] = {}
        self.label_places: dict[str, tuple[Any, ...]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.incomplete = False       # a statement was left out for want of a local's type
        self.loops: list[Loop] = []
        self.held: list[Place] = []
        self.named: list[Place] = []  # what parameters of the methods that run are names for
        self.aliases = Aliases()
        self.inline_counts: dict[str, int] = {}
        self.temporaries = 0
        self.last_label = "start"
        self.fresh_after_wait = False

    @property
    def frame(self) -> Inlined:
        return self.frames[-1]

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def body(self, statements: list[ast.stmt]) -> None:
        """Translate statements in order; an error in one does not hide those in the next."""
        for statement in statements:
            if self.builder.current is None:
                return
            try:
                self.statement(statement)
            except Refused as refused:
                self.obligations = []
                if refused.diagnostic:
                    self.diagnostics.append(refused.diagnostic)
                else:
                    self.incomplete = True

    def statement(self, node: ast.stmt) -> None:
        method = getattr(self, f"on_{type(node).__name__}", None)
        if method is None:
            self.unsupported(node)
        else:
            method(node)
            self.flush_before(node)

    def flush_before(self, node: ast.AST) -> None:
        """Emit what an expression needs of which only the value is used that it always has."""
        if self.obligations and self.builder.current is not None:
            with self.interruptible(node):
                self.flush()

    @contextlib.contextmanager
    def interruptible(self, node: ast.AST) -> Iterator[None]:
        """A statement before which, in a preemptible process, another process may run.

        That is so where what it emits touches shared state; the await goes before all of it.
        """
        block = self.builder.current
        mark = len(self.builder.statements[block]) if block is not None else 0
        was_fresh = self.fresh_after_wait and mark == 0
        yield
        if not self.preemptible or self.builder.current != block or block is None or was_fresh:
            return
        taken = self.builder.cut(mark)
        if any(touches_shared(statement) for statement in taken):
            waits.preempt(self, node)
        for statement in taken:
            self.builder.emit(statement)

    def emit(self, statement: Statement) -> None:
        """Emit a statement after the checks that its expressions need."""
        self.flush()
        self.builder.emit(statement)

    def flush(self) -> None:
        pending, self.obligations = self.obligations, []
        for obligation in pending:
            self.builder.emit(obligation.check())

    def on_Pass(self, node: ast.Pass) -> None:
        pass

    def on_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        with self.interruptible(node):
            self.effect(node.value)
            self.flush()

    def on_Assert(self, node: ast.Assert) -> None:
        with self.interruptible(node):
            message = ast.unparse(node.test)
            if node.msg is not None:
                message = str(self.static(node.msg, "the message of an assert"))
            test = self.condition(node.test)
            self.emit(Check(test, "assertion", message, loc=self.loc(node.test)))

    def on_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            raise self.refuse("E101", "several targets", node.targets[1], "assign one at a time")
        self.assign(node.targets[0], node.value, node)

    def on_AugAssign(self, node: ast.AugAssign) -> None:
        read = _as_load(node.target)
        value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
        self.assign(node.target, value, node)

    def on_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            raise self.refuse("E101", "an annotation on something that is no local", node.target)
        declared = self._annotation(node.annotation)
        try:
            of = as_type(Bool if declared is bool else declared)
        except TypeError as error:
            raise self.refuse("E104", str(error), node.annotation) from None
        name = self.local_name(node.target.id)
        self.types.fixed.add(name)
        self.types.declare(name, of)
        if node.value is not None:
            self.assign(node.target, node.value, node)

    def _annotation(self, node: ast.expr) -> Any:
        """A type written as an annotation: the one place where types may be made."""
        made = self.static(node.func, "the type of a local") if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or made not in TYPES:
            return self.static(node, "the type of a local")
        try:
            return made(*(self._annotation(arg) for arg in node.args),
                        **{str(k.arg): self._annotation(k.value) for k in node.keywords})
        except (TypeError, ValueError) as error:
            raise self.refuse("E104", str(error), node) from None

    def assign(self, target: ast.expr, value: ast.expr, node: ast.stmt) -> None:
        with self.interruptible(node):
            if isinstance(target, ast.Name):
                self.assign_local(target, value, node)
            elif isinstance(target, (ast.Attribute, ast.Subscript)):
                result = self.effect(value)
                place = self.place_of(target)
                if place is None:
                    raise self.not_assignable(target)
                self.refuse_container(place.type, value)
                self.replace(place, node)
                expr = coerce.fitted(self, result, place.type, value)
                self.emit(Assign(place, expr, loc=self.loc(node)))
            else:
                raise self.refuse("E101", "this assignment target", target,
                                  "assign to one name, attribute or element at a time")

    def replace(self, place: Place, node: ast.stmt) -> None:
        """Note that what is at a place becomes another object."""
        self.aliases.stored.append((place, self.loc(node)))
        if any(is_replaced(place, named) for named in self.named):
            raise self.refuse("E101", f"a {place.type} is replaced that a parameter stands for",
                              node, HINT)

    def not_assignable(self, target: ast.expr) -> Refused:
        hint = "declare it in the constructor: `self.x = Int(0, 3)`"
        if isinstance(target, ast.Attribute):
            owner = self.translate(target.value)
            if isinstance(owner, Static) and isinstance(owner.value, Component):
                names = [a for (i, a) in self.elaborated.variables if i == id(owner.value)]
                if hasattr(owner.value, target.attr):
                    return self.refuse("E116", f"`{target.attr}` is a constant", target, hint)
                return self.refuse("E103", f"`{target.attr}` is not declared", target,
                                   did_you_mean(target.attr, names) or hint)
        return self.refuse("E116", f"`{ast.unparse(target)}` can not be assigned", target, hint)

    def refuse_container(self, of: Type, node: ast.expr) -> None:
        """Maps, queues and locks are changed in place; assigning one would make an alias."""
        if isinstance(of, (Map, Queue, Lock)):
            raise self.refuse("E101", f"a whole {of} can not be assigned", node,
                              "assign its elements, or use its methods")

    # ── locals ───────────────────────────────────────────────────────────────────────────────

    def local_name(self, name: str) -> str:
        return self.frame.prefix + name

    def assign_local(self, target: ast.Name, value: ast.expr, node: ast.stmt) -> None:
        if target.id in self.frame.names and not isinstance(self.frame.names[target.id], Static):
            raise self.refuse("E125", f"`{target.id}` is assigned while it stands for an element",
                              target, "use another name")
        result = self.effect(value)
        once = self.frame.assigned.get(target.id, 0) <= 1
        name = self.local_name(target.id)
        if isinstance(result, Static) and name not in self.types.fixed and (
                once and result.value is not None or not _has_value(result.value)):
            self.frame.names[target.id] = result
            return
        self.frame.names.pop(target.id, None)
        self.refuse_alias(result, value)
        self.set_local(name, result, value, node)

    def refuse_alias(self, result: Result, node: ast.expr) -> None:
        """A second name for something that can change in place would be an alias in CPython."""
        if isinstance(result, Static):
            return
        if isinstance(result.type, (Map, Queue, Lock)):
            self.refuse_container(result.type, node)
        if isinstance(result.type, (Set, Record)) and place_of_value(result) is not None and not (
                isinstance(result, Local) and is_result(result)):
            raise self.refuse("E101", f"a second name for a {result.type} that can change", node,
                              "use it where it is, or copy a set with `... | set()`")

    def _is_own_local(self, result: Result) -> bool:
        """Whether a method returns its own local, which nothing else names afterwards."""
        own = self.frame.prefix
        return isinstance(result, Local) and result.name.startswith(own) and result.name[
            len(own):] in self.frame.assigned

    def set_local(self, name: str, result: Result, node: ast.AST, whole: ast.AST) -> None:
        """Assign to a local by its IR name, widening its type unless it was declared."""
        if name in self.types.fixed:
            expr = coerce.fitted(self, result, self.types.known[name], node)
        elif isinstance(result, Static) and result.value is None:
            expr = self._assign_none(name, node)
        else:
            lifted = coerce.lift(self, result, node)
            self.widen(name, lifted.type, node)
            expr = coerce.to_type(self, lifted, self.types.known[name], node)
        of = self.types.known[name]
        self.emit(Assign(Place(name, (), of, of, local=True), expr, loc=self.loc(whole)))

    def _assign_none(self, name: str, node: ast.AST) -> Expr:
        known = self.types.known.get(name)
        if name not in self.types.optional:
            self.types.optional.add(name)
            self.types.changed = True
        if known is None:
            self.types.growing.setdefault(name, node)
            raise CONSEQUENCE
        if not isinstance(known, Maybe):
            self.types.declare(name, Maybe(known))
        return coerce.to_type(self, Static(None), self.types.known[name], node)

    def widen(self, name: str, of: Type, node: ast.AST) -> None:
        known = self.types.known.get(name)
        wanted = Maybe(of) if name in self.types.optional and not isinstance(of, Maybe) else of
        joined = wanted if known is None else coerce.join_types(known, wanted)
        if joined is None:
            raise self.refuse("E104", f"a local that was a {known} becomes a {of}", node,
                              "use two names")
        self.types.declare(name, joined)
        if joined != known:
            self.types.growing[name] = node

    def from_Name(self, node: ast.Name) -> Result:
        frame = self.frames[-1]
        if node.id not in frame.names and node.id in frame.assigned:
            name = self.local_name(node.id)
            of = self.types.known.get(name)
            if of is None:
                if self.types.waits_for(name) or self.diagnostics:
                    raise CONSEQUENCE
                raise self.refuse("E109", f"`{node.id}` is used before it is assigned", node)
            return Local(name, of, loc=self.loc(node))
        result = super().from_Name(node)
        if isinstance(result, Static) and isinstance(result.value, Unusable):
            raise self.refuse(result.value.code, f"`{node.id}` {result.value.reason}", node)
        if isinstance(result, Local):
            return Local(result.name, result.type, loc=self.loc(node))
        return result

    def temporary(self, of: Type, base: str) -> Place:
        """A new local of one step."""
        self.temporaries += 1
        name = f"{base}'{self.temporaries}"
        self.types.known[name] = of
        return Place(name, (), of, of, local=True)

    # ── places ───────────────────────────────────────────────────────────────────────────────

    def place_of(self, node: ast.expr) -> Place | None:
        """The assignable place that an expression names, or None."""
        if isinstance(node, ast.Subscript):
            return self._element_place(node)
        if isinstance(node, ast.Attribute):
            owner = self.translate(node.value)
            if isinstance(owner, Static):
                variable = self.elaborated.variable(owner.value, node.attr)
                return variable and Place(variable.name, (), variable.type, variable.type,
                                          loc=self.loc(node))
            outer = self.place_of(node.value)
            if outer is None or not isinstance(outer.type, Record):
                return None
            of = outer.type.field_type(node.attr)
            return of and extended(outer, node.attr, of)
        if isinstance(node, ast.Name):
            return place_of_value(self.translate(node))
        return None

    def _element_place(self, node: ast.Subscript) -> Place | None:
        result = self.translate(node.value)
        if isinstance(result, Static):
            return None
        place = self.place_of(node.value)
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for key in keys:
            if place is None or not isinstance(place.type, Map):
                return None
            place = extended(place, self.map_key(place.type, key), place.type.value)
        return place

    # ── values with effects ──────────────────────────────────────────────────────────────────

    def effect(self, node: ast.expr) -> Result:
        """The value of an expression that may, as a whole, wait, choose or change state."""
        if isinstance(node, ast.Await):
            return waits.awaited(self, node)
        if isinstance(node, ast.Call):
            function = self.translate(node.func)
            if isinstance(function, Static):
                return inlining.effect_call(self, node, function.value)
        if self.has_effect(node):
            return self._effect_condition(node)
        return self.translate(node)

    def has_effect(self, node: ast.expr) -> bool:
        """Whether a condition contains a call that chooses or changes state."""
        if isinstance(node, ast.BoolOp):
            return any(map(self.has_effect, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.has_effect(node.operand)
        return isinstance(node, ast.Call) and inlining.is_effect(self, node)

    def _effect_condition(self, node: ast.expr) -> Result:
        """A Bool made with `not`, `and`, `or` from calls with effects, as a local."""
        place = self.temporary(Bool(), "condition")
        then, otherwise, after = (self.builder.new() for _ in range(3))
        self.branch(node, then, otherwise)
        for block, value in ((then, True), (otherwise, False)):
            self.builder.start(block)
            self.builder.emit(Assign(place, build.boolean(value), loc=self.loc(node)))
            self.builder.goto(after)
        self.builder.start(after)
        return Local(place.name, Bool(), loc=self.loc(node))

    def branch(self, node: ast.expr, then: int, otherwise: int) -> None:
        """Go to one of two blocks by a condition, evaluated in CPython's order."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and self.has_effect(
                node.operand):
            self.branch(node.operand, otherwise, then)
        elif isinstance(node, ast.BoolOp) and self.has_effect(node):
            for operand in node.values[:-1]:
                following = self.builder.new()
                if isinstance(node.op, ast.And):
                    self.branch(operand, following, otherwise)
                else:
                    self.branch(operand, then, following)
                self.builder.start(following)
            self.branch(node.values[-1], then, otherwise)
        else:
            with self.interruptible(node):
                result = self.effect(node)
                if isinstance(result, Static):
                    result = Static(bool(result.value))
                test = coerce.to_type(self, result, Bool(), node)
                self.flush()
            self._branch_on(test, then, otherwise, node)

    def _branch_on(self, test: Expr, then: int, otherwise: int, node: ast.expr) -> None:
        if build.is_constant(test, True) or build.is_constant(test, False):
            self.builder.goto(then if test.value else otherwise)
            return
        block = self.builder.current
        fresh = block is None or self.fresh_after_wait and not self.builder.statements[block]
        if self.preemptible and not fresh and reads_shared(test):
            waits.preempt(self, node)
        self.builder.end(Branch(test, then, otherwise, loc=self.loc(node)))

    # ── control flow ─────────────────────────────────────────────────────────────────────────

    def on_If(self, node: ast.If) -> None:
        test = None if self.has_effect(node.test) else self.translate(node.test)
        if isinstance(test, Static):
            self.flush_before(node)
            self.body(node.body if test.value else node.orelse)
            return
        self.obligations = []
        then, otherwise, after = (self.builder.new() for _ in range(3))
        self.branch(node.test, then, otherwise)
        outer, ends = dict(self.frame.names), []
        for block, body in ((then, node.body), (otherwise, node.orelse)):
            self.frame.names = dict(outer)
            self.enter(block)
            self.body(body)
            if self.builder.current is not None:
                ends.append(self.frame.names)
            self.builder.goto(after)
        self.frame.names = merge_names(ends) if ends else outer
        self.enter(after)
        if not ends:
            self.builder.start(None)

    def enter(self, block: int) -> None:
        self.builder.start(block)
        self.fresh_after_wait = False

    def on_While(self, node: ast.While) -> None:
        loops.while_loop(self, node)

    def on_For(self, node: ast.For) -> None:
        loops.for_loop(self, node)

    def on_Break(self, node: ast.Break) -> None:
        loop = self.loops[-1]
        self.release_down_to(loop.held, node)
        loop.broken.append(dict(self.frame.names))
        self.builder.goto(loop.after)

    def on_Continue(self, node: ast.Continue) -> None:
        loop = self.loops[-1]
        self.release_down_to(loop.held, node)
        loop.continued.append(dict(self.frame.names))
        self.builder.goto(loop.next)

    def on_Return(self, node: ast.Return) -> None:
        frame = self.frame
        with self.interruptible(node):
            if node.value is not None and frame.returns_value:
                result = self.effect(node.value)
                if not self._is_own_local(result):
                    self.refuse_alias(result, node.value)
                self.set_local(self.local_name("return"), result, node.value, node)
            elif node.value is not None:
                raise self.refuse("E101", "a process returns nothing", node.value)
            elif frame.returns_value:
                raise self.refuse("E124", "this return has no value, others have", node)
        self.release_down_to(frame.held, node)
        if frame.returns_to is not None:
            self.builder.goto(frame.returns_to)

    def on_AsyncWith(self, node: ast.AsyncWith) -> None:
        waits.async_with(self, node)

    def release_down_to(self, count: int, node: ast.AST) -> None:
        """Release the locks of the `async with`s that control leaves, innermost first."""
        for place in reversed(self.held[count:]):
            release(self, place, node)


# ── helpers ──────────────────────────────────────────────────────────────────────────────────

def _has_value(thing: Any) -> bool:
    """Whether a compile-time object can be a value of the language at run time."""
    return thing is None or isinstance(thing, (bool, int, str, frozenset))


def _as_load(node: ast.expr) -> ast.expr:
    """A copy of an assignment target as an expression that reads it."""
    read = copy.deepcopy(node)
    for part in ast.walk(read):
        if hasattr(part, "ctx"):
            part.ctx = ast.Load()
    return read


