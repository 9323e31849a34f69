"""The state after a path as a substitution, and denials split into cases.

What a path leaves behind are closures, and to evaluate every lemma with them again, for each of a
hundred paths, takes longer than to prove it. So a lemma is denied once, of the state before, and
the functions in it are replaced by what the path makes of them: `linked(c)` by `c == it or
linked(c)`. What Z3 gets is the same as from `Encoding.refuted`.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.evaluate import Stage
from checker.engines.smt.anysize.space import Leaf
from checker.engines.smt.anysize.values import Symbolic
from checker.engines.smt.terms import Truth, conj, neg
from checker.types import Index, Lock, Map, Maybe, Record, Set, Type

MOST_CASES = 12
"""Into how many cases one denial is split."""

Substitution = list[tuple[z3.FuncDeclRef, z3.ExprRef]]


def substitution(encoding: Encoding, stage: Stage) -> Substitution:
    """Each function that a path changes, with what it is then; arguments are variables 0, 1, ..."""
    found = []
    for leaf in encoding.space.leaves.values():
        if leaf.variable in stage.writes:
            keys = _keys(leaf.decl)
            of = encoding.system.variable[leaf.variable].type
            now = _leaf(leaf, of, stage.values[leaf.variable], keys)
            found.append((leaf.decl, keys, now))
    for count in encoding.counts.table.values():
        if any(variable in stage.writes for variable, _ in count.reads):
            keys = _keys(count.decl)
            found.append((count.decl, keys, encoding.counts.at(count, stage, tuple(keys))))
    return [(decl, z3.substitute(term, *((key, z3.Var(i, key.sort()))
                                         for i, key in enumerate(keys))))
            for decl, keys, now in found
            for term in (_term(now, encoding.space.context),) if not term.eq(decl(*keys))]


def _keys(decl: z3.FuncDeclRef) -> list[z3.ExprRef]:
    return [z3.Const(f"key {i}", decl.domain(i)) for i in range(decl.arity())]


def _term(value: Symbolic, context: z3.Context) -> z3.ExprRef:
    if isinstance(value, bool):
        return z3.BoolVal(value, context)
    return z3.IntVal(value, context) if isinstance(value, int) else value


def _leaf(leaf: Leaf, of: Type, value: Symbolic, keys: list[z3.ExprRef]) -> Symbolic:
    """The part of a variable's value that a leaf holds; named as in `Space.stored`."""
    rest, todo = leaf.name[len(leaf.variable):], list(keys)
    while True:
        match of:
            case Map(_, inner):
                value, of = value.get(todo.pop(0)), inner
            case Record(fields):
                number = next(i for i, (name, _) in enumerate(fields)
                              if rest == f".{name}" or rest.startswith(
                                  (f".{name}.", f".{name}?", f".{name}!", f".{name} ")))
                rest = rest[len(fields[number][0]) + 1:]
                value, of = value[number], fields[number][1]
            case Index() | Maybe(Index()):
                return values.as_choice(value).at(todo.pop(0))
            case Maybe() if rest == "?":
                return value.present
            case Maybe(inner):
                value, of, rest = value.payload, inner, rest[1:]
            case Set():
                return value.has(todo.pop(0))
            case Lock():
                return value.held(leaf.process, todo.pop(0) if todo else None)
            case _:
                return value


def functions(term: z3.ExprRef) -> frozenset[str]:
    """The names of the functions in a formula."""
    found, seen, todo = set(), set(), [term]
    while todo:
        part = todo.pop()
        if part.get_id() not in seen:
            seen.add(part.get_id())
            if z3.is_quantifier(part):
                todo.append(part.body())
            elif z3.is_app(part):
                found.add(part.decl().name())
                todo += part.children()
    return frozenset(found)


# ── cases ────────────────────────────────────────────────────────────────────────────────────

def denied(claim: Truth) -> Iterator[Truth]:
    """The ways in which a claim may be false, each about constants instead of elements that
    exist. They are the same constants in all claims and cases, so that facts about them are as
    well."""
    todo = [_Case([(claim, False)])]
    found = 0
    while todo:
        case = todo.pop(0)
        more = case.split(MOST_CASES - found - len(todo))
        if more:
            todo += more
        else:
            found += 1
            yield conj(*case.parts)


class _Case:
    """A conjunction: what is done with in `parts`, what is left, each part as it is or negated."""

    def __init__(self, left: list[tuple[Truth, bool]], parts: Iterable[Truth] = (),
                 used: Iterable[tuple[str, int]] = ()) -> None:
        self.left, self.parts, self.used = list(left), list(parts), dict(used)

    def split(self, most: int) -> list[_Case]:
        """Work on what is left until there are cases to tell apart."""
        while self.left:
            part, positive = self.left.pop(0)
            if isinstance(part, bool):
                self.parts.append(part == positive)
            elif z3.is_not(part):
                self.left.insert(0, (part.arg(0), not positive))
            elif z3.is_and(part) and positive or z3.is_or(part) and not positive:
                self.left = [(arg, positive) for arg in part.children()] + self.left
            elif (z3.is_or(part) or z3.is_and(part)) and _deep(part) and (
                    part.num_args() <= most):
                return [_Case([(arg, positive), *self.left], self.parts, self.used.items())
                        for arg in part.children()]
            elif z3.is_quantifier(part) and part.is_forall() != positive and _elements(part):
                self.left.insert(0, (self._opened(part), positive))
            else:
                self.parts.append(part if positive else neg(part))
        return []

    def _opened(self, part: z3.QuantifierRef) -> z3.BoolRef:
        """A quantifier's body, of constants that this case does not use yet."""
        named = []
        for i in range(part.num_vars()):
            sort = part.var_sort(i)
            number = self.used[sort.name()] = self.used.get(sort.name(), -1) + 1
            named.append(z3.Const(f"{sort.name()} {number}", sort))
        return z3.substitute_vars(part.body(), *reversed(named))


def _elements(part: z3.QuantifierRef) -> bool:
    return all(part.var_sort(i).kind() == z3.Z3_UNINTERPRETED_SORT
               for i in range(part.num_vars()))


def _deep(part: z3.ExprRef) -> bool:
    """Whether there is a quantifier in a part: else there is no use in cases."""
    return z3.is_quantifier(part) or any(map(_deep, part.children()))
