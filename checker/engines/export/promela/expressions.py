"""IR expressions in Promela. Quantifiers are written out, value by value."""
from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from checker.engines.export.names import Names
from checker.engines.export.promela import text, values
from checker.engines.export.promela.operators import TRANSLATIONS
from checker.engines.export.promela.text import P, binary, conjunction, number
from checker.engines.export.promela.values import (Compiled, Fields, Row, constant, positions,
                                                   stored)
from checker.engines.export.refuse import Untranslatable
from checker.ir.nodes import Const, Expr, Field, Local, Me, Op, Quantifier, Var
from checker.ir.system import System
from checker.types import NUMBERS, Type, bounds
from checker.values import Value

LONGEST = 200_000
"""Characters of one expression; beyond them SPIN and C compilers give up."""

RESERVED = """
    active assert atomic bit bool break byte chan c_code c_decl c_expr c_state c_track d_step do
    else empty enabled end eval false fi for full get_priority goto hidden if in init inline int
    len ltl mtype never nempty nfull np_ notrace od of pc_value pid printf printm priority
    proctype provided return run select set_priority short show skip timeout trace true typedef
    unless unsigned xr xs local progress accept define ifdef endif undef include
    always eventually until weakuntil stronguntil implies equivalent release next now U W V X
    NULL linux unix auto case char const continue default double enum extern float long register
    signed sizeof static struct switch void volatile while main this state
    system restart now remember judge failed held free none
""".split()

Env = Mapping[object, Compiled]


class Expressions:
    """The translator of one model."""

    def __init__(self, system: System, names: Names) -> None:
        self.system, self.names = system, names
        fixed = {p.location_variable for p in system.processes
                 if len(p.location_type.members) == 1}
        self.kept = [v for v in system.variables if v.name not in fixed]

    # ── names ───────────────────────────────────────────────────────────────────────────────

    def leaf(self, name: str) -> str:
        """The identifier of a leaf of a state variable."""
        return self.names.name(("leaf", name), name)

    def before(self, name: str) -> str:
        """The identifier of the copy that a step invariant looks back at."""
        return self.names.name(("before", name), f"before_{name}")

    def variable(self, name: str, *, before: bool = False) -> Compiled:
        return stored(self.before if before else self.leaf, name, self.system.variable[name].type)

    # ── expressions ─────────────────────────────────────────────────────────────────────────

    def compile(self, expr: Expr, env: Env) -> Compiled:
        """An expression; `env` gives what `("local", name)` and `"me"` stand for. In a step
        invariant (`"primed"` in `env`) a variable without a prime is that before the step."""
        if isinstance(expr.type, NUMBERS):
            lo, hi = bounds(expr.type)
            if max(-lo, hi) > values.LARGEST:
                raise Untranslatable("Promela", f"a number from {lo:,} to {hi:,}", expr.loc,
                                     "numbers have 32 bits there; choose smaller ranges")
        match expr:
            case Const(value, of):
                return constant(of, value)
            case Var(name, _, primed):
                return self.variable(name, before="primed" in env and not primed)
            case Local(name):
                return env["local", name]
            case Me():
                return env["me"]
            case Field(record, name):
                whole = self.compile(record, env)
                assert isinstance(whole, Fields)
                return whole.parts[name]
            case Op("get", (mapping, key)):
                whole = self.compile(mapping, env)
                assert isinstance(whole, Row)
                return whole.at(self.position(key, mapping.type.key, env))
            case Op():
                return TRANSLATIONS[expr.op](self, expr, env)
            case Quantifier():
                return self._quantify(expr, env)
            case _:
                assert_never(expr)

    def scalar(self, expr: Expr, env: Env) -> P:
        found = self.compile(expr, env)
        assert isinstance(found, P), expr
        if len(found.text) > LONGEST:
            raise Untranslatable("Promela", f"an expression of {len(found.text):,} characters",
                                 expr.loc, "choose a smaller instance")
        return found

    def position(self, key: Expr, of: Type, env: Env) -> P:
        """Where a map keeps the value of `key`: the lowest key's place for one outside."""
        value = self.scalar(key, env)
        if not isinstance(of, NUMBERS):
            return value
        (lo, hi), (least, most) = bounds(of), bounds(key.type)
        place = binary("-", value, number(lo))
        if lo <= least <= most <= hi:
            return place
        inside = conjunction(binary("<=", number(lo), value), binary("<=", value, number(hi)))
        return text.conditional(inside, place, number(0))

    def over(self, expr: Quantifier, env: Env) -> list[tuple[P, Value]]:
        """The body for each value of the domain."""
        return [(self.scalar(expr.body, {**env, ("local", expr.variable): compiled}), value)
                for compiled, value in positions(expr.domain)]

    def _quantify(self, expr: Quantifier, env: Env) -> P:
        bodies = self.over(expr, env)
        match expr.kind:
            case "any":
                return text.disjunction(*(body for body, _ in bodies))
            case "all":
                return conjunction(*(body for body, _ in bodies))
        total = number(0)
        for n, (body, _) in enumerate(bodies):
            part = body
            if expr.kind == "set":
                part = text.conditional(body, number(1 << n), number(0))
            total = binary("+", part, total) if total.known == 0 else binary("+", total, part)
        return total
