"""Random systems: whatever the IR allows, both engines say the same of it."""
import random

import pytest

from checker.engines.interp.explore import explore
from checker.engines.smt.bmc import search
from checker.engines.smt.induction import prove
from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Finish, ForEach, Goto,
                              Local, Op, Place, Quantifier, Var, When, Yield)
from checker.ir.system import Process, Property
from checker.ir.verify import verify
from checker.judgement.certify import certify
from checker.types import ANY, Enum, Index, Int, Map, Maybe, Queue, Range, Set
from tests.handmade import BOOL, machine, shared
from tests.smt.systems import location, locations

WHO, MODE, SMALL = Index("who", 2), Enum("off", "low", "high"), Int(-1, 2)
VARIABLES = {
    "flag": BOOL, "level": Int(-1, 2, init=ANY), "mode": MODE, "flags": Map(WHO, BOOL, init=ANY),
    "levels": Map(Range(2), SMALL), "chosen": Maybe(WHO), "members": Set(Range(2)),
    "box": Queue(MODE, 2),
}


class Author:
    """Writes random well-typed IR for a process with the parameter `me` and the local `x`."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.bound = 0

    def one_of(self, *options):
        return self.random.choice(options)

    def boolean(self, depth, names):
        if depth == 0:
            leaves = [Var("flag", BOOL), Const(self.one_of(True, False), BOOL)]
            return self.one_of(*leaves, Op("contains", (Var("members", Set(Range(2))),
                                                        Const(1, Range(2))), BOOL))
        smaller = depth - 1
        return self.one_of(
            lambda: Op("not", (self.boolean(smaller, names),), BOOL),
            lambda: Op(self.one_of("and", "or", "implies"),
                       (self.boolean(smaller, names), self.boolean(smaller, names)), BOOL),
            lambda: Op(self.one_of("lt", "le", "eq", "ne"),
                       (self.number(smaller, names), self.number(smaller, names)), BOOL),
            lambda: Op("eq", (self.mode(smaller, names), self.mode(smaller, names)), BOOL),
            lambda: Op("get", (Var("flags", VARIABLES["flags"]), self.who(names)), BOOL),
            lambda: Op("is_none", (Var("chosen", VARIABLES["chosen"]),), BOOL),
            lambda: self.quantified(smaller, names),
        )()

    def quantified(self, depth, names):
        self.bound += 1
        name = f"q{self.bound}"
        inner = {**names, name: WHO}
        return Quantifier(self.one_of("any", "all"), name, WHO, self.boolean(depth, inner), BOOL)

    def number(self, depth, names):
        wide = Int(-30, 30)
        if depth == 0:
            return self.one_of(Var("level", SMALL), Const(self.random.randint(-1, 2), SMALL))
        left, right = (lambda: self.number(depth - 1, names),) * 2
        return self.one_of(
            lambda: Op(self.one_of("add", "sub", "min", "max"), (left(), right()), wide),
            lambda: Op("mod", (left(), Const(3, Int(3, 3))), Int(0, 2)),
            lambda: Op("queue_len", (Var("box", VARIABLES["box"]),), Int(0, 2)),
            lambda: Op("set_len", (Var("members", VARIABLES["members"]),), Int(0, 2)),
            lambda: Op("get", (Var("levels", VARIABLES["levels"]), left()), SMALL),
        )()

    def mode(self, depth, names):
        return self.one_of(
            lambda: Var("mode", MODE),
            lambda: Const(self.one_of("off", "low", "high"), MODE),
            lambda: Op("head", (Var("box", VARIABLES["box"]), Var("mode", MODE)), MODE))()

    def who(self, names):
        known = [Local(name, of) for name, of in names.items() if of == WHO]
        chosen = Op("value", (Var("chosen", VARIABLES["chosen"]), Const(0, WHO)), WHO)
        return self.one_of(*known, chosen)

    def statements(self, depth, names, *, choices=True):
        found, names = [], dict(names)
        for _ in range(self.random.randint(1, 3)):
            found += self.statement(depth, names, choices)
        return tuple(found)

    def statement(self, depth, names, choices):
        if depth and self.random.random() < 0.3:
            inner = {**names, "w": WHO}
            return [self.one_of(
                lambda: When(self.boolean(1, names), self.statements(0, names, choices=False),
                             self.statements(0, names, choices=False)),
                lambda: ForEach("w", WHO, self.statements(0, inner, choices=False)))()]
        if choices and self.random.random() < 0.25:
            self.bound += 1
            name = f"c{self.bound}"
            some = Quantifier("any", "e", WHO, self.where("e"), BOOL)
            choose = Choose(name, WHO, self.where(name), name)
            if self.random.random() < 0.7:
                then = self.statements(0, {**names, name: WHO}, choices=False)
                return [When(some, (choose, *then))]
            names[name] = WHO
            return [Check(some, "empty_choice", "nothing to choose"), choose]
        return self.assignment(names)

    def where(self, name):
        return Op("get", (Var("flags", VARIABLES["flags"]), Local(name, WHO)), BOOL)

    def assignment(self, names):
        target = self.one_of("flag", "level", "mode", "flags", "levels", "chosen", "members",
                             "box", "x")
        of = VARIABLES.get(target, SMALL)
        whole = Place(target, (), of, of, target == "x")
        match target:
            case "flag":
                return [Assign(whole, self.boolean(2, names))]
            case "level" | "x":
                return self.bounded(whole, names)
            case "levels":
                key = Op("mod", (self.number(1, names), Const(2, Int(2, 2))), Range(2))
                return self.bounded(Place(target, (key,), SMALL, of), names)
            case "mode":
                return [Assign(whole, self.mode(1, names))]
            case "flags":
                return [Assign(Place(target, (self.who(names),), BOOL, of),
                               self.boolean(1, names))]
            case "chosen":
                some = Op("some", (self.who(names),), of)
                return [Assign(whole, self.one_of(some, Const(None, of)))]
            case "members":
                change = Op(self.one_of("with", "without"),
                            (Var(target, of), Const(self.one_of(0, 1), Range(2))), of)
                return [Assign(whole, change)]
            case "box":
                return self.queued(whole, of, names)

    def bounded(self, place, names):
        value = self.number(2, names)
        inside = Op("and", (Op("le", (Const(-1, SMALL), value), BOOL),
                            Op("le", (value, Const(2, SMALL)), BOOL)), BOOL)
        return self.careful(inside, "overflow", Assign(place, value))

    def queued(self, place, of, names):
        box = Var("box", of)
        if self.random.random() < 0.5:
            return [Assign(place, Op("pop", (box,), of))]
        room = Op("lt", (Op("queue_len", (box,), Int(0, 2)), Const(2, Int(2, 2))), BOOL)
        push = Op("push", (box, self.mode(1, names)), of)
        return self.careful(room, "queue_full", Assign(place, push))

    def careful(self, condition, kind, assign):
        """An assignment that is made only where it may be, or now and then fails."""
        if self.random.random() < 0.8:
            return [When(condition, (assign,))]
        return [Check(condition, kind, "not allowed"), assign]

    def process(self):
        names = {"me": WHO}
        yields = [lambda: Yield("a"), lambda: Yield("b"), lambda: Yield("a"), Finish]
        blocks = {0: Block((Assign(Place("x", (), SMALL, SMALL, True), Const(1, SMALL)),),
                           Yield("a"))}
        for entry in (1, 11):
            blocks[entry] = Block(self.statements(1, names),
                                  Branch(self.boolean(2, names), entry + 1, entry + 2))
            blocks[entry + 1] = Block(self.statements(1, names),
                                      self.one_of(Goto(entry + 3), Yield("b")))
            blocks[entry + 2] = Block(self.statements(0, names), Goto(entry + 3))
            blocks[entry + 3] = Block((self.keep_x(),), self.one_of(*yields)())
        guard = self.boolean(2, names)
        return Process("walker", WHO, "me", 0, blocks,
                       locations(location("a", 1, live=("x",)),
                                 location("b", 11, guard=guard, live=("x",))), {"x": SMALL})

    def keep_x(self):
        x = Local("x", SMALL)
        value = Op("max", (x, Var("level", SMALL)), SMALL)
        return Assign(Place("x", (), SMALL, SMALL, True), value)

    def system(self):
        process = self.process()
        states = [Property(f"p{i}", "invariant", self.boolean(3, {})) for i in range(3)]
        after = Op("le", (Var("level", SMALL), Op("add", (Var("level", SMALL, True),
                                                          Const(1, SMALL)), Int(0, 3))), BOOL)
        return machine([process], [shared(name, of) for name, of in VARIABLES.items()],
                       [*states, Property("slow", "step_invariant", after),
                        Property("some", "sometimes", self.boolean(3, {}))], "random")


def lengths(paths, most):
    return {name: len(path) for name, path in paths.items() if len(path) <= most}


@pytest.mark.parametrize("seed", range(30))
def test_random_systems(seed):
    system = Author(seed).system()
    verify(system)
    reached = explore(system, limit=4_000)
    bound = min(5, reached.depth - (not reached.complete))
    found = search(system, bound=bound, rlimit=20_000_000)
    assert not found.reason
    # A failing step is found with the state it starts in, a step invariant's with the one after.
    assert lengths(found.violations, bound) == lengths(reached.violations, bound)
    assert lengths(found.witnesses, bound) == lengths(reached.witnesses, bound)
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)
    assert not set(prove(system).named("proved")) & set(reached.violations)
