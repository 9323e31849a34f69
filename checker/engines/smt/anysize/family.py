"""A family: one spec at every size, from its IR at a few sizes.

The front end compiles a spec with its constants fixed. `family` finds the constants that set the
sizes of index sets, compiles the spec at several values of them and compares the results node by
node. They may differ in the sizes of sets and in numbers; every such number must be linear in the
constants. The result is one `System` in which those numbers are `Linear` forms; the constants
themselves are forms in its `constants`.

NOTE(assumption "uniform"). What is compared are samples. That the text goes on being the same
beyond them is an assumption, named in every proof and certificate; a spec whose constructor says
`if groups > 100` would escape it.

NOTE(bounds). A bound such as `Int(0, groups)` stays symbolic: leaving the range is proved not to
happen with the cardinality of the index as the bound, not dropped. The front end leaves out
checks that its intervals show to be superfluous at one size, so `overflow` is proved for every
assignment again, see `execute.py`.
"""
from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.engines.smt.anysize.meanwhile import meanwhile
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.ir.nodes import Node
from checker.ir.system import System, Variable
from checker.source import NOWHERE, Loc
from checker.types import Index, Int, Range, Type, parts

SAMPLES = (2, 3, 4, 7)
"""The values of each size constant at which the spec is compiled, one constant at a time."""
WORTH_A_PROCESS = 0.5
"""Seconds of compiling; a second process does half of them."""


@dataclass(frozen=True, slots=True)
class Linear:
    """`constant + sum of coefficient * size constant`: a number that depends on the sizes."""

    constant: int
    terms: tuple[tuple[str, int], ...]

    def at(self, sizes: Mapping[str, int]) -> int:
        return self.constant + sum(factor * sizes[name] for name, factor in self.terms)

    def __add__(self, more: Number) -> Linear:
        """The sum. What cancels out stays as a term with factor 0: sums of lemmas are short."""
        other = more if isinstance(more, Linear) else Linear(more, ())
        factors = dict(self.terms)
        for name, factor in other.terms:
            factors[name] = factors.get(name, 0) + factor
        return Linear(self.constant + other.constant, tuple(factors.items()))

    __radd__ = __add__

    def __mul__(self, factor: int) -> Linear:
        return Linear(self.constant * factor, tuple((n, f * factor) for n, f in self.terms))

    __rmul__ = __mul__

    def __sub__(self, less: Number) -> Linear:
        return self + -1 * less

    def __str__(self) -> str:
        parts = [name if factor == 1 else f"{factor}*{name}" for name, factor in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


Number = int | Linear


@dataclass(frozen=True)
class Family:
    """`system` at every size: `sizes` gives each set's number of elements, by its name.

    A `Range` whose size varies is called like its type. `base` are the size constants of the
    smallest sample; `compile` makes the system of any.
    """

    system: System
    sizes: dict[str, Number]
    base: dict[str, int]
    compile: Callable[[dict[str, int]], System]

    @property
    def constants(self) -> tuple[str, ...]:
        return tuple(self.base)

    @property
    def has_order(self) -> bool:
        """Whether some set of varying size is ordered."""
        return any(isinstance(of, Range) and isinstance(of.size, Linear)
                   for of in all_types(self.system))


def family(compile: Callable[[dict[str, Any]], System], constants: Mapping[str, Any]) -> Family:
    """The family of the systems that `compile` makes of `constants` with other sizes.

    Raises OutsideFragment where sizes show in more than numbers.
    """
    compile = _Compiler(compile, constants)
    names = _size_constants(compile, constants)
    base = dict.fromkeys(names, SAMPLES[0])
    samples = [base] + [{**base, name: value} for name in names for value in SAMPLES[1:]]
    samples.append(dict.fromkeys(names, SAMPLES[1]))
    compile.ahead(samples)
    systems = [compile(sample) for sample in samples]
    merger = _Merger(samples)
    system = dataclasses.replace(
        systems[0], constants={**systems[0].constants,
                               **{name: Linear(0, ((name, 1),)) for name in names}},
        variables=merger.variables([s.variables for s in systems]),
        processes=merger.same([s.processes for s in systems], NOWHERE),
        properties=merger.same([s.properties for s in systems], NOWHERE))
    found = [_index_sizes(s) for s in systems]
    sizes = {name: merger.number([each[name] for each in found], NOWHERE) for name in found[0]}
    for name, of in sizes.items():
        if not isinstance(of, Linear):
            raise OutsideFragment("P102", f"no constant sets the size of {name}, which is {of}",
                                  hint="make it a parameter of the constructor")
    sizes |= {str(of): of.size for of in all_types(system)
              if isinstance(of, Range) and isinstance(of.size, Linear)}
    return Family(system, sizes, base, compile)


class _Compiler:
    """The front end, which is asked for the same sizes more than once."""

    def __init__(self, compile: Callable[[dict[str, Any]], System],
                 constants: Mapping[str, Any]) -> None:
        self._compile, self._constants = compile, constants
        self._known: dict[tuple[tuple[str, str], ...], System] = {}
        self._seconds = 0.0

    def __call__(self, sizes: dict[str, Any]) -> System:
        key = self._key(sizes)
        if key not in self._known:
            started = time.process_time()
            self._known[key] = self._compile(sizes)
            self._seconds = time.process_time() - started
        return self._known[key]

    def _key(self, sizes: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        """What sizes come to: a constant may have the value already. True is not 1."""
        return tuple((name, repr(value)) for name, value in
                     sorted({**self._constants, **sizes}.items()))

    def ahead(self, samples: Sequence[dict[str, Any]]) -> None:
        """Compile samples that will be asked for, half of them in another process."""
        todo = [sample for sample in samples if self._key(sample) not in self._known]
        if len(todo) * self._seconds < WORTH_A_PROCESS:
            return
        with meanwhile(lambda: list(map(self._tried, todo[1::2]))) as others:
            for sample in todo[::2]:
                self._tried(sample)
            for sample, system in zip(todo[1::2], others() or ()):
                if system is not None:
                    self._known[self._key(sample)] = system

    def _tried(self, sample: dict[str, Any]) -> System | None:
        """What is wrong with a sample shows when it is asked for."""
        try:
            return self(sample)
        except Exception:
            return None


def _size_constants(compile: _Compiler, constants: Mapping[str, Any]) -> list[str]:
    """The constants that set the size of some Index or Range, found by trying.

    An Index that is not there as the constants are is none of theirs: with `voters=0` there may
    be no voters, and a proof for at least one says nothing about that.
    """
    candidates = [name for name, value in constants.items()
                  if value is None or type(value) is int]
    before = _set_sizes(compile({}))
    compile.ahead([{name: SAMPLES[0]} for name in candidates])
    found = []
    for name in candidates:
        for value in SAMPLES[:2]:
            try:
                sizes = _set_sizes(compile({name: value}))
            except Exception:
                break           # not a number after all, or one with other limits
            if any(i in before and size != before[i] for i, size in sizes.items()):
                found.append(name)
                break
    if not found:
        raise OutsideFragment("P102", "no constant of the spec sets the size of an Index or a "
                              "Range", hint="make the size a parameter of the constructor")
    return found


def _set_sizes(system: System) -> dict[object, int]:
    """The sizes of all sets: Indices by name, Ranges by where they stand."""
    ranges = (of for of in all_types(system) if isinstance(of, Range))
    return {**_index_sizes(system), **{n: of.size for n, of in enumerate(ranges)}}


def _index_sizes(system: System) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for of in all_types(system):
        if isinstance(of, Index):
            sizes[of.name] = of.size
    return sizes


def all_types(system: System) -> Iterator[Type]:
    """Every type that occurs in a declaration, and the domains of processes."""
    for variable in system.variables:
        yield from parts(variable.type)
    for process in system.processes:
        if process.domain is not None:
            yield process.domain


class _Merger:
    """Several compilations of one text as one, numbers that differ becoming `Linear`."""

    def __init__(self, samples: Sequence[Mapping[str, int]]) -> None:
        self.samples = samples

    def variables(self, rows: list[tuple[Variable, ...]]) -> tuple[Variable, ...]:
        """Initial values are left to `space.py`, which reads them at each size."""
        if len({tuple(v.name for v in row) for row in rows}) > 1:
            raise OutsideFragment("P101", "the state variables depend on a size")
        return tuple(dataclasses.replace(versions[0], type=self.same([v.type for v in versions],
                                                                     versions[0].loc))
                     for versions in zip(*rows))

    def same(self, versions: list[Any], loc: Loc) -> Any:
        """One thing for all versions."""
        first = versions[0]
        if all(version == first for version in versions[1:]):
            return first
        if any(type(version) is not type(first) for version in versions):
            raise self.differs(first, loc)
        if isinstance(first, int) and not isinstance(first, bool):
            return self.number(versions, loc)
        if isinstance(first, tuple):
            if len({len(version) for version in versions}) > 1:
                raise self.differs(first, loc)
            return tuple(self.same(list(each), loc) for each in zip(*versions))
        if isinstance(first, dict):
            if any(list(version) != list(first) for version in versions):
                raise self.differs(first, loc)
            return {key: self.same([v[key] for v in versions], loc) for key in first}
        if isinstance(first, Index) and all(v.name == first.name for v in versions):
            return first
        if dataclasses.is_dataclass(first):
            return self.dataclass(versions, loc)
        raise self.differs(first, loc)

    def dataclass(self, versions: list[Any], loc: Loc) -> Any:
        first = versions[0]
        loc = getattr(first, "loc", loc) if isinstance(first, Node) else loc
        changed = {f.name: self.same([getattr(v, f.name) for v in versions], loc)
                   for f in dataclasses.fields(first)
                   if f.name not in ("loc", "message", "doc", "init")}
        if isinstance(first, Int):
            return int_type(changed["lo"], changed["hi"])
        kept = {f.name: getattr(first, f.name) for f in dataclasses.fields(first)
                if f.name not in changed}
        new = object.__new__(type(first))
        for name, value in {**kept, **changed}.items():
            object.__setattr__(new, name, value)
        return new

    def number(self, values: list[int], loc: Loc) -> Number:
        """The linear form through the samples."""
        if len(set(values)) == 1:
            return values[0]
        base = self.samples[0]
        slopes: dict[str, int] = {}
        for sample, value in zip(self.samples, values):
            moved = [name for name in sample if sample[name] != base[name]]
            if len(moved) == 1 and moved[0] not in slopes:
                slope, rest = divmod(value - values[0], sample[moved[0]] - base[moved[0]])
                if rest:
                    raise self.differs(values[0], loc)
                slopes[moved[0]] = slope
        constant = values[0] - sum(slope * base[name] for name, slope in slopes.items())
        form = Linear(constant, tuple((n, s) for n, s in slopes.items() if s))
        if any(form.at(sample) != value for sample, value in zip(self.samples, values)):
            raise self.differs(values[0], loc)
        return form

    def differs(self, first: Any, loc: Loc) -> OutsideFragment:
        plain = isinstance(first, (bool, int, str))
        what = repr(first) if plain else type(first).__name__
        return OutsideFragment("P101", f"the compiled spec depends on a size here: {what}", loc,
                               "let sizes appear in declarations and bounds only")


def int_type(lo: Number, hi: Number) -> Int:
    """An `Int` whose bounds may be linear forms; the constructor takes plain numbers only."""
    of = object.__new__(Int)
    for name, value in dict(lo=lo, hi=hi, init=None).items():
        object.__setattr__(of, name, value)
    return of


def range_type(size: Number) -> Range:
    """A `Range` whose size may be a linear form."""
    of = object.__new__(Range)
    for name, value in dict(size=size, init=None).items():
        object.__setattr__(of, name, value)
    return of
