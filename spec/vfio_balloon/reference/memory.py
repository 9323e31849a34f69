"""Guest RAM with devices that hold its pages pinned, in the memory of this very process.

An io_uring registered buffer pins its page as VFIO_IOMMU_MAP_DMA does. After madvise
(MADV_DONTNEED) the CPU finds a fresh page at the same address, while fixed-buffer reads and
writes still reach the pinned one. Where io_uring is not permitted, `SimulatedMemory` keeps the
same books with frames of its own.
"""
from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import struct
import threading
from typing import Protocol

PAGE = mmap.PAGESIZE
# The last bytes of each page belong to `stale`, which writes there, so that looking for damage
# does not repair or disturb any. Everything before them is the guest's.
PROBE = PAGE - 8

IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER = 425, 426, 427
REGISTER_BUFFERS, UNREGISTER_BUFFERS, ENTER_GETEVENTS = 0, 1, 1
OP_READ_FIXED, OP_WRITE_FIXED = 4, 5
OFF_SQES = 0x10000000
MADV_DONTNEED = 4

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int


class Frames(Protocol):
    """What a kind of memory has to offer; offsets are within a page."""

    kind: str

    def zap(self, page: int) -> None:
        """Give the page's frame back to the host."""

    def cpu_read(self, page: int, offset: int, size: int) -> bytes:
        """What the CPU sees; faults a fresh frame in."""

    def cpu_write(self, page: int, offset: int, data: bytes) -> None:
        """The CPU writes; faults a fresh frame in."""

    def pin(self, container: int, page: int) -> None:
        """Let the container's devices hold the frame that the page has now."""

    def unpin(self, container: int, page: int) -> None:
        """Let go of it."""

    def device_read(self, container: int, page: int, offset: int, size: int) -> bytes:
        """What a device sees."""

    def device_write(self, container: int, page: int, offset: int, data: bytes) -> None:
        """A device writes."""

    def close(self) -> None:
        """Give everything back."""


class Memory:
    """Guest RAM of `size` pages; `kind` says which memory it is, "io_uring" or "simulated"."""

    def __init__(self, size: int, kind: str | None = None) -> None:
        if kind is None:
            kind = "io_uring" if io_uring_permitted() else "simulated"
        self.frames: Frames = {"io_uring": PinnedFrames, "simulated": SimulatedFrames}[kind](size)
        self.kind = kind
        self.pages = range(size)
        self.pins: set[tuple[int, int]] = set()         # (container, page)
        self.zaps = 0
        self._probes = itertools.count(1)
        self._lock = threading.RLock()

    # Who does what to it.

    def zap(self, page: int) -> None:
        """madvise(MADV_DONTNEED): the page keeps its address and loses its frame."""
        with self._lock:
            self.frames.zap(page)
            self.zaps += 1

    def cpu_write(self, page: int, data: bytes) -> None:
        """The guest's CPU writes at the beginning of a page."""
        assert len(data) <= PROBE
        with self._lock:
            self.frames.cpu_write(page, 0, data)

    def device_write(self, container: int, page: int, data: bytes) -> None:
        """A device writes by DMA at the beginning of a page."""
        assert len(data) <= PROBE
        with self._lock:
            self.frames.device_write(container, page, 0, data)

    def pin(self, container: int, page: int) -> None:
        """A container maps the page for its devices."""
        with self._lock:
            assert (container, page) not in self.pins
            self.frames.pin(container, page)
            self.pins.add((container, page))

    def unpin(self, container: int, page: int) -> None:
        """A container unmaps the page."""
        with self._lock:
            self.pins.remove((container, page))
            self.frames.unpin(container, page)

    # What can be seen.

    def cpu(self, page: int, size: int = 8) -> bytes:
        """What the CPU reads at the beginning of a page."""
        with self._lock:
            return self.frames.cpu_read(page, 0, size)

    def device(self, container: int, page: int, size: int = 8) -> bytes:
        """What the container's devices read there; the page has to be pinned."""
        with self._lock:
            return self.frames.device_read(container, page, 0, size)

    def pinned(self, page: int) -> bool:
        """Whether any container holds the page."""
        return any(held == page for _, held in self.pins)

    def pins_of(self, container: int) -> set[int]:
        """The pages that a container holds."""
        return {page for holder, page in self.pins if holder == container}

    def stale_in(self, container: int) -> set[int]:
        """The pages where the CPU and the container's devices see different memory.

        Decided by trying: a new number written by the CPU has to be what the device reads.
        """
        with self._lock:
            return {page for page in self.pins_of(container) if self._differs(container, page)}

    def stale(self) -> set[int]:
        """The pages where the CPU and any device see different memory."""
        with self._lock:
            return {page for container, page in self.pins if self._differs(container, page)}

    def _differs(self, container: int, page: int) -> bool:
        """Probe one page. No number is used twice, so an old frame can not have the new one."""
        mark = struct.pack("<Q", next(self._probes))
        self.frames.cpu_write(page, PROBE, mark)
        return self.frames.device_read(container, page, PROBE, len(mark)) != mark

    def close(self) -> None:
        """Unpin everything and give the memory back."""
        with self._lock:
            for container, page in sorted(self.pins):
                self.unpin(container, page)
            self.frames.close()


class SimulatedFrames:
    """Frames as byte arrays: a page table for the CPU, and one for each container's devices."""

    kind = "simulated"

    def __init__(self, size: int) -> None:
        self.cpu_table: list[bytearray | None] = [None] * size
        self.device_table: dict[tuple[int, int], bytearray] = {}

    def _fault(self, page: int) -> bytearray:
        frame = self.cpu_table[page]
        if frame is None:
            frame = self.cpu_table[page] = bytearray(PAGE)
        return frame

    def zap(self, page: int) -> None:
        self.cpu_table[page] = None

    def cpu_read(self, page: int, offset: int, size: int) -> bytes:
        return bytes(self._fault(page)[offset:offset + size])

    def cpu_write(self, page: int, offset: int, data: bytes) -> None:
        self._fault(page)[offset:offset + len(data)] = data

    def pin(self, container: int, page: int) -> None:
        self.device_table[container, page] = self._fault(page)

    def unpin(self, container: int, page: int) -> None:
        del self.device_table[container, page]

    def device_read(self, container: int, page: int, offset: int, size: int) -> bytes:
        return bytes(self.device_table[container, page][offset:offset + size])

    def device_write(self, container: int, page: int, offset: int, data: bytes) -> None:
        self.device_table[container, page][offset:offset + len(data)] = data

    def close(self) -> None:
        self.device_table.clear()


class PinnedFrames:
    """A private anonymous mapping; each pin is a registered buffer of an io_uring."""

    kind = "io_uring"

    def __init__(self, size: int) -> None:
        self.memory = mmap.mmap(-1, size * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.anchor = ctypes.c_char.from_buffer(self.memory)
        self.address = ctypes.addressof(self.anchor)
        self.rings: dict[tuple[int, int], Ring] = {}
        self.idle: list[Ring] = []      # a ring takes longer to make than a pin: keep them

    def zap(self, page: int) -> None:
        address = self.address + page * PAGE
        if _libc.madvise(address, PAGE, MADV_DONTNEED):
            raise _error()

    def cpu_read(self, page: int, offset: int, size: int) -> bytes:
        return self.memory[page * PAGE + offset:page * PAGE + offset + size]

    def cpu_write(self, page: int, offset: int, data: bytes) -> None:
        self.memory[page * PAGE + offset:page * PAGE + offset + len(data)] = data

    def pin(self, container: int, page: int) -> None:
        ring = self.idle.pop() if self.idle else Ring()
        ring.register(self.address + page * PAGE, PAGE)
        self.rings[container, page] = ring

    def unpin(self, container: int, page: int) -> None:
        ring = self.rings.pop((container, page))
        ring.unregister()
        self.idle.append(ring)

    def device_read(self, container: int, page: int, offset: int, size: int) -> bytes:
        return self.rings[container, page].read(self.address + page * PAGE + offset, size)

    def device_write(self, container: int, page: int, offset: int, data: bytes) -> None:
        self.rings[container, page].write(self.address + page * PAGE + offset, data)

    def close(self) -> None:
        for ring in [*self.rings.values(), *self.idle]:
            ring.close()
        self.rings.clear()
        self.idle.clear()
        del self.anchor                 # the mapping can not be closed while it is exported
        self.memory.close()


class Ring:
    """A DMA master: an io_uring with at most one registered buffer, as in io_uring_setup(2)."""

    def __init__(self) -> None:
        params = (ctypes.c_uint32 * 30)()
        self.fd = _syscall(IO_URING_SETUP, 1, params)
        entries, sq, cq = params[0], params[10:20], params[20:30]
        self.sq_tail, self.sq_array = sq[1], sq[6]
        self.cq_head, self.cq_mask, self.cqes = cq[0], cq[2], cq[5]
        # One mapping holds both rings (IORING_FEAT_SINGLE_MMAP, Linux 5.4).
        size = max(self.sq_array + 4 * params[0], self.cqes + 16 * params[1])
        self.rings = mmap.mmap(self.fd, size, mmap.MAP_SHARED)
        self.sqes = mmap.mmap(self.fd, entries * 64, mmap.MAP_SHARED, offset=OFF_SQES)
        self.reader, self.writer = os.pipe()

    def register(self, address: int, size: int) -> None:
        """Pin the buffer."""
        vector = (ctypes.c_uint64 * 2)(address, size)
        _syscall(IO_URING_REGISTER, self.fd, REGISTER_BUFFERS, vector, 1)

    def unregister(self) -> None:
        """Unpin it, at once: closing the ring would do so some time later."""
        _syscall(IO_URING_REGISTER, self.fd, UNREGISTER_BUFFERS, None, 0)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the pinned buffer, whatever is mapped at that address now."""
        self._transfer(OP_WRITE_FIXED, self.writer, address, size)
        return os.read(self.reader, size)

    def write(self, address: int, data: bytes) -> None:
        """Write to the pinned buffer."""
        os.write(self.writer, data)
        self._transfer(OP_READ_FIXED, self.reader, address, len(data))

    def _transfer(self, op: int, fd: int, address: int, size: int) -> None:
        self.sqes[:64] = struct.pack("<BBHiQQIIQHHiQQ", op, 0, 0, fd, 0, address, size,
                                     0, 0, 0, 0, 0, 0, 0)
        struct.pack_into("<I", self.rings, self.sq_array, 0)
        tail, = struct.unpack_from("<I", self.rings, self.sq_tail)
        struct.pack_into("<I", self.rings, self.sq_tail, (tail + 1) & 0xffffffff)
        _syscall(IO_URING_ENTER, self.fd, 1, 1, ENTER_GETEVENTS, None, 0)
        head, = struct.unpack_from("<I", self.rings, self.cq_head)
        mask, = struct.unpack_from("<I", self.rings, self.cq_mask)
        _, result, _ = struct.unpack_from("<QiI", self.rings, self.cqes + 16 * (head & mask))
        struct.pack_into("<I", self.rings, self.cq_head, (head + 1) & 0xffffffff)
        if result != size:
            raise OSError(-result, os.strerror(-result)) if result < 0 else OSError("short DMA")

    def close(self) -> None:
        """Give back the ring and its pipe."""
        self.sqes.close()
        self.rings.close()
        for fd in (self.fd, self.reader, self.writer):
            os.close(fd)


def _syscall(number: int, *arguments: object) -> int:
    # ctypes would pass a plain int as a C int; the kernel wants full words.
    words = [ctypes.c_long(argument) if isinstance(argument, int) else argument
             for argument in arguments]
    result = _libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise _error()
    return result


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


_permitted: bool | None = None


def io_uring_permitted() -> bool:
    """Whether this process may pin memory through io_uring; tried once."""
    global _permitted
    if _permitted is None:
        frames = PinnedFrames(1)
        try:
            frames.pin(0, 0)
            frames.device_read(0, 0, 0, 1)
            _permitted = True
        except OSError:
            _permitted = False
        finally:
            frames.close()
    return _permitted
