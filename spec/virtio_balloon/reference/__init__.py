"""The balloon driver, the kernel around it and its host, as an executable reference.

Objects, threads, locks and memory are real. A thread calls at("label") and then runs the code of
that step, up to its next at(). Steps have the names of the model's (see `model.py`); where the
model waits for a lock, the step is called after the lock. `Telling` is the reference of
telling.py, whose steps are of another size.
"""
from spec.virtio_balloon.reference.machine import Machine
from spec.virtio_balloon.reference.memory import Ram, Slab
from spec.virtio_balloon.reference.options import Options
from spec.virtio_balloon.reference.pages import DATA, Bug
from spec.virtio_balloon.reference.switch import Stopped
from spec.virtio_balloon.reference.telling import Telling

__all__ = ["DATA", "Bug", "Machine", "Options", "Ram", "Slab", "Stopped",
           "Telling"]
