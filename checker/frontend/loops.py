"""Loops: `while`, and `for` in its three meanings.

Over a static tuple a `for` is unrolled. Over the values of a type, a body without await, break,
return and choices becomes one `ForEach`; over an Index that is the only way, and the updates
must not depend on the order. Otherwise, over numbers, it becomes a loop of blocks with a local.
"""
from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from checker.errors import Label
from checker.frontend import calls
from checker.frontend.blocks import structured
from checker.frontend.frames import Loop, merge_names
from checker.frontend.refuse import Refused, refuse
from checker.frontend.static import Result, Static
from checker.ir import build
from checker.ir.nodes import (
    Assign,
    Block,
    Branch,
    Choose,
    Const,
    Expr,
    Finish,
    ForEach,
    Local,
    Op,
    Place,
    Statement,
    Var,
    When,
)
from checker.ir.walk import (
    all_statements,
    children,
    free_locals,
    state_variables,
    statement_expressions,
    subexpressions,
    targets,
)
from checker.source import parts
from checker.types import NUMBERS, Bool, Enum, Index, Int, Type, bounds

if TYPE_CHECKING:
    from checker.frontend.statements import Statements


def while_loop(t: Statements, node: ast.While) -> None:
    if node.orelse:
        raise t.refuse("E101", "`else` after a loop", node.orelse[0], "use a flag")
    head, body, after = (t.builder.new() for _ in range(3))
    t.builder.goto(head)
    t.enter(head)
    t.branch(node.test, body, after)
    t.loops.append(Loop(head, after, len(t.held)))
    t.enter(body)
    outer = dict(t.frame.names)
    t.body(node.body)
    t.builder.goto(head)
    t.loops.pop()
    for_ever = isinstance(node.test, ast.Constant) and node.test.value
    t.frame.names = merge_names([t.frame.names] if for_ever else [outer, t.frame.names])
    t.enter(after)
    if for_ever and not _breaks(node.body):
        t.builder.start(None)


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a `break` of this very loop occurs."""
    for statement in body:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, (ast.If, ast.AsyncWith)):
            if _breaks(statement.body) or _breaks(getattr(statement, "orelse", [])):
                return True
    return False


def for_loop(t: Statements, node: ast.For) -> None:
    if node.orelse:
        raise t.refuse("E101", "`else` after a loop", node.orelse[0], "use a flag")
    if not isinstance(node.target, ast.Name):
        raise t.refuse("E101", "this loop variable", node.target, "use one plain name")
    _refuse_assignment(t, node)
    over = t.domain_of(node.iter)
    if isinstance(over, Static) and isinstance(over.value, tuple):
        _unrolled(t, node, over.value)
        return
    domain, member = calls.over_domain(over)
    if _jumps(node.body) is None and _for_each(t, node, domain, member, over):
        return
    if isinstance(domain, Enum) and isinstance(over, Static):
        _unrolled(t, node, domain.members)
    elif isinstance(domain, NUMBERS) and isinstance(over, Static):
        _numbered(t, node, domain, member)
    else:
        place = _jumps(node.body) or node.body[0]
        raise t.refuse("E106", f"a loop over {domain} whose order would be visible", place,
                       "use `pick`, or a Range instead of an Index")


def _refuse_assignment(t: Statements, node: ast.For) -> None:
    for part in (p for statement in node.body for p in parts(statement)):
        if (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
                and part.id == node.target.id):
            raise t.refuse("E125", f"`{part.id}` is the variable of the loop", part,
                           "use another local")


def _jumps(body: list[ast.stmt]) -> ast.AST | None:
    """An await, or a jump out of the loop, if the body has one."""
    kinds = (ast.Await, ast.AsyncWith, ast.Break, ast.Return, ast.While)
    return next((p for s in body for p in parts(s) if isinstance(p, kinds)), None)


def _unrolled(t: Statements, node: ast.For, items: tuple[Any, ...]) -> None:
    after = t.builder.new()
    for item in items:
        following = t.builder.new()
        t.frame.names[node.target.id] = Static(item)
        t.loops.append(Loop(following, after, len(t.held)))
        t.body(node.body)
        t.builder.goto(following)
        t.loops.pop()
        t.enter(following)
    t.builder.goto(after)
    t.enter(after)


def _numbered(t: Statements, node: ast.For, domain: Type, member: Any) -> None:
    """A loop of blocks: the variable is a local that may live across awaits."""
    name = t.local_name(node.target.id)
    t.types.fixed.add(name)
    if t.types.known.get(name) != domain:
        t.types.known[name], t.types.changed = domain, True
    place = Place(name, (), domain, domain, local=True)
    variable = Local(name, domain, loc=t.loc(node.target))
    lo, hi = bounds(domain)
    body, following, after = (t.builder.new() for _ in range(3))
    t.emit(Assign(place, Const(lo, domain), loc=t.loc(node)))
    t.builder.goto(body)
    t.enter(body)
    t.frame.names[node.target.id] = variable
    condition = member(variable)
    if not build.is_constant(condition, True):
        inside = t.builder.new()
        t.builder.end(Branch(condition, inside, following))
        t.enter(inside)
    t.loops.append(Loop(following, after, len(t.held)))
    t.body(node.body)
    t.builder.goto(following)
    t.loops.pop()
    t.enter(following)
    more = t.builder.new()
    t.builder.end(Branch(Op("lt", (variable, Const(hi, domain)), Bool()), more, after))
    t.enter(more)
    step = Op("add", (variable, build.number(1)), Int(lo + 1, hi + 1))
    t.builder.emit(Assign(place, step, loc=t.loc(node)))
    t.builder.goto(body)
    t.enter(after)


# ── loops without visible order ──────────────────────────────────────────────────────────────

def _for_each(t: Statements, node: ast.For, domain: Type, member: Any, over: Result) -> bool:
    """Translate as a `ForEach`; False, with nothing emitted, where the body does not allow it."""
    outer, start = t.builder.current, t.builder.new()
    name = t.fresh(t.local_name(node.target.id))
    variable = Local(name, domain, loc=t.loc(node.target))
    saved_names, errors = dict(t.frame.names), len(t.diagnostics)
    counts = dict(t.inline_counts)
    t.frame.names[node.target.id] = variable
    t.bound.append(name)
    end = t.builder.new()
    t.flush()
    t.enter(start)
    was_preemptible, t.preemptible = t.preemptible, False
    t.loops.append(Loop(end, end, len(t.held)))
    t.body(node.body)
    t.builder.goto(end)
    t.loops.pop()
    t.bound.pop()
    t.preemptible = was_preemptible
    t.frame.names = saved_names
    t.builder.start(outer)
    body = _straight(t, start, end)
    if len(t.diagnostics) > errors or body is None:
        if len(t.diagnostics) == errors:
            t.inline_counts = counts
        return len(t.diagnostics) > errors
    if isinstance(domain, Index):
        _check_order(t, node, name, body)
    inside = member(variable)
    if not build.is_constant(inside, True):
        body = (When(inside, body, loc=t.loc(node)),)
        _check_own_domain(t, node, over, body)
    with t.interruptible(node):
        t.emit(ForEach(name, domain, body, loc=t.loc(node)))
    return True


def _straight(t: Statements, start: int, end: int) -> tuple[Statement, ...] | None:
    """The blocks from `start` to `end` as plain statements, or None."""
    t.builder.terminators[end] = Finish()
    blocks: dict[int, Block] = {}
    pending = [start]
    while pending:
        number = pending.pop()
        if number not in t.builder.terminators:
            return None
        if number not in blocks:
            blocks[number] = t.builder.block(number)
            pending.extend(targets(blocks[number].terminator))
    folded = structured(blocks, [start])[start]
    simple = folded.terminator == Finish() and not any(
        isinstance(s, Choose) for s in all_statements(folded.statements))
    return folded.statements if simple else None


def _check_own_domain(t: Statements, node: ast.For, over: Result,
                      body: tuple[Statement, ...]) -> None:
    """A loop over a set must not change that set: CPython would raise."""
    read = state_variables(over) if not isinstance(over, Static) else frozenset()
    for statement in all_statements(body):
        if isinstance(statement, Assign) and statement.place.name in read:
            raise refuse("E106", "the loop changes the set that it runs over", statement.loc,
                         "collect the changes in another set first")


def _check_order(t: Statements, node: ast.For, variable: str,
                 body: tuple[Statement, ...]) -> None:
    """Refuse a body whose result may depend on the order of the elements (E106).

    Sufficient: each variable that is written is written at the element only, and read there
    only; or it is a total that is only added to; or it is only ever set to one constant.
    """
    written: dict[str, list[Assign]] = {}
    local_first = _assigned_first(body)
    for statement in all_statements(body):
        if isinstance(statement, Assign) and statement.place.name not in local_first:
            written.setdefault(statement.place.name, []).append(statement)
    reads = [part for s in all_statements(body) for e in statement_expressions(s)
             for part in subexpressions(e) if isinstance(part, (Var, Local))]
    for name, assignments in written.items():
        if _pointwise(name, assignments, body, variable):
            continue
        if all(_accumulates(a, name) for a in assignments) and len(assignments) == sum(
                1 for r in reads if r.name == name):
            continue
        if _same_constant(assignments) and not any(r.name == name for r in reads):
            continue
        raise Refused(_order_error(t, node, assignments[0], name))


def _order_error(t: Statements, node: ast.For, assignment: Assign, name: str) -> Any:
    error = refuse("E106", f"`{name}` may depend on the order of the elements",
                   assignment.loc, "update only the element itself, add to a total, or set a "
                   "constant; use Range where the order matters",
                   also=(Label(t.loc(node.iter), "the loop over an Index"),))
    return error.diagnostic


def _assigned_first(body: tuple[Statement, ...]) -> set[str]:
    """Locals that each round sets, by a whole assignment at its top level, before it reads."""
    found: set[str] = set()
    seen: set[str] = set()
    for statement in body:
        for inner in all_statements((statement,)):
            for expr in statement_expressions(inner):
                seen |= free_locals(expr)
        if isinstance(statement, Assign) and statement.place.local and not statement.place.path:
            if statement.place.name not in seen:
                found.add(statement.place.name)
    return found


def _element_positions(keys: tuple[Expr | str, ...], variable: str) -> set[int]:
    """At which positions of a path the loop's element stands."""
    return {i for i, key in enumerate(keys) if isinstance(key, Local) and key.name == variable}


def _pointwise(name: str, assignments: list[Assign], body: tuple[Statement, ...],
               variable: str) -> bool:
    """Whether one position of every access to the variable `name` is the element itself."""
    common = set.intersection(*(_element_positions(a.place.path, variable)
                                for a in assignments))
    for statement in all_statements(body):
        for expr in statement_expressions(statement):
            for keys in _reads(name, expr):
                common &= _element_positions(keys, variable)
    return bool(common)


def _reads(name: str, expr: Expr) -> Iterator[tuple[Expr, ...]]:
    """The key path of every read of the variable `name` in an expression."""
    keys: tuple[Expr, ...] = ()
    inner = expr
    while isinstance(inner, Op) and inner.op == "get":
        inner, key = inner.args
        keys = (key, *keys)
        yield from _reads(name, key)
    if isinstance(inner, (Var, Local)):
        if inner.name == name:
            yield keys
        return
    for child in children(inner):
        yield from _reads(name, child)


def _accumulates(assignment: Assign, name: str) -> bool:
    """`n += e`, or adding an element to a set."""
    value = assignment.value
    return (not assignment.place.path and isinstance(value, Op)
            and value.op in ("add", "with", "union", "and", "or")
            and isinstance(value.args[0], (Var, Local)) and value.args[0].name == name)


def _same_constant(assignments: list[Assign]) -> bool:
    values = {a.value for a in assignments if isinstance(a.value, Const)}
    return len(values) == 1 and all(isinstance(a.value, Const) for a in assignments)
