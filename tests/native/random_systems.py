"""Random systems: well-typed IR over all types, for comparing the engine with the interpreter."""
import random

from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Field, Finish, ForEach,
                              Goto, Local, Location, Me, Op, Place, Quantifier, Var, When, Yield)
from checker.ir.system import Process, Property, Variable
from checker.types import (Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           bounds)
from checker.values import all_values, domain, lowest
from tests.handmade import BOOL, machine, shared

WHO, SMALL, COLOUR, ANY_NUMBER = Index("who", 2), Int(-1, 2), Enum("red", "blue"), Int(-99, 99)
PAIR = Record(colour=COLOUR, flag=BOOL)
TYPES = {"flag": BOOL, "level": SMALL, "colour": COLOUR, "flags": Map(WHO, BOOL),
         "grid": Map(Bool(), Map(WHO, SMALL)), "chosen": Maybe(WHO), "some": Maybe(Int(1, 2)),
         "members": Set(Int(1, 3)), "box": Queue(COLOUR, 2), "pair": PAIR,
         "pairs": Map(WHO, PAIR), "long": Map(Range(70), BOOL)}
PAD = Map(Range(70), BOOL)


class Author:
    """Writes expressions and statements of a process with the parameter `me`."""

    def __init__(self, seed, names):
        self.random = random.Random(seed)
        self.names = names              # of the shared variables
        self.fresh = 0

    def pick(self, options):
        return self.random.choice(list(options))

    def expr(self, of, depth, known):
        """An expression of exactly the type `of`; numbers within their bounds."""
        leaves = [lambda: Const(self.pick(domain(of)) if of in (WHO, COLOUR, BOOL, SMALL)
                                else self.constant(of), of)]
        leaves += [lambda n=n: Var(n, TYPES[n]) for n in self.names if TYPES[n] == of]
        leaves += [lambda n=n: Local(n, of) for n, t in known.items() if t == of]
        inner = self.inner(of, depth - 1, known) if depth > 0 else []
        return self.pick(inner or leaves)() if self.random.random() < 0.7 else self.pick(leaves)()

    def constant(self, of):
        return lowest(of) if of == PAD else self.pick(all_values(of))

    def inner(self, of, depth, known):
        """Ways to build a value of the type from others."""
        def e(t):
            return self.expr(t, depth, known)

        made = [lambda: Op("ite", (e(BOOL), e(of), e(of)), of)]
        if of == BOOL:
            made += self.booleans(depth, known)
        if of == SMALL:
            made += [
                lambda: Op("mod", (self.number(depth, known), Const(3, Int(3, 3))), Int(0, 2)),
                lambda: Op("get", (Op("get", (e(TYPES["grid"]), e(BOOL)), Map(WHO, SMALL)),
                                   e(WHO)), SMALL),
                lambda: Op("max", (Const(-1, Int(-1, -1)), Op("min", (
                    Const(2, Int(2, 2)), self.number(depth, known)), ANY_NUMBER)), ANY_NUMBER)]
        made += {
            WHO: [lambda: Op("value", (e(Maybe(WHO)), e(WHO)), WHO)],
            COLOUR: [lambda: Op("head", (e(TYPES["box"]), e(COLOUR)), COLOUR),
                     lambda: Field(e(PAIR), "colour", COLOUR)],
            TYPES["chosen"]: [lambda: Op("some", (e(WHO),), of)],
            TYPES["members"]: [
                lambda: Op(self.pick(["union", "intersection", "difference"]), (e(of), e(of)), of),
                lambda: Op("without", (e(of), e(SMALL)), of), self.set_of(depth, known)],
            TYPES["box"]: [lambda: Op("pop", (e(of),), of)],
            PAIR: [lambda: Op("record", (e(COLOUR), e(BOOL)), of),
                   lambda: Op("get", (e(TYPES["pairs"]), e(WHO)), PAIR)],
        }.get(of, [])
        return made

    def booleans(self, depth, known):
        def e(t):
            return self.expr(t, depth, known)

        def n():
            return self.number(depth, known)

        same = self.pick([COLOUR, PAIR, TYPES["chosen"], TYPES["box"], TYPES["grid"], PAD, WHO])
        return [
            lambda: Op("not", (e(BOOL),), BOOL),
            lambda: Op(self.pick(["and", "or"]), (e(BOOL), e(BOOL), e(BOOL)), BOOL),
            lambda: Op("implies", (e(BOOL), e(BOOL)), BOOL),
            lambda: Op(self.pick(["lt", "le", "eq", "ne"]), (n(), n()), BOOL),
            lambda: Op(self.pick(["eq", "ne"]), (e(same), e(same)), BOOL),
            lambda: Op("get", (e(TYPES["flags"]), e(WHO)), BOOL),
            lambda: Op("get", (e(PAD), n()), BOOL),
            lambda: Op("contains", (e(TYPES["members"]), n()), BOOL),
            lambda: Op("subset", (e(TYPES["members"]), e(TYPES["members"])), BOOL),
            lambda: Op("is_none", (e(TYPES["some"]),), BOOL),
            lambda: Field(e(PAIR), "flag", BOOL),
            lambda: self.quantifier(self.pick(["any", "all"]), BOOL, BOOL, depth, known),
        ]

    def number(self, depth, known):
        def n():
            return self.number(depth - 1, known)

        if depth <= 0:
            return self.expr(SMALL, 0, known)
        return self.pick([
            lambda: Op(self.pick(["add", "sub", "min", "max"]), (n(), n()), ANY_NUMBER),
            lambda: Op(self.pick(["floordiv", "mod"]), (n(), n()), ANY_NUMBER),
            lambda: Op("neg", (n(),), ANY_NUMBER),
            lambda: Op("int", (self.expr(BOOL, depth - 1, known),), Int(0, 1)),
            lambda: Op("queue_len", (self.expr(TYPES["box"], depth - 1, known),), Int(0, 2)),
            lambda: Op("set_len", (self.expr(TYPES["members"], depth - 1, known),), Int(0, 3)),
            lambda: Op("value", (self.expr(TYPES["some"], 0, known), n()), ANY_NUMBER),
            lambda: self.quantifier("sum", SMALL, Int(-10, 10), depth - 1, known),
            lambda: self.expr(SMALL, depth - 1, known)])()

    def set_of(self, depth, known):
        return lambda: self.quantifier("set", BOOL, TYPES["members"], depth, known)

    def quantifier(self, kind, body, of, depth, known):
        self.fresh += 1
        name = f"q{self.fresh}"
        over = TYPES["members"].of if kind == "set" else self.pick([WHO, COLOUR, SMALL, BOOL])
        return Quantifier(kind, name, over, self.expr(body, depth, {**known, name: over}), of)

    # ── statements ──────────────────────────────────────────────────────────────────────────

    def place(self, known):
        """Some part of a variable that can be assigned, with checks already passed."""
        name = self.pick(self.names)
        of, path = TYPES[name], []
        while isinstance(of, (Map, Record)) and (self.random.random() < 0.8 or of == PAD):
            if isinstance(of, Record):
                path.append(self.pick([n for n, _ in of.fields]))
                of = of.field_type(path[-1])
            else:
                key = self.expr(of.key, 1, known) if of.key in (WHO, BOOL) else Const(
                    self.pick([0, 1, 69]), of.key)
                path.append(key)
                of = of.value
        return Place(name, tuple(path), of, TYPES[name])

    def value(self, of, known):
        """A value for an assignment; only pushes and numbers can leave their type, so those
        come with a check."""
        if of == TYPES["box"] and self.random.random() < 0.6:
            box = self.expr(of, 0, known)
            room = Op("lt", (Op("queue_len", (box,), Int(0, 2)), Const(2, Int(2, 2))), BOOL)
            return [Check(room, "queue_full", "full")], Op(
                "push", (box, self.expr(COLOUR, 1, known)), of)
        if of == TYPES["members"] and self.random.random() < 0.5:
            return [], Op("with", (self.expr(of, 0, known), Const(self.pick([1, 2, 3]), of.of)), of)
        if of == TYPES["some"] and self.random.random() < 0.7:
            return [], Op("some", (Const(self.pick([1, 2]), Int(1, 2)),), of)
        if of == SMALL and self.random.random() < 0.2:
            number = self.number(2, known)
            lo, hi = bounds(of)
            inside = Op("and", (Op("le", (Const(lo, of), number), BOOL),
                                Op("le", (number, Const(hi, of)), BOOL)), BOOL)
            return [Check(inside, "overflow", "leaves its range")], number
        return [], self.expr(of, 2, known)

    def value_only(self, of, known):
        """A value that needs no check."""
        return self.expr(of, 2, known)

    def assignment(self, known):
        place = self.place(known)
        checks, value = self.value(place.type, known)
        return [*checks, Assign(place, value)]

    def statements(self, known, *, choices):
        found = []
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.random()
            if kind < 0.15:
                found.append(When(self.expr(BOOL, 1, known), tuple(self.assignment(known)),
                                  tuple(self.assignment(known))))
            elif kind < 0.3:
                inner = {**known, "each": WHO}
                place = Place("flags", (Local("each", WHO),), BOOL, TYPES["flags"])
                if "flags" in self.names:
                    found.append(ForEach("each", WHO, (Assign(place, self.expr(BOOL, 1, inner)),)))
            elif kind < 0.45 and choices:
                found += self.choice(known)
            elif kind < 0.48:
                found.append(Check(Op("or", (self.expr(BOOL, 2, known), Var("flag", BOOL)), BOOL),
                                   self.pick(["assertion", "division", "bad_key"]), "fails"))
            else:
                found += self.assignment(known)
        return tuple(found)

    def choice(self, known):
        of = self.pick([SMALL, WHO, BOOL])
        self.fresh += 1
        name = f"c{self.fresh}"
        inner = {**known, name: of}
        where = Const(True, BOOL) if self.random.random() < 0.4 else Op(
            "or", (self.expr(BOOL, 2, inner), Op("eq", (Local(name, of), Const(
                self.pick(domain(of)), of)), BOOL)), BOOL)
        known[name] = of
        return [Choose(name, of, where, "choice")]


def random_system(seed):
    """A system of one process for each `who`, of three locations, and perhaps a lock."""
    author = Author(seed, [])
    author.names = ["flag", *author.random.sample(sorted(set(TYPES) - {"flag"}), 3)]
    keep = {"kept": author.pick([SMALL, BOOL, TYPES["chosen"]])}
    me, every = {"me": WHO}, {"me": WHO, **keep}
    lock = Place("lock", (), Lock(), Lock())
    blocks = {0: Block((), Yield("first"))}
    known = dict(me)
    blocks[1] = Block(author.statements(known, choices=True),
                      Branch(author.expr(BOOL, 1, known), 2, 3))
    blocks[2] = Block((Assign(Place("kept", (), keep["kept"], keep["kept"], local=True),
                              author.value_only(keep["kept"], known)),), Yield("second"))
    blocks[3] = Block(author.statements(dict(me), choices=False), Yield("first"))
    known = dict(every)
    blocks[4] = Block(author.statements(known, choices=True), Goto(5))
    blocks[5] = Block((), author.pick([Yield("third"), Finish(), Yield("first")]))
    blocks[6] = Block((Assign(lock, Op("held", (Me(Int(0, 1)),), Lock())),
                       *author.statements(dict(me), choices=False)),
                      Branch(author.expr(BOOL, 1, dict(me)), 7, 8))
    blocks[7] = Block((Assign(lock, Op("free", (), Lock())),), Yield("first"))
    blocks[8] = Block((), author.pick([Finish(), Yield("third")]))
    free = Op("is_free", (Var("lock", Lock()),), BOOL)
    locations = {
        "first": Location("first", "first", "step", Const(True, BOOL), 1, ()),
        "second": Location("second", "second", "until", author.expr(BOOL, 2, dict(every)), 4,
                           ("kept",)),
        "third": Location("third", "third", "acquire", free, 6, (), lock=lock)}
    worker = Process("worker", WHO, "me", 0, blocks, locations, keep,
                     daemon=author.random.random() < 0.3)
    variables = [shared(name, TYPES[name]) for name in author.names]
    for i, name in enumerate(author.names):
        if TYPES[name] != PAD and author.random.random() < 0.3:
            values = tuple(all_values(TYPES[name]))
            variables[i] = Variable(name, TYPES[name], values[:4])
    return machine([worker], [*variables, shared("lock", Lock())],
                   properties(author), f"random{seed}")


def properties(author):
    state = [Property(name, kind, author.expr(BOOL, 3, {}),
                      antecedents=(author.expr(BOOL, 1, {}),))
             for name, kind in [("inv", "invariant"), ("lem", "lemma"), ("reached", "sometimes")]]
    name = author.pick(author.names)
    grows = Op("or", (Op("eq", (Var(name, TYPES[name]), Var(name, TYPES[name], primed=True)),
                         BOOL), author.expr(BOOL, 1, {})), BOOL)
    moved = Op("ne", (Var(name, TYPES[name]), Var(name, TYPES[name], primed=True)), BOOL)
    return [*state, Property("same", "step_invariant", grows, antecedents=(moved,))]
