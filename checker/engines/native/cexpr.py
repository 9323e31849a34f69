"""C expressions as text that knows how tightly it binds, so that parentheses stand only where
the structure, or a compiler's warning about doubtful style, asks for them.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# How tightly the outermost operator binds. A negation counts as loose as an equality: `!a == b`
# is what compilers warn of.
TERNARY, OR, AND, BITS, EQUALITY, COMPARISON, SHIFT, SUM, PRODUCT, UNARY, POSTFIX = range(11)

# Operator: its own level, and what its left and right operands need to go without parentheses.
BINARY: dict[str, tuple[int, int, int]] = {
    "*": (PRODUCT, PRODUCT, UNARY),
    "/": (PRODUCT, PRODUCT, UNARY),
    "%": (PRODUCT, PRODUCT, UNARY),
    "+": (SUM, SUM, PRODUCT),
    "-": (SUM, SUM, PRODUCT),
    "<<": (SHIFT, UNARY, UNARY),
    ">>": (SHIFT, UNARY, UNARY),
    "<": (COMPARISON, SUM, SUM),
    "<=": (COMPARISON, SUM, SUM),
    "==": (EQUALITY, SUM, SUM),
    "!=": (EQUALITY, SUM, SUM),
    "&": (BITS, UNARY, UNARY),
    "|": (BITS, SHIFT, SHIFT),
    "&&": (AND, EQUALITY, EQUALITY),
    "||": (OR, EQUALITY, EQUALITY),
}
CHAINS = ("&&", "||", "|")          # `a && b && c` needs no parentheses


@dataclass(frozen=True, slots=True)
class C:
    """An expression: its text and the level of its outermost operator."""

    text: str
    level: int = POSTFIX

    def __str__(self) -> str:
        return self.text

    def within(self, needed: int) -> str:
        return self.text if self.level >= needed else f"({self.text})"


ZERO, TRUE, FALSE = C("0"), C("true"), C("false")


def literal(value: int) -> C:
    """A decimal number, in hexadecimal and unsigned where a signed 64-bit type has no room."""
    if value >= 1 << 63:
        return C(f"{value:#x}u")
    return C(str(value), UNARY if value < 0 else POSTFIX)


def binary(op: str, left: C, right: C) -> C:
    level, on_left, on_right = BINARY[op]
    a = left.text if op in CHAINS and _joined_by(left, op) else left.within(on_left)
    return C(f"{a} {op} {right.within(on_right)}", level)


def _joined_by(expr: C, op: str) -> bool:
    return expr.level == BINARY[op][0]


def chain(op: str, parts: list[C], empty: C) -> C:
    """All parts joined by the operator; `empty` where there are none."""
    if not parts:
        return empty
    whole = parts[0]
    for part in parts[1:]:
        whole = binary(op, whole, part)
    return whole


def negation(expr: C) -> C:
    return C(f"!{expr.within(UNARY)}", EQUALITY)


def complement(expr: C) -> C:
    return C(f"~{expr.within(UNARY)}", UNARY)


def minus(expr: C) -> C:
    return C(f"-{expr.within(POSTFIX)}", UNARY)


def cast(of: str, expr: C) -> C:
    return C(f"({of}){expr.within(UNARY)}", UNARY)


def ternary(test: C, then: C, otherwise: C) -> C:
    return C(f"{test.within(OR)} ? {then.within(OR)} : {otherwise.within(TERNARY)}", TERNARY)


def call(name: str, *args: C | str | int) -> C:
    return C(f"{name}({', '.join(str(arg) for arg in args)})")


def item(array: C, index: C | int) -> C:
    return C(f"{array.within(POSTFIX)}[{index}]")


def plus(expr: C, number: int) -> C:
    """`expr` plus a constant, without adding zero or a negative number."""
    if number == 0:
        return expr
    return binary("+" if number > 0 else "-", expr, literal(abs(number)))


def times(expr: C, number: int) -> C:
    return expr if number == 1 else binary("*", expr, literal(number))


def total(parts: list[C], constant: int = 0) -> C:
    """The sum of the parts and a constant."""
    if not parts:
        return literal(constant)
    return plus(chain("+", parts, ZERO), constant)


KEYWORDS = """
    auto bool break case char const continue default do double else enum extern false float for
    goto if inline int long register restrict return short signed sizeof static struct switch true
    typedef union unsigned void volatile while main NULL linux unix
""".split()


class Names:
    """C identifiers for the names of a spec: legal, unique, as close as possible."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = {*KEYWORDS, *reserved}
        self._names: dict[object, str] = {}

    def name(self, key: object, wanted: str) -> str:
        """The identifier for `key`, the same each time; new ones are made from `wanted`."""
        found = self._names.get(key)
        if found is None:
            base = re.sub(r"\W", "_", wanted, flags=re.ASCII).strip("_") or "x"
            base = f"_{base}" if base[0].isdigit() else base
            found, number = base, 2
            while found in self._taken:
                found, number = f"{base}_{number}", number + 1
            self._taken.add(found)
            self._names[key] = found
        return found


def comment(text: str) -> str:
    """A C comment; what would end it early is taken apart."""
    return f"/* {text.replace('*/', '* /').replace('/*', '/ *')} */"
