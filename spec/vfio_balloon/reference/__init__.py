"""QEMU's VFIO groups and containers with the balloon inhibitor, as an executable reference.

Objects, threads, locks and memory are real. A thread calls at("label") and then runs the code of
that step, up to its next at(); no other thread may run in between, and a held lock is the only
thing a step can wait for. Chance is in `Environment`: fails("name") and pick("name", choices) are
drawn in the step that needs them.

Steps (label, where it is in the C code, what it does; hw/vfio/common.c unless said otherwise. In
rhel77 all of vfio is hw/misc/vfio.c, and vfio_initfn, vfio_exitfn and vfio_put_device are what is
vfio_realize, vfio_instance_finalize and vfio_put_base_device here):

  plug and unplug
    BQL plug                        pci.c:vfio_realize              take the big lock
    open group                      vfio_get_group                  search, else open, GET_STATUS
    list group                      vfio_get_group                  insert in the global list
    close group on error            vfio_get_group                  close the group, free it
    GET_DEVICE_FD                   vfio_get_device                 open the device, GET_INFO
    opt in                          vfio_get_device                 withdraw the group's vote
    add device                      vfio_get_device                 insert in the group's list
    BQL unplug                      pci.c:vfio_instance_finalize    take the big lock
    remove device                   vfio_put_base_device            unlist and close the device
    uninhibit                       vfio_put_group                  give the vote back
    KVM del                         vfio_put_group                  leave KVM's VFIO device
    close group                     vfio_put_group                  unlist, close, free

  connect
    get space                       vfio_connect_container          get or create address space
    inhibit                         vfio_connect_container          vote
    SET_CONTAINER existing          vfio_connect_container          join what accepts; may pin
    link existing                   vfio_connect_container          group into container
    KVM add existing                vfio_connect_container          KVM_DEV_VFIO_GROUP_ADD
    inhibit existing                vfio_connect_container          vote (reviewed, qemu61)
    UNSET_CONTAINER on refusal      vfio_connect_container          qemu61: the vote is refused
    open container                  vfio_connect_container          open /dev/vfio/vfio
    API version                     vfio_connect_container          GET_API_VERSION, allocate
    CHECK_EXTENSION                 vfio_connect_container          which IOMMU model
    SET_CONTAINER                   vfio_connect_container          attach the group
    SET_IOMMU                       vfio_connect_container          attach the IOMMU driver
    KVM add                         vfio_connect_container          KVM_DEV_VFIO_GROUP_ADD;
                                                                    rhel77: vfio_get_group, last
    link                            vfio_connect_container          both lists; rhel77: after
                                                                    the listener
    register listener               memory_listener_register        map, and so pin, every page

  sPAPR
    IOMMU_ENABLE                    vfio_connect_container          v1
    TCE info                        vfio_connect_container          v1
    register prereg                 memory_listener_register        v2: pin every page
    TCE info v2                     vfio_connect_container          v2
    remove default window           vfio_spapr_remove_window        v2
    unregister prereg on EXIT       memory_listener_unregister      EXIT: prereg, tce_info,
                                                                    default_window

  error exits, upstream, reviewed and qemu61
    unlink on error                 listener_release_exit           both lists
    KVM del on error                listener_release_exit           KVM_DEV_VFIO_GROUP_DEL
    unregister listener on error    listener_release_exit           unmap every page
    close container on error        free_container_exit             free, close
    uninhibit on error              put_space_exit                  give the vote back; qemu61:
                                                                    enable_discards_exit, before
                                                                    the container is closed
    uninhibit again on error        (double_release_exit)           once too often
    put space on error              put_space_exit                  free an empty address space

  error exits, rhel77 (EXIT: open, api, no_type1, set_container, set_iommu, listener = E1 E2 E6
  E3 E4 E5), hw/misc/vfio.c:vfio_connect_container
    unregister listener on listener                                 without unmapping
    close container on EXIT                                         free, close; not for open
    uninhibit on EXIT                                               give the vote back
    uninhibit again on EXIT         (double_release_exit)           once too often

  disconnect
    unlink                          vfio_disconnect_container       group out of container
    unregister listener             vfio_listener_release           unmap every page
    UNSET_CONTAINER                 vfio_disconnect_container       detach; rhel77, unset_first:
                                                                    before "unlink"
    close container                 vfio_disconnect_container       unlist, free, close
    put space                       vfio_put_address_space          free an empty address space

  balloon, guest, postcopy
    BQL balloon                     virtio-balloon.c                take the big lock
    check inhibited                 virtio_balloon_handle_output    pick a page, read the count
    zap                             balloon_page                    madvise(MADV_DONTNEED)
    guest touch                     (a vCPU)                        write to a page
    postcopy advise                 postcopy-ram.c                  a migration arrives
    BQL listen                      postcopy_ram_enable_notify      take the big lock
    postcopy inhibit                postcopy_ram_enable_notify      vote
    postcopy uninhibit              postcopy_ram_incoming_cleanup   give it back, no big lock

  With counter="nonatomic", each step LABEL that votes or gives a vote back only loads the count
  and changes it in a step of its own, "LABEL: store".

Choices (all in the step of that name or as said):
  fails: open_group (open group), device_fd (GET_DEVICE_FD), open (open container), api (API
  version), no_type1 (CHECK_EXTENSION), set_container, set_iommu, listener (register listener),
  iommu_enable, prereg (register prereg), tce_info (TCE info, TCE info v2), default_window, refused
  (inhibit, inhibit existing: qemu61 only).
  pick: "existing container" (SET_CONTAINER existing: a container, or None as the last choice),
  "new container" (open container: a free number), "unmapped" (register listener, register
  prereg: the page that could not be mapped), "spapr model" (SET_IOMMU: "v2", "v1"), "page" (check
  inhibited, guest touch), "listen" (postcopy advise: True, False).

What `Machine.observe()` answers:
  votes             the inhibitor's count (negative after one release too many)
  postcopy_holds    postcopy has a vote that it did not give back
  bql               name of the thread that holds the big lock, or None
  space             the address space object exists
  groups[g]         state ("absent", "opened", "linked", "listed"), open (file descriptor),
                    container (QEMU's pointer: a number or None), attached (the kernel's),
                    holds_vote, balloon_allowed, kvm, devices (how many)
  containers[c]     alive (in the kernel), open (file descriptor), iommu, listed, listener,
                    prereg, dangling (a listener of a container that was freed), holds_vote
                    (per="container"), groups (QEMU's list), attached (the kernel's list),
                    maps[p], registered[p] (sPAPR v2), pins[p], stale[p]
  devices[d]        fd (open), in_group
  pinned[p]         any container has the page pinned
  stale[p]          the CPU and a device see different bytes behind the same address
  errors            requests that the kernel refused, and counts below zero, in order
"""
from spec.hooks import Environment, spawn
from spec.vfio_balloon.reference.machine import Machine
from spec.vfio_balloon.reference.memory import Memory, io_uring_permitted
from spec.vfio_balloon.reference.options import EXITS, SPAPR_EXITS, VERSIONS, VOTES, Options

__all__ = ["EXITS", "SPAPR_EXITS", "VERSIONS", "VOTES", "Environment", "Machine", "Memory",
           "Options", "io_uring_permitted", "spawn"]
