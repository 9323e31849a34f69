"""The sizes at which random runs of the reference are held against the model."""
from __future__ import annotations

from checker.frontend import load

SPECS = {spec.name: spec for spec in load("spec/virtio_balloon/model.py")}
BOUND = ("Linux49", "Fixed")
LIVES = ("Linux49Life", "FixedLife", "Linux49Progress", "FixedProgress")

# Beside the declared instances: larger ones, and whatever may fail. In v4.9 the counts of two
# zones run away, and out of the model's range in the end.
MORE = [("Linux49", {}), ("Fixed", {}), ("Linux49", dict(per_page=2)),
        ("Fixed", dict(per_page=2, zones=2)),
        *((name, constants) for name in BOUND for constants in (
            dict(pages=3, direct_compaction=True),
            dict(must_tell=False, deflate_on_oom=False))),
        ("FixedLife", dict(pages=2, per_page=2, zones=2, stats=True)),
        ("Linux49Life", dict(pages=2, stats=True, fs_lock=True, restore_fails=True)),
        ("FixedLife", dict(reads_actual=True, freezes_tasks=False, changes=3))]

INSTANCES = [(name, instance, {}) for name in LIVES for instance in SPECS[name].instances
             if instance != "large"]
CASES = INSTANCES + [(name, None, constants) for name, constants in MORE]
