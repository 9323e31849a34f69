"""QEMU's balloon device: see README.md."""
