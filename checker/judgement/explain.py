"""Why a property fails: the conjunct that is false, its bindings, and the values it compares.

A failing invariant is often a conjunction over everything, and "it is false" helps nobody. The
explanation descends to what decides: into the false conjunct, the false consequence of an
implication, the first element for which `all(...)` is false, the branch that a conditional took.
The names are those of the state, with bound variables replaced by their values, so each line can
be looked up in the last state of the trace. Of several equal reasons the first is told.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.lasso import check_lasso
from checker.engines.interp.step import Step, deadlocked, enabled, location_of, scope_of, stuck
from checker.ir.nodes import Const, Expr, Field, Local, Op, Quantifier, Var
from checker.ir.show import show_expr
from checker.ir.system import Instance, Property, State, System
from checker.ir.walk import children, free_locals, place_value, subexpressions, substitute
from checker.results.shown import shown
from checker.results.trace import Trace
from checker.types import Bool, Type
from checker.values import domain, show

MOST_CELLS = 6        # parts of the state listed for one side of a comparison
BOOLEAN = ("not", "and", "or", "implies", "ite")
TWO_SIDED = ("eq", "ne", "lt", "le", "contains", "subset", "held_by")


def explain(trace: Trace) -> tuple[str, ...]:
    """The lines that tell why the trace violates its property."""
    system, declared, last = trace.system, trace.system.property_named(trace.property), \
        trace.states[-1]
    match trace.kind:
        case "invariant" | "lemma":
            assert declared is not None
            return why(declared.expr, Scope(system, last))
        case "step_invariant":
            assert declared is not None
            return why(declared.expr, Scope(system, trace.states[-2], after=last))
        case "eventually" | "leads_to":
            assert declared is not None
            return tuple(_lasso(trace, declared))
        case "implicit" if trace.property == "deadlock":
            return tuple(_deadlock(system, last))
        case "implicit":
            return tuple(_failed_check(trace))
    return ()


def why(expr: Expr, scope: Scope) -> tuple[str, ...]:
    """Why `expr` has the truth value it has in `scope`: the deciding part and its values."""
    lines: list[str] = []
    for reason in _reasons(expr, scope, {}):
        lines.extend(line for line in reason.lines(scope) if line not in lines)
    return tuple(lines)


@dataclass(frozen=True)
class _Reason:
    """A part of the property that decides, and the elements that its variables stand for."""

    expr: Expr
    value: bool
    bindings: dict[str, Const]

    def lines(self, scope: Scope) -> Iterator[str]:
        text = _source(self.expr)
        place = f"   ({self.expr.loc})" if self.expr.loc.line else ""
        yield f"`{text}` is {self.value}{place}"
        used = {name: c for name, c in self.bindings.items()
                if name in free_locals(self.expr)}
        if used:
            yield "  with " + ", ".join(f"{name} = {show(c.type, c.value)}"
                                        for name, c in used.items())
        yield from (f"  {line}" for line in _values(substitute(self.expr, used), scope))


def _source(expr: Expr) -> str:
    """What the author wrote; the printed form where the source is not at hand."""
    text = " ".join(expr.loc.text().split())
    return text if text and expr.loc.line == expr.loc.end_line else show_expr(expr)


def _reasons(expr: Expr, scope: Scope, bindings: dict[str, Const]) -> Iterator[_Reason]:
    """The deciding parts of `expr`, found by descending through its Boolean structure."""
    value = bool(evaluate(expr, scope))
    match expr:
        case Op("not", (inner,)):
            yield from _reasons(inner, scope, bindings)
        case Op("and" | "or" as op, args):
            deciding = [a for a in args if bool(evaluate(a, scope)) == (op == "or")]
            # One false conjunct decides, and one true disjunct; else all of them do.
            for arg in deciding[:1] or args:
                yield from _reasons(arg, scope, bindings)
        case Op("implies", (premise, conclusion)):
            if not evaluate(premise, scope):
                yield from _reasons(premise, scope, bindings)
            else:
                if not value:
                    yield from _reasons(premise, scope, bindings)
                yield from _reasons(conclusion, scope, bindings)
        case Op("ite", (condition, then, otherwise)) if isinstance(expr.type, Bool):
            yield from _reasons(condition, scope, bindings)
            taken = then if evaluate(condition, scope) else otherwise
            yield from _reasons(taken, scope, bindings)
        case Quantifier("any" | "all" as kind, variable, of, body) if value == (kind == "any"):
            element, inner = _deciding_element(variable, of, body, scope, value)
            yield from _reasons(body, inner, bindings | {variable: element})
        case _:
            yield _Reason(expr, value, bindings)


def _deciding_element(variable: str, of: Type, body: Expr, scope: Scope,
                      value: bool) -> tuple[Const, Scope]:
    """The first element for which the body has the truth value of the whole quantifier."""
    for element in domain(of):
        inner = scope.binding(variable, element)
        if bool(evaluate(body, inner)) == value:
            return Const(element, of), inner
    raise AssertionError("no element decides the quantifier")


def _values(expr: Expr, scope: Scope) -> Iterator[str]:
    """The values of the two sides of a comparison and of the parts of the state in them."""
    sides = expr.args if isinstance(expr, Op) and expr.op in TWO_SIDED else (expr,)
    for side in sides:
        if isinstance(side, Const):
            continue
        yield _is(side, scope)
        cells = list(dict.fromkeys(c for c in _cells(side) if c != side))
        for cell in cells[:MOST_CELLS]:
            yield _is(cell, scope)


def _is(expr: Expr, scope: Scope) -> str:
    return f"{show_expr(expr)} is {shown(scope.system, expr.type, evaluate(expr, scope))}"


def _cells(expr: Expr) -> Iterator[Expr]:
    """The largest parts that name a piece of the state: `votes`, `holds[group0]`, `entry.page`."""
    if _is_cell(expr):
        yield expr
    else:
        for child in children(expr):
            yield from _cells(child)


def _is_cell(expr: Expr) -> bool:
    match expr:
        case Var():
            return True
        case Field(record):
            return _is_cell(record)
        case Op("get", (mapping, key)):
            return _is_cell(mapping) and not free_locals(key)
    return False


# ── implicit properties ──────────────────────────────────────────────────────────────────────

def _failed_check(trace: Trace) -> Iterator[str]:
    failing = trace.steps[-1]
    loc = failing.failure_loc
    yield failing.failure + (f"   ({loc})" if loc is not None and loc.line else "")
    if loc is not None and loc.text():
        yield f"  in `{loc.text()}`"
    yield from (f"  {line}" for line in failing.failure_values)


def compared(step: Step) -> tuple[str, ...]:
    """The values that the failed check of a step compared, its locals as they were."""
    assert step.failed is not None and step.scope is not None
    known = {part.name: Const(step.scope.locals[part.name], part.type)
             for part in subexpressions(step.failed.condition)
             if isinstance(part, Local) and part.name in step.scope.locals}
    lines = [line for reason in _reasons(step.failed.condition, step.scope, known)
             for line in _values(substitute(reason.expr, reason.bindings), step.scope)]
    return tuple(dict.fromkeys(lines))


def _deadlock(system: System, state: State) -> Iterator[str]:
    assert deadlocked(system, state)
    in_cycle = {instance.number for instance in stuck(system, state)}
    for instance in system.instances:
        location = location_of(system, state, instance)
        if location is None:
            continue
        if instance.number in in_cycle or not enabled(system, state, instance):
            place = f"   ({location.loc})" if location.loc.line else ""
            yield f"{instance} waits at `{location.label}`{place}"
            yield from (f"  {line}" for line in _waits_for(system, state, instance))


def _waits_for(system: System, state: State, instance: Instance) -> Iterator[str]:
    """The lock and its holder, or the condition that is false, for an instance that waits."""
    location = location_of(system, state, instance)
    assert location is not None
    scope = scope_of(system, state, instance)
    known = {name: Const(value, _local_type(instance, name))
             for name, value in scope.locals.items()}
    if location.lock is None:
        for reason in _reasons(location.guard, scope, known):
            yield from reason.lines(scope)
        return
    keys = tuple(key if isinstance(key, str) else Const(evaluate(key, scope), key.type)
                 for key in location.lock.path)
    lock = place_value(replace(location.lock, path=keys))
    holder = system.instances[evaluate(lock, scope)]
    if holder.number == instance.number:
        yield f"for {show_expr(lock)}, which it holds itself"
    else:
        ended = ", which is done" * (location_of(system, state, holder) is None)
        yield f"for {show_expr(lock)}, held by {holder}{ended}"


def _local_type(instance: Instance, name: str) -> Type:
    process = instance.process
    if process.domain is not None and name == process.parameter:
        return process.domain
    return process.locals[name]


# ── liveness ─────────────────────────────────────────────────────────────────────────────────

def _lasso(trace: Trace, declared: Property) -> Iterator[str]:
    """What never happens on the run, and why the run is fair to each process."""
    assert trace.loop is not None
    system, states, loop = trace.system, trace.states, trace.loop
    if declared.target is None:
        yield f"`{_source(declared.expr)}` is False in every state of the run"
    else:
        begin = _never_answered(declared, trace)
        yield f"`{_source(declared.expr)}` is True in state {begin}"
        yield f"`{_source(declared.target)}` is False from then on, for ever"
    if loop == len(states) - 1:
        yield f"nothing can step in state {loop}: the run ends there"
    else:
        yield f"the run repeats states {loop} to {len(states) - 1} for ever"
    yield from check_lasso(system, declared, states, loop)


def _never_answered(declared: Property, trace: Trace) -> int:
    """The first state with the premise from which on the conclusion never holds."""
    assert declared.target is not None and trace.loop is not None
    answered = [n for n, state in enumerate(trace.states)
                if evaluate(declared.target, Scope(trace.system, state))]
    return next(n for n, state in enumerate(trace.states)
                if evaluate(declared.expr, Scope(trace.system, state))
                and all(answer < min(n, trace.loop) for answer in answered))
