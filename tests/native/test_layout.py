"""Codes of values and places of variables."""
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from checker.engines.native.layout import SPARE, WORD, Codes, Layout, Unsupported
from checker.ir.system import System, Variable
from checker.types import (Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           Wrapping)
from checker.values import all_values, domain, lowest

HOLDERS = 5
SCALAR_TYPES = st.one_of(
    st.just(Bool()), st.integers(1, 9).map(Range), st.integers(1, 9).map(lambda n: Index("i", n)),
    st.tuples(st.integers(-70, 70), st.integers(0, 70)).map(lambda p: Int(p[0], p[0] + p[1])),
    st.integers(1, 32).map(Wrapping), st.sampled_from([Enum("one"), Enum("a", "b", "c")]))
KEY_TYPES = st.one_of(st.just(Bool()), st.integers(1, 9).map(Range), st.just(Int(-1, 2)),
                      st.just(Enum("a", "b", "c")))


def composed(inner):
    not_maybe = inner.filter(lambda t: not isinstance(t, Maybe))
    return st.one_of(
        not_maybe.map(Maybe), KEY_TYPES.map(Set),
        st.tuples(KEY_TYPES, inner).map(lambda p: Map(*p)),
        st.lists(inner, min_size=1, max_size=4).map(
            lambda parts: Record(**{f"f{i}": t for i, t in enumerate(parts)})),
        st.tuples(inner, st.integers(1, 4)).map(lambda p: Queue(*p)))


TYPES = st.recursive(SCALAR_TYPES | st.just(Lock()), composed, max_leaves=5)


def values(of):
    """A strategy for the values of a type."""
    match of:
        case Int(lo, hi):
            return st.integers(lo, hi)
        case Wrapping(bits):
            return st.integers(0, 2 ** bits - 1)
        case Lock():
            return st.none() | st.integers(0, HOLDERS - 1)
        case Maybe(inner):
            return st.none() | values(inner)
        case Set(inner):
            return st.frozensets(st.sampled_from(domain(inner)))
        case Map(key, inner):
            return st.tuples(*[values(inner)] * len(domain(key)))
        case Record(fields):
            return st.tuples(*(values(t) for _, t in fields))
        case Queue(inner, capacity):
            return st.lists(values(inner), max_size=capacity).map(tuple)
    return st.sampled_from(domain(of))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_code_is_decoded_to_its_value(data):
    codes, of = Codes(HOLDERS), data.draw(TYPES)
    value, other = data.draw(values(of)), data.draw(values(of))
    code = codes.encode(of, value)
    width = codes.words(of) * WORD if codes.wide(of) else codes.bits(of)
    assert 0 <= code < 1 << width
    assert codes.decode(of, code) == value
    assert (codes.encode(of, other) == code) == (other == value)
    assert codes.encode(of, lowest(of)) == 0


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_state_is_decoded_from_its_words(data):
    types = data.draw(st.lists(TYPES, min_size=1, max_size=6))
    variables = tuple(Variable(f"v{i}", of, (lowest(of),)) for i, of in enumerate(types))
    layout = Layout(System("some", "", {}, variables, (), ()))
    layout.codes.holders = HOLDERS
    state = tuple(data.draw(values(of)) for of in types)
    words = layout.encode(state)
    assert len(words) == layout.words and words[0] < 1 << WORD - SPARE
    assert layout.decode(words) == state


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_narrow_part_straddles_two_words(data):
    codes, of = Codes(HOLDERS), data.draw(TYPES)
    if isinstance(of, Map):
        parts = codes.elements(of.value)
        for i in range(len(domain(of.key))):
            first, last = parts.offset(i), parts.offset(i) + max(parts.bits, 1) - 1
            assert parts.words or not parts.bits or first // WORD == last // WORD


@pytest.mark.parametrize("of, bits", [
    (Bool(), 1), (Int(5, 5), 0), (Int(-1, 2), 2), (Enum("a", "b", "c"), 2), (Maybe(Range(3)), 2),
    (Maybe(Range(4)), 3), (Set(Range(7)), 7), (Map(Range(3), Int(0, 9)), 12), (Wrapping(9), 9),
    (Queue(Range(4), 3), 8), (Record(a=Bool, b=Int(0, 2)), 3), (Lock(), 3),
    (Map(Range(64), Bool), 64), (Map(Range(65), Bool), 128), (Map(Range(1), Index("i", 1)), 0)])
def test_codes_are_as_small_as_they_can_be(of, bits):
    assert Codes(HOLDERS).bits(of) == bits


def test_sets_of_many_elements_are_refused():
    with pytest.raises(Unsupported):
        Codes(1).bits(Set(Range(65)))


@pytest.mark.parametrize("of", [Set(Int(-1, 1)), Queue(Bool(), 3), Map(Bool(), Maybe(Bool())),
                                Record(a=Range(3), b=Maybe(Enum("x", "y")))], ids=str)
def test_all_values_have_codes_of_their_own(of):
    codes = Codes(1)
    every = list(all_values(of))
    assert len({codes.encode(of, value) for value in every}) == len(every)
