"""A fault whose own steps nobody takes is a mistake that is never made: verify says so."""
import pytest

SPEC = '''
from checker import Bool, Component, Fault, process, step, step_invariant


class Switch(Component):
    instances = {"ci": dict()}
    faults = [Fault("pressed_again", breaks="on_stays_on", again="AGAIN"),
              Fault("not_looked_at", breaks="on_stays_on", looks=False)]

    def __init__(self, *, again="", looks=True):
        self.on = Bool
        self.again, self.looks = again, looks

    @process(daemon=True)
    async def press(self):
        while True:
            await step("press")
            if not self.looks:
                self.on = not self.on
            elif not self.on:
                self.on = True
                await step("look")
            elif self.again == "while on":
                await step("press again")
                self.on = False
            elif self.again == "while off":
                self.on = False
                if self.on:
                    await step("press again")

    @step_invariant
    def on_stays_on(self, before, after):
        return after.on or not before.on
'''


@pytest.mark.parametrize("again, status", [("while on", 0), ("while off", 1)])
def test_a_step_of_a_fault_has_to_be_taken(run, home, again, status):
    (home / "switch.py").write_text(SPEC.replace("AGAIN", again))
    for words in (["switch.py"], ["switch.py", "--fault", "pressed_again"]):
        answer = run("verify", *words)
        assert answer.status == status, answer.out
        complaints = [name for _, word, name, _ in answer.rows() if word == "vacuous"]
        assert complaints == ["press again", "self.on"] * status
    assert ("the step `press again` of press is never taken" in answer.out) == bool(status)


def test_steps_that_a_mistake_leaves_out_are_no_complaint(run, home):
    """`look` is a step of the spec as it should be; that a fault does without it is the fault."""
    (home / "switch.py").write_text(SPEC.replace("AGAIN", "while on"))
    assert run("verify", "switch.py", "--fault", "not_looked_at").status == 0
