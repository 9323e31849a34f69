"""Lemmas for proofs of every size: read, not run; edit them, add to them."""


class Upstream:
    """For any number of groups, containers and pages: opt-in groups, container reuse, postcopy.

    One group at most is away from `IDLE`: it holds the big lock. What its place says of it comes
    first, then what containers are to it.
    """

    instance = "ci"
    proves = ("pinned_means_inhibited_while_unlocked", "no_stale_mapping", "votes_counted",
              "votes_never_negative", "nothing_left_behind", "no_request_to_a_dead_container",
              "no_listener_on_a_freed_container", "attached_groups_known_to_kvm",
              "kvm_knows_the_group_before_the_listener", "initialised_container_maps_all_ram",
              "release", "overflow", "empty_choice", "none_used")

    IDLE = ("BQL plug", "BQL unplug")
    CLOSED = ("BQL plug", "open group")
    LISTED = ("GET_DEVICE_FD", "opt in", "add device", "uninhibit", "KVM del", "unlink",
              "unregister listener", "UNSET_CONTAINER", "close container", "put space",
              "close group", "BQL unplug", "remove device", "uninhibit#2", "KVM del#2",
              "unlink#2", "unregister listener#2", "UNSET_CONTAINER#2", "close container#2",
              "put space#2", "close group#2")
    MEMBER = ("KVM add existing", "register listener", "unlink on error", "list group",
              "GET_DEVICE_FD", "opt in", "add device", "uninhibit", "KVM del", "unlink",
              "BQL unplug", "remove device", "uninhibit#2", "KVM del#2", "unlink#2")
    ATTACHED = ("link existing", "KVM add existing", "SET_IOMMU", "KVM add", "link",
                "register listener", "unlink on error", "KVM del on error",
                "unregister listener on error", "list group", "GET_DEVICE_FD", "opt in",
                "add device", "uninhibit", "KVM del", "unlink", "unregister listener",
                "UNSET_CONTAINER", "BQL unplug", "remove device", "uninhibit#2", "KVM del#2",
                "unlink#2", "unregister listener#2", "UNSET_CONTAINER#2")
    FAILING = ("close container on error", "uninhibit on error", "put space on error",
               "close group on error")
    ON_ERROR = ("unlink on error", "KVM del on error", "unregister listener on error",
                "close container on error", "uninhibit on error", "put space on error",
                "close group on error")
    KVM = ("link", "register listener", "unlink on error", "KVM del on error", "list group",
           "GET_DEVICE_FD", "opt in", "add device", "uninhibit", "KVM del", "BQL unplug",
           "remove device", "uninhibit#2", "KVM del#2")
    HOLDS = ("SET_CONTAINER existing", "link existing", "KVM add existing", "open container",
             "API version", "CHECK_EXTENSION", "SET_CONTAINER", "SET_IOMMU", "KVM add", "link",
             "register listener", "unlink on error", "KVM del on error",
             "unregister listener on error", "close container on error", "uninhibit on error",
             "list group", "GET_DEVICE_FD", "opt in", "uninhibit", "uninhibit#2")
    DECIDED = ("add device", "BQL unplug", "remove device")
    OPTED_IN = ("add device", "BQL unplug", "remove device", "KVM del#2", "unlink#2",
                "unregister listener#2", "UNSET_CONTAINER#2", "close container#2",
                "put space#2", "close group#2")
    NEW = ("API version", "CHECK_EXTENSION", "SET_CONTAINER", "SET_IOMMU", "KVM add", "link")
    NEW_HERE = ("API version", "CHECK_EXTENSION", "SET_CONTAINER", "SET_IOMMU", "KVM add",
                "link", "register listener")
    GONE_WRONG = ("KVM del on error", "unregister listener on error", "close container on error")
    ALONE = ("SET_IOMMU", "KVM add", "link", "KVM del on error", "unregister listener on error",
             "close container on error", "uninhibit on error", "put space on error",
             "close group on error")
    CONNECTS = ("link existing", "unlink on error", "KVM del on error",
                "unregister listener on error", "close container on error")
    SPACE_SETTLED = ("BQL plug", "BQL unplug", "open group", "get space", "close group on error",
                     "close group", "close group#2")

    # Who holds the lock.

    def lock_of_a_group(self):
        return all(self.device.life.at[g] in IDLE or self.bql.lock.holder == self.device.life[g]
                   for g in self.group)

    def lock_of_the_balloon(self):
        return (self.balloon.inflate.at == "BQL balloon"
                or self.bql.lock.holder == self.balloon.inflate)

    def lock_of_postcopy(self):
        return (self.postcopy.migrate.at != "postcopy inhibit"
                or self.bql.lock.holder == self.postcopy.migrate)

    # What the place of a group says of it.

    def open_group(self):
        return all(self.kernel.group_open[g] or self.device.life.at[g] in CLOSED
                   for g in self.group)

    def closed_group(self):
        return all(not self.kernel.group_open[g] or self.device.life.at[g] not in CLOSED
                   for g in self.group)

    def listed(self):
        return all(self.vfio.listed[g] or self.device.life.at[g] not in LISTED
                   for g in self.group)

    def not_listed(self):
        return all(not self.vfio.listed[g] or self.device.life.at[g] in LISTED
                   for g in self.group)

    def member(self):
        return all(self.vfio.member[g] is not None or self.device.life.at[g] not in MEMBER
                   for g in self.group)

    def no_member(self):
        return all(self.vfio.member[g] is None or self.device.life.at[g] in MEMBER
                   for g in self.group)

    def not_attached(self):
        return all(self.kernel.attached[g] is None or self.device.life.at[g] in ATTACHED
                   or self.device.life.at[g] in FAILING for g in self.group)

    def kvm(self):
        return all(self.kernel.kvm[g] or self.device.life.at[g] not in KVM for g in self.group)

    def no_kvm(self):
        return all(not self.kernel.kvm[g] or self.device.life.at[g] in KVM for g in self.group)

    def failed(self):
        return all(self.vfio.failed[g] != "none" or self.device.life.at[g] not in ON_ERROR
                   for g in self.group)

    def not_failed(self):
        return all(self.vfio.failed[g] == "none" or self.device.life.at[g] in ON_ERROR
                   for g in self.group)

    def devices(self):
        return all(self.vfio.devices[g] == 1 or self.device.life.at[g] not in
                   ("BQL unplug", "remove device") for g in self.group)

    def no_devices(self):
        return all(self.vfio.devices[g] == 0 or self.device.life.at[g] in
                   ("BQL unplug", "remove device") for g in self.group)

    def plugged(self):
        return all(self.device.plugged[g] or self.device.life.at[g] not in
                   ("BQL unplug", "remove device") for g in self.group)

    def file_open(self):
        return all(not self.device.fd[g] or self.device.life.at[g] in
                   ("opt in", "add device", "BQL unplug", "remove device") for g in self.group)

    def file_is_open(self):
        return all(self.device.fd[g] or self.device.life.at[g] not in
                   ("opt in", "add device", "BQL unplug", "remove device") for g in self.group)

    def never_plugged_in_vain(self):
        return all(not self.device.life.plugged[g] for g in self.group)

    # Votes.

    def holds(self):
        return all(self.vfio.holds[g] or self.device.life.at[g] not in HOLDS
                   for g in self.group)

    def holds_or_opted_in(self):
        return all(self.vfio.holds[g] or self.vfio.allowed[g]
                   or self.device.life.at[g] not in DECIDED for g in self.group)

    def no_vote(self):
        return all(not self.vfio.holds[g] or self.device.life.at[g] in HOLDS
                   or self.device.life.at[g] in DECIDED for g in self.group)

    def opted_in(self):
        return all(not self.vfio.allowed[g] or self.device.life.at[g] in OPTED_IN
                   for g in self.group)

    def one_or_the_other(self):
        return all(not self.vfio.allowed[g] or not self.vfio.holds[g] for g in self.group)

    def no_iommu_of_its_own(self):
        return all(not self.vfio.allowed[g] or self.kernel.kind[g] != "physical"
                   for g in self.group)

    def opts_in(self):
        return all(self.device.life.at[g] != "opt in" or self.kernel.kind[g] != "physical"
                   for g in self.group)

    def containers_have_no_votes(self):
        return all(not self.vfio.container_holds[c] for c in self.container)

    def postcopy_holds(self):
        return self.postcopy.holds or self.postcopy.migrate.at != "postcopy uninhibit"

    def postcopy_does_not_hold(self):
        return not self.postcopy.holds or self.postcopy.migrate.at == "postcopy uninhibit"

    def zap(self):
        return self.balloon.inflate.at != "zap" or self.inhibitor.votes == 0

    # sPAPR alone.

    def nothing_registered(self):
        return all(not self.kernel.registered[c, p] for c in self.container for p in self.page)

    def no_prereg(self):
        return all(not self.vfio.prereg[c] for c in self.container)

    # The container that the running group speaks of.

    def new_container(self):
        return all(self.device.life.new_container.c[g] is not None
                   or self.device.life.at[g] not in NEW_HERE for g in self.group)

    def new_container_is_open(self):
        return all(self.device.life.new_container.c[g] != c or self.kernel.open[c]
                   for g in self.group for c in self.container)

    def new_container_is_not_linked(self):
        return all(self.device.life.new_container.c[g] != c or not self.vfio.linked[c]
                   or self.device.life.at[g] == "register listener"
                   for g in self.group for c in self.container)

    def new_container_is_attached(self):
        return all(self.device.life.new_container.c[g] != c or self.kernel.attached[g] == c
                   or self.device.life.at[g] in ("API version", "CHECK_EXTENSION",
                                                 "SET_CONTAINER")
                   for g in self.group for c in self.container)

    def new_container_has_no_iommu(self):
        return all(self.device.life.new_container.c[g] != c or not self.kernel.iommu[c]
                   or self.device.life.at[g] != "SET_IOMMU"
                   for g in self.group for c in self.container)

    def new_container_has_an_iommu(self):
        return all(self.device.life.new_container.c[g] != c or self.kernel.iommu[c]
                   or self.device.life.at[g] not in ("KVM add", "link")
                   for g in self.group for c in self.container)

    def connects(self):
        return all(self.device.life.connect.c[g] is not None
                   or self.device.life.at[g] not in CONNECTS for g in self.group)

    def connects_to_an_open_one(self):
        return all(self.device.life.connect.c[g] != c or self.kernel.open[c]
                   for g in self.group for c in self.container)

    def connects_where_attached(self):
        return all(self.device.life.connect.c[g] != c or self.kernel.attached[g] == c
                   or self.device.life.at[g] == "close container on error"
                   for g in self.group for c in self.container)

    def unlinked_on_error(self):
        return all(self.device.life.connect.c[g] != c or not self.vfio.linked[c]
                   or self.device.life.at[g] not in GONE_WRONG
                   for g in self.group for c in self.container)

    def nobody_else_joins(self):
        return all(self.device.life.at[g] not in ("register listener", "unlink on error")
                   or self.kernel.attached[g] != c or self.kernel.attached[h] != c
                   for g in self.group for h in self.group for c in self.container if g != h)

    def disconnects(self):
        return all(self.device.life.disconnect.c[g] is not None or self.device.life.at[g] not in
                   ("unlink", "unregister listener", "UNSET_CONTAINER", "close container")
                   for g in self.group)

    def disconnects_from_an_open_one(self):
        return all(self.device.life.disconnect.c[g] != c or self.kernel.open[c]
                   for g in self.group for c in self.container)

    def disconnects_where_attached(self):
        return all(self.device.life.disconnect.c[g] != c or self.kernel.attached[g] == c
                   or self.device.life.at[g] == "close container"
                   for g in self.group for c in self.container)

    def last_unregisters(self):
        return all(self.device.life.at[g] != "unregister listener"
                   or self.device.life.disconnect.last[g] for g in self.group)

    def last_is_alone(self):
        return all(not self.device.life.disconnect.last[g] or self.vfio.member[h] != c
                   or self.device.life.disconnect.c[g] != c
                   for g in self.group for h in self.group for c in self.container)

    def not_last(self):
        return all(self.device.life.at[g] != "UNSET_CONTAINER"
                   or self.device.life.disconnect.last[g]
                   or self.device.life.disconnect.c[g] != c
                   or any(self.vfio.member[h] == c for h in self.group)
                   for g in self.group for c in self.container)

    def closes_its_own(self):
        return all(self.device.life.at[g] != "close container" or self.vfio.member[h] != c
                   or self.device.life.disconnect.c[g] != c
                   for g in self.group for h in self.group for c in self.container)

    def listener_has_gone(self):
        return all(not self.device.life.disconnect.last[g] or not self.vfio.listener[c]
                   or self.device.life.disconnect.c[g] != c
                   or self.device.life.at[g] == "unregister listener"
                   for g in self.group for c in self.container)

    # The same after an ordinary unplug.

    def disconnects_2(self):
        return all(self.device.life.disconnect2.c[g] is not None or self.device.life.at[g] not in
                   ("unlink#2", "unregister listener#2", "UNSET_CONTAINER#2", "close container#2")
                   for g in self.group)

    def disconnects_from_an_open_one_2(self):
        return all(self.device.life.disconnect2.c[g] != c or self.kernel.open[c]
                   for g in self.group for c in self.container)

    def disconnects_where_attached_2(self):
        return all(self.device.life.disconnect2.c[g] != c or self.kernel.attached[g] == c
                   or self.device.life.at[g] == "close container#2"
                   for g in self.group for c in self.container)

    def last_unregisters_2(self):
        return all(self.device.life.at[g] != "unregister listener#2"
                   or self.device.life.disconnect2.last[g] for g in self.group)

    def last_is_alone_2(self):
        return all(not self.device.life.disconnect2.last[g] or self.vfio.member[h] != c
                   or self.device.life.disconnect2.c[g] != c
                   for g in self.group for h in self.group for c in self.container)

    def not_last_2(self):
        return all(self.device.life.at[g] != "UNSET_CONTAINER#2"
                   or self.device.life.disconnect2.last[g]
                   or self.device.life.disconnect2.c[g] != c
                   or any(self.vfio.member[h] == c for h in self.group)
                   for g in self.group for c in self.container)

    def closes_its_own_2(self):
        return all(self.device.life.at[g] != "close container#2" or self.vfio.member[h] != c
                   or self.device.life.disconnect2.c[g] != c
                   for g in self.group for h in self.group for c in self.container)

    def listener_has_gone_2(self):
        return all(not self.device.life.disconnect2.last[g] or not self.vfio.listener[c]
                   or self.device.life.disconnect2.c[g] != c
                   or self.device.life.at[g] == "unregister listener#2"
                   for g in self.group for c in self.container)

    # Containers and their groups.

    def members_are_attached(self):
        return all(self.vfio.member[g] != c or self.kernel.attached[g] == c
                   for g in self.group for c in self.container)

    def members_are_linked(self):
        return all(self.vfio.member[g] != c or self.vfio.linked[c]
                   for g in self.group for c in self.container)

    def members_have_an_iommu(self):
        return all(self.vfio.member[g] != c or self.kernel.iommu[c]
                   for g in self.group for c in self.container)

    def attached_alone(self):
        return all(self.kernel.attached[g] != c or not self.vfio.linked[c]
                   or self.device.life.at[g] not in ALONE
                   for g in self.group for c in self.container)

    def iommu_has_groups(self):
        return all(not self.kernel.iommu[c] or any(self.kernel.attached[g] == c
                                                   for g in self.group) for c in self.container)

    def listener_has_an_iommu(self):
        return all(not self.vfio.listener[c] or self.kernel.iommu[c] for c in self.container)

    def maps_of_a_listener(self):
        return all(not self.kernel.maps[c, p] or self.vfio.listener[c]
                   for c in self.container for p in self.page)

    def open_is_linked(self):
        return all(not self.kernel.open[c] or self.vfio.linked[c] or any(
            self.device.life.at[g] in NEW and self.device.life.new_container.c[g] == c
            or self.device.life.at[g] in GONE_WRONG and self.device.life.connect.c[g] == c
            for g in self.group) for c in self.container)

    def listener_is_linked(self):
        return all(not self.vfio.listener[c] or self.vfio.linked[c] or any(
            self.device.life.at[g] in ("KVM del on error", "unregister listener on error")
            and self.device.life.connect.c[g] == c for g in self.group) for c in self.container)

    def linked_is_mapped(self):
        return all(not self.vfio.linked[c] or self.kernel.maps[c, p] or any(
            self.device.life.at[g] in ("register listener", "unlink on error")
            and self.kernel.attached[g] == c
            or self.device.life.at[g] == "UNSET_CONTAINER"
            and self.device.life.disconnect.last[g] and self.device.life.disconnect.c[g] == c
            or self.device.life.at[g] == "UNSET_CONTAINER#2"
            and self.device.life.disconnect2.last[g] and self.device.life.disconnect2.c[g] == c
            or self.device.life.at[g] == "close container"
            and self.device.life.disconnect.c[g] == c
            or self.device.life.at[g] == "close container#2"
            and self.device.life.disconnect2.c[g] == c
            for g in self.group) for c in self.container for p in self.page)

    # The address space.

    def linked_needs_space(self):
        return all(not self.vfio.linked[c] or self.vfio.space for c in self.container)

    def space(self):
        return all(self.device.life.at[g] in SPACE_SETTLED or self.vfio.space
                   for g in self.group)

    def space_is_needed(self):
        return (not self.vfio.space or any(self.vfio.linked[c] for c in self.container)
                or any(self.device.life.at[g] not in SPACE_SETTLED for g in self.group))
