"""Who holds a lock, as lemmas say it: `self.bql.lock.holder == self.device.life[g]`.

A lock's value is the number of the instance that holds it. In the IR of one size a lemma is
`held_by(lock, first + g)`, where `first` is the number of the process's first instance there; so
a lemma that goes from one size to another has its numbers replaced. For every size `first` names
the process, and the number has no other meaning.
"""
from __future__ import annotations

from checker.ir.nodes import Const, Expr, Field, Op, Quantifier
from checker.ir.system import Process, System
from checker.types import Bool, Int, Range
from checker.values import domain

BOOL = Bool()


def holder(system: System, lock: Expr, process: Process, key: Expr | None) -> Expr:
    """That the instance of `process` for `key` holds the lock."""
    first = _first(system, process)
    number: Expr = Const(first, Int(first, first))
    if key is not None:
        number = Op("add", (number, key), Int(first, first + _weight(process)))
    return Op("held_by", (lock, number), BOOL)


def held_by(system: System, expr: Op) -> tuple[Process, Expr | None] | None:
    """The process and the key of what `holder` made; None for any other expression."""
    key: Expr | None = None
    number = expr.args[1]
    if isinstance(number, Op) and number.op == "add":
        number, key = number.args
    if not isinstance(number, Const):
        return None
    process = next(p for p in system.processes if _first(system, p) == number.value)
    return process, key


def moved(expr: Expr, old: System, new: System) -> Expr:
    """A lemma about `old` as one about the same spec at another size."""
    match expr:
        case Op("held_by", (lock, _)):
            found = held_by(old, expr)
            assert found is not None, "not made by holder()"
            process, key = found
            return holder(new, moved(lock, old, new), new.process[process.name], key)
        case Op(op, args, of):
            return Op(op, tuple(moved(a, old, new) for a in args), of, loc=expr.loc)
        case Field(record, name, of):
            return Field(moved(record, old, new), name, of)
        case Quantifier(kind, name, of, body, result):
            return Quantifier(kind, name, of, moved(body, old, new), result, loc=expr.loc)
    return expr


def _first(system: System, process: Process) -> int:
    """The number of the first instance of a process."""
    before = system.processes[:system.processes.index(process)]
    return sum(map(_weight, before))


def _weight(process: Process) -> int:
    """How many instances there are; some number where that varies: then it has no meaning."""
    match process.domain:
        case None:
            return 1
        case Range(size) if not isinstance(size, int):
            return 1
    return len(domain(process.domain))
