"""Marked methods to properties, and what must happen for a property to mean something."""
from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from checker.frontend import calls, coerce
from checker.frontend.elaborate import Elaborated, Marked
from checker.frontend.expressions import Expressions, Frame
from checker.frontend.refuse import did_you_mean, refuse
from checker.frontend.static import Result, Static, View
from checker.ir import build
from checker.ir.nodes import Const, Expr, Op, Quantifier
from checker.ir.system import Property
from checker.lang.component import PropertyMark
from checker.source import function_def
from checker.types import Bool, Index, Range
from checker.values import domain, show


def translate_properties(elaborated: Elaborated, marked: Marked) -> Iterator[Property]:
    """The property of a marked method; several with `each=`; none where `when` is false."""
    mark = marked.mark
    assert isinstance(mark, PropertyMark)
    definition = function_def(marked.function)
    if definition is None or isinstance(definition, ast.AsyncFunctionDef):
        raise refuse("E119", f"the property `{marked.name}` must be a plain method", marked.loc)
    if mark.when is not None and not _constant(marked, mark.when):
        return
    if mark.each is None:
        yield _translate(elaborated, marked, definition, None, marked.name)
        return
    of = getattr(marked.component, mark.each, None)
    if not isinstance(of, (Index, Range)):
        raise refuse("E119", f"each={mark.each!r} is not an Index or Range attribute", marked.loc)
    for value in domain(of):
        yield _translate(elaborated, marked, definition, Const(value, of),
                         f"{marked.name}({show(of, value)})")


def _constant(marked: Marked, name: str) -> bool:
    """The truth of the constant that `when=` names; `not name` for its opposite."""
    negated, path = name.startswith("not "), name.removeprefix("not ").strip()
    thing: object = marked.component
    for part in path.split("."):
        if not hasattr(thing, part):
            raise refuse("E119", f"when={name!r}: there is no constant `{part}`", marked.loc,
                         did_you_mean(part, vars(thing)))
        thing = getattr(thing, part)
    return bool(thing) != negated


def _translate(elaborated: Elaborated, marked: Marked, definition: ast.FunctionDef,
               element: Const | None, name: str) -> Property:
    t = Expressions(elaborated)
    names = _parameters(marked, element)
    mark = marked.mark
    assert isinstance(mark, PropertyMark)
    if not calls.is_pure(marked.function):
        raise refuse("E119", f"the property `{name}` does more than return a value",
                     _first_impure(t, marked, definition),
                     "use names, `if` and `return` only; quantify with any, all and sum")
    t.frames.append(Frame(marked.function, names))
    expr, target = _body(t, marked, definition)
    needed = [expr] if mark.kind == "leads_to" else _antecedents(expr)
    antecedents = () if mark.vacuous else tuple(needed)
    doc = inspect.getdoc(marked.function) or ""
    return Property(name, mark.kind, expr, target, doc.split("\n")[0], antecedents,
                    loc=marked.loc)


def _first_impure(t: Expressions, marked: Marked, definition: ast.FunctionDef):
    t.frames.append(Frame(marked.function))
    for statement in definition.body:
        if not calls.is_pure_statement(statement):
            return t.loc(statement)
    return marked.loc


def _parameters(marked: Marked, element: Const | None) -> dict[str, Result]:
    parameters = list(inspect.signature(marked.function).parameters)
    if marked.mark.kind == "step_invariant":
        if len(parameters) != 3:
            raise refuse("E119", f"the step invariant `{marked.name}` must take "
                         "self, before and after", marked.loc)
        views = (Static(View(marked.component, False)), Static(View(marked.component, True)))
        return dict(zip(parameters, (Static(marked.component), *views)))
    if len(parameters) != (1 if element is None else 2):
        wanted = "only self" if element is None else "self and its element"
        raise refuse("E119", f"the property `{marked.name}` must take {wanted}", marked.loc)
    names: dict[str, Result] = {parameters[0]: Static(marked.component)}
    if element is not None:
        names[parameters[1]] = element
    return names


def _body(t: Expressions, marked: Marked,
          definition: ast.FunctionDef) -> tuple[Expr, Expr | None]:
    """The property's expression, and for `leads_to` what it leads to.

    A property that has no value in a state (None used, say) is violated there.
    """
    if marked.mark.kind != "leads_to":
        expr = coerce.to_type(t, calls.decide(t, definition.body, definition), Bool(),
                              definition)
        return _defined(t, expr), None
    last = definition.body[-1]
    if not (isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple)
            and len(last.value.elts) == 2):
        raise refuse("E119", f"`{marked.name}` must end with `return first, then`", marked.loc)
    for statement in definition.body[:-1]:
        if isinstance(statement, ast.Assign):
            t.frame.names[statement.targets[0].id] = t.translate(statement.value)
    first, then = (t.condition(part) for part in last.value.elts)
    return first, _defined(t, then)


def _defined(t: Expressions, expr: Expr) -> Expr:
    conditions = [o.condition for o in t.obligations]
    return build.conjunction([*conditions, expr], loc=expr.loc)


def _antecedents(expr: Expr) -> Iterator[Expr]:
    """What must be true somewhere, else the property is true for no reason of the protocol.

    For `a => b` and `not a or b` that is a; under a quantifier, for some element.
    """
    match expr:
        case Op("implies", (antecedent, _)):
            yield antecedent
        case Op("or", args) if any(_negated(a) is not None for a in args[:-1]):
            parts = [_negated(a) for a in args[:-1]]
            yield build.conjunction([p for p in parts if p is not None], loc=expr.loc)
        case Op("and", args):
            for arg in args:
                yield from _antecedents(arg)
        case Quantifier("all", variable, over, body):
            for inner in _antecedents(body):
                yield Quantifier("any", variable, over, inner, Bool(), loc=inner.loc)


def _negated(expr: Expr) -> Expr | None:
    """What `expr` negates: `not a`, or `a != b` for `a == b`."""
    match expr:
        case Op("not", (inner,)):
            return inner
        case Op("ne", args):
            return Op("eq", args, Bool(), loc=expr.loc)
    return None
