"""TLA+ expressions as text that knows how tightly it binds."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# How tightly the outermost operator binds. What stands next to another operator of its own level
# gets parentheses, but for chains: TLA+ leaves many neighbours undefined.
LOOSE, IMPLIES, JUNCTION, NOT, COMPARE, SUM, ATOM = range(7)


@dataclass(frozen=True, slots=True)
class T:
    """An expression: its text, the level of its outermost operator, and for chains which one."""

    text: str
    level: int = ATOM
    chain: str = ""
    parts: tuple[T, ...] = ()

    def __str__(self) -> str:
        return self.text

    def within(self, needed: int) -> str:
        return self.text if self.level >= needed else f"({self.text})"


TRUE, FALSE = T("TRUE"), T("FALSE")


def number(value: int) -> T:
    return T(str(value), ATOM if value >= 0 else SUM)


def string(text: str) -> T:
    return T('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


def binary(op: str, left: T, right: T, level: int) -> T:
    """Both operands bind tighter than the operator itself."""
    return T(f"{left.within(level + 1)} {op} {right.within(level + 1)}", level)


def junction(op: str, parts: Sequence[T]) -> T:
    r"""Parts joined by `/\` or `\/`; without any, what is neutral."""
    flat = [p for part in parts for p in (part.parts if part.chain == op else (part,))]
    neutral, final = (TRUE, FALSE) if op == "/\\" else (FALSE, TRUE)
    if final in flat:
        return final
    flat = list(dict.fromkeys(part for part in flat if part != neutral))
    if not flat:
        return neutral
    if len(flat) == 1:
        return flat[0]
    return T(f" {op} ".join(part.within(NOT) for part in flat), JUNCTION, op, tuple(flat))


def conjunction(*parts: T) -> T:
    return junction("/\\", parts)


def disjunction(*parts: T) -> T:
    return junction("\\/", parts)


def negation(expr: T) -> T:
    if expr == TRUE:
        return FALSE
    return TRUE if expr == FALSE else T(f"~{expr.within(ATOM)}", NOT)


def implication(a: T, b: T) -> T:
    if a == TRUE or b == TRUE:
        return b
    return T(f"{a.within(JUNCTION)} => {b.within(JUNCTION)}", IMPLIES)


def conditional(test: T, then: T, otherwise: T) -> T:
    if then == otherwise or test == TRUE:
        return then
    if test == FALSE:
        return otherwise
    if then == TRUE and otherwise == FALSE:
        return test
    return T(f"IF {test} THEN {then} ELSE {otherwise.within(IMPLIES)}", LOOSE)


def call(name: str, *args: T | str) -> T:
    return T(f"{name}({', '.join(map(str, args))})" if args else name)


def bind(quantifier: str, name: str, over: T, body: T) -> T:
    return T(f"{quantifier} {name} \\in {over} : {body}", LOOSE)
