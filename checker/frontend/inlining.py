"""Calls with effects: choices, methods of locks, queues and sets, and methods of components."""
from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.frontend import calls, coerce
from checker.frontend.changes import CHANGING, value_method
from checker.frontend.frames import Inlined, assigned_names, returns_value
from checker.frontend.places import keep, kept_place, place_of_value, value_of_place
from checker.frontend.refuse import CONSEQUENCE
from checker.frontend.static import BoundMethod, Result, Static, ValueMethod, is_one_of
from checker.ir import build
from checker.ir.nodes import Choose, Const, Expr, Local, Me, Op, Place
from checker.lang import waiting
from checker.source import function_def
from checker.types import NUMBERS, SCALARS, Bool, Enum, Lock, Map, Queue, Record, Set, Type

if TYPE_CHECKING:
    from checker.frontend.statements import Statements

CONTAINERS = (Map, Set, Queue, Record, Lock)
CHOICES = {waiting.maybe: "maybe", waiting.fails: "fails"}


def is_effect(t: Statements, node: ast.Call) -> bool:
    """Whether a call chooses, waits or changes state."""
    function = t.translate(node.func)
    if not isinstance(function, Static):
        return False
    match function.value:
        case BoundMethod(_, called):
            return not calls.is_pure(called)
        case ValueMethod(name=name):
            return name in CHANGING
        case called:
            return is_one_of(called, {waiting.pick, *CHOICES})


def effect_call(t: Statements, node: ast.Call, called: Any) -> Result:
    """A call as a whole statement, right side or condition."""
    match called:
        case BoundMethod(_, function) if not calls.is_pure(function):
            return inline(t, node, called, awaited=False)
        case ValueMethod(name=name) if name in CHANGING:
            return value_method(t, node, called)
        case ValueMethod(name="get" | "acquire" as name):
            raise t.refuse("E114", f"`{name}` without await", node, "write `await ...`")
    if called is waiting.pick:
        return _pick(t, node)
    if is_one_of(called, CHOICES):
        return _maybe(t, node, CHOICES[called])
    return t.translate(node)


# ── choices ──────────────────────────────────────────────────────────────────────────────────

def _maybe(t: Statements, node: ast.Call, kind: Any) -> Result:
    if len(node.args) != 1 or node.keywords:
        raise t.refuse("E110", f"`{kind}` takes the name of the choice", node)
    name = t.static(node.args[0], "the name of a choice")
    return _choose(t, node, Bool(), build.TRUE, str(name), kind, None)


def _pick(t: Statements, node: ast.Call) -> Result:
    arguments = [*node.args, *(k.value for k in node.keywords if k.arg == "name")]
    if not 1 <= len(arguments) <= 2:
        raise t.refuse("E104", "`pick` takes the options and a name", node)
    options = arguments[0]
    name = str(t.static(arguments[1], "the name of a choice")) if len(arguments) > 1 else ""
    if isinstance(options, ast.GeneratorExp):
        return _pick_where(t, node, options, name)
    over = t.domain_of(options)
    if isinstance(over, Static) and isinstance(over.value, tuple):
        return _pick_constant(t, node, options, over.value, name)
    domain, member = calls.over_domain(over)
    return _choose(t, node, domain, None, name or _name_of(domain), "pick", member)


def _pick_where(t: Statements, node: ast.Call, generator: ast.GeneratorExp, name: str) -> Result:
    """`pick(x for x in domain if condition)`."""
    head = generator.generators[0]
    if len(generator.generators) != 1 or not isinstance(head.target, ast.Name) or not (
            isinstance(generator.elt, ast.Name) and generator.elt.id == head.target.id):
        raise t.refuse("E101", "this generator in pick", generator,
                       "write `pick(x for x in domain if condition)`")
    over = t.domain_of(head.iter)
    if isinstance(over, Static) and isinstance(over.value, tuple):
        domain, member = _constants(t, head.iter, over.value)
    else:
        domain, member = calls.over_domain(over)

    def where(bound: Local) -> Expr:
        outer = t.frame.names.get(head.target.id)
        t.frame.names[head.target.id] = bound
        try:
            with t.for_all(bound.name, domain):
                condition = member(bound)
                for test in head.ifs:
                    with t.only_if(condition):
                        condition = build.conjunction([condition, t.condition(test)])
                return condition
        finally:
            calls.restore(t, head.target.id, outer)

    return _choose(t, node, domain, None, name or head.target.id, "pick", where)


def _pick_constant(t: Statements, node: ast.Call, options: ast.expr, items: tuple[Any, ...],
                   name: str) -> Result:
    """One of several constants: strings become an Enum, numbers a range."""
    of, member = _constants(t, options, items)
    return _choose(t, node, of, None, name or "choice", "pick", member)


def _constants(t: Statements, options: ast.expr,
               items: tuple[Any, ...]) -> tuple[Type, Callable[[Local], Expr]]:
    """The type that constants have in common, and the condition that a value of it is one."""
    if not items:
        raise t.refuse("E104", "`pick` from nothing", options)
    of: Type | None = None
    for item in items:
        have = coerce.lift(t, Static(item), options).type
        of = have if of is None else coerce.join_types(of, have)
        if of is None or not isinstance(of, SCALARS):
            raise t.refuse("E104", "these options have no common type", options)
    assert of is not None
    values = Const(frozenset(items), Set(of))

    def member(bound: Local) -> Expr:
        if isinstance(of, (Enum, Bool)) or len(set(items)) == of.hi - of.lo + 1:
            return build.TRUE
        return Op("contains", (values, bound), Bool())

    return of, member


def _name_of(domain: Type) -> str:
    return str(domain) if not isinstance(domain, NUMBERS) else "choice"


def _choose(t: Statements, node: ast.Call, domain: Type, where: Expr | None, name: str,
            kind: Any, member: Any) -> Result:
    place = t.temporary(domain, name.replace(" ", "_"))
    chosen = Local(place.name, domain, loc=t.loc(node))
    if where is None:
        where = member(chosen)
    if not build.is_constant(where, True):
        some = build.quantified("any", place.name, domain, where, Bool(), loc=t.loc(node))
        t.require(some, "empty_choice", f"`{ast.unparse(node)}` has nothing to pick from", node)
    t.emit(Choose(place.name, domain, where, name, kind, loc=t.loc(node)))
    return chosen


# ── methods of components ────────────────────────────────────────────────────────────────────

def inline(t: Statements, node: ast.Call, method: BoundMethod, *, awaited: bool) -> Result:
    """The body of a method in place of its call; its value is a local, or None."""
    function = method.function
    definition = function_def(function)
    if definition is None:
        raise t.refuse("E101", f"the source of `{function.__name__}` is not to be found", node)
    is_async = isinstance(definition, ast.AsyncFunctionDef)
    if is_async and not awaited:
        raise t.refuse("E114", f"`{definition.name}` is async: its call needs await", node,
                       "write `await ...` on a line of its own")
    if awaited and not is_async:
        raise t.refuse("E114", f"`{definition.name}` is not async", node, "call it without await")
    if any(frame.function is function and _receiver(frame) is method.component
           for frame in t.frames):
        raise t.refuse("E113", f"`{definition.name}` calls itself", node)
    names = _bind(t, node, method)
    named = _named(names)
    if is_async or t.preemptible:       # others may run meanwhile
        t.aliases.passed += [(place, t.loc(node)) for place in named if not place.local]
    prefix = _prefix(t, definition.name)
    frame = Inlined(function, {}, prefix, assigned_names(definition), t.builder.new(),
                    returns_value(definition), len(t.held))
    _pass_parameters(t, frame, names, node)
    loops, t.loops = t.loops, []
    t.frames.append(frame)
    t.named += named
    try:
        t.body(definition.body)
        return _leave(t, frame, definition)
    finally:
        t.frames.pop()
        t.loops = loops
        del t.named[len(t.named) - len(named):]


def _prefix(t: Statements, name: str) -> str:
    """What the names of the method's locals begin with: `get.`, `get2.`; never that of another."""
    count = t.inline_counts.get(name, 0) + 1
    while count > 1 and f"{name}{count}" in t.inline_counts:
        count += 1
    t.inline_counts[name] = count
    prefix = f"{name}{count}" if count > 1 else name
    t.inline_counts.setdefault(prefix, 1)
    return f"{prefix}."


def _receiver(frame: Any) -> Any:
    receiver = frame.names.get("self")
    return receiver.value if isinstance(receiver, Static) else None


def _bind(t: Statements, node: ast.Call, method: BoundMethod) -> dict[str, Result]:
    """The parameters of the method; unlike in an expression, an argument may be a choice.

    CPython evaluates all arguments before the call, from left to right: what an argument reads
    is kept where a later argument may change it.
    """
    rest = [*node.args, *(keyword.value for keyword in node.keywords)]

    def value(argument: ast.expr) -> Result:
        rest.remove(argument)
        result = t.effect(argument)
        changing = any(isinstance(later, ast.Await) or t.has_effect(later) for later in rest)
        return _kept(t, result, argument, changing)

    return calls.bind(t, node, method, value=value)


def _kept(t: Statements, result: Result, node: ast.expr, changing: bool) -> Result:
    """A reference to a container that stays with its element, or, if need be, a value kept."""
    if isinstance(result, Static):
        return result
    place = place_of_value(result)
    if place is not None and isinstance(result.type, CONTAINERS):
        return value_of_place(kept_place(t, place, node))
    return keep(t, result, node) if changing else result


def _pass_parameters(t: Statements, frame: Any, values: dict[str, Result],
                     node: ast.Call) -> None:
    """Parameters become names for constants, containers and unchanging locals, else locals."""
    for name, value in values.items():
        unchanging = isinstance(value, Static) or _is_alias(value)
        if unchanging and name not in frame.assigned:
            frame.names[name] = value
        else:
            t.refuse_alias(value, node)
            frame.assigned[name] = frame.assigned.get(name, 0) + 2
            t.set_local(frame.prefix + name, value, node, node)


def _named(values: dict[str, Result]) -> list[Place]:
    """What parameters become names for."""
    return [place for value in values.values()
            if not isinstance(value, Static) and isinstance(value.type, CONTAINERS)
            and (place := place_of_value(value)) is not None]


def _is_alias(value: Expr) -> bool:
    """Whether a name for the value can stand for it: it can not change, or changes in place."""
    if isinstance(value, (Const, Me, Local)):
        return True
    return isinstance(value.type, CONTAINERS) and place_of_value(value) is not None


def _leave(t: Statements, frame: Any, definition: Any) -> Result:
    if t.builder.current is not None:
        if frame.returns_value:
            raise t.refuse("E124", f"`{definition.name}` may end without returning a value",
                           definition.body[-1], "return a value on every path")
        t.builder.goto(frame.returns_to)
    t.enter(frame.returns_to)
    if not frame.returns_value:
        return Static(None)
    name = frame.prefix + "return"
    of = t.types.known.get(name)
    if of is None:
        raise CONSEQUENCE
    return Local(name, of, loc=t.loc(definition))
