"""The whole stack as a program: the references of its parts, on one memory.

A page of the guest's RAM is a real page that containers pin; so is a block of virtio-mem.
"""
from spec.stack.reference.machine import Machine, Options

__all__ = ["Machine", "Options"]
