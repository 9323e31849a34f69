"""What lies outside the fragment that is proved for every size, and how that is said.

Nothing is approximated silently: a construct that has no any-size meaning here stops the proof
with the author's own line and a code of the table below. The other engines are not affected.
"""
from __future__ import annotations

from checker.errors import EXIT_UNKNOWN, Diagnostic, Label
from checker.source import NOWHERE, Loc

REASONS: dict[str, str] = {
    "P101": """The spec's text depends on a size.

A proof for every size needs one text for all sizes. The spec is compiled at several sizes; the
results may differ in the declared sizes, and in numbers and bounds that grow linearly with them.
Here something else differs: a branch decided by a size, a loop unrolled, a table of other
shape.""",
    "P102": """No constant of the spec sets the size of an Index or a Range. Without one there is
nothing to generalise: explore the system instead.""",
    "P103": """A set of names is too large.

Names have no order and no number, so a quantifier over them is written out, up to sixteen of
them. A larger set is an Index, or a Range where the order matters.""",
    "P104": """An element of an Index is used as a number or a constant element is named.""",
    "P105": """A type has no meaning for every size here: a queue, a set of sets, a constant map
whose values differ.""",
    "P106": """This arithmetic is not linear. Z3 decides linear arithmetic; products of two
variables, and quotients by anything but a constant, are left to the other engines. A remainder
by a number that varies is understood once round: `(n + 1) % nodes`.""",
    "P107": """This loop has no closed form here.

Updates at the element, setting a flag or a number to a constant, and adding to a set are
understood. Over a Range a round may read what rounds after it will write, not what rounds before
it have written: await in every round, so that each is a step of its own.""",
    "P108": """A count or a sum whose parts are not elements, numbers or names.""",
    "P109": """An initial value is not the same for every element of an Index.""",
    "P110": """A step has too many paths to be proved one by one.""",
    "P111": """A lemma can not be read: it is Python over the spec's names, see docs/proofs.md.""",
}


class OutsideFragment(Exception):
    """The spec, or a part of it, has no any-size meaning; `diagnostic` says where and why."""

    exit_status = EXIT_UNKNOWN

    def __init__(self, code: str, headline: str, loc: Loc = NOWHERE, hint: str = "") -> None:
        assert code in REASONS, code
        self.hint = hint
        self.diagnostic = Diagnostic(code, headline, (Label(loc),), hint)
        super().__init__(self.diagnostic.render())

    @property
    def loc(self) -> Loc:
        return self.diagnostic.loc

    @property
    def reason(self) -> str:
        return self.diagnostic.headline

    def at(self, loc: Loc) -> OutsideFragment:
        """The same with a place, where it has none of its own."""
        if self.loc.line:
            return self
        return OutsideFragment(self.diagnostic.code, self.reason, loc, self.hint)
