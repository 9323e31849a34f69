"""Votes on discarding RAM, as an executable reference: objects, threads, locks and memory.

Steps are the model's, by the same labels: a thread calls at("label"), then runs that step up to
its next at(). The big lock and the mutex of the counters are real locks, taken right after the
label that names them. Who pins memory holds a real pin (see `Memory`), and the balloon's
madvise is a real one.

Choices are `fails(name)` and `pick(name, options)` of the environment, asked for in the step that
needs them. `Machine.observe()` answers with the model's variables by their names.
"""
from spec.votes.reference.lives import threads
from spec.votes.reference.machine import Machine, Options

__all__ = ["Machine", "Options", "threads"]
