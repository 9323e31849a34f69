"""Properties as CPython evaluates them: the property methods themselves, on live components."""
from __future__ import annotations

from typing import Any

from checker.engines.live.objects import revive
from checker.engines.live.run import Live
from checker.engines.live.violation import Defect, kind_of
from checker.frontend.elaborate import Marked
from checker.ir.system import Property
from checker.values import domain, show

NO_VALUE = "no value"


class Judge:
    """Evaluates the properties of a running spec.

    A step invariant sees two states at once; `before` is a second live spec, which never runs
    and is loaded with the state before the step.
    """

    def __init__(self, live: Live, before: Live | None) -> None:
        self.live, self.before = live, before
        self.methods: dict[str, tuple[Marked, tuple[Any, ...]]] = {}
        self.earlier: dict[str, Marked] = {}
        for marked in live.elaborated.properties:
            if marked.mark.each is None:
                self.methods[marked.name] = (marked, ())
                continue
            of = getattr(marked.component, marked.mark.each).of
            for value in domain(of):
                name = f"{marked.name}({show(of, value)})"
                self.methods[name] = (marked, (revive(of, value),))
        if before is not None:
            self.earlier = {marked.name: marked for marked in before.elaborated.properties}

    def of_state(self, declared: Property) -> Any:
        """The value of a property of states; a pair for leads_to; NO_VALUE where it fails."""
        marked, arguments = self.methods[declared.name]
        return _call(marked.function.__name__, marked.component, arguments)

    def of_step(self, declared: Property) -> Any:
        """The value of a step invariant; the state before was loaded into `before`."""
        marked, earlier = self.methods[declared.name][0], self.earlier[declared.name]
        return _call(marked.function.__name__, earlier.component,
                     (earlier.component, marked.component))


def _call(name: str, component: Any, arguments: tuple[Any, ...]) -> Any:
    try:
        value = getattr(component, name)(*arguments)
    except Exception as error:
        if kind_of(error) is None:
            raise
        return NO_VALUE
    for part in value if isinstance(value, tuple) else (value,):
        if not isinstance(part, bool):
            raise Defect(f"the property {name} returns {part!r}, no Bool")
    return value
