"""QEMU's balloon device on a host with real memory, as an executable reference.

Objects, threads and locks are real; a balloon page is a page of this process, a host page so many
of them, and a discard is madvise(MADV_DONTNEED). Steps are the model's, by the same labels.
`Machine.observe()` answers with the model's variables by their names.
"""
from spec.qemu_balloon.reference.control import SizeMachine, StatsMachine
from spec.qemu_balloon.reference.hinting import HintMachine
from spec.qemu_balloon.reference.machine import Machine, Options, Stopped
from spec.qemu_balloon.reference.memory import DATA

__all__ = ["DATA", "HintMachine", "Machine", "Options", "SizeMachine", "StatsMachine", "Stopped"]
