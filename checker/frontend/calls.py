"""Calls: quantifiers, built-in functions, methods of values, and pure methods inlined.

A pure method is a decision tree: names given to values, `if`, `return`. It becomes one
expression. Methods that change state are inlined by `Statements`.
"""
from __future__ import annotations

import ast
import builtins
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checker.frontend import coerce
from checker.frontend.frames import Frame
from checker.frontend.static import (
    EFFECTS,
    FOLDED,
    WAITS,
    BoundMethod,
    Result,
    Static,
    ValueMethod,
    is_one_of,
    is_set,
)
from checker.ir import build
from checker.ir.nodes import Const, Expr, Local, Op
from checker.lang import waiting
from checker.lang.component import Component
from checker.source import function_def
from checker.types import Bool, Int, Lock, Maybe, Queue, Range, Record, Set, Type, bounds, size
from checker.values import lowest

if TYPE_CHECKING:
    from checker.frontend.expressions import Expressions

QUANTIFIERS = {builtins.any: "any", builtins.all: "all", builtins.sum: "sum"}


def translate_call(t: Expressions, node: ast.Call) -> Result:
    """A call in an expression."""
    function = t.translate(node.func)
    if not isinstance(function, Static):
        raise t.refuse("E101", "this can not be called", node.func)
    match function.value:
        case BoundMethod() as method:
            return _method(t, node, method)
        case ValueMethod() as method:
            return _value_method(t, node, method)
        case Record() as record:
            return _make_record(t, node, record)
        case called:
            return _function(t, node, called)


def _function(t: Expressions, node: ast.Call, called: Any) -> Result:
    if is_one_of(called, QUANTIFIERS) and len(node.args) == 1 and isinstance(
            node.args[0], ast.GeneratorExp):
        return quantifier(t, QUANTIFIERS[called], node.args[0], node)
    if called is waiting.implies:
        return _implies(t, node)
    if is_one_of(called, EFFECTS):
        return t.impure_call(node, f"`{called.__name__}`")
    if is_one_of(called, WAITS):
        raise t.refuse("E114", f"`{called.__name__}` without await", node,
                       f"write `await {called.__name__}(...)`")
    if inspect.isclass(called) and issubclass(called, Component):
        raise t.refuse("E101", "a component made while the protocol runs", node,
                       "make components in the constructor")
    if inspect.isfunction(called):
        return _method(t, node, BoundMethod(None, called))
    arguments = [t.translate(arg) for arg in node.args]
    if is_one_of(called, FOLDED):
        if all(isinstance(a, Static) for a in arguments) and not node.keywords:
            return _fold(t, node, called, arguments)
        return _builtin(t, node, called, arguments)
    raise t.refuse("E101", f"a call of `{ast.unparse(node.func)}`", node.func,
                   "processes call methods of components and the functions of the language")


def _fold(t: Expressions, node: ast.Call, called: Any, arguments: list[Static]) -> Result:
    first = arguments[0].value if arguments else None
    if called is len and is_set(first):
        return Static(size(first))
    try:
        found = called(*(a.value for a in arguments))
    except Exception as error:
        raise t.refuse("E104", f"this constant has no value: {error}", node) from None
    return Static(frozenset(found) if isinstance(found, set) else found)


def _builtin(t: Expressions, node: ast.Call, called: Any, arguments: list[Result]) -> Result:
    loc = t.loc(node)
    if called is len and len(arguments) == 1:
        of = coerce.lift(t, arguments[0], node.args[0])
        if isinstance(of.type, Set):
                return Op("set_len", (of,), Int(0, size(of.type.of)), loc=loc)
        if isinstance(of.type, Queue):
            return Op("queue_len", (of,), Int(0, of.type.capacity), loc=loc)
    if called in (min, max) and len(arguments) >= 2:
        result = _number(t, arguments[0], node.args[0])
        for argument, place in zip(arguments[1:], node.args[1:]):
            other = _number(t, argument, place)
            (al, ah), (bl, bh) = bounds(result.type), bounds(other.type)
            of = Int(called(al, bl), called(ah, bh))
            result = Op(called.__name__, (result, other), of, loc=loc)
        return result
    if called is abs and len(arguments) == 1:
        x = _number(t, arguments[0], node.args[0])
        negated = Op("neg", (x,), Int(-bounds(x.type)[1], -bounds(x.type)[0]))
        most = max(abs(b) for b in bounds(x.type))
        return Op("max", (x, negated), Int(0, most), loc=loc)
    if called is int and len(arguments) == 1:
        return Op("int", (coerce.to_type(t, arguments[0], Bool(), node.args[0]),), Int(0, 1),
                  loc=loc)
    raise t.refuse("E101", f"`{called.__name__}` of this", node,
                   "len takes a Set or a Queue; min, max and abs take numbers")


def _number(t: Expressions, result: Result, node: ast.expr) -> Expr:
    expr = coerce.lift(t, result, node)
    if isinstance(expr.type, Maybe):
        expr = coerce.unwrap(t, expr, node)
    coerce.need_number(t, expr, node)
    return expr


def _implies(t: Expressions, node: ast.Call) -> Result:
    if len(node.args) != 2 or node.keywords:
        raise t.refuse("E104", "implies takes an antecedent and a consequent", node)
    left, right = (t.condition(arg) for arg in node.args)
    return Op("implies", (left, right), Bool(), loc=t.loc(node))


# ── quantifiers ──────────────────────────────────────────────────────────────────────────────

def quantifier(t: Expressions, kind: str, generator: ast.GeneratorExp, node: ast.AST) -> Result:
    """any, all or sum over a generator; its `for`s nest, its `if`s restrict."""
    return _quantify(t, kind, generator.generators, generator.elt, node)


def set_comprehension(t: Expressions, node: ast.SetComp) -> Expr:
    """`{x for x in domain if condition}`."""
    first = node.generators[0]
    plain = (len(node.generators) == 1 and isinstance(node.elt, ast.Name)
             and isinstance(first.target, ast.Name) and node.elt.id == first.target.id)
    if not plain:
        raise t.refuse("E101", "a set comprehension that does not collect its variable", node,
                       "write `{x for x in domain if condition}`")
    result = _quantify(t, "set", node.generators, None, node)
    assert not isinstance(result, Static)
    return result


def _quantify(t: Expressions, kind: str, generators: list[ast.comprehension],
              element: ast.expr | None, node: ast.AST) -> Result:
    if not generators:
        return _body(t, kind, element)
    head, rest = generators[0], generators[1:]
    if head.is_async or not isinstance(head.target, ast.Name):
        raise t.refuse("E101", "this loop variable", head.target, "use one plain name")
    over = t.domain_of(head.iter)
    if isinstance(over, Static) and isinstance(over.value, tuple):
        return _unrolled(t, kind, over.value, generators, element, node)
    domain, member = over_domain(over)
    name = t.fresh(head.target.id)
    bound = Local(name, domain)
    outer = t.frame.names.get(head.target.id)
    with t.for_all(name, domain):
        t.frame.names[head.target.id] = bound
        try:
            body = _restricted(t, kind, member(bound), head.ifs, rest, element, node)
        finally:
            restore(t, head.target.id, outer)
    of: Type = Bool()
    if kind == "sum":
        lo, hi = bounds(body.type)
        of = Int(min(0, lo * size(domain)), max(0, hi * size(domain)))
    elif kind == "set":
        of = Set(domain)
    return build.quantified(kind, name, domain, body, of, loc=t.loc(node))


def restore(t: Expressions, name: str, outer: Result | None) -> None:
    if outer is None:
        t.frame.names.pop(name, None)
    else:
        t.frame.names[name] = outer


def over_domain(over: Result) -> tuple[Type, Any]:
    """The scalar type to run over, and the condition that a value of it is among `over`."""
    if isinstance(over, Static):
        if isinstance(over.value, range):
            steps = over.value
            if len(steps) == 0:
                return Range(1), lambda bound: build.FALSE
            if steps.start == 0 and steps.step == 1:
                return Range(steps.stop), lambda bound: build.TRUE
            of = Int(min(steps), max(steps))
            if abs(steps.step) == 1:
                return of, lambda bound: build.TRUE
            return of, lambda bound: Op("contains", (Const(frozenset(steps), Set(of)), bound),
                                        Bool())
        return over.value, lambda bound: build.TRUE
    return over.type.of, lambda bound: Op("contains", (over, bound), Bool(), loc=over.loc)


def _restricted(t: Expressions, kind: str, member: Expr, ifs: list[ast.expr],
                rest: list[ast.comprehension], element: ast.expr | None,
                node: ast.AST) -> Expr:
    """The body under its conditions: `if`s join `any` by and, `all` by implication."""
    if not ifs:
        with t.only_if(member):
            body = coerce.lift(t, _quantify(t, kind, rest, element, node), node)
        return _combine(kind, member, body, t.loc(node))
    with t.only_if(member):
        test = t.condition(ifs[0])
    condition = build.conjunction([member, test], loc=t.loc(ifs[0]))
    return _restricted(t, kind, condition, ifs[1:], rest, element, node)


def _combine(kind: str, condition: Expr, body: Expr, loc: Any) -> Expr:
    match kind:
        case "any" | "set":
            return build.conjunction([condition, body], loc=loc)
        case "all":
            return build.implication(condition, body, loc=loc)
    zero = build.number(0)
    lo, hi = bounds(body.type)
    return build.conditional(condition, body, zero, Int(min(0, lo), max(0, hi)), loc=loc)


def _body(t: Expressions, kind: str, element: ast.expr | None) -> Result:
    if element is None:
        return build.TRUE
    if kind != "sum":
        return t.condition(element)
    result = coerce.lift(t, t.translate(element), element)
    if isinstance(result.type, Bool):
        return Op("int", (result,), Int(0, 1), loc=t.loc(element))
    coerce.need_number(t, result, element)
    return result


def _unrolled(t: Expressions, kind: str, items: tuple[Any, ...],
              generators: list[ast.comprehension], element: ast.expr | None,
              node: ast.AST) -> Result:
    """A quantifier over a static tuple, for example of components."""
    head, rest = generators[0], generators[1:]
    outer = t.frame.names.get(head.target.id)
    parts = []
    for item in items:
        t.frame.names[head.target.id] = Static(item)
        parts.append(_restricted(t, kind, build.TRUE, head.ifs, rest, element, node))
    restore(t, head.target.id, outer)
    if kind == "any":
        return build.disjunction(parts, loc=t.loc(node))
    if kind == "all":
        return build.conjunction(parts, loc=t.loc(node))
    if kind == "set":
        raise t.refuse("E101", "a set comprehension over a tuple", node)
    total: Expr = build.number(0)
    for part in parts:
        total = coerce.arithmetic(t, "add", total, part, node)
    return total


# ── methods ──────────────────────────────────────────────────────────────────────────────────

def _make_record(t: Expressions, node: ast.Call, record: Record) -> Expr:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    wanted = [name for name, _ in record.fields]
    if node.args or set(given) != set(wanted):
        raise t.refuse("E104", f"a {record} is made of exactly its fields", node,
                       f"write ({', '.join(f'{name}=...' for name in wanted)})")
    values = tuple(coerce.fitted(t, t.translate(given[name]), of, given[name])
                   for name, of in record.fields)
    return Op("record", values, record, loc=t.loc(node))


def _value_method(t: Expressions, node: ast.Call, method: ValueMethod) -> Result:
    value, loc = method.value, t.loc(node)
    match value.type, method.name:
        case Lock(), "locked":
            free = Op("is_free", (value,), Bool(), loc=loc)
            return build.negation(free, loc=loc)
        case Queue(), "empty":
            return Op("eq", (_length(value), build.number(0)), Bool(), loc=loc)
        case Queue(_, capacity), "full":
            return Op("eq", (_length(value), build.number(capacity)), Bool(), loc=loc)
        case Queue(of), "peek":
            empty = Op("eq", (_length(value), build.number(0)), Bool())
            t.require(build.negation(empty), "queue_empty", "the queue is empty", node)
            return Op("head", (value, Const(lowest(of), of)), of, loc=loc)
    return t.impure_call(node, f"`{method.name}`")


def _length(queue: Expr) -> Expr:
    return Op("queue_len", (queue,), Int(0, queue.type.capacity))


def is_pure(function: Any) -> bool:
    """Whether a function is a decision tree: no assignment but to names, no loop, no await."""
    node = function_def(function)
    if node is None or isinstance(node, ast.AsyncFunctionDef):
        return False
    return all(is_pure_statement(statement) for statement in node.body)


def is_pure_statement(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return(value):
            return value is not None
        case ast.If():
            return all(is_pure_statement(s) for s in (*statement.body, *statement.orelse))
        case ast.Assign(targets=[ast.Name()]):
            return True
        case ast.Expr(ast.Constant()) | ast.Pass():
            return True
    return False


def _method(t: Expressions, node: ast.Call, method: BoundMethod) -> Result:
    """A pure method, inlined as an expression; others are left to `Statements`."""
    definition = function_def(method.function)
    if definition is None:
        raise t.refuse("E101", f"the source of `{method.function.__name__}` is not to be found",
                       node)
    if isinstance(definition, ast.AsyncFunctionDef):
        raise t.refuse("E114", f"`{definition.name}` is async: its call needs await", node,
                       f"write `await ...{definition.name}(...)` on a line of its own")
    if not is_pure(method.function):
        return t.impure_call(node, f"`{definition.name}`, which is no plain decision tree,")
    return inline_pure(t, node, method)


def inline_pure(t: Expressions, node: ast.Call, method: BoundMethod) -> Result:
    """The value that a pure method returns, as one expression."""
    if any(frame.function is method.function for frame in t.frames):
        raise t.refuse("E113", f"`{method.function.__name__}` calls itself", node)
    names = bind(t, node, method)
    definition = function_def(method.function)
    t.frames.append(Frame(method.function, names))
    try:
        return decide(t, definition.body, definition)
    finally:
        t.frames.pop()


def decide(t: Expressions, body: list[ast.stmt], definition: Any) -> Result:
    for i, statement in enumerate(body):
        rest = body[i + 1:]
        match statement:
            case ast.Return(value):
                return t.translate(value)
            case ast.Assign(targets=[ast.Name(name)], value=value):
                t.frame.names[name] = t.translate(value)
            case ast.If():
                return _decide_if(t, statement, rest, definition)
    raise t.refuse("E124", f"`{definition.name}` may end without returning a value", definition)


def _decide_if(t: Expressions, statement: ast.If, rest: list[ast.stmt], definition: Any) -> Result:
    test = t.translate(statement.test)
    if isinstance(test, Static):
        return decide(t, [*(statement.body if test.value else statement.orelse), *rest],
                       definition)
    test = coerce.to_type(t, test, Bool(), statement.test)
    names = dict(t.frame.names)
    with t.only_if(test):
        then = decide(t, [*statement.body, *rest], definition)
    t.frame.names = dict(names)
    with t.only_if(build.negation(test)):
        otherwise = decide(t, [*statement.orelse, *rest], definition)
    return t.choose_between(test, then, otherwise, statement)


@functools.lru_cache(maxsize=None)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Kept: a method is bound at each of its calls, on each pass, for each system."""
    return inspect.signature(function)


def bind(t: Expressions, node: ast.Call, method: BoundMethod,
         value: Callable[[ast.expr], Result] | None = None) -> dict[str, Result]:
    """The parameters of an inlined method; `value` translates an argument."""
    value = value or t.translate
    signature = _signature(method.function)
    receiver = () if method.component is None else (Static(method.component),)
    positional = [*receiver, *(value(arg) for arg in node.args)]
    keywords = {k.arg: value(k.value) for k in node.keywords if k.arg}
    try:
        bound = signature.bind(*positional, **keywords)
    except TypeError as error:
        raise t.refuse("E104", f"`{method.function.__name__}`: {error}", node) from None
    for name, parameter in signature.parameters.items():
        if name not in bound.arguments and parameter.default is not parameter.empty:
            bound.arguments[name] = Static(parameter.default)
    return dict(bound.arguments)
