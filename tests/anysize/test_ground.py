"""The ground form of formulas: it has a model where they have one, and none where they do not."""
import itertools

import z3

from checker.engines.smt.anysize.ground import SETTINGS, Grounder


def formulas(at):
    """Shapes that specs have: quantifiers inside of everything."""
    g, h, c, attached, linked, space = (at[n] for n in (
        "g", "h", "c", "attached", "linked", "space"))
    anything = z3.Exists([c], linked(c))
    has = z3.Exists([c], attached(g, c))
    return {
        "equality": space == anything,
        "function": z3.ForAll([g], has),
        "at most one": z3.ForAll([g, c], z3.Implies(attached(g, c), z3.ForAll(
            [h], z3.Implies(attached(h, c), h == g)))),
        "linked": z3.ForAll([g, c], z3.Implies(attached(g, c), linked(c))),
        "condition": z3.If(anything, z3.ForAll([g], z3.Not(has)), z3.Not(space)),
        "number": z3.If(anything, z3.IntVal(1, at["context"]), 0) >= 1,
        "nobody": z3.Not(z3.Exists([g], z3.Exists([c], attached(g, c)))),
        "not space": z3.Not(space),
        "here": attached(g, c),
        "elsewhere": z3.Exists([h], z3.And(h != g, attached(h, c))),
    }


def solved(at, parts, *, ground):
    solver = z3.Solver(ctx=at["context"])
    if ground:
        solver.set(**SETTINGS)
        parts = Grounder(at["context"], [at["group"], at["container"]]).question(parts, [])
    solver.add(*parts)
    return solver.check()


def test_agrees_with_model_based_instantiation(language):
    """On each set of up to three formulas: `unsat` where Z3 by itself says so, and only there."""
    said = set()
    every = formulas(language).values()
    for parts in itertools.chain(*(itertools.combinations(every, n) for n in (1, 2, 3))):
        for negated in ((), (0,)):
            parts = [z3.Not(p) if i in negated else p for i, p in enumerate(parts)]
            known = solved(language, parts, ground=False)
            assert known in (z3.sat, z3.unsat)
            assert (solved(language, parts, ground=True) == z3.unsat) == (known == z3.unsat), parts
            said.add(str(known))
    assert said == {"sat", "unsat"}


def test_hypotheses_are_supposed_by_their_literals(language):
    """An unsatisfiable core names those that a proof needs, and without them there is none."""
    shapes, context = formulas(language), language["context"]
    grounder = Grounder(context, [language["group"], language["container"]])
    names = ["equality", "function", "linked", "at most one"]
    literals = {name: z3.Bool(f"+{name}", context) for name in names}
    solver = z3.Solver(ctx=context)
    solver.set(**SETTINGS)
    solver.add(*grounder.question([shapes["not space"]], [
        (literal, shapes[name]) for name, literal in literals.items()]))
    assert solver.check(*literals.values()) == z3.unsat
    assert {literal.decl().name() for literal in solver.unsat_core()} == {
        "+equality", "+function", "+linked"}
    assert solver.check(*(literals[n] for n in names if n != "linked")) != z3.unsat


def test_alike_quantifiers_share_a_witness(language):
    shapes = formulas(language)
    g, c, attached = (language[name] for name in ("g", "c", "attached"))
    twice = z3.ForAll([g], z3.Or(language["space"], z3.Exists([c], attached(g, c))))
    grounder = Grounder(language["context"], [language["group"], language["container"]])
    parts = grounder.question([shapes["function"], twice], [])
    assert sum("witness" in str(part) for part in parts) == 1
