"""Systems built by hand from IR nodes: for tests of the engines without the front end."""
from checker.ir.nodes import (Assign, Block, Check, Choose, Const, Finish, Local, Location, Me, Op,
                              Place, Quantifier, Var, Yield)
from checker.ir.system import Process, Property, System, Variable, over_instances
from checker.types import Bool, Index, Int, Lock, Map, Range
from checker.values import initial_values, lowest

BOOL, TRUE = Bool(), Const(True, Bool())


def shared(name, of):
    return Variable(name, of, initial_values(of))


def machine(processes, variables, properties=(), name="handmade"):
    """A system with the processes' own variables added."""
    every = list(variables)
    for p in processes:
        at = over_instances(p, p.location_type)
        every.append(Variable(p.location_variable, at, (lowest(at),), "location", p.name, "at"))
        for local, of in p.locals.items():
            kept = over_instances(p, of)
            every.append(Variable(p.local_variable(local), kept, (lowest(kept),), "local",
                                  p.name, local))
    return System(name, __file__, {}, tuple(every), tuple(processes), tuple(properties))


def number(value):
    return Const(value, Int(value, value))


def counters(n, modulus):
    """n counters modulo `modulus`, each stepped by its own process instance: modulus**n states."""
    slot, digit = Range(n), Int(0, modulus - 1)
    table = Map(slot, digit)
    me = Local("i", slot)
    cell = Op("get", (Var("counter", table), me), digit)
    bump = Op("mod", (Op("add", (cell, number(1)), Int(1, modulus)), number(modulus)), digit)
    blocks = {0: Block((), Yield("tick")),
              1: Block((Assign(Place("counter", (me,), digit, table), bump),), Yield("tick"))}
    tick = Location("tick", "tick", "step", TRUE, 1, ())
    process = Process("count", slot, "i", 0, blocks, {"tick": tick}, {}, daemon=True)
    everywhere = Op("le", (cell, number(modulus - 1)), BOOL)
    safe = Property("in_range", "invariant",
                    Quantifier("all", "i", slot, everywhere, BOOL))
    return machine([process], [shared("counter", table)], [safe])


def mutex(n, *, broken=False):
    """n processes take a lock, choose a number, keep it in a local over a yield, and add it up.

    Has a choice, a check that can fail when `broken`, a persistent local, a lock and Finish.
    """
    thread, total, small = Index("thread", n), Int(0, 2 * n - (1 if broken else 0)), Int(1, 2)
    lock = Place("lock", (), Lock(), Lock())
    me = Me(Int(0, n - 1))
    added = Op("add", (Var("total", total), Local("x", small)), Int(1, 3 * n))
    in_range = Op("le", (added, number(total.hi)), BOOL)
    blocks = {
        0: Block((), Yield("take")),
        1: Block((Assign(lock, Op("held", (me,), Lock())),
                  Choose("x", small, TRUE, "amount")), Yield("add")),
        2: Block((Check(in_range, "overflow", "`total` leaves its range"),
                  Assign(Place("total", (), total, total), added),
                  Assign(lock, Op("free", (), Lock()))), Finish()),
    }
    free = Op("is_free", (Var("lock", Lock()),), BOOL)
    locations = {"take": Location("take", "take", "acquire", free, 1, (), lock=lock),
                 "add": Location("add", "add", "step", TRUE, 2, ("x",))}
    process = Process("worker", thread, "t", 0, blocks, locations, {"x": small})
    full = Property("full", "sometimes", Op("eq", (Var("total", total), number(2 * n)), BOOL))
    return machine([process], [shared("lock", Lock()), shared("total", total)], [full])
