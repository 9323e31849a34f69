"""The vocabulary of a family: sorts, the relations and functions that hold a state, numbers.

Every scalar part of the state is one Z3 function, a *leaf*, whose arguments are the keys on the
way to it: `holds: Map(group, Bool)` is `holds(group) -> Bool`, `attached: Map(group,
Maybe(container))` is the relation `attached(group, container)`.

NOTE(once round). A remainder by a number that varies is not linear, but `(n + 1) % nodes` is
`n + 1` or 0. So `a % b` is told for `-b <= a < 2 * b`, where it takes one addition. Elsewhere it
is a function of which nothing is known: then nothing is proved that depends on it.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import z3

from checker.engines.smt.anysize import values
from checker.engines.smt.anysize.family import Family, Linear, Number, all_types
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.engines.smt.anysize.values import (Choice, Element, Holder, Interval, Mapping,
                                                Members, Optional, Over, Symbolic, Term)
from checker.engines.smt.terms import Truth, conj
from checker.ir.system import Process, System
from checker.source import NOWHERE, Loc
from checker.types import (NUMBERS, Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range,
                           Record, Set, Type, Wrapping, bounds)
from checker.values import Value, domain

FEW = 16
"""Fixed domains up to this size are written out element by element."""

BOOL = Bool()
Read = Callable[[str, tuple[Term, ...]], None]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A Z3 function that holds a part of variable `variable`.

    `keys` are the types of its arguments. `kind` says what the part is: a scalar `of`, "some"
    (whether an Optional is present), "element" (a Choice or Members: the last key is the
    element), "holder" (a Lock held by an instance of `process`).
    """

    name: str
    variable: str
    keys: tuple[Type, ...]
    of: Type
    kind: str
    decl: z3.FuncDeclRef
    process: str = ""


@dataclass
class Space:
    """Sorts and leaves of one family, in a context of its own (see NOTE(contexts) in terms)."""

    family: Family
    leaves: dict[str, Leaf] = field(default_factory=dict)
    read: Read | None = None

    def __post_init__(self) -> None:
        self.context = z3.Context()
        self._sorts: dict[object, z3.SortRef] = {}
        self._members: dict[tuple[str, ...], dict[str, z3.ExprRef]] = {}
        self._enums = 0
        self.system: System = self.family.system
        self.sizes = {name: z3.Int(f"size of {name}", self.context)
                      for name in self.family.constants}
        self.cardinal_used = False

    # ── sorts and numbers ────────────────────────────────────────────────────────────────────

    def sort(self, of: Type, loc: Loc = NOWHERE) -> z3.SortRef:
        match of:
            case Bool():
                return z3.BoolSort(self.context)
            case Int() | Wrapping() | Range():
                return z3.IntSort(self.context)
            case Index(name, _):
                if name not in self._sorts:
                    self._sorts[name] = z3.DeclareSort(name, self.context)
                return self._sorts[name]
            case Enum(members):
                return self._enum(members)
        raise OutsideFragment("P105", f"{of} has no meaning for every size", loc)

    def _enum(self, members: tuple[str, ...]) -> z3.SortRef:
        if members not in self._sorts:
            # Constructors must be unique in a file of SMT-LIB, and sorts in a context of Z3.
            self._enums += 1
            prefix = f"E{self._enums}"
            # A symbol of SMT-LIB holds neither bars nor backslashes.
            names = [f"{prefix}.{number}.{re.sub('[|]|[^ -~]|' + chr(92) * 2, '_', member)}"
                     for number, member in enumerate(members)]
            sort, terms = z3.EnumSort(prefix, names, self.context)
            self._sorts[members] = sort
            self._members[members] = dict(zip(members, terms))
        return self._sorts[members]

    def member(self, of: Enum, value: str) -> z3.ExprRef:
        self._enum(of.members)
        return self._members[of.members][value]

    def number(self, value: Number) -> values.Number:
        """A number of the IR; one that depends on the sizes becomes a term over them."""
        if not isinstance(value, Linear):
            return value
        self.cardinal_used = True
        total: values.Number = value.constant
        for name, factor in value.terms:
            total = total + factor * self.sizes[name]
        return total

    def remainder(self, left: values.Number, right: values.Number) -> values.Number:
        """`left % right` for a divisor that is a term; see NOTE(once round)."""
        integer = z3.IntSort(self.context)
        elsewhere = z3.Function("a remainder", integer, integer, integer)(left, right)
        inside, above = conj(0 <= left, left < right), conj(right <= left, left < 2 * right)
        below = conj(-right <= left, left < 0)
        for within, value in ((below, left + right), (above, left - right), (inside, left)):
            elsewhere = values.select(within, value, elsewhere)
        return elsewhere

    def cardinality(self, of: Type) -> values.Number:
        """How many elements a set has."""
        if isinstance(of, Index):
            return self.number(self.family.sizes[of.name])
        lo, hi = bounds(of)
        return self.number(hi) - self.number(lo) + 1

    def lowest_element(self, of: Index) -> z3.ExprRef:
        """Element 0: what a variable that holds an element begins with. Some element, no more."""
        return z3.Const(f"some {of.name}", self.sort(of))

    def domain(self, of: Type, loc: Loc = NOWHERE) -> Over:
        """What a quantifier over a scalar type ranges over."""
        if isinstance(of, Index):
            return self.sort(of)
        if ordered(of):
            lo, hi = bounds(of)
            return Interval(self.number(lo), self.number(hi), self.sort(of))
        found = domain(of)
        if len(found) > FEW:
            raise OutsideFragment("P103", f"{of} has more than {FEW} values", loc,
                                  "choose fewer names, or an Index")
        if isinstance(of, Enum):
            return [self.member(of, value) for value in found]
        if isinstance(of, Bool):
            return [z3.BoolVal(value, self.context) for value in found]
        return list(found)

    # ── values ───────────────────────────────────────────────────────────────────────────────

    def literal(self, of: Type, value: Value, loc: Loc = NOWHERE) -> Symbolic:
        """A constant of the IR."""
        match of:
            case Bool() | Int() | Wrapping() | Range():
                return self.number(value)
            case Enum():
                return self.member(of, value)
            case Index():
                if value != 0:
                    raise OutsideFragment("P104", f"element {value} of {of} is named", loc)
                return Element(self.lowest_element(of))
            case Maybe(Index() as inner):
                if value is None:
                    return Choice(lambda x: False, self.sort(inner))
                return self.literal(inner, value, loc)
            case Maybe(inner):
                if value is None:
                    return Optional(False, self.lowest(inner))
                return Optional(True, self.literal(inner, value, loc))
            case Set(inner) if not value:
                return Members(lambda x: False, inner)
            case Set(inner) if not isinstance(inner, Index):
                terms = [self.literal(inner, v) for v in value]
                return Members(lambda x: values.disj(*(values.same(x, t) for t in terms)), inner)
            case Map(_, inner) if len(set(value)) == 1:
                return Mapping(lambda k: self.literal(inner, value[0], loc), of)
            case Record(fields):
                return tuple(self.literal(t, v, loc) for (_, t), v in zip(fields, value))
            case Lock() if value is None:
                return Holder(lambda process, key: False)
        raise OutsideFragment("P105", f"a constant of type {of} has no any-size meaning", loc)

    def lowest(self, of: Type) -> Symbolic:
        """The lowest value of a type, as `checker.values.lowest`."""
        match of:
            case Int(lo, _):
                return self.number(lo)
            case Wrapping() | Range():
                return 0
            case Bool():
                return False
            case Enum(members):
                return self.member(of, members[0])
            case Index():
                return Element(self.lowest_element(of))
            case Map(_, inner):
                return Mapping(lambda k: self.lowest(inner), of)
            case Record(fields):
                return tuple(self.lowest(t) for _, t in fields)
            case Maybe() | Lock():
                return self.literal(of, None)
            case Set():
                return self.literal(of, frozenset())
        raise OutsideFragment("P105", f"{of} has no meaning for every size")

    def stored(self, of: Type, name: str, tail: str = "") -> Symbolic:
        """The value of a variable as its leaves hold it."""
        return self._stored(of, name, name, tail, (), ())

    def _stored(self, of: Type, variable: str, name: str, tail: str, keys: tuple[Type, ...],
                terms: tuple[Term, ...]) -> Symbolic:
        def below(inner: Type, more: str) -> Symbolic:
            return self._stored(inner, variable, name + more, tail, keys, terms)

        def leaf(kind: str, more: tuple[Type, ...] = (), of: Type = BOOL, suffix: str = "",
                 process: str = "") -> Callable[..., z3.ExprRef]:
            return self._leaf(variable, name + suffix, tail, keys + more, of, kind, terms, process)

        match of:
            case Map(key, inner):
                self.sort(key)
                return Mapping(lambda k: self._stored(inner, variable, name, tail, (*keys, key),
                                                      (*terms, k)), of)
            case Record(fields):
                return tuple(below(t, f".{field_name}") for field_name, t in fields)
            case Index():
                return Choice(leaf("element", (of,)), self.sort(of))
            case Maybe(Index() as inner):
                return Choice(leaf("element", (inner,)), self.sort(inner))
            case Maybe(inner):
                return Optional(leaf("some", suffix="?")(), below(inner, "!"))
            case Set(inner):
                self.sort(inner)
                return Members(leaf("element", (inner,)), inner)
            case Lock():
                return Holder(self._holder(leaf))
            case Queue():
                raise OutsideFragment("P105", f"{variable}: a queue has no any-size meaning",
                                      self.system.variable[variable].loc)
        return leaf("scalar", of=of)()

    def _holder(self, leaf: Callable[..., Callable[..., z3.ExprRef]]
                ) -> Callable[[str, Term | None], Truth]:
        def held(process: str, key: Term | None) -> Truth:
            of = self.system.process[process].domain
            more = () if of is None else (of,)
            predicate = leaf("holder", more, suffix=f" held by {process}", process=process)
            return predicate() if key is None else predicate(key)

        return held

    def _leaf(self, variable: str, name: str, tail: str, keys: tuple[Type, ...], of: Type,
              kind: str, terms: tuple[Term, ...], process: str) -> Callable[..., z3.ExprRef]:
        full = name + tail
        if full not in self.leaves:
            decl = z3.Function(full, *(self.sort(k) for k in keys), self.sort(of))
            self.leaves[full] = Leaf(full, variable, keys, of, kind, decl, process)
        decl = self.leaves[full].decl

        def apply(*more: Term) -> z3.ExprRef:
            if self.read is not None:
                self.read(variable, (*terms, *more))
            return decl(*terms, *more)

        return apply

    def state(self, tail: str = "") -> dict[str, Symbolic]:
        """The state that the leaves hold."""
        return {v.name: self.stored(v.type, v.name, tail) for v in self.system.variables}

    # ── instances of processes ───────────────────────────────────────────────────────────────

    def keys(self, process: Process) -> list[Term | None]:
        """The keys of a process to be looked at: one fresh element stands for all of a set."""
        if process.domain is None:
            return [None]
        of = self.domain(process.domain, process.loc)
        if isinstance(of, list):
            return of
        return [z3.Const(process.parameter or "me", values.sort_of(of))]

    def over_keys(self, process: Process) -> Over:
        assert process.domain is not None
        return self.domain(process.domain, process.loc)

    def key_value(self, process: Process, key: Term) -> Symbolic:
        """What the process's parameter holds."""
        return Element(key) if isinstance(process.domain, Index) else key


def own(value: Symbolic, process: Process, key: Term | None) -> Symbolic:
    """What a process variable holds for one instance."""
    return value if process.domain is None else value.get(key)


def ordered(of: Type) -> bool:
    """Whether a quantifier over a type has numbers between bounds, which may vary."""
    if not isinstance(of, NUMBERS):
        return False
    lo, hi = bounds(of)
    return isinstance(lo, Linear) or isinstance(hi, Linear) or hi - lo >= FEW


def index_domains(system: System) -> Iterator[Index]:
    """The index sets of a system, each once, in order of first mention."""
    seen: set[str] = set()
    for of in all_types(system):
        if isinstance(of, Index) and of.name not in seen:
            seen.add(of.name)
            yield of
