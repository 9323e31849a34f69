"""What must break the rules of the driver's life, and where the versions break them themselves."""
from checker import Fault


def life_faults() -> list[Fault]:
    """Mistakes in probe, remove and the works."""
    return [
        Fault("probe_exit_keeps_notifier", exit_unregisters=False, instance="small",
              breaks="removed_leaves_nothing",
              cite="virtballoon_probe: what the exits after register_oom_notifier undo"),
        Fault("work_not_cancelled", cancels=False, instance="small",
              breaks=("removed_leaves_nothing", "removed_leaves_no_page",
                      "no_request_on_a_deleted_queue"),
              cite="fad7b7b27b6a, 2016: virtio_balloon: use a workqueue instead of \"vballoon\" "
                   "kthread; cancel_work_sync in virtballoon_remove"),
        Fault("stop_update_ignored", ignores_stop_update=True, instance="stats",
              breaks=("removed_leaves_no_stats_work", "no_stats_on_a_deleted_queue"),
              cite="fad7b7b27b6a: \"prevent updating balloon when it is being canceled\""),
        Fault("stats_offered_unasked", offers_always=True, breaks="one_stats_buffer",
              instance="stats", cite="stats_handle_request: the test of virtqueue_get_buf"),
        Fault("remove_leaks_once", leaks_once=True, breaks="removed_leaves_no_page",
              instance="isolated", cite="remove_common: the loop on num_pages"),
        Fault("queues_of_a_running_device_deleted", resets=False, instance="small",
              breaks="device_is_reset_before_its_queues_go",
              cite="remove_common: config->reset comes before config->del_vqs"),
    ]


def life_findings() -> list[Fault]:
    """What no version that is modelled keeps."""
    return [
        Fault("actual_goes_stale", reads_actual=True, finding=True, instance="oom",
              breaks="actual_is_right_when_idle",
              cite="update_balloon_size reads num_pages without balloon_lock, and is called by "
                   "the work and by the OOM notifier"),
        Fault("work_after_failed_restore", restore_fails=True, finding=True, instance="small",
              breaks="no_request_on_a_deleted_queue",
              cite="virtballoon_restore: nothing stops the works where init_vqs fails"),
        Fault("freeze_during_oom", freezes_tasks=False, finding=True, instance="oom",
              breaks="no_request_on_a_deleted_queue",
              cite="virtballoon_freeze leaves the OOM notifier registered"),
        Fault("stats_kicked_early", strict_kick=True, finding=True, instance="stats",
              breaks="stats_offered_after_driver_ok",
              cite="init_vqs kicks before virtio_device_ready; virtio specification, 3.1.1"),
    ]


def life_findings_49() -> list[Fault]:
    """What v4.9 breaks as it is, and later versions do not."""
    return [
        Fault("mount_left_behind", strict=True, finding=True, instance="small",
              breaks="removed_leaves_no_mount",
              cite="2017: virtballoon_remove calls kern_unmount"),
        Fault("first_stats_uninitialised", strict=True, unmounts=True, finding=True,
              instance="stats", breaks="stats_buffer_is_initialised",
              cite="fc8653228c82, 2017: virtio_balloon: init 1st buffer in stats vq"),
    ]


def stalls() -> list[Fault]:
    """What never comes."""
    return [
        Fault("stats_buffer_dropped", forgets_stats=True, breaks="stats_are_answered",
              instance="stats",
              cite="stats_handle_request: every buffer that comes back is offered again"),
        Fault("target_not_checked_at_probe", checks_target=False, breaks="target_is_acted_on",
              instance="small",
              cite="8424af5336b3, 2016: virtio_balloon: a size that was set before probe"),
        Fault("host_never_answers", silent=True, finding=True, instance="oom",
              breaks=("oom_notifier_returns", "size_work_comes_to_rest", "removal_ends"),
              cite="tell_host waits uninterruptibly with balloon_lock held"),
        Fault("removal_chases_isolated_pages", finding=True, instance="small",
              compaction=True, target=1, sizes=(1,), breaks="removal_ends",
              cite="remove_common: a busy loop while compaction has pages isolated"),
        Fault("deflation_chases_isolated_pages", finding=True, instance="small",
              compaction=True, wishes=("stay",), target=1, sizes=(0,),
              breaks="size_work_comes_to_rest",
              cite="update_balloon_size_func queues itself while compaction has pages isolated"),
    ]


def stalls_49() -> list[Fault]:
    """What never comes in v4.9, and later does."""
    return [
        Fault("endless_inflation", per_page=2, finding=True, instance="small",
              breaks="size_work_comes_to_rest",
              cite="07622bd41563, 2023: virtio_balloon: fix endless deflation and inflation on "
                   "arm64"),
    ]
