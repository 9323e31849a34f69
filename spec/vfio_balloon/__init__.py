"""QEMU's VFIO groups and containers with the balloon inhibitor, in three versions of 2018."""
