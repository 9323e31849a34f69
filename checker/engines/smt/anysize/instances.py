"""Z3 with the ground instances of formulas that a question needs, made here instead of by Z3.

Left to itself, Z3 makes instances of every `for all` for whatever turns up in its search, and
forgets them at the next question. Here one solver serves all questions about a family. It is
given the instances over the elements that a question names, which nearly every proof can do with
and which are the same for most questions; and more where a model shows that they are missing:

- an instance of a `for all` that is false in the model;
- a witness for an `exists` that is true in it, where none of the elements is one: those first
  that stand in the question itself, then others, one at a time.

Until Z3 says `unsat`, or a model lacks nothing. (Model-based instantiation over a growing set of
elements, as Ge and de Moura, "Complete instantiation for quantified formulas", CAV 2009; that it
is lazy is what keeps a hundred hypotheses apart.) Formulas are in the form of `ground.py`.
"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field

import z3

from checker.engines.smt.anysize import direct
from checker.engines.smt.anysize.ground import DEPTH, Definition, Grounder
from checker.engines.smt.anysize.models import Evaluation, Model, Value
from checker.engines.smt.terms import Truth, implies

MOST_MODELS = 100
"""How many models one question may look at."""

Key = tuple[int, ...]
"""Elements by their numbers."""


@dataclass(eq=False)
class Template:
    """A `for all` over elements of these sorts; `done`: of what there are instances.

    `named` are the elements in the body, `shown` the atoms in it whose witnesses an instance may
    need: an instance is made of them, instead of being looked through.
    """

    sorts: tuple[str, ...]
    body: z3.BoolRef
    owner: str
    named: tuple[z3.ExprRef, ...]
    shown: tuple[z3.ExprRef, ...]
    says: Evaluation
    done: set[Key] = field(default_factory=set)


@dataclass(eq=False)
class Wanted:
    """An atom that stands for an `exists` over the elements `given`; `owners`: in what it is."""

    atom: z3.ExprRef
    given: Key
    owners: set[str] = field(default_factory=set)


class Instances:
    """A solver, what it knows of elements, and how to go back."""

    def __init__(self, grounder: Grounder, *, seed: int = 0) -> None:
        self.grounder = grounder
        self.solver = z3.SimpleSolver(ctx=grounder.context)
        self.solver.set(random_seed=seed, auto_config=False, mbqi=False)
        self._context, self._solver = grounder.context.ref().value, self.solver.solver.value
        self._rlimit = -1
        self._asked: dict[int, z3.BoolRef] = {}
        self.templates: list[Template] = []
        self._numbers: dict[str, list[int]] = {sort.name(): [] for sort in grounder.sorts}
        self._elements: dict[int, z3.ExprRef] = {}
        self._depths: dict[int, int] = {}
        self._defined: set[str] = set()
        self._wanted: dict[int, Wanted] = {}
        self._shown: set[int] = set()
        self._too_deep = False
        self._evaluations: dict[int, tuple[z3.QuantifierRef, Evaluation]] = {}
        self._products: dict[tuple[str, ...], tuple[list[list[int]], list[Key]]] = {}
        self._saying: dict[str, Evaluation] = {}
        self._undo: list[Callable[[], object]] = []
        self._scopes: list[int] = []

    # ── scopes ───────────────────────────────────────────────────────────────────────────────

    def push(self) -> None:
        self._scopes.append(len(self._undo))
        self.solver.push()

    def pop(self) -> None:
        self.solver.pop()
        start = self._scopes.pop()
        for undo in reversed(self._undo[start:]):
            undo()
        del self._undo[start:]

    # ── what is known ────────────────────────────────────────────────────────────────────────

    def add(self, part: Truth, owner: str = "") -> None:
        """A formula in ground form. `owner` names what it belongs to: the question itself ("")
        or what stands behind a literal of this name."""
        todo = [part]
        while todo:
            part = todo.pop()
            if part is True:
                continue
            if not isinstance(part, bool) and z3.is_and(part):
                todo += reversed(part.children())
            elif self.grounder.is_for_all(part):
                self._template(part, owner)
            else:
                self._assert(part, owner)

    def name(self, element: z3.ExprRef, depth: int = 0) -> None:
        """An element to make instances for."""
        number, named = element.get_id(), self._numbers[element.sort().name()]
        if number in named:
            return
        named.append(number)
        self._undo.append(named.pop)
        if number not in self._elements:
            self._elements[number], self._depths[number] = element, depth
            self._undo += [lambda: self._elements.pop(number), lambda: self._depths.pop(number)]

    def _template(self, part: z3.QuantifierRef, owner: str) -> None:
        sorts = tuple(part.var_sort(i).name() for i in range(part.num_vars()))
        body = part.body()
        self.templates.append(Template(sorts, body, owner, self.grounder.looked(body)[0],
                                       tuple(self._shown_by(body)),
                                       self._evaluation(part, body)))
        self._undo.append(self.templates.pop)
        self._look(body, owner)

    def _assert(self, part: Truth, owner: str) -> None:
        """Tell Z3 a part without variables."""
        if isinstance(part, bool):
            part = z3.BoolVal(part, self.grounder.context)
        self._tell(part)
        self._look(part, owner)
        for atom in self._shown_by(part):
            self._want(atom, owner)

    def _tell(self, part: z3.BoolRef) -> None:
        direct.asserted(self._context, self._solver, direct.pointer(part))

    def _look(self, part: z3.BoolRef, owner: str) -> None:
        """Note which elements a part names, and which quantifiers the atoms in it stand for."""
        elements, definitions = self.grounder.looked(part)
        for element in elements:
            self.name(element)
        for name in definitions:
            self._define(name, owner)

    def _shown_by(self, part: z3.BoolRef) -> Iterator[z3.ExprRef]:
        """The atoms in a part that a witness shows to be true."""
        if self.grounder.looked(part)[1]:
            for atom in self.grounder.atoms(part):
                if self.grounder.definition(atom).witnesses:
                    yield atom

    def _want(self, atom: z3.ExprRef, owner: str) -> None:
        key = atom.get_id()
        if key not in self._wanted:
            self._wanted[key] = Wanted(atom, _numbers(atom))
            self._undo.append(lambda: self._wanted.pop(key, None))
        owners = self._wanted[key].owners
        if owner not in owners:
            owners.add(owner)
            self._undo.append(lambda: owners.discard(owner))

    def _define(self, name: str, owner: str) -> None:
        if name in self._defined:
            return
        self._defined.add(name)
        self._undo.append(lambda: self._defined.discard(name))
        definition = self.grounder.defined(name)
        if not definition.witnesses:
            self.add(definition.axiom, owner)
        for apart in self.grounder.opposed(name, self._defined):
            self.add(apart, owner)

    # ── instances ────────────────────────────────────────────────────────────────────────────

    def fill(self, owners: Container[str] | None = None) -> None:
        """Make every instance over the elements named so far, of what belongs to `owners`."""
        number = 0
        while number < len(self.templates):         # an instance may bring more
            template = self.templates[number]
            if owners is None or template.owner in owners:
                for key in self._missing(template):
                    self._make(template, key)
            number += 1

    def _missing(self, template: Template) -> list[Key]:
        """The elements of which there is no instance."""
        keys = self._keys(template.sorts)
        done = template.done
        return [] if done.issuperset(keys) else [key for key in keys if key not in done]

    def _keys(self, sorts: tuple[str, ...]) -> list[Key]:
        """The elements for which there may be instances; kept as long as there are no more."""
        named = [self._numbers[sort] for sort in sorts]
        known = self._products.get(sorts)
        if known is None or known[0] != named:
            known = self._products[sorts] = [*map(list, named)], [*itertools.product(*named)]
        return known[1]

    def _make(self, template: Template, key: Key) -> None:
        template.done.add(key)
        self._undo.append(lambda: template.done.discard(key))
        elements = direct.array(direct.pointer(self._elements[n]) for n in reversed(key))
        made = direct.instance_of(self._context, direct.pointer(template.body), len(key), elements)
        direct.asserted(self._context, self._solver, made)
        for element in template.named:
            self.name(element)
        for atom in template.shown:
            self._want(z3.substitute_vars(atom, *(self._elements[n] for n in reversed(key))),
                       template.owner)

    def _witness(self, wanted: Wanted) -> None:
        """What an atom for an `exists` says, of a constant."""
        atom = wanted.atom
        definition = self.grounder.definition(atom)
        self._shown.add(atom.get_id())
        self._undo.append(lambda: self._shown.discard(atom.get_id()))
        given = atom.children()
        found = [make(*given) for make in definition.witnesses]
        for element in found:
            self.name(element, 1 + self._depth(wanted))
        self._assert(implies(atom, definition.said(given, found)), "")

    def _depth(self, wanted: Wanted) -> int:
        return max((self._depths.get(number, 0) for number in wanted.given), default=0)

    # ── questions ────────────────────────────────────────────────────────────────────────────

    def check(self, supposed: list[z3.BoolRef], rlimit: int) -> z3.CheckSatResult:
        """What Z3 says to the instances there are."""
        if rlimit != self._rlimit:
            self._rlimit = rlimit
            self.solver.set("rlimit", rlimit)
        self._asked = {direct.pointer(literal): literal for literal in supposed}
        literals = (z3.Ast * len(supposed))(*(literal.as_ast() for literal in supposed))
        return z3.CheckSatResult(z3.Z3_solver_check_assumptions(
            self.grounder.context.ref(), self.solver.solver, len(supposed), literals))

    def core(self) -> frozenset[str]:
        """The names of those literals that the last answer rests on."""
        found = self.solver.unsat_core()
        context = self.grounder.context.ref()
        pointers = (z3.Z3_ast_vector_get(context, found.vector, i).value
                    for i in range(len(found)))
        return frozenset(self._asked[each].decl().name() for each in pointers)

    def model(self) -> Model:
        """A model of the instances there are, after `sat`."""
        return Model(self.solver.model())

    def focus(self, about: Container[int]) -> None:
        """Leave alone, in this scope, the elements that a question is not `about`. What is `sat`
        then need not be with them: their witnesses may be what the question is about."""
        before = self._numbers
        self._undo.append(lambda: setattr(self, "_numbers", before))
        self._numbers = {sort: [number for number in named if number in about]
                         for sort, named in before.items()}

    def settle(self, supposed: list[z3.BoolRef], question: str, near: str,
               rlimit: int, model: Model | None = None) -> z3.CheckSatResult:
        """The answer with as many instances as it takes: of what belongs to the `question`
        first, then what to `near` or to nobody, then all. In a scope of its own. `model` is one
        that they are to be made for first."""
        for sort in self.grounder.sorts:
            if not self._numbers[sort.name()]:
                self.name(z3.Const(f"any {sort.name()}", sort))         # no sort is empty
        self._too_deep = False
        for _ in range(MOST_MODELS):
            if model is None:
                answer = self.check(supposed, rlimit)
                if answer != z3.sat:
                    return answer
                model = self.model()
            if not self._more(model, question, near):
                return z3.sat if model.complete and not self._too_deep else z3.unknown
            self.fill((question, near))
            model = None
        return z3.unknown

    def _more(self, model: Model, question: str, near: str) -> bool:
        """Make what a model lacks, of the first who lack anything; whether anybody does."""
        groups: list[list[Template]] = [[], [], [], []]
        order = {question: 0, near: 1, "": 2}
        for template in self.templates:
            groups[order.get(template.owner, 3)].append(template)
        values = {number: model.value(element) for number, element in self._elements.items()}
        belonging = ((question,), (near,), (question, near, ""), None)
        return any(self._false(model, values, templates) or self._unwitnessed(model, owners)
                   for templates, owners in zip(groups, belonging))

    def _false(self, model: Model, values: dict[int, Value],
               templates: Iterable[Template]) -> bool:
        """Make the instances that are false in a model; whether there are any."""
        found = []
        for template in templates:
            keys = self._missing(template)
            if keys:
                rows = [[values[number] for number in key] for key in keys]
                truths = template.says(model, rows)
                if not all(truths):
                    found += [(template, key) for key, truth in zip(keys, truths) if not truth]
        for template, key in found:
            self._make(template, key)
        return bool(found)

    def _evaluation(self, template: z3.QuantifierRef, body: z3.BoolRef) -> Evaluation:
        key = direct.pointer(template)
        if key not in self._evaluations:            # with its term, so that the pointer stays its
            self._evaluations[key] = template, Evaluation(body, template.num_vars())
        return self._evaluations[key][1]

    def _unwitnessed(self, model: Model, owners: Collection[str] | None = None) -> bool:
        """Make the witnesses that a model lacks; whether there are any. Those first that atoms
        about the question's elements need, then what is true of nothing in particular."""
        inside = set(itertools.chain(*self._numbers.values()))
        lacking = [wanted for key, wanted in self._wanted.items() if key not in self._shown
                   and (owners is None or not wanted.owners.isdisjoint(owners))
                   and inside.issuperset(wanted.given)
                   and model.value(wanted.atom) is True
                   and not self._has_witness(wanted.atom, model)]
        ranks = [(not wanted.given, self._depth(wanted)) for wanted in lacking]
        if not ranks or min(ranks)[1] >= DEPTH:
            self._too_deep |= bool(ranks)
            return False
        for wanted, rank in zip(lacking, ranks):
            if rank == min(ranks):
                self._witness(wanted)
        return True

    def _has_witness(self, atom: z3.ExprRef, model: Model) -> bool:
        definition = self.grounder.definition(atom)
        given = [model.value(element) for element in atom.children()]
        rows = ([*given, *(model.value(self._elements[n]) for n in key)]
                for key in itertools.product(*(
                    self._numbers[x.sort().name()] for x in definition.bound)))
        return any(self._said(definition)(model, rows))

    def _said(self, definition: Definition) -> Evaluation:
        """What a definition says of what is given and of what is bound."""
        name = definition.atom.name()
        if name not in self._saying:
            inner = [*reversed(definition.bound), *reversed(definition.given)]
            self._saying[name] = Evaluation(z3.substitute(definition.body, *(
                (x, z3.Var(i, x.sort())) for i, x in enumerate(inner))), len(inner))
        return self._saying[name]


def _numbers(atom: z3.ExprRef) -> Key:
    return tuple(element.get_id() for element in atom.children())
