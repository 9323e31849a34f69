"""The error codes of the front end: one row each, with what `checker explain CODE` says."""
from __future__ import annotations

CODES: dict[str, str] = {
    "E101": """This Python construct is not part of the language.

The checker compiles processes and properties to a finite state machine. It knows assignments,
if, while, for, async with, assert, return, break, continue, calls of methods of components, and
expressions over the declared types. It does not know try, raise, with, classes, lambdas outside
`until`, floats, strings other than Enum members, or calls of arbitrary functions.""",
    "E102": """A name is used that is neither a local, a parameter nor something the file knows.""",
    "E103": """An attribute is used that the component, record or value does not have.

State is declared in the constructor: `self.votes = Int(0, 3)`. What is declared there is what
processes and properties can use.""",
    "E104": """A value of one type stands where another is needed.

A Bool is not a number here (write `1 if flag else 0`), an element of one Index is not an element
of another, and an Enum is compared with its own members only.""",
    "E105": """An element of an Index was compared by order or used in arithmetic.

The elements of an Index are interchangeable: they know only == and !=. That is what makes
symmetry reduction and proofs for every size sound. Use Range for an ordered set.""",
    "E106": """A loop over an Index does something that may depend on the order of the elements.

Allowed in the body are updates of a map at the element itself (`self.held[g] = False`), sums
(`n += ...`), adding the element to a set, and setting a flag to a constant. An await, break,
return or choice inside the loop would make the order visible. Use `pick` to take one element, or
Range where the order is part of the protocol.""",
    "E107": """A loop can run for ever without an await.

Code between two awaits is one atomic step and must end. Put an `await step(...)` or
`await until(...)` on every path through the loop, or use `for`.""",
    "E108": """The checker can not bound a local that counts.

Give it a range where it is first assigned: `n: Int(0, 5) = 0`.""",
    "E109": """A local may be used before it has a value.""",
    "E110": """A label is missing, not a constant string, or used for two different awaits of one
process. Labels name the steps in traces and in replay, so each must mean one place.""",
    "E111": """Code before a process's first await touches shared state.

What a process does before its first await happens before anything else, for all processes, so
it may only set its own locals. Put `await step("...")` before it.""",
    "E112": """A choice or a change of state stands where only a value may stand.

`pick`, `maybe`, `fails`, `try_acquire` and methods that change state can be a whole statement,
the right side of an assignment, a condition (also under `not`, `and`, `or`), or the argument of
a method called as a statement. Elsewhere, and in properties, assign the result to a name first.""",
    "E113": """A method calls itself, directly or through others. Calls are inlined, so recursion
has no meaning; write a loop with awaits.""",
    "E114": """An await is missing, or stands before something that is not awaited.

Awaitable are step, until, queue.get, lock.acquire and async methods of components, as a
statement of their own or as the right side of an assignment or return.""",
    "E115": """`until` takes a condition that can be evaluated again and again: a lambda or a method
without effects. `until(self.votes == 0)` would be evaluated once, before waiting: write
`until(lambda: self.votes == 0)`.""",
    "E116": """Something that is not a state variable or a local is assigned.

Constants are decided before checking starts. Declare state in the constructor with a type.""",
    "E117": """An intermediate result may leave 62 bits. The checker computes with exact 64-bit
numbers; choose smaller ranges.""",
    "E118": """A process is declared wrongly: it must be `async`, and take `self` and, with `each=`,
one parameter; `each=` names an Index or Range attribute.""",
    "E119": """A property is declared wrongly: it must be a plain method that returns a value and
changes nothing. A step invariant takes `before` and `after`; `leads_to` returns a pair.""",
    "E120": """A fault, an instance or `intended` names something that does not exist.""",
    "E121": """The spec's constructor failed, or a declaration in it is not valid.""",
    "E122": """Two things have the same name, or one Index name has two sizes.""",
    "E123": """A string is compared with or assigned to an Enum that has no such member.""",
    "E124": """Not every path of a method returns a value although some do.""",
    "E125": """A loop's variable or the key of a held lock is assigned to.

The checker and CPython would then disagree about which element comes next, or which lock is
released. Use another local.""",
    "E126": """The file is not a spec: it can not be imported, or it holds no class with
`instances` and no single component class with processes.""",
}
