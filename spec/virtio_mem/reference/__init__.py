"""virtio-mem with RamDiscardManager and vfio, as an executable reference.

Objects, threads, locks and memory are real: a block is a page of guest RAM, a listener's mapping
is a pin of that page, and a discard is madvise(MADV_DONTNEED). Steps are the model's, by the same
labels; `fails(name)` and `pick(name, options)` are asked for in the step that needs them.
`Machine.observe()` answers with the model's variables by their names. `Telling` is the reference
of telling.py, whose steps are of another size.
"""
from spec.virtio_mem.reference.actors import threads
from spec.virtio_mem.reference.machine import Machine, Options
from spec.virtio_mem.reference.manager import Listener
from spec.virtio_mem.reference.telling import Telling

__all__ = ["Listener", "Machine", "Options", "Telling", "threads"]
