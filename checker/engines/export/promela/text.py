"""Promela expressions as text that knows how tightly it binds; the operators are C's."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Conditionals always stand in parentheses, as the language wants it; so do shifts and masks.
OR, AND, BITS, COMPARE, SUM, PRODUCT, UNARY, ATOM = range(8)
_LEVELS = {"||": OR, "&&": AND, "==": COMPARE, "!=": COMPARE, "<": COMPARE, "<=": COMPARE,
           "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT}
_CHAINS = ("||", "&&", "+")


@dataclass(frozen=True, slots=True)
class P:
    """An expression: its text, the level of its outermost operator, its value if that is known."""

    text: str
    level: int = ATOM
    known: int | None = None
    denied: P | None = None
    """What this is the negation of."""

    def __str__(self) -> str:
        return self.text

    def within(self, needed: int) -> str:
        return self.text if self.level >= needed else f"({self.text})"


def number(value: int) -> P:
    return P(str(value), ATOM if value >= 0 else UNARY, value)


TRUE, FALSE = P("true", known=1), P("false", known=0)


def boolean(value: bool) -> P:
    return TRUE if value else FALSE


def binary(op: str, a: P, b: P) -> P:
    """`a op b`; sums and products of known numbers are worked out."""
    if a.known is not None and b.known is not None:
        match op:
            case "+":
                return number(a.known + b.known)
            case "-":
                return number(a.known - b.known)
            case "*":
                return number(a.known * b.known)
            case "==":
                return boolean(a.known == b.known)
            case "!=":
                return boolean(a.known != b.known)
            case "<":
                return boolean(a.known < b.known)
            case "<=":
                return boolean(a.known <= b.known)
    if op in "+-" and b.known == 0:
        return a
    if op == "*" and b.known == 1:
        return a
    if op == "+" and b.known is not None and b.known < 0:
        return binary("-", a, number(-b.known))
    level = _LEVELS[op]
    left = a.within(level if op in _CHAINS or level in (SUM, PRODUCT) else level + 1)
    return P(f"{left} {op} {b.within(level + 1)}", level)


def chain(op: str, parts: Iterable[P]) -> P:
    r"""Parts joined by `&&` or `||`, the known ones left out."""
    neutral, final = (TRUE, FALSE) if op == "&&" else (FALSE, TRUE)
    found: list[P] = []
    for part in parts:
        if part.known == final.known and part.known is not None:
            return final
        if part.known is None and part not in found:
            found.append(part)
    if not found:
        return neutral
    level = _LEVELS[op]
    return found[0] if len(found) == 1 else P(
        f" {op} ".join(p.within(level + 1) for p in found), level)


def conjunction(*parts: P) -> P:
    return chain("&&", parts)


def disjunction(*parts: P) -> P:
    return chain("||", parts)


def negation(a: P) -> P:
    if a.known is not None:
        return boolean(not a.known)
    return a.denied or P(f"!{a.within(ATOM)}", UNARY, denied=a)


def conditional(test: P, a: P, b: P) -> P:
    if test.known is not None:
        return a if test.known else b
    return a if a == b else P(f"({test} -> {a} : {b})")


def bits(op: str, a: P, b: P) -> P:
    """A shift or mask, in parentheses; of known numbers, its value."""
    if a.known is not None and b.known is not None:
        value = {"&": a.known & b.known, "|": a.known | b.known,
                 "<<": a.known << max(b.known, 0), ">>": a.known >> max(b.known, 0)}[op]
        return number(value)
    return P(f"({a.within(UNARY)} {op} {b.within(UNARY)})")


def complement(a: P) -> P:
    return number(~a.known) if a.known is not None else P(f"~{a.within(ATOM)}", UNARY)
