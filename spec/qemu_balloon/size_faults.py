"""What breaks the rules of the balloon's size."""
from checker import Fault

from spec.qemu_balloon.faults import found

LEFT = "the_target_is_what_is_left"
FITS = "the_target_fits_the_ram"
ANSWER = "the_answer_is_a_size"


def size_faults():
    return [
        Fault("modules_are_not_counted", breaks=LEFT, counts="board", instance="small",
              cite="virtio_balloon_to_target as it was in 2014, with ram_size"),
        Fault("the_guest_is_not_told", breaks="the_size_is_reached", notifies=False,
              instance="live", cite="virtio_balloon_to_target: virtio_notify_config"),
        found("the_target_outlives_the_module", breaks=FITS, unplugs=True,
              cite="nothing computes num_pages again; not reported"),
        found("the_answer_is_late_for_the_module", breaks=(FITS, ANSWER), unplugs=True,
              changes=2, cite="virtio_balloon_stat; not reported"),
    ]
