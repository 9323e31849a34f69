"""IR expressions in TLA+.

| value          | in TLA+                                                                |
|----------------|------------------------------------------------------------------------|
| Bool, Int, Wrapping, Range | BOOLEAN, integers                                          |
| Enum           | strings                                                                |
| Index          | model values, called like the elements: `group0`                       |
| Maybe          | the value, or the model value `None`                                   |
| Set, Map, Record, Queue | sets, functions, records, sequences                           |
| Lock           | the model value `Free`, or the holder: `<<"process", key>>`            |

Numbers need no conversion between ranges: they are themselves. TLC computes with 32 bits; what
may leave them is refused. As in the IR every expression is total.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from checker.engines.export.names import Names
from checker.engines.export.refuse import Untranslatable
from checker.engines.export.tla import text
from checker.engines.export.tla.operators import TRANSLATIONS
from checker.engines.export.tla.text import ATOM, T, bind, call
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.system import Instance, System
from checker.source import Loc
from checker.types import (NUMBERS, Bool, Enum, Index, Lock, Map, Maybe, Queue, Record,
                           Set, Type, bounds)
from checker.values import Value, domain, ordinal

LARGEST = 2 ** 31 - 1

RESERVED = """
    ASSUME ASSUMPTION AXIOM BOOLEAN CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT
    EXTENDS FALSE IF IN INSTANCE LAMBDA LET LOCAL MODULE NEW OTHER PROOF RECURSIVE SF_ STATE
    STRING SUBSET THEN THEOREM TRUE UNCHANGED UNION VARIABLE VARIABLES WF_ WITH
    ACTION BY DEF DEFINE DEFS HAVE HIDE LEMMA OBVIOUS OMITTED ONLY PICK PROPOSITION PROVE QED
    SUFFICES TAKE TEMPORAL USE WITNESS
    Nat Int Real Seq Len Head Tail Append SubSeq SelectSeq Cardinality IsFiniteSet Print PrintT
    Assert JavaTime TLCGet TLCSet Permutations SortSeq RandomElement Any ToString TLCEval
    None Free Sum SumOver Minimum Maximum Inside Quotient Remainder Init Next Spec Fairness
    vars
    Deadlock AllDone AnyEnabled Waits Done Chain FairSpec Judging JudgedNext JudgedState Note
""".split()


class Expressions:
    """The translator of one module; `helpers` are the names of the helpers that it used."""

    def __init__(self, system: System, names: Names) -> None:
        self.system, self.names = system, names
        self.helpers: set[str] = set()
        self.indices: dict[str, Index] = {}
        self.loc: Loc | None = None
        fixed = {p.location_variable for p in system.processes
                 if len(p.location_type.members) == 1}
        self.kept = [v for v in system.variables if v.name not in fixed]
        """The variables of the module: where a process waits that has but one place is known."""

    # ── names ───────────────────────────────────────────────────────────────────────────────

    def variable(self, name: str) -> str:
        return self.names.name(("variable", name), name)

    def local(self, name: str) -> str:
        return self.names.name(("local", name), name)

    def field(self, name: str) -> str:
        return self.names.name(("field", name), name)

    def elements(self, of: Index) -> list[str]:
        """The model values of an Index."""
        self.indices.setdefault(of.name, of)
        return [self.names.name(("element", of.name, n), f"{of.name}{n}") for n in range(of.size)]

    def domain(self, of: Type) -> T:
        """The set of all values of a scalar type."""
        match of:
            case Bool():
                return T("BOOLEAN")
            case Enum(members):
                return T("{" + ", ".join(str(self.value(of, m)) for m in members) + "}")
            case Index(name):
                self.elements(of)
                return T(self.names.name(("index", name), name[:1].upper() + name[1:]))
        lo, hi = bounds(of)
        return T(f"{text.number(lo).within(ATOM)}..{hi}", text.COMPARE)

    def holder(self, instance: Instance) -> T:
        """What a lock holds while an instance has it."""
        key = None if instance.process.domain is None else self.value(instance.process.domain,
                                                                      instance.key)
        return self.identity(instance.process.name, key)

    def identity(self, process: str, key: T | None) -> T:
        return T(f'<<"{process}">>' if key is None else f'<<"{process}", {key}>>')

    # ── values ──────────────────────────────────────────────────────────────────────────────

    def value(self, of: Type, value: Value, depth: int = 1) -> T:
        """A value of the system as a TLA+ constant; `depth` keeps nested bound names apart."""
        match of:
            case Bool():
                return text.TRUE if value else text.FALSE
            case Enum():
                if not (value.isascii() and value.isprintable()):
                    raise Untranslatable("TLA+", f"the name {value!r} of an Enum",
                                         self.loc or self._declared_at(),
                                         "use printable ASCII characters")
                return text.string(value)
            case Index():
                return T(self.elements(of)[value])
            case Maybe(inner):
                return T("None") if value is None else self.value(inner, value)
            case Set(inner):
                inside = sorted(value, key=lambda e: ordinal(inner, e))
                return T("{" + ", ".join(str(self.value(inner, e)) for e in inside) + "}")
            case Map():
                return self._function(of, value, depth)
            case Record(fields):
                pairs = zip(fields, value)
                return T("[" + ", ".join(f"{self.field(n)} |-> {self.value(t, v)}"
                                         for (n, t), v in pairs) + "]")
            case Queue(inner, _):
                return T("<<" + ", ".join(str(self.value(inner, v)) for v in value) + ">>")
            case Lock():
                return T("Free") if value is None else self.holder(self.system.instances[value])
        self._fits(value, value)
        return text.number(value)

    def _declared_at(self) -> Loc:
        return self.system.variables[0].loc

    def _function(self, of: Map, value: Value, depth: int) -> T:
        inner = [self.value(of.value, v, depth + 1).within(ATOM) for v in value]
        if len(set(inner)) == 1:
            return T(f"[any{depth}_ \\in {self.domain(of.key)} |-> {inner[0]}]")
        pairs = [f"{self.value(of.key, k).within(ATOM)} :> {v}"
                 for k, v in zip(domain(of.key), inner)]
        return T("(" + " @@ ".join(pairs) + ")")

    def _fits(self, lo: int, hi: int, loc: Loc | None = None) -> None:
        if lo < -LARGEST or hi > LARGEST:
            raise Untranslatable("TLA+", f"a number from {lo:,} to {hi:,}",
                                 loc or self.loc or self._declared_at(),
                                 "TLC computes with 32 bits; choose smaller ranges")

    # ── expressions ─────────────────────────────────────────────────────────────────────────

    def compile(self, expr: Expr, env: Mapping[object, T]) -> T:
        """An expression; `env` gives what a variable (by its name), `("local", name)` or `"me"`
        stands for; what it does not name stands for itself."""
        if isinstance(expr.type, NUMBERS):
            self._fits(*bounds(expr.type), expr.loc if expr.loc.line else None)
        match expr:
            case Const(value, of):
                return self.value(of, value)
            case Var(name, _, primed):
                plain = env.get(name) or T(self.variable(name))
                return T(f"{self.variable(name)}'") if primed else plain
            case Local(name):
                return env.get(("local", name)) or T(self.local(name))
            case Me():
                return env["me"]
            case Field(record, name):
                return T(f"{self.compile(record, env).within(ATOM)}.{self.field(name)}")
            case Op("get", (mapping, key)):
                return self._get(mapping, key, env)
            case Op():
                return TRANSLATIONS[expr.op](self, expr, env)
            case Quantifier():
                return self._quantify(expr, env)
            case _:
                assert_never(expr)

    def _get(self, mapping: Expr, key: Expr, env: Mapping[object, T]) -> T:
        # In a loop whose body touches one element alone, that element has a name of its own.
        if isinstance(mapping, Var) and isinstance(key, Local) and not mapping.primed:
            cell = env.get(("cell", mapping.name, key.name))
            if cell is not None:
                return cell
        where = self.key(key, mapping.type, env)
        return T(f"{self.compile(mapping, env).within(ATOM)}[{where}]")

    def key(self, key: Expr, of: Map, env: Mapping[object, T]) -> T:
        """A key of a map; one that lies outside stands for the lowest."""
        where = self.compile(key, env)
        if isinstance(of.key, NUMBERS):
            (lo, hi), (least, most) = bounds(of.key), bounds(key.type)
            if not lo <= least <= most <= hi:
                return self.helper("Inside", where, text.number(lo), text.number(hi))
        return where

    def helper(self, name: str, *args: T) -> T:
        """A call of an operator of `HELPERS`, which the module then defines."""
        self.helpers.add(name)
        return call(name, *args)

    def _quantify(self, expr: Quantifier, env: Mapping[object, T]) -> T:
        name, over = self.local(expr.variable), self.domain(expr.domain)
        inner = {**env, ("local", expr.variable): T(name)}
        match expr.kind:
            case "any":
                return bind("\\E", name, over, self.compile(expr.body, inner))
            case "all":
                return bind("\\A", name, over, self.compile(expr.body, inner))
            case "set":
                return T(f"{{{name} \\in {over} : {self.compile(expr.body, inner)}}}")
        counted = _counted(expr.body)
        if counted is not None:
            return T(f"Cardinality({{{name} \\in {over} : {self.compile(counted, inner)}}})")
        return self.helper("Sum", T(f"[{name} \\in {over} |-> {self.compile(expr.body, inner)}]"))


def _counted(body: Expr) -> Expr | None:
    """The condition where a sum only counts how often it is true."""
    match body:
        case Op("int", (condition,)):
            return condition
        case Op("ite", (condition, Const(1), Const(0))):
            return condition
    return None


def chosen(name: str, over: T, where: T) -> T:
    """The set that a choice takes its value from."""
    return over if where == text.TRUE else T(f"{{{name} \\in {over} : {where}}}")


HELPERS = {
    "Minimum": ["Minimum(a_, b_) == IF a_ <= b_ THEN a_ ELSE b_"],
    "Maximum": ["Maximum(a_, b_) == IF a_ <= b_ THEN b_ ELSE a_"],
    "Inside": [r"\* A key of low_..high_; one that lies outside stands for the lowest.",
               r"Inside(key_, low_, high_) == IF key_ \in low_..high_ THEN key_ ELSE low_"],
    "Quotient": [r"\* Rounded down; 0 where b_ is 0.",
                 r"Quotient(a_, b_) == IF b_ = 0 THEN 0",
                 r"                    ELSE IF b_ > 0 THEN a_ \div b_ ELSE (-a_) \div (-b_)"],
    "Remainder": [r"\* With the sign of b_; 0 where b_ is 0.",
                  "Remainder(a_, b_) == IF b_ = 0 THEN 0",
                  "                     ELSE IF b_ > 0 THEN a_ % b_ ELSE -((-a_) % (-b_))"],
    "Sum": ["RECURSIVE SumOver(_, _)",
            "SumOver(f_, S_) ==",
            "    IF S_ = {} THEN 0",
            r"    ELSE LET each_ == CHOOSE x_ \in S_ : TRUE",
            r"         IN f_[each_] + SumOver(f_, S_ \ {each_})",
            "Sum(f_) == SumOver(f_, DOMAIN f_)"],
}
"""The operators that a module defines where it needs them. What they bind ends with `_`, as no
name made by `Names` does."""
