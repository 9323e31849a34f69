"""Awaits: the places where a step ends and another process may run."""
from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from checker.errors import Label
from checker.frontend import inlining
from checker.frontend.changes import length_type, me, place_text, release, take_head
from checker.frontend.places import value_of_place
from checker.frontend.refuse import refuse
from checker.frontend.static import BoundMethod, Result, Static, ValueMethod
from checker.ir import build
from checker.ir.nodes import (DONE, Assign, Check, Expr, Location, LocationKind, Op, Place, Var,
                              Yield)
from checker.ir.walk import subexpressions
from checker.lang import waiting
from checker.source import parts
from checker.types import Bool, Lock, Queue

if TYPE_CHECKING:
    from checker.frontend.statements import Statements


def wait(t: Statements, kind: LocationKind, label: str, node: ast.AST, *,
         guard: Expr = build.TRUE, lock: Place | None = None, provenance: str = "") -> None:
    """End the step; the process waits here for `guard`."""
    name = location_name(t, kind, label, node)
    t.flush()
    t.builder.end(Yield(name, loc=t.loc(node)))
    entry = t.builder.new()
    t.locations[name] = Location(name, label, kind, guard, entry, (), provenance, lock,
                                 tuple(f.function.__name__ for f in t.frames), loc=t.loc(node))
    t.enter(entry)
    t.fresh_after_wait = True
    t.last_label = label if kind != "preempt" else t.last_label


def location_name(t: Statements, kind: LocationKind, label: str, node: ast.AST) -> str:
    """The label, numbered where it is inlined again. One label of an author, one place.

    The name of the end is taken: a step that an author calls "done" is numbered at once.
    """
    loc = t.loc(node)
    places = t.label_places.get(label, ())
    if places and kind == "step" and places[0] != loc:
        raise refuse("E110", f"the label {label!r} is used twice in this process", loc,
                     "labels name steps in traces; give each its own",
                     also=(Label(places[0], "first used here"),))
    t.label_places[label] = (*places, loc)
    return label if not places and label != DONE else f"{label}#{len(places) + 1}"


def preempt(t: Statements, node: ast.AST) -> None:
    """The await that preemption means, before the statement at `node`."""
    wait(t, "preempt", f"{t.last_label}+", node)


def awaited(t: Statements, node: ast.Await) -> Result:
    """`await` of something, as a statement or as the whole right side of an assignment."""
    call = node.value
    if not isinstance(call, ast.Call):
        raise t.refuse("E114", "this is not something to await", call,
                       "await step(...), until(...), queue.get(), lock.acquire() or a method")
    function = t.translate(call.func)
    target = function.value if isinstance(function, Static) else None
    match target:
        case BoundMethod():
            return inlining.inline(t, call, target, awaited=True)
        case ValueMethod(name="get"):
            return _queue_get(t, call, target)
        case ValueMethod(name="acquire"):
            arguments = _arguments(t, call, ("source",))
            acquire(t, target.place, call, _text(t, arguments.get("source"), "`source`"))
            return Static(None)
    if target is waiting.step:
        return _step(t, call)
    if target is waiting.until:
        return _until(t, call)
    raise t.refuse("E114", f"`{ast.unparse(call.func)}` is not awaited", node,
                   "await step(...), until(...), queue.get(), lock.acquire() or an async method")


def _arguments(t: Statements, call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr]:
    """The arguments of a call by name."""
    if len(call.args) > len(names):
        raise t.refuse("E104", f"at most {len(names)} arguments", call)
    found = dict(zip(names, call.args))
    for keyword in call.keywords:
        if keyword.arg not in names:
            raise t.refuse("E104", f"no argument `{keyword.arg}`", keyword.value,
                           f"known are {', '.join(names)}")
        found[keyword.arg] = keyword.value
    return found


def _text(t: Statements, node: ast.expr | None, what: str) -> str:
    if node is None:
        return ""
    text = t.static(node, what)
    if not isinstance(text, str) or not text:
        raise t.refuse("E110", f"{what} is a constant string", node)
    return text


def _step(t: Statements, call: ast.Call) -> Result:
    arguments = _arguments(t, call, ("label", "source"))
    if "label" not in arguments:
        raise t.refuse("E110", "a step needs a label", call, 'write `await step("label")`')
    label = _text(t, arguments["label"], "a label")
    provenance = _text(t, arguments.get("source"), "`source`")
    wait(t, "step", label, call, provenance=provenance)
    return Static(None)


def _until(t: Statements, call: ast.Call) -> Result:
    arguments = _arguments(t, call, ("condition", "label", "source"))
    if "condition" not in arguments:
        raise t.refuse("E115", "`until` needs a condition", call, "until(lambda: ...)")
    node = arguments["condition"]
    outer, t.obligations = t.obligations, []
    test = _until_condition(t, node)
    needed, t.obligations = t.obligations, outer
    defined = build.conjunction([o.condition for o in needed])
    label = _text(t, arguments.get("label"), "a label")
    label = label or f"until {ast.unparse(node.body if isinstance(node, ast.Lambda) else node)}"
    wait(t, "until", label, call, guard=build.implication(defined, test, loc=t.loc(node)),
         provenance=_text(t, arguments.get("source"), "`source`"))
    t.obligations = needed          # where the condition has no value, the step fails
    t.flush()
    return Static(None)


def _until_condition(t: Statements, node: ast.expr) -> Expr:
    if isinstance(node, ast.Lambda):
        if node.args.args:
            raise t.refuse("E115", "the lambda of `until` takes no parameter", node)
        return t.condition(node.body)
    if isinstance(node, (ast.Name, ast.Attribute)):
        function = t.translate(node)
        if isinstance(function, Static) and isinstance(function.value, BoundMethod):
            call = ast.copy_location(ast.Call(node, [], []), node)
            return t.condition(call)
    raise t.refuse("E115", "`until` needs a lambda or a method", node,
                   f"write `until(lambda: {ast.unparse(node)})`")


# ── queues and locks ─────────────────────────────────────────────────────────────────────────

def constant_path(t: Statements, place: Place | None, node: ast.AST) -> Place:
    """The place, whose keys must not change while the process waits."""
    if place is None:
        raise t.refuse("E104", "this is not a part of the state", node)
    for key in place.path:
        if not isinstance(key, str) and any(isinstance(e, (Var, Op)) for e in subexpressions(key)):
            raise t.refuse("E125", "what is waited for depends on state that may change", node,
                           "assign the index to a local first")
    return place


def _queue_get(t: Statements, call: ast.Call, method: ValueMethod) -> Result:
    queue = method.value.type
    if not isinstance(queue, Queue):
        raise t.refuse("E114", "only a Queue has an awaitable `get`", call)
    place = constant_path(t, method.place, call)
    length = Op("queue_len", (method.value,), length_type(queue))
    ready = Op("lt", (build.number(0), length), Bool(), loc=t.loc(call))
    wait(t, "get", f"get {ast.unparse(call.func.value)}".replace("self.", ""), call, guard=ready)
    return take_head(t, place, method.value, call)


def acquire(t: Statements, place: Place | None, node: ast.AST, provenance: str = "") -> Place:
    """Wait until a lock is free and take it. Waiting for a lock that one holds is `reentry`."""
    place = constant_path(t, place, node)
    lock = value_of_place(place)
    mine = Op("held_by", (lock, me(t)), Bool())
    text = place_text(place)
    t.emit(Check(build.negation(mine), "reentry", f"`{text}` is acquired by its own holder",
                 loc=t.loc(node)))
    wait(t, "acquire", f"acquire {text}", node, lock=place, provenance=provenance,
         guard=Op("is_free", (lock,), Bool(), loc=t.loc(node)))
    t.emit(Assign(place, Op("held", (me(t),), Lock()), loc=t.loc(node)))
    t.fresh_after_wait = False
    return place


def async_with(t: Statements, node: ast.AsyncWith) -> None:
    """`async with lock:`, held until the body is left in whatever way."""
    if len(node.items) != 1 or node.items[0].optional_vars is not None:
        raise t.refuse("E101", "`async with` of more than one lock", node.items[-1].context_expr,
                       "nest one `async with` for each lock")
    context = node.items[0].context_expr
    value = t.translate(context)
    if isinstance(value, Static) or not isinstance(value.type, Lock):
        raise t.refuse("E104", "`async with` needs a Lock", context)
    place = t.place_of(context)
    keys = {part.id for part in ast.walk(context) if isinstance(part, ast.Name)}
    for part in (p for statement in node.body for p in parts(statement)):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id in keys:
            raise t.refuse("E125", f"`{part.id}`, which names the held lock, is assigned", part,
                           "use another local")
    with t.interruptible(node):
        held = acquire(t, place, context)
    t.held.append(held)
    t.body(node.body)
    t.held.pop()
    if t.builder.current is not None:
        release(t, held, context)
