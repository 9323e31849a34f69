"""The solver that makes its own instances: what it calls impossible is, and what it does not has
a model; and what a step makes of a lemma, by substitution, is what evaluating it again makes."""
import itertools

import pytest
import z3

from checker.engines.smt.anysize.encode import Encoding
from checker.engines.smt.anysize.family import family
from checker.engines.smt.anysize.ground import Grounder
from checker.engines.smt.anysize.instances import Instances
from checker.engines.smt.anysize.models import Evaluation, Model
from checker.engines.smt.anysize.prover import Prover
from checker.engines.smt.anysize.question import Budget, Claim
from checker.engines.smt.anysize.shared import Shared
from checker.engines.smt.anysize.substitution import denied, substitution
from tests.anysize.support import spec
from tests.anysize.test_ground import formulas, solved

BUDGET = 1_000_000


def settled(at, parts):
    """What is said of some formulas, all of one question."""
    grounder = Grounder(at["context"], [at["group"], at["container"]])
    instances = Instances(grounder)
    instances.push()
    for part in parts:
        instances.add(grounder.formula(part), "asked")
    return instances.settle([], "asked", "near", BUDGET)


def test_agrees_with_model_based_instantiation(language):
    """On each set of up to three formulas, as they are and with the first negated."""
    said = set()
    for parts in itertools.chain(*(itertools.combinations(formulas(language).values(), n)
                                   for n in (1, 2, 3))):
        for more in (parts, (z3.Not(parts[0]), *parts[1:])):
            known = solved(language, more, ground=False)
            assert settled(language, more) == known, more
            said.add(str(known))
    assert said == {"sat", "unsat"}


def test_what_is_known_in_a_scope_is_gone_after_it(language):
    shapes = formulas(language)
    grounder = Grounder(language["context"], [language["group"], language["container"]])
    instances = Instances(grounder)
    instances.add(grounder.formula(shapes["equality"]))
    instances.fill()
    for _ in range(2):
        for name, expected in (("not space", z3.sat), ("here", z3.sat)):
            instances.push()
            instances.add(grounder.formula(shapes[name]), "asked")
            assert instances.settle([], "asked", "", BUDGET) == expected
            instances.pop()
    instances.add(grounder.formula(shapes["function"]))
    instances.add(grounder.formula(shapes["linked"]))
    instances.push()
    instances.add(grounder.formula(shapes["not space"]), "asked")
    assert instances.settle([], "asked", "", BUDGET) == z3.unsat
    instances.pop()
    assert instances.check([], BUDGET) == z3.sat and instances.templates


def test_a_model_is_read_as_z3_reads_it(language):
    """Each formula without quantifiers, at the elements of a model."""
    at = language
    g, c, attached, linked, space = (at[n] for n in ("g", "c", "attached", "linked", "space"))
    number = z3.Int("number", at["context"])
    bodies = [attached(g, c), z3.Or(z3.Not(space), linked(c)), z3.If(space, number, 0) >= 1,
              z3.And(number + 1 > 2 * number, attached(g, c) == linked(c)), g == at["h"]]
    solver = z3.Solver(ctx=at["context"])
    solver.add(attached(g, c), number == 1, g != at["h"])
    assert solver.check() == z3.sat
    truths = set()
    for one in (g, at["h"]):
        model = Model(solver.model())
        for body in bodies:
            shape = z3.substitute(body, (g, z3.Var(1, g.sort())), (c, z3.Var(0, c.sort())))
            [read] = Evaluation(shape, 2)(model, [(model.value(one), model.value(c))])
            assert read == model.value(z3.substitute(body, (g, one))), body
            truths.add(bool(read))
        assert model.complete
    assert truths == {True, False}


@pytest.mark.parametrize("name", ["group_attach", "lock_server", "sharded_store", "two_phase"])
def test_substitution_says_what_evaluation_says(name):
    """Of each property after each path: it is false, evaluated again, where one of the denial's
    cases is true of some elements, and only there."""
    found = spec(name)
    whole = family(lambda sizes: found.system(**sizes), {**found.constants,
                                                         **found.arguments(None)})
    encoding = Encoding(whole)
    changed = 0
    for path in encoding.paths:
        for declared in whole.system.properties:
            if declared.kind != "invariant":
                continue
            cases = [case for case in denied(encoding.holds(declared.expr))]
            changes = substitution(encoding, path.after)
            after = encoding.holds(declared.expr, path.after)
            solver = z3.Solver(ctx=encoding.space.context)
            for case in cases:
                then = z3.substitute_funs(case, *changes)
                changed += not then.eq(case)
                solver.push()
                solver.add(then, after)
                assert solver.check() == z3.unsat
                solver.pop()
                named = [each for each in constants(then) if " " in each.decl().name()]
                solver.add(z3.ForAll(named, z3.Not(then)) if named else z3.Not(then))
            solver.add(z3.Not(after))
            assert solver.check() == z3.unsat
    assert changed


def constants(term):
    """The elements in a formula."""
    if z3.is_const(term) and term.sort_kind() == z3.Z3_UNINTERPRETED_SORT:
        return {term}
    inside = [term.body()] if z3.is_quantifier(term) else term.children()
    return set().union(*map(constants, inside))


@pytest.mark.parametrize("name", ["group_attach", "lock_server", "two_phase", "ticket_lock"])
def test_a_step_that_breaks_a_claim_does_so_in_a_case_that_is_asked_about(name):
    """What is said of others than the running instance, and is what it was, is left out: where all
    that is asked about is impossible, no step leads from a state with the claim to one without."""
    found = spec(name)
    whole = family(lambda sizes: found.system(**sizes), {**found.constants,
                                                         **found.arguments(None)})
    prover = Prover(Encoding(whole), Budget())
    claims = [Claim(p.name, p.expr) for p in whole.system.properties if p.kind == "invariant"]
    prover.add(claims)
    shared = Shared(prover.anywhere, prover.grounder, prover.budget)
    left_out = 0
    for situation in prover.situations[1:]:
        shared.enter(situation, ())
        for claim in claims:
            asked = [case for case in shared._after(claim.name) if not isinstance(case, bool)]
            left_out += not asked
            solver = z3.Solver(ctx=prover.encoding.space.context)
            solver.set("rlimit", BUDGET)
            solver.add(*(part for _, part in situation.premises()))
            solver.add(prover.encoding.holds(claim.expr),
                       z3.Not(prover.encoding.holds(claim.expr, situation.path.after)))
            for case in asked:
                skolem = [each for each in constants(case) if each.decl().name()[-1].isdigit()
                          and " " in each.decl().name()]
                solver.add(z3.ForAll(skolem, z3.Not(case)) if skolem else z3.Not(case))
            assert solver.check() == z3.unsat, (situation.name, claim.name)
    assert left_out


def test_what_is_nested_too_deeply_is_not_seen(language):
    """It is taken as true, and the model is not complete."""
    at = language
    deep = at["space"]
    for _ in range(300):
        deep = z3.Not(z3.And(z3.Not(deep), at["linked"](z3.Var(0, at["container"]))))
    solver = z3.Solver(ctx=at["context"])
    assert solver.check() == z3.sat
    model = Model(solver.model())
    assert Evaluation(deep, 1)(model, [(model.value(at["c"]),)]) == [True]
    assert not model.complete
