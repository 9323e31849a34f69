"""What breaks the rules of the statistics queue."""
from checker import Fault

from spec.qemu_balloon.faults import found

ONE = "there_is_one_buffer"
FORGOTTEN = "no_buffer_is_forgotten"
STALE = "no_element_of_a_queue_that_was_reset"
OLD = "numbers_are_of_this_boot"
GOES_ON = "polling_goes_on"
ANSWERED = "requests_are_answered"
TIME = "the_device_asks_when_it_is_time"


def old_stats_findings():
    return [
        found("numbers_outlive_the_boot", breaks=OLD, strict=True,
              cite="754979058bda, 2025: reset virtio balloon stats on machine reset"),
    ]


def stats_faults():
    return [
        Fault("reset_keeps_the_element", breaks=(STALE, TIME, ONE),
              reset_detaches=False, instance="small", migrates=False,
              cite="virtio_balloon_device_reset: virtqueue_unpop, since 2016"),
        Fault("destination_does_not_rewind", breaks=(FORGOTTEN, ANSWERED),
              rewinds=False, instance="live",
              cite="virtio_balloon_set_status: virtqueue_rewind, since 2016"),
        Fault("poll_pushes_what_is_not_there", breaks=(TIME, ONE),
              polls_what_it_has=False, instance="small",
              cite="balloon_stats_poll_cb: stats_vq_elem may be NULL"),
        Fault("timer_is_not_set_again", breaks=GOES_ON, arms_timer=False, instance="small",
              cite="virtio_balloon_receive_stats: the timer is set at its end"),
        Fault("timer_outlives_the_polling", breaks=TIME,
              stops_timer=False, instance="small", cite="balloon_stats_destroy_timer"),
        Fault("reset_keeps_the_numbers", breaks=OLD, reset_clears=False, instance="small",
              cite="754979058bda, 2025: reset virtio balloon stats on machine reset"),
    ]
