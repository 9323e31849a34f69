"""Systems built by hand for the SMT tests: a protocol, deadlocks, a mailbox, choices."""
from checker.ir.nodes import (Assign, Block, Branch, Check, Choose, Const, Field, Finish, ForEach,
                              Goto, Local, Location, Me, Op, Place, Quantifier, Var, When, Yield)
from checker.ir.system import Process, Property, Variable
from checker.types import ANY, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set
from checker.values import initial_values
from tests.handmade import BOOL, TRUE, machine, number, shared

FALSE = Const(False, BOOL)


# ── a few words for expressions ──────────────────────────────────────────────────────────────

def both(*args):
    return Op("and", args, BOOL)


def one(*args):
    return Op("or", args, BOOL)


def no(arg):
    return Op("not", (arg,), BOOL)


def then(a, b):
    return Op("implies", (a, b), BOOL)


def eq(a, b):
    return Op("eq", (a, b), BOOL)


def le(a, b):
    return Op("le", (a, b), BOOL)


def plus(a, b, lo, hi):
    return Op("add", (a, b), Int(lo, hi))


def minus(a, b, lo, hi):
    return Op("sub", (a, b), Int(lo, hi))


def get(mapping, key):
    return Op("get", (mapping, key), mapping.type.value)


def every(variable, domain, body):
    return Quantifier("all", variable, domain, body, BOOL)


def some(variable, domain, body):
    return Quantifier("any", variable, domain, body, BOOL)


def count(variable, domain, body):
    one_each = Op("int", (body,), Int(0, 1))
    return Quantifier("sum", variable, domain, one_each, Int(0, domain.size))


def put(place, value):
    return Assign(place, value)


def location(name, entry, *, guard=TRUE, live=(), kind="step", lock=None):
    return Location(name, name, kind, guard, entry, live, lock=lock)


def locations(*every_one):
    return {each.name: each for each in every_one}


# ── a protocol: groups vote before they pin, the balloon looks at the votes ──────────────────

def votes(groups, pages, *, late=False, lemmas=True):
    """Each group votes, pins every page, unpins and withdraws; with `late` it pins first.

    `no_stale` is no inductive invariant without the lemmas. With `late` a page gets stale.
    """
    group, page = Index("group", groups), Index("page", pages)
    holds, pinned = Map(group, BOOL), Map(page, BOOL)
    total = Int(0, groups)
    g = Local("g", group)
    tally, cell = Var("votes", total), Place("votes", (), total, total)

    def hold(value):
        change = plus(tally, number(1), 0, groups + 1) if value else minus(
            tally, number(1), -1, groups)
        inside = both(le(number(0), change), le(change, number(groups)))
        return (Check(inside, "overflow", "`votes` leaves its range"), put(cell, change),
                put(Place("holds", (g,), BOOL, holds), Const(value, BOOL)))

    def attach(value):
        others = some("h", group, get(Var("attached", holds), Local("h", group)))
        mark = put(Place("attached", (g,), BOOL, holds), Const(value, BOOL))
        p = Place("pinned", (Local("p", page),), BOOL, pinned)
        pin = ForEach("p", page, (put(p, others),))
        return mark, pin

    first, second = (attach(True), hold(True)) if late else (hold(True), attach(True))
    blocks = {
        0: Block((), Yield("begin")),
        1: Block(first, Yield("next")),
        2: Block((Choose("failed", BOOL, TRUE, "next", "fails"),),
                 Branch(both(Local("failed", BOOL), Const(not late, BOOL)), 3, 4)),
        3: Block(hold(False), Yield("begin")),
        4: Block(second, Yield("detach")),
        5: Block(attach(False), Yield("withdraw")),
        6: Block(hold(False), Yield("begin")),
    }
    process = Process("attach", group, "g", 0, blocks,
                      locations(location("begin", 1), location("next", 2),
                                location("detach", 5), location("withdraw", 6)), {})
    p = Local("p", page)
    stale = Place("stale", (p,), BOOL, pinned)
    zap = When(both(eq(tally, number(0)), get(Var("pinned", pinned), p)), (put(stale, TRUE),))
    balloon = Process("balloon", None, "", 0,
                      {0: Block((), Yield("inflate")),
                       1: Block((Choose("p", page, TRUE, "page"), zap), Yield("inflate"))},
                      locations(location("inflate", 1)), {}, daemon=True)
    variables = [shared("votes", total), shared("holds", holds), shared("attached", holds),
                 shared("pinned", pinned), shared("stale", pinned)]
    properties = votes_properties(group, page, process.location_type)
    if not lemmas:
        properties = [each for each in properties if each.kind != "lemma"]
    return machine([process, balloon], variables, properties, "votes")


def votes_properties(group, page, location_type):
    g, p, per_page = Local("g", group), Local("p", page), Map(page, BOOL)
    here = get(Var("attach.at", Map(group, location_type)), g)

    def waits(*names):
        return one(*(eq(here, Const(name, location_type)) for name in names))

    attached, held = (get(Var(name, Map(group, BOOL)), g) for name in ("attached", "holds"))
    stale, pinned = (get(Var(name, per_page), p) for name in ("stale", "pinned"))
    votes_cast = eq(Var("votes", Int(0, group.size)), count("g", group, held))
    return [
        Property("no_stale", "invariant", every("p", page, no(stale))),
        Property("counted", "invariant", votes_cast),
        Property("all_attached", "sometimes", every("g", group, attached)),
        Property("pinned_by", "lemma", every("p", page, then(pinned, some("g", group, attached)))),
        Property("attached_where", "lemma", every("g", group, eq(attached, waits("detach")))),
        Property("held_where", "lemma",
                 every("g", group, eq(held, waits("next", "detach", "withdraw")))),
    ]


# ── deadlocks ────────────────────────────────────────────────────────────────────────────────

def crossed_locks(*, ordered=False, clock=True):
    """Two processes take the locks of a pair, in opposite order unless `ordered`.

    A daemon that always has a step keeps the system moving: the deadlock is one of two only.
    """
    side, table = Range(2), Map(Range(2), Lock())
    me, s = Me(Int(0, 2)), Local("s", side)
    other = s if ordered else Op("sub", (number(1), s), side)
    first = number(0) if ordered else s
    second = number(1) if ordered else other

    def lock(key):
        return Place("locks", (key,), Lock(), table)

    def take(key):
        return put(lock(key), Op("held", (me,), Lock()))

    def acquire(name, entry, key):
        free = Op("is_free", (get(Var("locks", table), key),), BOOL)
        return location(name, entry, guard=free, kind="acquire", lock=lock(key))

    release = tuple(put(lock(key), Op("free", (), Lock())) for key in (first, second))
    blocks = {0: Block((), Yield("one")), 1: Block((take(first),), Yield("two")),
              2: Block((take(second),), Yield("both")), 3: Block(release, Yield("one"))}
    process = Process("worker", side, "s", 0, blocks,
                      locations(acquire("one", 1, first), acquire("two", 2, second),
                                location("both", 3)), {})
    flip = put(Place("tick", (), BOOL, BOOL), no(Var("tick", BOOL)))
    ticking = Process("clock", None, "", 0, {0: Block((), Yield("tick")),
                                             1: Block((flip,), Yield("tick"))},
                      locations(location("tick", 1)), {}, daemon=True)
    return machine([process, ticking] if clock else [process],
                   [shared("locks", table), shared("tick", BOOL)], (), "crossed locks")


def forgotten_lock():
    """A process finishes without releasing its lock; the other waits for ever."""
    place, me = Place("lock", (), Lock(), Lock()), Me(Int(0, 1))
    free = Op("is_free", (Var("lock", Lock()),), BOOL)
    blocks = {0: Block((), Yield("take")),
              1: Block((put(place, Op("held", (me,), Lock())),), Finish())}
    process = Process("worker", Index("thread", 2), "t", 0, blocks,
                      locations(location("take", 1, guard=free, kind="acquire", lock=place)), {})
    return machine([process], [shared("lock", Lock())], (), "forgotten lock")


# ── data: a queue of records, an optional value, a set ───────────────────────────────────────

def mailbox(capacity, *, careful=True):
    """A producer puts letters into a queue; a consumer remembers the last one and whom it saw.

    Without `careful` the producer does not wait for room.
    """
    page, kind = Range(2), Enum("read", "write")
    letter = Record(page=page, kind=kind)
    queue, last, seen = Queue(letter, capacity), Maybe(letter), Set(page)
    box = Var("box", queue)
    length = Op("queue_len", (box,), Int(0, capacity))
    room = Op("lt", (length, number(capacity)), BOOL)
    made = Op("record", (Local("page", page), Local("kind", kind)), letter)
    send = Block((Choose("page", page, TRUE, "page"),
                  Choose("kind", kind,
                         one(eq(Local("kind", kind), Const("read", kind)),
                             eq(Local("page", page), number(0))), "kind"),
                  Check(room, "queue_full", "`box` is full"),
                  put(Place("box", (), queue, queue), Op("push", (box, made), queue))),
                 Yield("send"))
    sender = Process("sender", None, "", 0, {0: Block((), Yield("send")), 1: send},
                     locations(location("send", 1, guard=room if careful else TRUE)), {})
    head = Op("head", (box, Const((0, "read"), letter)), letter)
    got = Local("got", letter)
    with_page = Op("with", (Var("seen", seen), Field(got, "page", page)), seen)
    take = Block((Assign(Place("got", (), letter, letter, True), head),
                  put(Place("box", (), queue, queue), Op("pop", (box,), queue)),
                  put(Place("last", (), last, last), Op("some", (got,), last)),
                  put(Place("seen", (), seen, seen), with_page)), Yield("receive"))
    waiting = Op("lt", (number(0), length), BOOL)
    receiver = Process("receiver", None, "", 0, {0: Block((), Yield("receive")), 1: take},
                       locations(location("receive", 1, guard=waiting, kind="get")), {})
    value = Op("value", (Var("last", last), Const((0, "read"), letter)), letter)
    properties = [
        Property("writes_to_0", "invariant",
                 then(eq(Field(value, "kind", kind), Const("write", kind)),
                      eq(Field(value, "page", page), number(0)))),
        Property("never_two", "invariant",
                 le(Op("set_len", (Var("seen", seen),), Int(0, 2)), number(1))),
        Property("shorter_or_seen", "step_invariant",
                 one(le(Op("queue_len", (Var("box", queue, True),), Int(0, capacity)), length),
                     no(eq(length, number(capacity - 1))))),
        Property("filled", "sometimes", eq(length, number(capacity))),
    ]
    return machine([sender, receiver],
                   [shared("box", queue), shared("last", last), shared("seen", seen)],
                   properties, "mailbox")


def start_anywhere():
    """`init=ANY` for a map and a number; a choice before the first await; a step that fails."""
    slot, level = Range(2), Int(-2, 2)
    table = Map(slot, Int(0, 2), init=ANY)
    x = Local("x", level)
    depth = Variable("depth", level, (-1, 1))
    fewer = minus(Var("depth", level), x, -4, 4)
    inside = both(le(number(-2), fewer), le(fewer, number(2)))
    now = Var("depth", level)
    parity = Op("mod", (now, number(2)), Int(0, 1))
    cell = Place("table", (parity,), Int(0, 2), table)
    blocks = {
        0: Block((Choose("x", level, le(number(1), Local("x", level)), "x"),), Yield("dive")),
        1: Block((Check(inside, "overflow", "`depth` leaves its range"),
                  put(Place("depth", (), level, level), fewer),
                  put(cell, Op("max", (Op("neg", (now,), Int(-2, 2)), number(0)), Int(0, 2)))),
                 Yield("end")),
        2: Block((), Finish()),
    }
    process = Process("diver", None, "", 0, blocks,
                      locations(location("dive", 1, live=("x",)), location("end", 2)),
                      {"x": level})
    bottom = Property("above_bottom", "invariant", le(number(-1), now))
    return machine([process], [Variable("table", table, initial_values(table)), depth], [bottom],
                   "start anywhere")


def stairs(top, *, lemma=False, jump=False):
    """A number climbs by two from 0; that it never is `top` (odd) needs that it stays even.

    With `jump` it may start to climb by one when it gets to 2, and then it does reach `top`.
    """
    of = Int(0, 2 * top)
    height = Var("height", of)
    higher = plus(height, number(2), 2, 2 * top + 2)
    climb = When(le(higher, number(2 * top)), (put(Place("height", (), of, of), higher),))
    single = When(eq(height, number(2)), (put(Place("height", (), of, of), number(3)),))
    process = Process("climber", None, "", 0,
                      {0: Block((), Yield("climb")),
                       1: Block((single if jump else climb,), Goto(2) if jump else Yield("climb")),
                       2: Block((climb,), Yield("climb"))},
                      locations(location("climb", 1)), {})
    even = Op("mod", (height, number(2)), Int(0, 1))
    properties = [Property("not_top", "invariant", no(eq(height, number(top))))]
    if lemma:
        properties.append(Property("even", "lemma", eq(even, number(0))))
    return machine([process], [shared("height", of)], properties, "stairs")
