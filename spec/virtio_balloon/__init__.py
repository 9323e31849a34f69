"""The Linux virtio_balloon driver of v4.9, and the same driver with what was fixed later."""
