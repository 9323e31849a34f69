"""The steps and variables of telling.py on its reference, for replay. `adapter.py` hands it out."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checker.judgement.replay import Hooks, Implementation
from checker.results.trace import Trace
from checker.values import Value
from spec.virtio_balloon.reference import DATA, Telling

RIGHT = dict(tells="before_release", goes_on=False, uncounts=True, tests_again=True,
             puts_old=True)


class TellingAdapter:
    """Builds the reference for a trace; whether the host has to be told is in its first state."""

    def build(self, trace: Trace, hooks: Hooks, *, correct: bool = False,
              memory: str | None = None) -> "Stage":
        constants = dict(trace.system.constants) | (RIGHT if correct else {})
        must_tell = trace.initial[trace.system.position["must_tell"]]
        return Stage(trace, Telling(must_tell=must_tell, at=hooks.at, env=hooks, **constants))


class Stage(Implementation):
    """One machine, as `checker.judgement.replay.Implementation` wants it."""

    memory = "private mapping"

    def __init__(self, trace: Trace, machine: Telling) -> None:
        self.system = trace.system
        self.machine = machine

    @property
    def locks(self) -> Mapping[str, Any]:
        gates = self.machine.switch.asleep()
        return {"balloon_lock": self.machine.balloon_lock,
                **{f"the gate of {thread}": gate for thread, gate in gates.items()}}

    def threads(self) -> dict[str, Callable[[], object]]:
        return dict(self.machine.actors)

    def observe(self) -> dict[str, Value]:
        holder = self.holder(self.machine.holder)
        return self.machine.observe() | {"balloon_lock": holder}

    # What it comes to.

    def symptom(self, property: str) -> Sequence[str] | None:
        """Whatever is wrong: pages that the host may take, names, counts, owners."""
        return [*self.taken(), *self.named(), *self.counted(), *self.listed(),
                *self.leaked()] or None

    def taken(self) -> list[str]:
        """The host discards what it may modify; what the guest reads of its own pages then."""
        machine, found = self.machine, []
        for page in machine.allocator.pages:
            if page.number in machine.host.may_modify and page.free():
                machine.allocator.discard(page.number)
                found.append(f"page{page.number} is the guest's: it wrote {DATA!r} there and reads "
                             f"{machine.ram.read(page.number, len(DATA))!r}")
        return found

    def named(self) -> list[str]:
        machine, found = self.machine, []
        for name, queue in (("inflate", machine.inflate), ("deflate", machine.deflate)):
            pfns = queue.named() if queue.state in ("added", "seen") else []
            found += [f"the {name} queue names page{pfn}, which is not the balloon's"
                      for pfn in pfns if not machine.allocator.pages[pfn].balloon_ref]
            found += [f"the {name} queue names page{pfn} twice"
                      for pfn in sorted(set(pfns)) if pfns.count(pfn) > 1]
        return found

    def counted(self) -> list[str]:
        machine = self.machine
        isolated = sum(page.isolated for page in machine.allocator.pages)
        found = []
        if machine.isolated_pages != isolated:
            found.append(f"isolated_pages is {machine.isolated_pages}, {isolated} pages are "
                         "isolated")
        inside = len(machine.pages) + machine.isolated_pages
        if machine.num_pages != inside:
            found.append(f"num_pages is {machine.num_pages}, the balloon holds {inside}")
        return found

    def listed(self) -> list[str]:
        pages = self.machine.allocator.pages
        return [f"page{page.number} is in the balloon, and not the balloon's" for page in pages
                if (page in self.machine.pages or page.isolated) and not page.balloon_ref]

    def leaked(self) -> list[str]:
        machine = self.machine
        held = machine.pfns[:machine.num_pfns]
        return [f"page{page.number} has the balloon's reference, and nobody knows of it"
                for page in machine.allocator.pages if page.balloon_ref and not (
                    page in machine.pages or page.isolated or page.migrate_ref
                    or page.number in held)]

    def close(self) -> None:
        self.machine.close()
