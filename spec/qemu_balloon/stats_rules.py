"""The statistics queue from probe to reset, and across a migration."""
from types import SimpleNamespace

from checker import Component, invariant, leads_to, sometimes, step_invariant

from spec.qemu_balloon.stats import Device, Driver


class StatsQueue(Component):
    """One device and its driver. The constants, by what they are about:

      situation   migrates
      versions    reset_clears: a reset forgets the numbers
      mistakes    reset_detaches, rewinds, arms_timer, polls_what_it_has, stops_timer
      rules       strict: also those that the first version does not keep; live: liveness too
    """

    version = dict(reset_clears=True)

    def __init__(self, *, migrates=True, reset_clears=None, reset_detaches=True, rewinds=True,
                 arms_timer=True, polls_what_it_has=True, stops_timer=True, strict=False,
                 live=False):
        self.options = SimpleNamespace(
            migrates=migrates, reset_detaches=reset_detaches, rewinds=rewinds,
            arms_timer=arms_timer, polls_what_it_has=polls_what_it_has,
            stops_timer=stops_timer,
            reset_clears=self.version["reset_clears"] if reset_clears is None else reset_clears)
        self.device = Device(self.options)
        self.driver = Driver(self.device)
        self.queue = self.device.queue
        self.strict = strict
        self.live = live

    @invariant
    def there_is_one_buffer(self):
        """S15: it is pushed once for each time that it was popped."""
        return self.queue.buffers() == (1 if self.device.driver_ok else 0)

    @invariant
    def no_buffer_is_forgotten(self):
        """L7: what the queue knows to be popped, the device has, once the machine runs."""
        return not self.device.vm_running or (
            (self.queue.inuse > 0) == (self.device.held == "current"))

    @invariant
    def no_element_of_a_queue_that_was_reset(self):
        """S15: a reset detaches the element."""
        return self.device.held != "stale"

    @invariant(when="strict")
    def numbers_are_of_this_boot(self):
        """S17: no statistics are shown that another boot has reported."""
        return self.device.numbers != "of another boot"

    @invariant
    def polling_goes_on(self):
        """L7: whoever polls and has a buffer has a timer that will fire."""
        return not self.device.polls or not self.device.vm_running or self.device.timer \
            or self.device.held == "none"

    @step_invariant
    def the_device_asks_when_it_is_time(self, before, after):
        """The buffer goes back when the timer fires, which is set while management polls."""
        return after.queue.used <= before.queue.used or before.device.timer and before.device.polls

    @leads_to(when="live")
    def requests_are_answered(self):
        """L7: a driver that is there has given its buffer, or gives it, with new numbers."""
        return self.device.driver_ok, self.device.held == "current"

    @sometimes
    def the_device_asks(self):
        return self.queue.used > 0

    @sometimes
    def numbers_arrive(self):
        return self.device.numbers == "of this boot"
