"""A migration with an assigned device, as an executable reference.

Objects, threads, locks and memory are real: the device's pages are pinned, it writes by DMA into
them, and what the destination has is decided by comparing bytes. Steps are the model's, by the
same labels; `Machine.observe()` answers with the model's variables by their names.
"""
from spec.dirty_log.reference.machine import WIDTH, Machine, Options
from spec.dirty_log.reference.actors import threads

__all__ = ["Machine", "Options", "WIDTH", "threads"]
