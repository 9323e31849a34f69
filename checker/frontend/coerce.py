"""Types meeting: constants get a type, Maybe is wrapped and unwrapped, numbers find a range.

`t` is the translator (`Expressions`), to which conditions and errors are reported.
"""
from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from checker.frontend.refuse import did_you_mean
from checker.frontend.static import Result, Static
from checker.ir import build
from checker.ir.nodes import Const, Expr, Op
from checker.types import (
    NUMBERS,
    Bool,
    Enum,
    Index,
    Int,
    Lock,
    Maybe,
    Range,
    Set,
    Type,
    Wrapping,
    bounds,
)
from checker.values import from_python, lowest

if TYPE_CHECKING:
    from checker.frontend.expressions import Expressions

WIDEST = 2 ** 62


def lift(t: Expressions, result: Result, node: ast.AST) -> Expr:
    """An expression with its own type. A string alone is an Enum of one member."""
    if not isinstance(result, Static):
        return result
    match result.value:
        case bool(value):
            return Const(value, Bool(), loc=t.loc(node))
        case int(value):
            return build.number(value, loc=t.loc(node))
        case str(value):
            return Const(value, Enum(value), loc=t.loc(node))
        case frozenset(values) if values:
            elements = [lift(t, Static(value), node).type for value in values]
            of = elements[0]
            for element in elements[1:]:
                of = join_types(of, element) or of
            return Const(frozenset(values), Set(of), loc=t.loc(node))
        case None:
            raise t.refuse("E104", "None stands where its type is not known", node)
    raise t.refuse("E104", f"{describe(result.value)} is not a value of the language", node)


def describe(thing: Any) -> str:
    """A compile-time object as an error names it."""
    name = getattr(thing, "__name__", "") or getattr(getattr(thing, "function", None),
                                                     "__name__", "")
    if name:
        return f"`{name}` (without a call)"
    if isinstance(thing, (Index, Range)):
        return f"the set {thing}"
    return f"a {type(thing).__name__}"


def to_type(t: Expressions, result: Result, of: Type, node: ast.AST) -> Expr:
    """`result` as an expression of type `of`; for a number type, as any number."""
    if isinstance(result, Static):
        return _static_to_type(t, result.value, of, node)
    have = result.type
    if have == of or isinstance(of, NUMBERS) and isinstance(have, NUMBERS):
        return result
    if isinstance(have, Maybe) and not isinstance(of, Maybe):
        return to_type(t, unwrap(t, result, node), of, node)
    if isinstance(of, Maybe) and not isinstance(have, Maybe):
        inner = to_type(t, result, of.of, node)
        return Op("some", (inner,), _holding(of, inner.type), loc=t.loc(node))
    if isinstance(of, Maybe) and isinstance(of.of, NUMBERS) and isinstance(have.of, NUMBERS):
        return result
    retyped = retype(result, of)
    if retyped is not None:
        return retyped
    raise mismatch(t, of, have, node)


def _holding(of: Maybe, inner: Type) -> Maybe:
    """The Maybe that holds a value of the type `inner`: of numbers, the number's own range."""
    fits = not isinstance(inner, NUMBERS) or _inside(inner, of.of)
    return of if fits else Maybe(inner)


def mismatch(t: Expressions, of: Type, have: Type, node: ast.AST) -> Exception:
    hint = ""
    if isinstance(have, Bool) and isinstance(of, NUMBERS):
        hint = "write `1 if ... else 0`"
    elif isinstance(of, Bool) and isinstance(have, NUMBERS):
        hint = "compare it: `... > 0`"
    elif isinstance(of, Bool) and isinstance(have, Maybe):
        hint = "compare it: `... is not None`"
    return t.refuse("E104", f"expected {article(of)}, found {article(have)}", node, hint)


def article(of: Type) -> str:
    if isinstance(of, Index):
        return f"an element of {of}"
    return f"{'an' if str(of)[0] in 'AEIO' else 'a'} {of}"


def _static_to_type(t: Expressions, thing: Any, of: Type, node: ast.AST) -> Expr:
    if isinstance(of, Maybe):
        if thing is None:
            return Const(None, of, loc=t.loc(node))
        inner = _static_to_type(t, thing, of.of, node)
        return Const(inner.value, _holding(of, inner.type), loc=t.loc(node))
    if isinstance(of, NUMBERS) and type(thing) is int:
        return build.number(thing, loc=t.loc(node))
    if isinstance(of, Enum) and isinstance(thing, str) and thing not in of.members:
        raise t.refuse("E123", f"{of} has no member {thing!r}", node,
                       did_you_mean(thing, of.members))
    if isinstance(of, Set) and isinstance(thing, (set, frozenset, tuple, list)):
        try:
            return Const(from_python(of, thing), of, loc=t.loc(node))
        except ValueError as error:
            raise t.refuse("E104", str(error), node) from None
    if isinstance(of, (Bool, Enum)) and isinstance(thing, bool if isinstance(of, Bool) else str):
        return Const(thing, of, loc=t.loc(node))
    if thing is None or isinstance(thing, (bool, int, str)):
        raise t.refuse("E104", f"expected {article(of)}, found {thing!r}", node)
    raise t.refuse("E104", f"expected {article(of)}, found {describe(thing)}", node)


def retype(expr: Expr, of: Type) -> Expr | None:
    """A value of an Enum as one of a larger Enum, member by member; None elsewhere."""
    if not (isinstance(of, Enum) and isinstance(expr.type, Enum)):
        return None
    match expr:
        case Const(value) if value in of.members:
            return Const(value, of, loc=expr.loc)
        case Op("ite", (test, then, otherwise)):
            left, right = retype(then, of), retype(otherwise, of)
            if left is not None and right is not None:
                return Op("ite", (test, left, right), of, loc=expr.loc)
    if expr.type == of or not set(expr.type.members) <= set(of.members):
        return expr if expr.type == of else None
    *members, last = expr.type.members
    result: Expr = Const(last, of, loc=expr.loc)
    for member in reversed(members):
        test = Op("eq", (expr, Const(member, expr.type)), Bool())
        result = Op("ite", (test, Const(member, of), result), of, loc=expr.loc)
    return result


def unwrap(t: Expressions, expr: Expr, node: ast.AST) -> Expr:
    """The value of a Maybe; that there is one becomes an obligation."""
    of = expr.type.of
    missing = Op("is_none", (expr,), Bool(), loc=t.loc(node))
    t.require(build.negation(missing), "none_used",
              f"`{source(node)}` is None where its value is used", node)
    return Op("value", (expr, Const(lowest(of), of)), of, loc=t.loc(node))


def source(node: ast.AST) -> str:
    return ast.unparse(node)


def fitted(t: Expressions, result: Result, of: Type, node: ast.AST,
           kind: str = "overflow") -> Expr:
    """`result` as a value of exactly the type `of`: numbers are checked against its range."""
    expr = to_type(t, result, of, node)
    if isinstance(of, Wrapping) and kind == "overflow":
        if not _inside(expr.type, of):
            expr = Op("mod", (expr, build.number(2 ** of.bits)), of, loc=t.loc(node))
    elif isinstance(of, NUMBERS):
        t.require(_in_range(expr, of), kind, _range_message(of, node, kind), node)
    elif isinstance(of, Maybe) and isinstance(of.of, NUMBERS) and expr.type != of:
        return _fitted_maybe(t, expr, of, node, kind)
    return expr


def _fitted_maybe(t: Expressions, expr: Expr, of: Maybe, node: ast.AST, kind: str) -> Expr:
    """None, or a number that has to be in the range, as a value of exactly `of`."""
    inner = Op("value", (expr, build.number(lowest(expr.type.of))), expr.type.of)
    none = Op("is_none", (expr,), Bool())
    if not isinstance(of.of, Wrapping):
        t.require(build.disjunction([none, _in_range(inner, of.of)]), kind,
                  _range_message(of.of, node, kind), node)
        return expr
    if _inside(expr.type.of, of.of):
        return expr
    wrapped = Op("mod", (inner, build.number(2 ** of.of.bits)), of.of, loc=t.loc(node))
    return Op("ite", (none, Const(None, of), Op("some", (wrapped,), of)), of, loc=t.loc(node))


def _range_message(of: Type, node: ast.AST, kind: str) -> str:
    if kind == "bad_key":
        return f"`{source(node)}` lies outside {of}"
    return f"`{source(node)}` leaves {of}"


def _inside(have: Type, of: Type) -> bool:
    (lo, hi), (least, most) = bounds(have), bounds(of)
    return least <= lo and hi <= most


def _in_range(expr: Expr, of: Type) -> Expr:
    """lo <= expr <= hi, without the halves that its type makes true."""
    (lo, hi), (least, most) = bounds(expr.type), bounds(of)
    if isinstance(expr, Const):
        return build.boolean(least <= expr.value <= most)
    parts = []
    if lo < least:
        parts.append(Op("le", (build.number(least), expr), Bool()))
    if hi > most:
        parts.append(Op("le", (expr, build.number(most)), Bool()))
    return build.conjunction(parts)


def join_types(a: Type, b: Type) -> Type | None:
    """The smallest type that has the values of both; None where there is none."""
    if a == b:
        return a
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        (al, ah), (bl, bh) = bounds(a), bounds(b)
        return Int(min(al, bl), max(ah, bh))
    if isinstance(a, Maybe) or isinstance(b, Maybe):
        inner = join_types(a.of if isinstance(a, Maybe) else a,
                           b.of if isinstance(b, Maybe) else b)
        return None if inner is None else Maybe(inner)
    if isinstance(a, Enum) and isinstance(b, Enum):
        return Enum(*dict.fromkeys((*a.members, *b.members)))
    if isinstance(a, Set) and isinstance(b, Set):
        inner = join_types(a.of, b.of)
        return None if inner is None else Set(inner)
    return None


def unify(t: Expressions, a: Result, b: Result, node: ast.AST,
          places: tuple[ast.AST, ast.AST] | None = None) -> tuple[Expr, Expr]:
    """Both with one type (numbers may keep their own ranges). `places` are their own nodes."""
    a_node, b_node = places or (node, node)
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Static) and one.value is None and not isinstance(other, Static):
            of = other.type if isinstance(other.type, Maybe) else Maybe(other.type)
            return to_type(t, a, of, node), to_type(t, b, of, node)
    if isinstance(a, Static) and not isinstance(b, Static):
        a = to_type(t, a, b.type, a_node)
    elif isinstance(b, Static) and not isinstance(a, Static):
        b = to_type(t, b, a.type, b_node)
    a, b = lift(t, a, a_node), lift(t, b, b_node)
    of = join_types(a.type, b.type)
    if of is None:
        raise mismatch(t, a.type, b.type, node)
    return to_type(t, a, of, node), to_type(t, b, of, node)


# ── arithmetic and comparison ────────────────────────────────────────────────────────────────

SET_OPS = {ast.BitOr: "union", ast.BitAnd: "intersection", ast.Sub: "difference"}
NUMBER_OPS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.FloorDiv: "floordiv",
              ast.Mod: "mod"}


def need_number(t: Expressions, expr: Expr, node: ast.AST) -> None:
    if isinstance(expr.type, Index):
        raise t.refuse("E105", f"elements of {expr.type} know only == and !=", node,
                       "declare it as a Range where the order or arithmetic matters")
    if not isinstance(expr.type, NUMBERS):
        raise mismatch(t, Int(0, 1), expr.type, node) if isinstance(expr.type, Bool) else t.refuse(
            "E104", f"expected a number, found {article(expr.type)}", node)


def binary(t: Expressions, node: ast.BinOp, left: Result, right: Result) -> Expr:
    """`+ - * // %` on numbers, `| & -` on sets."""
    for one in (left, right):
        if not isinstance(one, Static) and isinstance(one.type, Set):
            op = SET_OPS.get(type(node.op))
            if op is None:
                return t.unsupported_operator(node)
            a = to_type(t, left, one.type, node.left)
            return Op(op, (a, to_type(t, right, one.type, node.right)), one.type,
                      loc=t.loc(node))
    operands = []
    for result, place in ((left, node.left), (right, node.right)):
        expr = lift(t, result, place)
        if isinstance(expr.type, Maybe):
            expr = unwrap(t, expr, place)
        need_number(t, expr, place)
        operands.append(expr)
    if type(node.op) not in NUMBER_OPS:
        return t.unsupported_operator(node)
    return arithmetic(t, NUMBER_OPS[type(node.op)], *operands, node)


def arithmetic(t: Expressions, op: str, a: Expr, b: Expr, node: ast.AST) -> Expr:
    """A number operator with the range of its result. Raises Refused (E117) beyond 62 bits."""
    (al, ah), (bl, bh) = bounds(a.type), bounds(b.type)
    if op in ("floordiv", "mod"):
        if bl <= 0 <= bh:
            t.require(Op("ne", (b, build.number(0)), Bool()), "division",
                      f"`{source(node)}` divides by zero", node)
        most = max(abs(al), abs(ah)) if op == "floordiv" else max(abs(bl), abs(bh), 1) - 1
        lo = -most if al < 0 or bl < 0 else 0
        hi = most
        if op == "mod":
            lo, hi = (0 if bl >= 0 else -most), (0 if bh <= 0 else most)
    else:
        corners = {"add": (al + bl, ah + bh), "sub": (al - bh, ah - bl),
                   "mul": (al * bl, al * bh, ah * bl, ah * bh)}[op]
        lo, hi = min(corners), max(corners)
    if max(abs(lo), abs(hi)) >= WIDEST:
        raise t.refuse("E117", "this may leave 62 bits", node, "use smaller ranges")
    return Op(op, (a, b), Int(lo, hi), loc=t.loc(node))


def compare(t: Expressions, op: ast.cmpop, left: tuple[Result, ast.AST],
            right: tuple[Result, ast.AST], node: ast.AST) -> Expr:
    """One comparison of a chain."""
    (a, a_node), (b, b_node) = left, right
    match op:
        case ast.In() | ast.NotIn():
            test = _membership(t, a, a_node, b, b_node, node)
            return test if isinstance(op, ast.In) else build.negation(test, loc=t.loc(node))
        case ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq():
            test = _equality(t, op, left, right, node)
            positive = isinstance(op, (ast.Is, ast.Eq))
            return test if positive else build.negation(test, loc=t.loc(node))
    if isinstance(op, (ast.Gt, ast.GtE)):
        a, a_node, b, b_node = b, b_node, a, a_node
    strict = isinstance(op, (ast.Lt, ast.Gt))
    for one in (a, b):
        if not isinstance(one, Static) and isinstance(one.type, Set):
            parts = [to_type(t, a, one.type, a_node), to_type(t, b, one.type, b_node)]
            subset = Op("subset", tuple(parts), Bool(), loc=t.loc(node))
            if strict:
                return build.conjunction([subset, Op("ne", tuple(parts), Bool())])
            return subset
    operands = []
    for result, place in ((a, a_node), (b, b_node)):
        expr = lift(t, result, place)
        if isinstance(expr.type, Maybe):
            expr = unwrap(t, expr, place)
        need_number(t, expr, place)
        operands.append(expr)
    return Op("lt" if strict else "le", tuple(operands), Bool(), loc=t.loc(node))


def _equality(t: Expressions, op: ast.cmpop, left: tuple[Result, ast.AST],
              right: tuple[Result, ast.AST], node: ast.AST) -> Expr:
    for (one, _), (other, place) in ((left, right), (right, left)):
        if isinstance(one, Static) and one.value is None and not isinstance(other, Static):
            if not isinstance(other.type, Maybe):
                raise t.refuse("E104", f"{article(other.type)} is never None", place)
            return Op("is_none", (other,), Bool(), loc=t.loc(node))
    if isinstance(op, (ast.Is, ast.IsNot)):
        raise t.refuse("E104", "`is` compares with None only", node, "use == and !=")
    a, b = unify(t, left[0], right[0], node, (left[1], right[1]))
    if isinstance(a.type, Lock):
        raise t.refuse("E104", "locks are not compared", node, "use `lock.locked()`")
    return Op("eq", (a, b), Bool(), loc=t.loc(node))


def _membership(t: Expressions, a: Result, a_node: ast.AST, b: Result, b_node: ast.AST,
                node: ast.AST) -> Expr:
    if isinstance(b, Static) and isinstance(b.value, (tuple, list, set, frozenset)):
        items = sorted(b.value, key=repr) if isinstance(b.value, (set, frozenset)) else b.value
        tests = [_equality(t, ast.Eq(), (a, a_node), (Static(item), b_node), node)
                 for item in items]
        return build.disjunction(tests, loc=t.loc(node))
    container = lift(t, b, b_node)
    if isinstance(container.type, Maybe):
        container = unwrap(t, container, b_node)
    if not isinstance(container.type, Set):
        raise t.refuse("E104", f"expected a Set, found {article(container.type)}", b_node)
    element = to_type(t, a, container.type.of, a_node)
    found = Op("contains", (container, element), Bool(), loc=t.loc(node))
    if isinstance(container.type.of, NUMBERS):
        return build.conjunction([_in_range(element, container.type.of), found])
    return found
