"""Symbolic scalars: Booleans and bounded numbers, folded where they are known.

A Boolean is a Python `bool` or a Z3 term; a number is a `Num`: a Python `int` or a bit-vector,
with the interval that it lies in. Folding happens here, in Python, because building terms costs
more than solving them (`simplify` comes too late to save that), and because most of a step is
known: the instance, its parameter, the location.

NOTE(widths). A number of the interval lo..hi is unsigned if lo >= 0 and two's complement
otherwise, of the least width that holds both ends. Sums, differences and products are computed
in the width of their own interval, so that nothing ever wraps. Bit-vectors rather than
integers: the finite-domain solver takes them to SAT directly.

NOTE(contexts). Z3 breaks ties by the order in which terms were made. Every encoding has its own
context, so that the same question has the same answer whatever was asked before.
"""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import z3

Truth = bool | z3.BoolRef


# ── Booleans ─────────────────────────────────────────────────────────────────────────────────

def conj(*parts: Truth) -> Truth:
    """All of `parts`."""
    open_parts = [part for part in parts if part is not True]
    if any(part is False for part in open_parts):
        return False
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else True
    return _joined(z3.Z3_mk_and, open_parts)


def disj(*parts: Truth) -> Truth:
    """One of `parts`."""
    open_parts = [part for part in parts if part is not False]
    if any(part is True for part in open_parts):
        return True
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else False
    return _joined(z3.Z3_mk_or, open_parts)


def _joined(make: Callable[..., z3.Ast], parts: Sequence[z3.BoolRef]) -> z3.BoolRef:
    """What z3.And and z3.Or do, but for asking of each part what sort it has and in which context,
    which takes them several times as long as the rest."""
    context = parts[0].ctx
    arguments = (z3.Ast * len(parts))(*(part.ast for part in parts))
    return z3.BoolRef(make(context.ref(), len(parts), arguments), context)


def neg(part: Truth) -> Truth:
    if isinstance(part, bool):
        return not part
    if z3.is_not(part):
        return part.arg(0)
    return z3.BoolRef(z3.Z3_mk_not(part.ctx.ref(), part.ast), part.ctx)


def implies(left: Truth, right: Truth) -> Truth:
    return disj(neg(left), right)


def either(condition: Truth, then: Truth, otherwise: Truth) -> Truth:
    """`then` where the condition holds, else `otherwise`."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if then is otherwise:
        return then
    if isinstance(then, bool):
        return disj(condition, otherwise) if then else conj(neg(condition), otherwise)
    if isinstance(otherwise, bool):
        return disj(neg(condition), then) if otherwise else conj(condition, then)
    return then if then.eq(otherwise) else z3.If(condition, then, otherwise)


def iff(left: Truth, right: Truth) -> Truth:
    if isinstance(left, bool):
        left, right = right, left
    if isinstance(right, bool):
        return left if right else neg(left)
    return True if left.eq(right) else left == right


# ── numbers ──────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True, slots=True)
class Num:
    """A number known to lie in lo..hi; `term` is an int exactly where lo == hi."""

    term: int | z3.BitVecRef
    lo: int
    hi: int


def num(value: int) -> Num:
    return Num(value, value, value)


def width(lo: int, hi: int) -> int:
    """How many bits an interval takes: see NOTE(widths)."""
    if lo >= 0:
        return max(1, hi.bit_length())
    return max((-lo - 1).bit_length(), hi.bit_length()) + 1


def bits(number: Num, size: int, context: z3.Context) -> z3.BitVecRef:
    """The number in `size` bits: extended by its own sign, or cut."""
    if isinstance(number.term, int):
        return z3.BitVecVal(number.term, size, context)
    own = number.term.size()
    if size == own:
        return number.term
    if size < own:
        return z3.Extract(size - 1, 0, number.term)
    extend = z3.ZeroExt if number.lo >= 0 else z3.SignExt
    return extend(size - own, number.term)


def pair(left: Num, right: Num, size: int) -> tuple[z3.BitVecRef, z3.BitVecRef]:
    """Two numbers, not both known, in `size` bits each."""
    context = (right if isinstance(left.term, int) else left).term.ctx
    return bits(left, size, context), bits(right, size, context)


def _of(term: z3.BitVecRef, lo: int, hi: int) -> Num:
    return num(lo) if lo == hi else Num(term, lo, hi)


def clip(number: Num, lo: int, hi: int) -> Num:
    """The same number, known to lie in lo..hi as well.

    Where the two intervals have nothing in common the path is impossible (a check failed on it),
    and any number of the interval will do.
    """
    low, high = max(lo, number.lo), min(hi, number.hi)
    if low > high:
        return num(lo)
    if (low, high) == (number.lo, number.hi):
        return number
    return _of(bits(number, width(low, high), number.term.ctx), low, high)


def choose(condition: Truth, then: Num, otherwise: Num) -> Num:
    """`then` where the condition holds, else `otherwise`."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    if then is otherwise:
        return then
    lo, hi = min(then.lo, otherwise.lo), max(then.hi, otherwise.hi)
    if lo == hi:
        return then
    size = width(lo, hi)
    left, right = (bits(branch, size, condition.ctx) for branch in (then, otherwise))
    return Num(left if left.eq(right) else z3.If(condition, left, right), lo, hi)


def same(left: Num, right: Num) -> Truth:
    if left.hi < right.lo or right.hi < left.lo:
        return False
    if left is right or (left.lo == left.hi == right.lo == right.hi):
        return True
    a, b = _aligned(left, right)
    return True if a.eq(b) else a == b


def less(left: Num, right: Num) -> Truth:
    if left.hi < right.lo:
        return True
    if left.lo >= right.hi:
        return False
    a, b = _aligned(left, right)
    return z3.ULT(a, b) if min(left.lo, right.lo) >= 0 else a < b


def at_most(left: Num, right: Num) -> Truth:
    return neg(less(right, left))


def _aligned(left: Num, right: Num) -> tuple[z3.BitVecRef, z3.BitVecRef]:
    size = width(min(left.lo, right.lo), max(left.hi, right.hi))
    return pair(left, right, size)


def _arithmetic(left: Num, right: Num, corners: Sequence[int], make) -> Num:
    lo, hi = min(corners), max(corners)
    if lo == hi:
        return num(lo)
    size = width(lo, hi)
    return Num(make(*pair(left, right, size)), lo, hi)


def plus(left: Num, right: Num) -> Num:
    if right.term == 0 and isinstance(right.term, int):
        return left
    if left.term == 0 and isinstance(left.term, int):
        return right
    ends = (left.lo + right.lo, left.hi + right.hi)
    return _arithmetic(left, right, ends, lambda a, b: a + b)


def minus(left: Num, right: Num) -> Num:
    if right.term == 0 and isinstance(right.term, int):
        return left
    ends = (left.lo - right.hi, left.hi - right.lo)
    return _arithmetic(left, right, ends, lambda a, b: a - b)


def times(left: Num, right: Num) -> Num:
    corners = [a * b for a in (left.lo, left.hi) for b in (right.lo, right.hi)]
    return _arithmetic(left, right, corners, lambda a, b: a * b)


def negative(number: Num) -> Num:
    return minus(num(0), number)


def total(numbers: Sequence[Num]) -> Num:
    """The sum, as a balanced tree: short carries make easier formulas."""
    if not numbers:
        return num(0)
    if len(numbers) == 1:
        return numbers[0]
    half = len(numbers) // 2
    return plus(total(numbers[:half]), total(numbers[half:]))


def smaller(left: Num, right: Num) -> Num:
    return choose(less(right, left), right, left)


def larger(left: Num, right: Num) -> Num:
    return choose(less(left, right), right, left)


FEW_QUOTIENTS = 4      # up to here a division is a chain of comparisons, beyond it a divider


def divide(left: Num, right: Num) -> Num:
    """The quotient rounded down; 0 for a division by 0."""
    return _by_sign(left, right, _quotient)


def remainder(left: Num, right: Num) -> Num:
    """The remainder, with the divisor's sign; 0 for a division by 0."""
    return _by_sign(left, right, _remainder, flip=True)


def _by_sign(left: Num, right: Num, positive, *, flip: bool = False) -> Num:
    """Reduce a division to positive divisors: a // b = -a // -b and a % b = -(-a % -b)."""
    result = num(0)
    if right.hi > 0:
        divisor = clip(right, 1, right.hi)
        result = choose(less(num(0), right), positive(left, divisor), result)
    if right.lo < 0:
        mirrored = positive(negative(left), clip(negative(right), 1, -right.lo))
        mirrored = negative(mirrored) if flip else mirrored
        result = choose(less(right, num(0)), mirrored, result)
    return result


def _quotient(left: Num, divisor: Num) -> Num:
    if isinstance(divisor.term, int):
        low, high = left.lo // divisor.term, left.hi // divisor.term
        if high - low < FEW_QUOTIENTS:
            steps = (num(q) for q in range(low, high + 1))
            return functools.reduce(
                lambda below, q: choose(less(left, times(q, divisor)), below, q), steps)
    if left.lo >= 0:
        size = max(width(left.lo, left.hi), width(divisor.lo, divisor.hi))
        quotient = z3.UDiv(*pair(left, divisor, size))
        return clip(_of(quotient, 0, left.hi), 0, left.hi // divisor.lo)
    # Rounding down for a negative dividend: a // b == ~(~a // b), and ~a is not negative.
    natural = _quotient(clip(left, 0, max(0, left.hi)), divisor)
    complement = minus(num(-1), clip(left, left.lo, -1))
    below = minus(num(-1), _quotient(complement, divisor))
    return choose(less(left, num(0)), below, natural)


def _remainder(left: Num, divisor: Num) -> Num:
    power = divisor.term if isinstance(divisor.term, int) else 0
    if power > 1 and power & (power - 1) == 0 and not isinstance(left.term, int):
        # Two's complement: the low bits are the remainder, also of a negative number.
        low_bits = bits(left, width(0, power - 1), left.term.ctx)
        return Num(low_bits, 0, power - 1)
    if isinstance(divisor.term, int) or left.lo < 0:
        product = times(_quotient(left, divisor), divisor)
        return clip(minus(left, product), 0, divisor.hi - 1)
    size = max(width(left.lo, left.hi), width(divisor.lo, divisor.hi))
    high = min(left.hi, divisor.hi - 1)
    rest = z3.URem(*pair(left, divisor, size))
    return clip(_of(rest, 0, 2 ** size - 1), 0, high)
