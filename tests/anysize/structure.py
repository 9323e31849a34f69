"""The any-size formulas in a finite structure, beside the interpreter."""
import z3

from checker.engines.interp.evaluate import Scope, evaluate
from checker.engines.interp.step import steps
from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.pycode import sized
from checker.engines.smt.anysize.space import index_domains
from checker.engines.smt.anysize.values import same, select
from checker.engines.smt.encode import dead_locals
from checker.engines.smt.terms import conj, disj, iff, neg
from checker.ir.nodes import DONE
from checker.types import Bool, Enum, Index, Lock, Map, Maybe, Record, Set
from checker.values import domain, lowest


class Structure:
    """A family in a finite structure: every sort has `size` elements, every size is `size`."""

    def __init__(self, given, size=2, instance=None):
        arguments = {**given.constants, **given.arguments(instance)}
        self.size = size
        self.family = family(lambda sizes: given.system(instance, **sizes), arguments)
        self.system = self.family.compile(dict.fromkeys(self.family.constants, size))
        self.encoding = Encoding(self.family)
        self.paths = self.encoding.paths
        self.solver = z3.Solver(ctx=self.encoding.space.context)
        for constant in self.encoding.space.sizes.values():
            self.solver.add(constant == size)
        for of in index_domains(self.system):
            sort = self.encoding.space.sort(of)
            elements = [self.element(sort, i) for i in range(size)]
            self.solver.add(z3.Distinct(elements))
            x = z3.Const("x", sort)
            self.solver.add(z3.ForAll([x], z3.Or([x == e for e in elements])))
            lowest = self.encoding.space.lowest_element(of)
            self.solver.add(lowest == elements[0])

    def element(self, sort, number):
        return z3.Const(f"{sort} {number}", sort)

    def key(self, of, value):
        if isinstance(of, Index):
            return self.element(self.encoding.space.sort(of), value)
        return self.encoding.space.literal(of, value)

    def is_state(self, values, state):
        """That symbolic values are those of a state of the interpreter."""
        parts = []
        for variable, value in zip(self.system.variables, state):
            if variable.kind == "local":
                continue
            parts.append(self.equals(variable.type, values[variable.name], value))
        for process in self.system.processes:
            parts += self.locals(process, values, state)
        return conj(*parts)

    def locals(self, process, values, state):
        """Dead locals that hold an element hold none in the formulas."""
        at = state[self.system.position[process.location_variable]]
        for name, of in process.locals.items():
            value = state[self.system.position[process.local_variable(name)]]
            held = values[process.local_variable(name)]
            keyed = process.domain is not None
            for k, place in enumerate(at if keyed else [at]):
                mine = held.get(self.key(process.domain, k)) if keyed else held
                if isinstance(of, Index) and (place == DONE or name in dead_locals(
                        process, place)):
                    yield neg(disj(*(mine.at(self.key(of, e)) for e in range(self.size))))
                else:
                    yield self.equals(of, mine, value[k] if keyed else value)

    def equals(self, of, symbolic, value):
        match of:
            case Map(key, inner):
                return conj(*(self.equals(inner, symbolic.get(self.key(key, k)), part)
                              for k, part in zip(domain(key), value)))
            case Record(fields):
                return conj(*(self.equals(t, s, v)
                              for (_, t), s, v in zip(fields, symbolic, value)))
            case Index() | Maybe(Index()):
                index = of if isinstance(of, Index) else of.of
                return conj(*(iff(symbolic.at(self.key(index, e)), e == value)
                              for e in range(index.size)))
            case Maybe(inner):
                held = lowest(inner) if value is None else value
                return conj(iff(symbolic.present, value is not None),
                            self.equals(inner, symbolic.payload, held))
            case Set(inner):
                return conj(*(iff(symbolic.has(self.key(inner, e)), e in value)
                              for e in domain(inner)))
            case Lock():
                return conj(*(iff(symbolic.held(i.process.name, None if i.key is None else
                                                self.key(i.process.domain, i.key)),
                                  value == i.number) for i in self.system.instances))
            case Bool():
                return iff(symbolic, value)
            case Enum():
                return same(symbolic, self.encoding.space.member(of, value))
        return symbolic == value

    def exact(self, stage):
        """That every count is what it counts in this state."""
        for count in self.encoding.counts.table.values():
            of = sized(self.system, count.sum.domain)
            elements = [self.key(of, e) for e in domain(of)]
            for given in self.tuples(count):
                bodies = [self.encoding.counts.body(count, stage, given, e) for e in elements]
                yield self.encoding.counts.at(count, stage, given) == sum(
                    select(b, 1, 0) if count.truth is not None else b for b in bodies)

    def tuples(self, count):
        if not count.parameters:
            return [()]
        assert len(count.parameters) == 1
        of = sized(self.system, count.parameters[0])
        return [(self.key(of, k),) for k in domain(of)]

    def agrees(self, state):
        """That the facts hold in a state, and that paths lead where the interpreter's steps do."""
        encoding, solver = self.encoding, self.solver
        solver.push()
        solver.add(self.is_state(encoding.base.values, state))
        solver.add(*self.exact(encoding.base))
        assert solver.check() == z3.sat, "the facts exclude a reachable state"
        for name, fact in encoding.facts:
            assert solver.check(z3.Not(fact)) == z3.unsat, f"{name}: {fact}"
        reached = {step.after for step in steps(self.system, state)} - {None}
        found = set()
        for path in self.paths:
            solver.push()
            solver.add(*(part for part in path.given if part is not True))
            is_one = {after: self.is_state(path.after.values, after) for after in reached}
            other = neg(disj(*is_one.values()))
            assert other is False or solver.check(other) == z3.unsat, (path.name, state)
            found |= {a for a, same_ in is_one.items() if solver.check(same_) == z3.sat}
            if not path.after.counts:
                for exact in self.exact(path.after):
                    assert solver.check(z3.Not(exact)) == z3.unsat, (path.name, exact)
            solver.pop()
        assert found == reached, state
        solver.pop()

    def takes(self, path, state):
        """Whether a step along a path is possible in a state."""
        self.solver.push()
        self.solver.add(self.is_state(self.encoding.base.values, state),
                        *self.exact(self.encoding.base),
                        *(part for part in path.given if part is not True))
        possible = self.solver.check() == z3.sat
        self.solver.pop()
        return possible

    def judges_alike(self, state):
        """That each invariant is true in a state if and only if the interpreter says so."""
        self.solver.push()
        self.solver.add(self.is_state(self.encoding.base.values, state),
                        *self.exact(self.encoding.base))
        for declared in self.family.system.properties:
            if declared.kind == "invariant":
                real = self.system.property_named(declared.name)
                holds = evaluate(real.expr, Scope(self.system, state))
                says = self.encoding.holds(declared.expr)
                assert self.solver.check(says != holds) == z3.unsat, declared.name
        self.solver.pop()
