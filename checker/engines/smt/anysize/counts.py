"""Counts and sums over a set: `sum(self.holds[g] for g in self.group)`, `len(self.waiting)`.

First-order logic can not say how many elements satisfy a formula. What it can say is how that
number changes. A count is an uninterpreted function of the state before a step (one argument for
each name that occurs free in it), and its value after the step is *derived*:

    count' = count + the sum, over the distinct elements t written to, of body'(t) - body(t)

Nothing is a ghost variable, so nothing can be initialised or updated wrongly. What else is known
of counts are axioms, true of every finite set, instantiated by the solver:

    0   count >= 0
    1   body(x)      implies  count >= 1
    1r  count >= 1   implies  some x has body(x)
    N   count <= the size of the index; less where some x lacks body(x); and conversely

The last row (axioms 0, 1 and 1r of the complement) is used where a size of an index occurs in
the spec, as in `Int(0, groups)`. Where a step writes to all elements at once, the new count is
some number of which the axioms hold. For sums of natural numbers, 0, 1 and 1r read likewise.

The rule for arrays is in Daca, Henzinger and Kupriyanov, "Array folds logic", CAV 2016; the
choice of axioms was measured on the protocols of `spec/`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.evaluate import (Pattern, Scope, Stage, element, evaluate,
                                                  is_numeral)
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.values import (Element, Interval, Symbolic, Term, exists, forall,
                                                same)
from checker.engines.smt.terms import Truth, conj, disj, implies, neg
from checker.ir.nodes import Const, Expr, Local, Op, Quantifier
from checker.ir.walk import free_locals, subexpressions, substitute
from checker.types import Bool, Index, Int, Type, bounds

if TYPE_CHECKING:
    from checker.engines.smt.anysize.space import Space

X = "counted element"


@dataclass(frozen=True)
class Count:
    """A sum in canonical form: its parameters are called `0`, `1`, ..., its element `X`.

    `truth` is set where every summand is 0 or 1: the condition that is counted. `reads` are the
    variables that the body looks at, with the keys at which it does.
    """

    sum: Quantifier
    truth: Expr | None
    parameters: tuple[Type, ...]
    decl: z3.FuncDeclRef
    element: z3.ExprRef
    given: tuple[z3.ExprRef, ...]
    reads: tuple[tuple[str, tuple[Term, ...]], ...]

    @property
    def natural(self) -> bool:
        least = bounds(self.sum.body.type)[0]
        return self.truth is not None or (isinstance(least, int) and least >= 0)


class Counts:
    """The counts of one family, made as they are met."""

    def __init__(self, space: Space, base: Stage) -> None:
        self.space, self.base = space, base
        self.table: dict[tuple, Count] = {}

    def length(self, op: Op, scope: Scope) -> values.Number:
        """`len(set)`: how many elements the set contains."""
        of = op.args[0].type.of
        inside = Op("contains", (op.args[0], Local(X, of)), Bool(), loc=op.loc)
        counted = Op("int", (inside,), Int(0, 1), loc=op.loc)
        return self.value(Quantifier("sum", X, of, counted, op.type, loc=op.loc), scope)

    def value(self, expr: Quantifier, scope: Scope) -> values.Number:
        """The value of a sum over an Index in the scope's state."""
        names = _free_in_order(expr)
        given = tuple(_parameter(name, expr, scope) for name in names)
        count = self._count(expr, names, tuple(of for _, of in given))
        return self.at(count, scope.stage, tuple(term for term, _ in given))

    # ── the table ────────────────────────────────────────────────────────────────────────────

    def _count(self, expr: Quantifier, names: list[str], types: tuple[Type, ...]) -> Count:
        renamed = {name: Local(str(i), of) for i, (name, of) in enumerate(zip(names, types))}
        body = substitute(expr.body, {**renamed, expr.variable: Local(X, expr.domain)})
        # Bounds of the sum depend on where it was written, its meaning does not.
        canonical = Quantifier("sum", X, expr.domain, body, body.type, loc=expr.loc)
        key = (canonical, types)
        if key not in self.table:
            self.table[key] = self._made(canonical, types)
        return self.table[key]

    def _made(self, canonical: Quantifier, types: tuple[Type, ...]) -> Count:
        sort, context = self.space.sort, self.space.context
        number = len(self.table)
        decl = z3.Function(f"count {number}", *(sort(t) for t in types), z3.IntSort(context))
        counted = z3.Const(f"counted {number}", sort(canonical.domain))
        given = tuple(z3.Const(f"given {number}.{i}", sort(t)) for i, t in enumerate(types))
        truth = _counted(canonical.body)
        count = Count(canonical, truth, types, decl, counted, given, ())
        reads: list[tuple[str, tuple[Term, ...]]] = []
        outer = self.space.read
        self.space.read = lambda variable, keys: reads.append((variable, keys))
        try:
            self.body(count, self.base, given, counted)
        finally:
            self.space.read = outer
        return Count(canonical, truth, types, decl, counted, given, tuple(reads))

    def body(self, count: Count, stage: Stage, given: tuple[Term, ...], x: Term) -> Symbolic:
        """The summand at `x`: a truth for a count, else a number."""
        names = {str(i): _wrapped(of, term)
                 for i, (of, term) in enumerate(zip(count.parameters, given))}
        scope = Scope(self.space, self, stage, {**names, X: element(count.sum.domain, x)})
        return evaluate(count.sum.body if count.truth is None else count.truth, scope)

    # ── values ───────────────────────────────────────────────────────────────────────────────

    def at(self, count: Count, stage: Stage, given: tuple[Term, ...]) -> values.Number:
        """The value of a count in a state on the way through a step: the delta rule."""
        sites, everywhere = self._sites(count, stage, given)
        total: values.Number = count.decl(*given)
        if everywhere is True:
            return self._anew(count, stage)(*given)
        for i, site in enumerate(sites):
            change = self._number(self.body(count, stage, given, site)) - self._number(
                self.body(count, self.base, given, site))
            nothing = disj(*(same(site, other) for other in sites[:i]), *self._outside(count, site))
            total = total + values.select(nothing, 0, change)
        if everywhere is not False:
            total = z3.If(everywhere, self._anew(count, stage)(*given), total)
        return total

    def _outside(self, count: Count, site: Term) -> Iterator[Truth]:
        """That what is written is not counted: beyond the ends of an interval."""
        over = self.space.domain(count.sum.domain)
        if isinstance(over, Interval):
            yield neg(over.has(site))

    def _number(self, summand: Symbolic) -> values.Number:
        if isinstance(summand, bool):
            return int(summand)
        return z3.If(summand, 1, 0) if values.is_truth(summand) else summand

    def _anew(self, count: Count, stage: Stage) -> z3.FuncDeclRef:
        """The count after a write to all elements: a new function, known by the axioms alone."""
        if count.decl not in stage.counts:
            sorts = (count.decl.domain(i) for i in range(count.decl.arity()))
            stage.counts[count.decl] = z3.FreshFunction(*sorts, z3.IntSort(self.space.context))
        return stage.counts[count.decl]

    def _sites(self, count: Count, stage: Stage, given: tuple[Term, ...]
               ) -> tuple[list[Term], Truth]:
        """The elements at which the body may have changed, and when it may have anywhere."""
        sites: list[Term] = []
        everywhere: list[Truth] = []
        actual = {p.get_id(): term for p, term in zip(count.given, given)}
        for variable, keys in count.reads:
            for pattern in stage.writes.get(variable, ()):
                meets, site = _met(count, keys, pattern, actual)
                if meets is False:
                    continue
                if site is None:
                    everywhere.append(meets)
                elif not any(same(site, other) is True for other in sites):
                    sites.append(site)
        return sites, disj(*everywhere)

    # ── axioms ───────────────────────────────────────────────────────────────────────────────

    def axioms(self, stage: Stage, *, changed_only: bool = False) -> Iterator[tuple[str, Truth]]:
        """What is known of every count in a state, with the axiom's name.

        `changed_only`: of those alone that the step to this state may have changed.
        """
        for count in list(self.table.values()):
            if changed_only and not any(name in stage.writes for name, _ in count.reads):
                continue
            for name, axiom in self._rows(count):
                yield name, self._closed(count, lambda given, a=axiom, c=count: a(
                    self.at(c, stage, given), lambda x: self.body(c, stage, given, x)))

    def _closed(self, count: Count, axiom: Callable[[tuple[Term, ...]], Truth]) -> Truth:
        bound = [values.fresh(g.sort(), "given") for g in count.given]
        inside = axiom(tuple(bound))
        return inside if not bound or isinstance(inside, bool) else z3.ForAll(bound, inside)

    def _rows(self, count: Count) -> Iterator[tuple[str, Callable[..., Truth]]]:
        if not count.natural:
            return
        over = self.space.domain(count.sum.domain)

        def positive(summand: Symbolic) -> Truth:
            return summand if values.is_truth(summand) else summand >= 1

        yield "0", lambda n, body: n >= 0
        if count.truth is None:
            yield "1", lambda n, body: forall(over, lambda x: n >= body(x))
        else:
            yield "1", lambda n, body: forall(over, lambda x: implies(body(x), n >= 1))
        yield "1r", lambda n, body: implies(n >= 1, exists(over, lambda x: positive(body(x))))
        if count.truth is not None and self.space.cardinal_used:
            size = self.space.cardinality(count.sum.domain)
            yield "N", lambda n, body: n <= size
            yield "N", lambda n, body: forall(over, lambda x: disj(body(x), n <= size - 1))
            yield "N", lambda n, body: implies(n <= size - 1,
                                               exists(over, lambda x: neg(body(x))))


def _met(count: Count, keys: tuple[Term, ...], pattern: Pattern,
         actual: dict[int, Term]) -> tuple[Truth, Term | None]:
    """Whether a write touches what the body reads at `keys`, and at which element if at one."""
    site: Term | None = None
    meets: list[Truth] = []
    for key, written in zip(keys, pattern):
        if written is None:
            continue
        if isinstance(key, z3.ExprRef) and key.eq(count.element):
            site = written
        elif not isinstance(key, z3.ExprRef):
            meets.append(same(key, written))
        elif key.get_id() in actual:
            meets.append(same(actual[key.get_id()], written))
    return conj(*meets), site


def _counted(body: Expr) -> Expr | None:
    """The condition whose truth is summed up, where the summand is 0 or 1."""
    match body:
        case Op("int", (condition,)):
            return condition
        case Op("ite", (condition, Const(1), Const(0))):
            return condition
    return None


def _free_in_order(expr: Quantifier) -> list[str]:
    free = free_locals(expr)
    return list(dict.fromkeys(e.name for e in subexpressions(expr)
                              if isinstance(e, Local) and e.name in free))


def _parameter(name: str, expr: Quantifier, scope: Scope) -> tuple[Term, Type]:
    """The term and the type of a name that occurs free in a sum."""
    of = next(e.type for e in subexpressions(expr) if isinstance(e, Local) and e.name == name)
    value = scope.locals[name]
    match value:
        case Element(term):
            return term, of
        case bool():
            return z3.BoolVal(value, scope.space.context), of
        case z3.ExprRef():
            return value, of
    if is_numeral(value):
        return z3.IntVal(value, scope.space.context), of
    raise OutsideFragment("P108", f"a sum depends on `{name}`, which is no element, number or "
                          "name", expr.loc)


def _wrapped(of: Type, term: Term) -> Symbolic:
    inner = getattr(of, "of", of)
    return Element(term) if isinstance(inner, Index) else term
