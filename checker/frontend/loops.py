"""Loops: `while`, and `for` in its three meanings.

Over a static tuple a `for` is unrolled. Over the values of a type, a body without await, break,
return and choices becomes one `ForEach`; over an Index that is the only way, and the updates
must not depend on the order. Otherwise, over numbers, it becomes a loop of blocks with a local.
"""
from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from checker.errors import Label
from checker.frontend import calls
from checker.frontend.blocks import structured
from checker.frontend.frames import LAST_ELEMENT, UNASSIGNED, Loop, merge_names
from checker.frontend.refuse import Refused, refuse
from checker.frontend.static import Result, Static
from checker.ir import build
from checker.ir.nodes import (
    Assign,
    Block,
    Branch,
    Check,
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
    key_paths,
    state_variables,
    statement_expressions,
    subexpressions,
    targets,
)
from checker.source import parts
from checker.types import NUMBERS, Bool, Enum, Index, Int, Type, bounds
from checker.values import domain as values_of

if TYPE_CHECKING:
    from checker.frontend.statements import Statements


def while_loop(t: Statements, node: ast.While) -> None:
    if node.orelse:
        raise t.refuse("E101", "`else` after a loop", node.orelse[0], "use a flag")
    head, body, after = (t.builder.new() for _ in range(3))
    t.builder.goto(head)
    t.enter(head)
    t.branch(node.test, body, after)
    loop = _begin(t, head, after)
    t.enter(body)
    outer = dict(t.frame.names)
    t.body(node.body)
    ends = _end(t, loop)
    t.builder.goto(head)
    for_ever = isinstance(node.test, ast.Constant) and node.test.value
    t.frame.names = merge_names([*loop.broken, *([] if for_ever else [outer, *ends])])
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
    if isinstance(over, Static):
        t.flush_before(node)
    if isinstance(over, Static) and isinstance(over.value, tuple):
        _unrolled(t, node, over.value)
        return
    if isinstance(over, Static) and isinstance(over.value, range) and over.value.step < 0:
        _unrolled(t, node, tuple(over.value))
        return
    domain, member = calls.over_domain(over)
    if _jumps(node.body) is None and _for_each(t, node, domain, member, over):
        last = isinstance(domain, NUMBERS) and isinstance(over, Static)
        t.frame.names[node.target.id] = _last_value(over.value) if last else LAST_ELEMENT
        return
    if isinstance(domain, Enum) and isinstance(over, Static):
        _unrolled(t, node, domain.members)
    elif isinstance(domain, NUMBERS) and isinstance(over, Static):
        _with_numbers(t, node, domain, member, over.value)
    else:
        place = _jumps(node.body) or node.body[0]
        raise t.refuse("E106", f"a loop over {domain} whose order would be visible", place,
                       "use `pick`, or a Range instead of an Index")


def _last_value(values: Any) -> Result:
    """What the variable of a loop over these numbers is after it."""
    found = values if isinstance(values, range) else values_of(values)
    return Static(found[-1]) if len(found) else UNASSIGNED


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


def _begin(t: Statements, following: int, after: int) -> Loop:
    t.loops.append(Loop(following, after, len(t.held)))
    return t.loops[-1]


def _end(t: Statements, loop: Loop) -> list[dict[str, Result]]:
    """What names mean on each path to the loop's next turn."""
    t.loops.pop()
    return [*loop.continued, *([t.frame.names] if t.builder.current is not None else [])]


def _unrolled(t: Statements, node: ast.For, items: tuple[Any, ...]) -> None:
    after = t.builder.new()
    broken: list[dict[str, Result]] = []
    for item in items:
        following = t.builder.new()
        t.frame.names[node.target.id] = Static(item)
        loop = _begin(t, following, after)
        t.body(node.body)
        ends = _end(t, loop)
        t.builder.goto(following)
        broken += loop.broken
        t.frame.names = merge_names(ends)
        t.builder.start(following if ends else None)
        if not ends:
            break
        t.enter(following)
    ends = [t.frame.names] if t.builder.current is not None else []
    t.builder.goto(after)
    t.frame.names = merge_names([*broken, *ends])
    t.enter(after)
    if not broken and not ends:
        t.builder.start(None)


UNROLLED_AT_MOST = 64
"""Turns of a loop over numbers that is unrolled because some turn may not wait."""


def _with_numbers(t: Statements, node: ast.For, domain: Type, member: Any,
                  values: Any) -> None:
    """A loop over numbers: of blocks where every turn waits, unrolled where one may not.

    Whether every turn waits is known once the body is translated, so a first attempt may have
    to be taken back.
    """
    saved = (dict(t.locations), dict(t.label_places), dict(t.inline_counts),
             dict(t.frame.names), t.last_label, t.fresh_after_wait)
    block = t.builder.current
    if block is None:
        return
    t.flush()
    mark, errors = len(t.builder.statements[block]), len(t.diagnostics)
    body = _numbered(t, node, domain, member)
    turns = len(values) if isinstance(values, range) else len(values_of(values))
    if len(t.diagnostics) > errors or turns > UNROLLED_AT_MOST or not _spins(t, body):
        return
    (t.locations, t.label_places, t.inline_counts, t.frame.names, t.last_label,
     t.fresh_after_wait) = saved
    del t.builder.terminators[block]
    t.builder.start(block)
    t.builder.cut(mark)
    _unrolled(t, node, tuple(values if isinstance(values, range) else values_of(values)))


def _spins(t: Statements, start: int) -> bool:
    """Whether control can come back to the block `start` within one step."""
    pending, seen = [start], set[int]()
    while pending:
        number = pending.pop()
        if number not in seen and number in t.builder.terminators:
            seen.add(number)
            following = targets(t.builder.terminators[number])
            if start in following:
                return True
            pending.extend(following)
    return False


def _numbered(t: Statements, node: ast.For, domain: Type, member: Any) -> int:
    """A loop of blocks: the variable is a local that may live across awaits. Its first block."""
    name = t.local_name(node.target.id)
    t.types.fixed.add(name)
    t.types.declare(name, domain)
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
    loop = _begin(t, following, after)
    outer = dict(t.frame.names)
    t.body(node.body)
    ends = _end(t, loop)
    t.builder.goto(following)
    skipped = [] if build.is_constant(condition, True) else [outer]
    t.frame.names = merge_names([*loop.broken, *ends, *skipped] or [outer])
    t.enter(following)
    more = t.builder.new()
    t.builder.end(Branch(Op("lt", (variable, Const(hi, domain)), Bool()), more, after))
    t.enter(more)
    step = Op("add", (variable, build.number(1)), Int(lo + 1, hi + 1))
    t.builder.emit(Assign(place, step, loc=t.loc(node)))
    t.builder.goto(body)
    t.enter(after)
    return body


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
    local_first = assigned_first(body)
    for statement in all_statements(body):
        if isinstance(statement, Assign) and statement.place.name not in local_first:
            written.setdefault(statement.place.name, []).append(statement)
    for name, assignments in written.items():
        if _pointwise(name, assignments, body, variable):
            continue
        if _accumulates(name, assignments, body):
            continue
        if _same_constant(assignments) and not _reads_of(name, body, ()):
            continue
        raise Refused(_order_error(t, node, assignments[0], name))


def _order_error(t: Statements, node: ast.For, assignment: Assign, name: str) -> Any:
    error = refuse("E106", f"`{name}` may depend on the order of the elements",
                   assignment.loc, "update only the element itself, add to a total, or set a "
                   "constant; use Range where the order matters",
                   also=(Label(t.loc(node.iter), "the loop over an Index"),))
    return error.diagnostic


def assigned_first(body: tuple[Statement, ...]) -> set[str]:
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
            for keys in key_paths(name, expr):
                common &= _element_positions(keys, variable)
    return bool(common)


COMMUTING = (("add", "sub"), ("with", "union"), ("without", "difference"), ("and",), ("or",))
"""Operators that may follow one another, each with an operand of its own, in any order."""


def _accumulates(name: str, assignments: list[Assign], body: tuple[Statement, ...]) -> bool:
    """`n += e`, or adding elements to a set: nothing reads the total but what adds to it.

    Whether a total leaves its range on the way must not depend on the order either, so one
    whose range is checked may only grow, or only shrink.
    """
    values = tuple(a.value for a in assignments)
    if any(a.place.path for a in assignments) or not all(_adds_to(name, v) for v in values):
        return False
    if not any(all(v.op in family for v in values) for family in COMMUTING):
        return False
    checks = [s.condition for s in all_statements(body)
              if isinstance(s, Check) and s.kind == "overflow"
              and any(part in values for part in subexpressions(s.condition))]
    if checks and not (all(_grows(v, 1) for v in values) or all(_grows(v, -1) for v in values)):
        return False
    return _reads_of(name, body, values) == 0


def _adds_to(name: str, value: Expr) -> bool:
    return (isinstance(value, Op) and isinstance(value.args[0], (Var, Local))
            and value.args[0].name == name)


def _grows(value: Expr, sign: int) -> bool:
    """Whether a sum moves its first operand by something that is never below 0 (times sign)."""
    lo, hi = bounds(value.args[1].type)
    least = sign * (lo if value.op == "add" else -hi)
    return min(least, sign * (hi if value.op == "add" else -lo)) >= 0


def _reads_of(name: str, body: tuple[Statement, ...], values: tuple[Expr, ...]) -> int:
    """How often the body reads the variable `name`, apart from where `values` are computed."""
    def count(expr: Expr) -> int:
        if expr in values:
            return sum(count(arg) for arg in expr.args[1:])
        own = isinstance(expr, (Var, Local)) and expr.name == name
        return own + sum(count(child) for child in children(expr))

    return sum(count(expr) for s in all_statements(body) for expr in statement_expressions(s))


def _same_constant(assignments: list[Assign]) -> bool:
    values = {a.value for a in assignments if isinstance(a.value, Const)}
    return len(values) == 1 and all(isinstance(a.value, Const) for a in assignments)
