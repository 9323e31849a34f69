"""Formulas in a form in which Z3 makes every ground instance, and no others.

Quantifiers are instantiated where a pattern matches. The patterns that Z3 chooses by itself are
parts of the formula, and an instance that a proof needs is not made where no term looks like
them; the model-based way, which is complete, gets lost among a hundred hypotheses. Here each sort
S of elements has a predicate `met S`, true of all constants of a question and of all witnesses
that it needs, and each `for all` has these predicates of its variables as its only pattern:

    for all x: body      becomes    for all x: body        pattern {met S(x)}

So what Z3 makes is every instance over the elements that the question speaks of, as in the
decision procedure for the Bernays-Schönfinkel class: few, and complete for what relations without
functions between their sorts can express. Negations are moved to the atoms, and any quantifier
inside of a formula becomes an atom over the elements y named in it, which implies it:

    A(y) implies met S(w(y)) and body[w(y)]             for `exists x: body`
    for all x: A(y) implies body                        for `for all x: body`

Alike formulas share one atom. That is what makes it work for a hundred hypotheses: `group g has
a container` is said in twenty of them, and there is one witness, not twenty that have to be found
equal.

It is sound: with `met` true of everything, A of what it stands for, and `w` of a witness, each
formula is equivalent to what it was. So what has a model has one in this form.
"""
from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import z3

from checker.engines.smt.terms import Truth, conj, disj, implies, neg

DEPTH = 4
"""How many witnesses of witnesses there may be."""

SETTINGS = {"auto_config": False, "mbqi": False, "qi.eager_threshold": float(DEPTH),
            "qi.lazy_threshold": float(DEPTH)}


Key = tuple[int, bool, tuple[int, ...]]
"""A quantifier: its body, whether it is `for all`, the elements named in it."""


@dataclass(frozen=True)
class Definition:
    """An atom that stands for a quantifier, and the axiom that says so; `opposite` is the key of
    the quantifier that contradicts it.

    The quantifier says `body` of the elements `bound`, and of `given`, the atom's arguments.
    `witnesses` makes those of an `exists`.
    """

    atom: z3.FuncDeclRef
    axiom: Truth
    opposite: Key
    body: z3.BoolRef
    bound: tuple[z3.ExprRef, ...]
    given: tuple[z3.ExprRef, ...]
    witnesses: tuple[z3.FuncDeclRef, ...] = ()

    def said(self, given: Sequence[z3.ExprRef], bound: Sequence[z3.ExprRef]) -> z3.BoolRef:
        """The body of other elements."""
        return z3.substitute(self.body, *zip(self.given, given), *zip(self.bound, bound))


class Grounder:
    """Formulas over `sorts` of elements; what has been rewritten once is remembered."""

    def __init__(self, context: z3.Context, sorts: Iterable[z3.SortRef]) -> None:
        self.context, self.sorts = context, tuple(sorts)
        self._met = {sort.name(): z3.Function(f"met {sort.name()}", sort, z3.BoolSort(context))
                     for sort in self.sorts}
        self._defined: dict[str, Definition] = {}
        self._atoms: dict[Key, z3.FuncDeclRef] = {}
        self._witnesses: set[int] = set()
        self._done: dict[int, Truth] = {}
        self._behind: dict[tuple[int, int], Truth] = {}
        self._kept: list[z3.ExprRef] = []           # so that the numbers of terms stay theirs
        self._looks: dict[int, tuple[tuple[z3.ExprRef, ...], frozenset[str], bool]] = {}

    def met(self, term: z3.ExprRef) -> z3.BoolRef:
        """That an element is spoken of."""
        return self._met[term.sort().name()](term)

    # ── what a solver is given ───────────────────────────────────────────────────────────────

    def question(self, known: Iterable[Truth],
                 supposed: Iterable[tuple[z3.BoolRef, Truth]]) -> list[Truth]:
        """What is known, and what is supposed, each behind its literal, with all it takes: the
        definitions that are used and which elements are met."""
        parts = [self.formula(part) for part in known]
        parts += [self.behind(literal, part) for literal, part in supposed]
        parts += self._definitions(parts)
        return parts + self._elements(parts)

    def formula(self, part: Truth) -> Truth:
        """A formula in the form above."""
        if isinstance(part, bool):
            return part
        if part.get_id() not in self._done:
            self._kept.append(part)
            self._done[part.get_id()] = conj(*self._clauses(part, True))
        return self._done[part.get_id()]

    def behind(self, literal: z3.BoolRef, part: Truth) -> Truth:
        """That the literal implies `part`. It goes inside of the quantifiers: Z3 makes instances
        of what is true without any assumption once, of the rest again after each restart."""
        if isinstance(part, bool):
            return implies(literal, part)
        key = (literal.get_id(), part.get_id())
        if key not in self._behind:
            self._kept += [literal, part]
            self._behind[key] = conj(*self._clauses(part, True, neg(literal)))
        return self._behind[key]

    def _definitions(self, parts: Iterable[Truth]) -> list[Truth]:
        """The axioms of the atoms in the parts, and of those in the axioms."""
        found: dict[str, Definition] = {}
        todo = [name for part in parts if not isinstance(part, bool)
                for name in sorted(self._look(part)[1])]
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = self._defined[name]
                todo += sorted(self._look(found[name].axiom)[1])
        return [found[name].axiom for name in sorted(found)] + [
            self._apart(found[name].atom, other) for name in sorted(found)
            for other in (self._atoms.get(found[name].opposite),)
            if other is not None and name < other.name() in found]

    def _apart(self, one: z3.FuncDeclRef, other: z3.FuncDeclRef) -> Truth:
        """That not both are true: seen at once, without a witness."""
        ys = [z3.Const(f"y{i}", one.domain(i)) for i in range(one.arity())]
        return self._for_all(ys, disj(z3.Not(one(*ys)), z3.Not(other(*ys))))

    def _elements(self, parts: Iterable[Truth]) -> list[Truth]:
        """That the elements named in the parts are met; of a sort without one, that some element
        is, as no sort is empty."""
        found = {term.decl().name(): term for part in parts if not isinstance(part, bool)
                 for term in self._look(part)[0]}
        named = {term.sort().name() for term in found.values()}
        return [self.met(found[name]) for name in sorted(found)] + [
            self.met(z3.Const(f"any {name}", met.domain(0)))
            for name, met in sorted(self._met.items()) if name not in named]

    # ── for a solver that makes the instances itself, `instances.py` ─────────────────────────

    def is_for_all(self, part: Truth) -> bool:
        return not isinstance(part, bool) and _of_elements(part) and part.is_forall()

    def looked(self, part: z3.ExprRef) -> tuple[tuple[z3.ExprRef, ...], list[str]]:
        """The elements that a part names, and the definitions that it uses."""
        elements, used, _ = self._look(part)
        return elements, sorted(used)

    def defined(self, name: str) -> Definition:
        return self._defined[name]

    def definition(self, atom: z3.ExprRef) -> Definition:
        return self._defined[atom.decl().name()]

    def opposed(self, name: str, among: Container[str]) -> Iterator[Truth]:
        """That a quantifier and its opposite, where it is in use, are not both true."""
        other = self._atoms.get(self._defined[name].opposite)
        if other is not None and other.name() in among:
            yield self._apart(self._defined[name].atom, other)

    def atoms(self, part: z3.ExprRef) -> Iterator[z3.ExprRef]:
        """The atoms for quantifiers in a part without variables."""
        todo, seen = [part], set()
        while todo:
            term = todo.pop()
            if term.get_id() in seen or not z3.is_app(term):
                continue
            seen.add(term.get_id())
            if term.decl().name() in self._defined:
                yield term
            elif self._look(term)[1]:
                todo += reversed(term.children())

    # ── rewriting ────────────────────────────────────────────────────────────────────────────

    def _clauses(self, part: z3.BoolRef, positive: bool, given: Truth = False) -> Iterator[Truth]:
        """The formula, or its negation, as parts that hold together, `for all` outermost; each
        or `given`."""
        if z3.is_not(part):
            yield from self._clauses(part.arg(0), not positive, given)
        elif z3.is_and(part) and positive or z3.is_or(part) and not positive:
            for arg in part.children():
                yield from self._clauses(arg, positive, given)
        elif _of_elements(part) and part.is_forall() == positive:
            bound, body = _opened(part)
            for inside in self._clauses(body, positive, given):
                yield self._for_all(bound, inside)
        else:
            yield disj(given, self._normal(part, positive))

    def _for_all(self, bound: list[z3.ExprRef], body: Truth) -> Truth:
        if isinstance(body, bool) or not bound:
            return body
        if z3.is_quantifier(body) and _of_elements(body):
            more, body = _opened(body)
            bound = [*bound, *more]
        return z3.ForAll(bound, body, patterns=[z3.MultiPattern(*map(self.met, bound))])

    def _normal(self, part: z3.BoolRef, positive: bool) -> Truth:
        """The formula, or its negation, with atoms for the quantifiers in it."""
        if not self._look(part)[2]:
            return part if positive else neg(part)
        if _of_elements(part):
            return self._atom(part, positive)
        if z3.is_not(part):
            return self._normal(part.arg(0), not positive)
        if z3.is_and(part) or z3.is_or(part):
            joined = conj if z3.is_and(part) == positive else disj
            return joined(*(self._normal(arg, positive) for arg in part.children()))
        # Anything else, by cases of a quantifier in it.
        inner = next(self._quantifiers(part))
        then, otherwise = (z3.simplify(z3.substitute(part, (inner, z3.BoolVal(
            value, self.context)))) for value in (True, False))
        return conj(disj(self._normal(inner, False), self._normal(then, positive)),
                    disj(self._normal(inner, True), self._normal(otherwise, positive)))

    def _atom(self, part: z3.QuantifierRef, positive: bool) -> Truth:
        """What stands for a quantifier, or its negation."""
        bound, body = _opened(part)
        inside = self._normal(body, positive)
        if isinstance(inside, bool):
            return inside
        inside = z3.simplify(inside)
        given = [term for term in self._look(inside)[0] if not any(term.eq(x) for x in bound)]
        xs = [z3.Const(f"x{i} {x.sort().name()}", x.sort()) for i, x in enumerate(bound)]
        ys = [z3.Const(f"y{i} {y.sort().name()}", y.sort()) for i, y in enumerate(given)]
        inside = z3.substitute(inside, *zip(bound, xs), *zip(given, ys))
        universal = part.is_forall() == positive
        names = tuple(y.get_id() for y in ys)
        key = (inside.get_id(), universal, names)
        if key not in self._atoms:
            denied = z3.simplify(z3.Not(inside))
            self._kept += [inside, denied, *xs, *ys]
            opposite = (denied.get_id(), not universal, names)
            self._atoms[key] = self._defined_as(inside, xs, ys, opposite, universal)
        return self._atoms[key](*given)

    def _defined_as(self, body: z3.BoolRef, xs: list[z3.ExprRef], ys: list[z3.ExprRef],
                    opposite: Key, universal: bool) -> z3.FuncDeclRef:
        name = f"quantified {len(self._defined)}"
        sorts = [y.sort() for y in ys]
        atom = z3.Function(name, *sorts, z3.BoolSort(self.context))
        functions: list[z3.FuncDeclRef] = []
        if universal:
            axiom = self._for_all([*ys, *xs], implies(atom(*ys), body))
        else:
            functions = [z3.Function(f"{name} witness {i}", *sorts, x.sort())
                         for i, x in enumerate(xs)]
            witnesses = [make(*ys) for make in functions]
            self._witnesses.update(w.get_id() for w in witnesses)
            self._kept += witnesses
            shown = conj(*map(self.met, witnesses), z3.substitute(body, *zip(xs, witnesses)))
            axiom = self._for_all(ys, implies(atom(*ys), shown))
        self._defined[name] = Definition(atom, axiom, opposite, body, tuple(xs), tuple(ys),
                                         tuple(functions))
        return atom

    # ── what is in a formula ─────────────────────────────────────────────────────────────────

    def _look(self, term: z3.ExprRef) -> tuple[tuple[z3.ExprRef, ...], frozenset[str], bool]:
        """The elements that a formula names, in a fixed order; the definitions it uses; whether
        there is a quantifier over elements in it."""
        key = term.get_id()
        if key not in self._looks:
            self._kept.append(term)
            inside = [term.body()] if z3.is_quantifier(term) else term.children()
            looks = [self._look(arg) for arg in inside]
            found = {c.get_id(): c for elements, _, _ in looks for c in elements}
            used = frozenset().union(*(names for _, names, _ in looks))
            if z3.is_app(term):
                if not inside and term.sort_kind() == z3.Z3_UNINTERPRETED_SORT and (
                        key not in self._witnesses):        # those are met where they are needed
                    found[key] = term
                if term.decl().name() in self._defined:
                    used |= {term.decl().name()}
            # What is under a quantifier over numbers is left as it is, with Z3's own patterns.
            quantified = _of_elements(term) or not z3.is_quantifier(term) and any(
                each for _, _, each in looks)
            self._looks[key] = tuple(found.values()), used, quantified
        return self._looks[key]

    def _quantifiers(self, term: z3.ExprRef) -> Iterator[z3.QuantifierRef]:
        """The outermost quantifiers over elements in a term."""
        if _of_elements(term):
            yield term
        elif not z3.is_quantifier(term) and self._look(term)[2]:
            for arg in term.children():
                yield from self._quantifiers(arg)


def _of_elements(part: z3.ExprRef) -> bool:
    """Whether it is a quantifier over elements; of numbers Z3 has its own patterns."""
    return z3.is_quantifier(part) and all(
        part.var_sort(i).kind() == z3.Z3_UNINTERPRETED_SORT for i in range(part.num_vars()))


def _opened(part: z3.QuantifierRef) -> tuple[list[z3.ExprRef], z3.BoolRef]:
    """A quantifier's body with constants for its variables, which are to be bound again."""
    bound = [z3.FreshConst(part.var_sort(i), "x") for i in range(part.num_vars())]
    return bound, z3.substitute_vars(part.body(), *reversed(bound))
