"""virtio-mem, RamDiscardManager and vfio: memory that comes and goes under devices that pin it."""
