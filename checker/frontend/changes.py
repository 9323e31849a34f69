"""Methods that change queues, sets and locks in place."""
from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from checker.frontend import coerce
from checker.frontend.places import kept_place, value_of_place
from checker.frontend.static import Result, Static, ValueMethod
from checker.ir import build
from checker.ir.nodes import Assign, Check, Const, Expr, Local, Me, Op, Place
from checker.types import Bool, Int, Lock, Queue, Set
from checker.values import lowest

if TYPE_CHECKING:
    from checker.frontend.statements import Statements

CHANGING = {"put", "get_nowait", "add", "discard", "remove", "release", "try_acquire"}


def value_method(t: Statements, node: ast.Call, method: ValueMethod) -> Result:
    value, place = method.value, method.place
    if place is None:
        raise t.refuse("E104", f"`{method.name}` of something that is no part of the state", node)
    match value.type:
        case Queue():
            return _queue_method(t, node, value, place, method.name)
        case Set():
            return _set_method(t, node, value, place, method.name)
        case Lock():
            return _lock_method(t, node, value, place, method.name)
    raise t.refuse("E103", f"a {value.type} has no `{method.name}`", node)


def _one_argument(t: Statements, node: ast.Call) -> ast.expr:
    if len(node.args) != 1 or node.keywords:
        raise t.refuse("E104", "this method takes one argument", node)
    return node.args[0]


def _queue_method(t: Statements, node: ast.Call, value: Expr, place: Place, name: str) -> Result:
    of = value.type
    length = Op("queue_len", (value,), length_type(of))
    if name == "get_nowait":
        t.require(Op("lt", (build.number(0), length), Bool()), "queue_empty",
                  f"`{ast.unparse(node.func.value)}` is empty", node)
        return take_head(t, place, value, node)
    argument = _one_argument(t, node)
    if t.has_effect(argument):
        place = kept_place(t, place, node)
        value = value_of_place(place)
        length = Op("queue_len", (value,), length_type(of))
    element = coerce.fitted(t, t.effect(argument), of.of, argument)
    t.require(Op("lt", (length, build.number(of.capacity)), Bool()), "queue_full",
              f"`{ast.unparse(node.func.value)}` is full", node)
    t.emit(Assign(place, Op("push", (value, element), of), loc=t.loc(node)))
    return Static(None)


def _set_method(t: Statements, node: ast.Call, value: Expr, place: Place, name: str) -> Result:
    argument = _one_argument(t, node)
    of = value.type
    kind = "overflow" if name == "add" else "bad_key"
    element = coerce.fitted(t, t.translate(argument), of.of, argument, kind=kind)
    if name == "remove":
        t.require(Op("contains", (value, element), Bool()), "bad_key",
                  f"`{ast.unparse(argument)}` is not in the set", node)
    op = "with" if name == "add" else "without"
    t.emit(Assign(place, Op(op, (value, element), of), loc=t.loc(node)))
    return Static(None)


def _lock_method(t: Statements, node: ast.Call, value: Expr, place: Place, name: str) -> Result:
    if name == "release":
        release(t, place, node)
        return Static(None)
    taken = t.temporary(Bool(), "taken")
    got = Local(taken.name, Bool(), loc=t.loc(node))
    t.emit(Assign(taken, Op("is_free", (value,), Bool()), loc=t.loc(node)))
    held = Op("ite", (got, Op("held", (Me(t.me_type),), Lock()), value), Lock())
    t.emit(Assign(place, held, loc=t.loc(node)))
    return got


def length_type(queue: Queue) -> Int:
    return Int(0, queue.capacity)


def take_head(t: Statements, place: Place, value: Expr, call: ast.Call) -> Result:
    """Pop the head of a queue that is not empty, into a temporary."""
    of = value.type.of
    taken = t.temporary(of, "head")
    head = Op("head", (value, Const(lowest(of), of)), of, loc=t.loc(call))
    t.emit(Assign(taken, head, loc=t.loc(call)))
    t.emit(Assign(place, Op("pop", (value,), value.type), loc=t.loc(call)))
    return Local(taken.name, of, loc=t.loc(call))


def me(t: Statements) -> Expr:
    return Me(t.me_type)


def release(t: Statements, place: Place, node: ast.AST) -> None:
    """Release a lock; releasing one that somebody else holds, or nobody, is `release`."""
    mine = Op("held_by", (value_of_place(place), me(t)), Bool())
    t.emit(Check(mine, "release", f"`{place_text(place)}` is released without being held",
                 loc=t.loc(node)))
    t.emit(Assign(place, Op("free", (), Lock()), loc=t.loc(node)))


def place_text(place: Place) -> str:
    """A place as a label shows it: `bql`, `locks[i]`."""
    keys = "".join(f".{p}" if isinstance(p, str) else f"[{_key_text(p)}]" for p in place.path)
    return place.name + keys


def _key_text(key: Expr) -> str:
    return str(key.value) if isinstance(key, Const) else getattr(key, "name", "...")
