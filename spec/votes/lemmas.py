"""Lemmas for proofs of every size: read, not run; edit them, add to them."""


class Counter:
    """Proved for every number of groups."""

    instance = "ci"
    proves = ("votes_counted", "votes_never_negative", "pinned_means_disabled",
              "devices_find_the_guests_pages", "postcopy_finds_its_pages", "release", "overflow")

    def lemma_1(self):
        return not self.kvm.holds or self.bql.up

    def lemma_2(self):
        return not self.kvm.pins or self.kvm.holds

    def lemma_3(self):
        return not self.bql.lock.locked() or self.bql.up

    def lemma_4(self):
        return not self.bql.up or self.kvm.kvm_init.at == "done"

    def lemma_5(self):
        return not self.balloon.zapping or self.votes.inhibitor.votes == 0

    def lemma_6(self):
        return self.balloon.inflate.at != "balloon: zap" or self.balloon.zapping

    def lemma_7(self):
        return not self.balloon.zapping or self.balloon.inflate.at == "balloon: zap"

    def lemma_8(self):
        return self.postcopy.holds or self.postcopy.migrate.at != "postcopy uninhibit"

    def lemma_9(self):
        return not self.postcopy.holds or self.postcopy.migrate.at == "postcopy uninhibit"

    def lemma_10(self):
        return (
            self.balloon.inflate.at == "BQL balloon" or self.bql.lock.holder ==
            self.balloon.inflate)

    def lemma_11(self):
        return (
            self.bql.lock.holder == self.postcopy.migrate or self.postcopy.migrate.at !=
            "postcopy inhibit")

    def lemma_12(self):
        return (
            all(not self.vfio.pins[g] or self.bql.lock.holder == self.vfio.life[g] or
            self.vfio.holds[g] for g in self.group))

    def lemma_13(self):
        return (
            all(self.bql.lock.holder == self.vfio.life[g] or self.vfio.life.at[g] in
            ("BQL vfio plug", "BQL vfio unplug") for g in self.group))

    def lemma_14(self):
        return (
            all(not self.vfio.holds[g] or self.vfio.life.at[g] not in ("BQL vfio plug",
            "vfio: SET_CONTAINER", "vfio: disable", "vfio: unregister listener") for g in
            self.group))

    def lemma_15(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.life.at[g] in
            ("vfio: unregister listener on error", "BQL vfio unplug", "vfio: enable",
            "vfio: unregister listener") for g in self.group))

    def lemma_16(self):
        return (
            all(self.vfio.holds[g] or self.vfio.life.at[g] not in ("vfio: opt in",
            "vfio: register listener", "vfio: unregister listener on error",
            "vfio: enable on error", "vfio: enable") for g in self.group))


class SignedCounter:
    """Proved for every number of groups."""

    instance = "ci"
    proves = ("votes_counted", "disabled_excludes_required", "pinned_means_disabled",
              "devices_find_the_guests_pages", "migrations_find_their_pages", "release",
              "overflow", "assertion")

    def lemma_1(self):
        return not self.kvm.pins or self.kvm.holds

    def lemma_2(self):
        return not self.sev.pins or self.sev.holds

    def lemma_3(self):
        return self.bql.up or self.votes.balance == 0

    def lemma_4(self):
        return not self.bql.lock.locked() or self.bql.up

    def lemma_5(self):
        return not self.balloon.zapping or not self.sev.pins

    def lemma_6(self):
        return not self.balloon.zapping or not self.s390.pins

    def lemma_7(self):
        return not self.bql.up or self.kvm.kvm_init.at == "done"

    def lemma_8(self):
        return not self.balloon.zapping or not self.postcopy.pins

    def lemma_9(self):
        return not self.balloon.zapping or self.votes.balance != 1

    def lemma_10(self):
        return not self.sev.pins or self.sev.sev_guest_init.at == "done"

    def lemma_11(self):
        return not self.balloon.zapping or self.colo.life.at == "BQL COLO"

    def lemma_12(self):
        return self.balloon.inflate.at != "balloon: zap" or self.balloon.zapping

    def lemma_13(self):
        return not self.colo.pins or self.colo.life.at == "colo: release RAM cache"

    def lemma_14(self):
        return not self.balloon.zapping or self.balloon.inflate.at == "balloon: zap"

    def lemma_15(self):
        return not self.sev.holds or self.sev.pins or self.sev.sev_guest_init.at != "done"

    def lemma_16(self):
        return not self.balloon.zapping or sum(self.vfio.holds[g] for g in self.group) == 0

    def lemma_17(self):
        return self.virtio_mem.life.at != "virtio-mem: require: swap" or self.votes.balance == 0

    def lemma_18(self):
        return not self.virtio_mem.holds or self.s390.life.at in ("BQL protect", "s390: disable")

    def lemma_19(self):
        return (
            self.balloon.inflate.at == "BQL balloon" or self.bql.lock.holder ==
            self.balloon.inflate)

    def lemma_20(self):
        return (
            self.sev.holds or self.sev.sev_guest_init.at not in ("sev: launch",
            "sev: enable on error"))

    def lemma_21(self):
        return (
            not self.virtio_mem.holds or self.sev.sev_guest_init.take3.seen ==
            self.colo.life.take3.seen)

    def lemma_22(self):
        return (
            self.colo.holds or self.colo.life.at in ("BQL COLO", "colo: disable",
            "colo: disable: swap"))

    def lemma_23(self):
        return (
            self.bql.lock.holder == self.s390.life or self.s390.life.at in ("BQL protect",
            "BQL unprotect"))

    def lemma_24(self):
        return (
            self.s390.holds or self.s390.life.at in ("BQL protect", "s390: disable",
            "s390: disable: swap"))

    def lemma_25(self):
        return (
            not self.colo.holds or self.colo.life.at not in ("BQL COLO", "colo: disable",
            "colo: disable: swap"))

    def lemma_26(self):
        return (
            not self.s390.holds or self.s390.life.at not in ("BQL protect", "s390: disable",
            "s390: disable: swap"))

    def lemma_27(self):
        return (
            self.bql.lock.holder == self.sev.sev_guest_init or self.sev.sev_guest_init.at in
            ("sev_guest_init", "done"))

    def lemma_28(self):
        return (
            all(not self.virtio_mem.holds or self.vfio.life.take2.seen[g] ==
            self.colo.life.take3.seen for g in self.group))

    def lemma_29(self):
        return (
            not self.sev.holds or self.sev.sev_guest_init.at not in ("sev_guest_init",
            "sev: disable", "sev: disable: swap"))

    def lemma_30(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.holds[g] or self.vfio.life.at[g] !=
            "BQL vfio unplug" for g in self.group))

    def lemma_31(self):
        return (
            self.bql.lock.holder == self.virtio_mem.life or self.virtio_mem.life.at in
            ("BQL virtio-mem plug", "BQL virtio-mem"))

    def lemma_32(self):
        return (
            self.bql.lock.holder == self.colo.life or self.colo.life.at in ("BQL COLO",
            "colo: release RAM cache", "colo: enable"))

    def lemma_33(self):
        return (
            not self.s390.pins or self.s390.life.at in ("s390: set parameters", "s390: disable PV",
            "BQL unprotect", "s390: disable PV#2"))

    def lemma_34(self):
        return (
            self.s390.life.at not in ("s390: set parameters", "s390: disable PV", "BQL unprotect",
            "s390: disable PV#2") or self.s390.pins)

    def lemma_35(self):
        return (
            self.virtio_mem.holds or self.virtio_mem.life.at in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: swap"))

    def lemma_36(self):
        return (
            all(self.bql.lock.holder == self.vfio.life[g] or self.vfio.life.at[g] in
            ("BQL vfio plug", "BQL vfio unplug") for g in self.group))

    def lemma_37(self):
        return (
            not self.virtio_mem.holds or self.virtio_mem.life.at not in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: swap"))

    def lemma_38(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.life.at[g] in
            ("vfio: unregister listener on error", "BQL vfio unplug", "vfio: enable",
            "vfio: unregister listener") for g in self.group))

    def lemma_39(self):
        return (
            all(self.vfio.holds[g] or self.vfio.life.at[g] not in ("vfio: opt in",
            "vfio: register listener", "vfio: unregister listener on error",
            "vfio: enable on error", "vfio: enable") for g in self.group))

    def lemma_40(self):
        return (
            all(not self.vfio.holds[g] or self.vfio.life.at[g] not in ("BQL vfio plug",
            "vfio: SET_CONTAINER", "vfio: disable", "vfio: disable: swap",
            "vfio: UNSET_CONTAINER on refusal", "vfio: unregister listener") for g in self.group))


class TwoSides:
    """Proved for every number of groups."""

    instance = "ci"
    proves = ("votes_counted", "no_counter_goes_below_zero", "disabled_excludes_required",
              "pinned_means_disabled", "devices_find_the_guests_pages",
              "migrations_find_their_pages", "release", "overflow", "assertion")

    def lemma_1(self):
        return not self.kvm.holds or self.bql.up

    def lemma_2(self):
        return not self.kvm.pins or self.kvm.holds

    def lemma_3(self):
        return not self.sev.pins or self.sev.holds

    def lemma_4(self):
        return not self.virtio_mem.holds or self.bql.up

    def lemma_5(self):
        return not self.bql.lock.locked() or self.bql.up

    def lemma_6(self):
        return not self.bql.up or self.kvm.kvm_init.at == "done"

    def lemma_7(self):
        return not self.votes.mutex.holder == self.postcopy.life

    def lemma_8(self):
        return not self.votes.mutex.holder == self.snapshot.life

    def lemma_9(self):
        return not self.balloon.zapping or not self.postcopy.pins

    def lemma_10(self):
        return not self.balloon.zapping or not self.snapshot.pins

    def lemma_11(self):
        return not self.votes.mutex.holder == self.balloon.inflate

    def lemma_12(self):
        return not self.sev.pins or self.sev.sev_guest_init.at == "done"

    def lemma_13(self):
        return not self.balloon.zapping or self.votes.disabled.count == 0

    def lemma_14(self):
        return not self.virtio_mem.holds or not self.votes.mutex.locked()

    def lemma_15(self):
        return self.balloon.inflate.at != "balloon: zap" or self.balloon.zapping

    def lemma_16(self):
        return not self.bql.up or not self.votes.mutex.holder == self.kvm.kvm_init

    def lemma_17(self):
        return not self.colo.pins or self.colo.life.at == "colo: release RAM cache"

    def lemma_18(self):
        return not self.s390.holds or not self.votes.mutex.holder == self.s390.life

    def lemma_19(self):
        return not self.balloon.zapping or self.balloon.inflate.at == "balloon: zap"

    def lemma_20(self):
        return not self.kvm.sync_mmu or not self.votes.mutex.holder == self.kvm.kvm_init

    def lemma_21(self):
        return not self.sev.holds or not self.votes.mutex.holder == self.sev.sev_guest_init

    def lemma_22(self):
        return not self.votes.mutex.holder == self.virtio_mem.life or self.votes.disabled.count == 0

    def lemma_23(self):
        return (
            not self.nvme.pins or self.nvme.life.at in ("BQL nvme close", "nvme: close container"))

    def lemma_24(self):
        return (
            not self.votes.mutex.holder == self.colo.life or self.bql.lock.holder == self.colo.life)

    def lemma_25(self):
        return (
            not self.votes.mutex.holder == self.nvme.life or self.bql.lock.holder == self.nvme.life)

    def lemma_26(self):
        return (
            not self.votes.mutex.holder == self.s390.life or self.bql.lock.holder == self.s390.life)

    def lemma_27(self):
        return (
            self.votes.mutex.locked() or self.sev.sev_guest_init.at !=
            "sev: disable: count")

    def lemma_28(self):
        return (
            self.balloon.inflate.at == "BQL balloon" or self.bql.lock.holder ==
            self.balloon.inflate)

    def lemma_29(self):
        return (
            self.colo.life.at != "colo: disable: count" or self.votes.mutex.holder ==
            self.colo.life)

    def lemma_30(self):
        return (
            self.nvme.life.at != "nvme: disable: count" or self.votes.mutex.holder ==
            self.nvme.life)

    def lemma_31(self):
        return (
            self.s390.life.at != "s390: disable: count" or self.votes.mutex.holder ==
            self.s390.life)

    def lemma_32(self):
        return (
            self.sev.holds or self.sev.sev_guest_init.at not in ("sev: launch",
            "sev: enable on error"))

    def lemma_33(self):
        return (
            not self.kvm.sync_mmu or self.kvm.kvm_init.at not in ("kvm: disable",
            "kvm: disable: count"))

    def lemma_34(self):
        return (
            self.colo.holds or self.colo.life.at in ("BQL COLO", "colo: disable",
            "colo: disable: count"))

    def lemma_35(self):
        return (
            self.kvm.kvm_init.at != "kvm: disable: count" or self.votes.mutex.holder ==
            self.kvm.kvm_init)

    def lemma_36(self):
        return (
            self.bql.lock.holder == self.s390.life or self.s390.life.at in ("BQL protect",
            "BQL unprotect"))

    def lemma_37(self):
        return (
            self.s390.holds or self.s390.life.at in ("BQL protect", "s390: disable",
            "s390: disable: count"))

    def lemma_38(self):
        return (
            self.bql.lock.holder == self.nvme.life or self.nvme.life.at in ("BQL nvme open",
            "BQL nvme close"))

    def lemma_39(self):
        return (
            self.nvme.holds or self.nvme.life.at in ("BQL nvme open", "nvme: disable",
            "nvme: disable: count"))

    def lemma_40(self):
        return (
            not self.votes.mutex.holder == self.virtio_mem.life or self.bql.lock.holder ==
            self.virtio_mem.life)

    def lemma_41(self):
        return (
            not self.colo.holds or self.colo.life.at not in ("BQL COLO", "colo: disable",
            "colo: disable: count"))

    def lemma_42(self):
        return (
            not self.s390.holds or self.s390.life.at not in ("BQL protect", "s390: disable",
            "s390: disable: count"))

    def lemma_43(self):
        return (
            not self.votes.mutex.holder == self.sev.sev_guest_init or self.bql.lock.holder ==
            self.sev.sev_guest_init)

    def lemma_44(self):
        return (
            not self.nvme.holds or self.nvme.life.at not in ("BQL nvme open", "nvme: disable",
            "nvme: disable: count"))

    def lemma_45(self):
        return (
            self.virtio_mem.life.at != "virtio-mem: require: count" or self.votes.mutex.holder ==
            self.virtio_mem.life)

    def lemma_46(self):
        return (
            self.bql.lock.holder == self.sev.sev_guest_init or self.sev.sev_guest_init.at in
            ("sev_guest_init", "done"))

    def lemma_47(self):
        return (
            all(self.votes.mutex.locked() or self.vfio.life.at[g] != "vfio: disable: count"
            for g in self.group))

    def lemma_48(self):
        return (
            all(not self.vfio.pins[g] or self.bql.lock.holder == self.vfio.life[g] or
            self.vfio.holds[g] for g in self.group))

    def lemma_49(self):
        return (
            not self.sev.holds or self.sev.sev_guest_init.at not in ("sev_guest_init",
            "sev: disable", "sev: disable: count"))

    def lemma_50(self):
        return (
            not self.votes.mutex.locked() or self.nvme.life.at in ("BQL nvme open",
            "nvme: disable: count", "BQL nvme close"))

    def lemma_51(self):
        return (
            self.bql.lock.holder == self.virtio_mem.life or self.virtio_mem.life.at in
            ("BQL virtio-mem plug", "BQL virtio-mem"))

    def lemma_52(self):
        return (
            self.bql.lock.holder == self.colo.life or self.colo.life.at in ("BQL COLO",
            "colo: release RAM cache", "colo: enable"))

    def lemma_53(self):
        return (
            all(not self.votes.mutex.holder == self.vfio.life[g] or self.vfio.life.at[g] ==
            "vfio: disable: count" for g in self.group))

    def lemma_54(self):
        return (
            not self.votes.mutex.locked() or self.colo.life.at not in ("colo: disable",
            "colo: init RAM cache", "colo: enable on error"))

    def lemma_55(self):
        return (
            not self.s390.pins or self.s390.life.at in ("s390: set parameters", "s390: disable PV",
            "BQL unprotect", "s390: disable PV#2"))

    def lemma_56(self):
        return (
            self.s390.life.at not in ("s390: set parameters", "s390: disable PV", "BQL unprotect",
            "s390: disable PV#2") or self.s390.pins)

    def lemma_57(self):
        return (
            self.virtio_mem.holds or self.virtio_mem.life.at in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: count"))

    def lemma_58(self):
        return (
            all(self.bql.lock.holder == self.vfio.life[g] or self.vfio.life.at[g] in
            ("BQL vfio plug", "BQL vfio unplug") for g in self.group))

    def lemma_59(self):
        return (
            not self.virtio_mem.holds or self.virtio_mem.life.at not in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: count"))

    def lemma_60(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.life.at[g] in
            ("vfio: unregister listener on error", "BQL vfio unplug", "vfio: enable",
            "vfio: unregister listener") for g in self.group))

    def lemma_61(self):
        return (
            all(self.vfio.holds[g] or self.vfio.life.at[g] not in ("vfio: opt in",
            "vfio: register listener", "vfio: unregister listener on error",
            "vfio: enable on error", "vfio: enable") for g in self.group))

    def lemma_62(self):
        return (
            all(not self.vfio.holds[g] or self.vfio.life.at[g] not in ("BQL vfio plug",
            "vfio: SET_CONTAINER", "vfio: disable", "vfio: disable: count",
            "vfio: UNSET_CONTAINER on refusal", "vfio: unregister listener") for g in self.group))


class FourKinds:
    """Proved for every number of groups."""

    instance = "ci"
    proves = ("votes_counted", "no_counter_goes_below_zero", "disabled_excludes_required",
              "disabled_excludes_coordinated", "uncoordinated_disabled_excludes_required",
              "pinned_means_disabled", "devices_find_the_guests_pages",
              "migrations_find_their_pages", "answers_were_true", "release", "overflow",
              "assertion")

    def lemma_1(self):
        return not self.kvm.holds or self.bql.up

    def lemma_2(self):
        return not self.kvm.pins or self.kvm.holds

    def lemma_3(self):
        return not self.bql.lock.locked() or self.bql.up

    def lemma_4(self):
        return not self.bql.up or self.kvm.kvm_init.at == "done"

    def lemma_5(self):
        return not self.balloon.zapping or not self.postcopy.pins

    def lemma_6(self):
        return not self.balloon.zapping or not self.snapshot.pins

    def lemma_7(self):
        return not self.sev.pins or self.sev.sev_guest_init.at == "done"

    def lemma_8(self):
        return not self.balloon.zapping or self.votes.disabled.count == 0

    def lemma_9(self):
        return not self.vdpa.pins or self.vdpa.life.at == "BQL netdev_del"

    def lemma_10(self):
        return not self.balloon.zapping or self.votes.uncoordinated.count == 0

    def lemma_11(self):
        return self.virtio_mem.life.at == "BQL virtio-mem plug" or self.bql.up

    def lemma_12(self):
        return self.guest_memfd.life.at == "BQL guest_memfd add" or self.bql.up

    def lemma_13(self):
        return self.balloon.inflate.at != "balloon: zap" or self.balloon.zapping

    def lemma_14(self):
        return not self.colo.pins or self.colo.life.at == "colo: release RAM cache"

    def lemma_15(self):
        return not self.balloon.zapping or self.balloon.inflate.at == "balloon: zap"

    def lemma_16(self):
        return not self.votes.mutex.holder == self.colo.life or self.votes.required.count == 0

    def lemma_17(self):
        return not self.votes.mutex.holder == self.nvme.life or self.votes.required.count == 0

    def lemma_18(self):
        return not self.votes.mutex.holder == self.s390.life or self.votes.required.count == 0

    def lemma_19(self):
        return not self.votes.mutex.holder == self.vdpa.life or self.votes.required.count == 0

    def lemma_20(self):
        return not self.votes.mutex.holder == self.blkio.life or self.votes.required.count == 0

    def lemma_21(self):
        return not self.blkio.pins or self.blkio.life.at in ("BQL blkio close", "blkio: destroy")

    def lemma_22(self):
        return not self.votes.mutex.holder == self.colo.life or self.votes.coordinated.count == 0

    def lemma_23(self):
        return not self.votes.mutex.holder == self.nvme.life or self.votes.coordinated.count == 0

    def lemma_24(self):
        return not self.votes.mutex.holder == self.s390.life or self.votes.coordinated.count == 0

    def lemma_25(self):
        return not self.votes.mutex.holder == self.vdpa.life or self.votes.coordinated.count == 0

    def lemma_26(self):
        return not self.votes.mutex.holder == self.blkio.life or self.votes.coordinated.count == 0

    def lemma_27(self):
        return not self.votes.mutex.holder == self.virtio_mem.life or self.votes.disabled.count == 0

    def lemma_28(self):
        return (
            not self.nvme.pins or self.nvme.life.at in ("BQL nvme close", "nvme: close container"))

    def lemma_29(self):
        return (
            not self.sev.pins or self.sev.holds or self.bql.lock.holder == self.sev.sev_guest_init)

    def lemma_30(self):
        return (
            not self.votes.mutex.holder == self.guest_memfd.life or self.votes.disabled.count == 0)

    def lemma_31(self):
        return (
            not self.votes.mutex.holder == self.sev.sev_guest_init or self.votes.required.count ==
            0)

    def lemma_32(self):
        return (
            self.bql.lock.holder == self.balloon.inflate or self.balloon.inflate.at ==
            "BQL balloon")

    def lemma_33(self):
        return (
            self.votes.mutex.holder == self.colo.life or self.colo.life.at !=
            "colo: disable: count")

    def lemma_34(self):
        return (
            self.votes.mutex.holder == self.nvme.life or self.nvme.life.at !=
            "nvme: disable: count")

    def lemma_35(self):
        return (
            self.votes.mutex.holder == self.s390.life or self.s390.life.at !=
            "s390: disable: count")

    def lemma_36(self):
        return (
            self.votes.mutex.holder == self.vdpa.life or self.vdpa.life.at !=
            "vdpa: disable: count")

    def lemma_37(self):
        return (
            not self.votes.mutex.holder == self.guest_memfd.life or self.votes.uncoordinated.count
            == 0)

    def lemma_38(self):
        return (
            not self.votes.mutex.holder == self.sev.sev_guest_init or self.votes.coordinated.count
            == 0)

    def lemma_39(self):
        return (
            self.sev.holds or self.sev.sev_guest_init.at not in ("sev: launch",
            "sev: enable on error"))

    def lemma_40(self):
        return (
            self.votes.mutex.holder == self.blkio.life or self.blkio.life.at !=
            "blkio: disable: count")

    def lemma_41(self):
        return (
            self.colo.holds or self.colo.life.at in ("BQL COLO", "colo: disable",
            "colo: disable: count"))

    def lemma_42(self):
        return (
            self.votes.mutex.holder == self.kvm.kvm_init or self.kvm.kvm_init.at !=
            "kvm: disable: count")

    def lemma_43(self):
        return (
            self.bql.lock.holder == self.s390.life or self.s390.life.at in ("BQL protect",
            "BQL unprotect"))

    def lemma_44(self):
        return (
            self.s390.holds or self.s390.life.at in ("BQL protect", "s390: disable",
            "s390: disable: count"))

    def lemma_45(self):
        return (
            self.bql.lock.holder == self.nvme.life or self.nvme.life.at in ("BQL nvme open",
            "BQL nvme close"))

    def lemma_46(self):
        return (
            self.nvme.holds or self.nvme.life.at in ("BQL nvme open", "nvme: disable",
            "nvme: disable: count"))

    def lemma_47(self):
        return (
            not self.sev.holds or self.sev.sev_guest_init.at in ("sev: launch",
            "sev: enable on error", "done"))

    def lemma_48(self):
        return (
            self.bql.lock.holder == self.vdpa.life or self.vdpa.life.at in ("BQL netdev_add",
            "BQL netdev_del"))

    def lemma_49(self):
        return (
            not self.colo.holds or self.colo.life.at not in ("BQL COLO", "colo: disable",
            "colo: disable: count"))

    def lemma_50(self):
        return (
            self.bql.lock.holder == self.blkio.life or self.blkio.life.at in ("BQL blkio open",
            "BQL blkio close"))

    def lemma_51(self):
        return (
            self.blkio.holds or self.blkio.life.at in ("BQL blkio open", "blkio: disable",
            "blkio: disable: count"))

    def lemma_52(self):
        return (
            not self.s390.holds or self.s390.life.at not in ("BQL protect", "s390: disable",
            "s390: disable: count"))

    def lemma_53(self):
        return (
            self.votes.mutex.holder == self.sev.sev_guest_init or self.sev.sev_guest_init.at !=
            "sev: disable: count")

    def lemma_54(self):
        return (
            not self.nvme.holds or self.nvme.life.at not in ("BQL nvme open", "nvme: disable",
            "nvme: disable: count"))

    def lemma_55(self):
        return (
            self.votes.mutex.holder == self.virtio_mem.life or self.virtio_mem.life.at !=
            "virtio-mem: require: count")

    def lemma_56(self):
        return (
            all(not self.votes.mutex.holder == self.vfio.life[g] or self.votes.required.count == 0
            for g in self.group))

    def lemma_57(self):
        return (
            self.balloon.inflate.at != "balloon: is discarding disabled: second load" or
            self.votes.disabled.count == 0)

    def lemma_58(self):
        return (
            self.bql.lock.holder == self.sev.sev_guest_init or self.sev.sev_guest_init.at in
            ("sev_guest_init", "done"))

    def lemma_59(self):
        return (
            self.votes.mutex.holder == self.guest_memfd.life or self.guest_memfd.life.at !=
            "guest_memfd: require: count")

    def lemma_60(self):
        return (
            not self.blkio.holds or self.blkio.life.at not in ("BQL blkio open", "blkio: disable",
            "blkio: disable: count"))

    def lemma_61(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.holds[g] or self.bql.lock.holder ==
            self.vfio.life[g] for g in self.group))

    def lemma_62(self):
        return (
            self.bql.lock.holder == self.virtio_mem.life or self.virtio_mem.life.at in
            ("BQL virtio-mem plug", "BQL virtio-mem"))

    def lemma_63(self):
        return (
            self.bql.lock.holder == self.colo.life or self.colo.life.at in ("BQL COLO",
            "colo: release RAM cache", "colo: enable"))

    def lemma_64(self):
        return (
            all(self.votes.mutex.holder == self.vfio.life[g] or self.vfio.life.at[g] !=
            "vfio: disable: count" for g in self.group))

    def lemma_65(self):
        return (
            self.bql.lock.holder == self.guest_memfd.life or self.guest_memfd.life.at in
            ("BQL guest_memfd add", "BQL guest_memfd"))

    def lemma_66(self):
        return (
            not self.vdpa.holds or self.vdpa.life.at in ("vdpa: map RAM", "vdpa: enable on error",
            "BQL netdev_del", "vdpa: enable"))

    def lemma_67(self):
        return (
            self.vdpa.holds or self.vdpa.life.at in ("BQL netdev_add", "vdpa: backend features",
            "vdpa: disable", "vdpa: disable: count"))

    def lemma_68(self):
        return (
            not self.s390.pins or self.s390.life.at in ("s390: set parameters", "s390: disable PV",
            "BQL unprotect", "s390: disable PV#2"))

    def lemma_69(self):
        return (
            self.s390.pins or self.s390.life.at not in ("s390: set parameters", "s390: disable PV",
            "BQL unprotect", "s390: disable PV#2"))

    def lemma_70(self):
        return (
            self.virtio_mem.holds or self.virtio_mem.life.at in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: count"))

    def lemma_71(self):
        return (
            all(self.bql.lock.holder == self.vfio.life[g] or self.vfio.life.at[g] in
            ("BQL vfio plug", "BQL vfio unplug") for g in self.group))

    def lemma_72(self):
        return (
            self.guest_memfd.holds or self.guest_memfd.life.at in ("BQL guest_memfd add",
            "guest_memfd: require", "guest_memfd: require: count"))

    def lemma_73(self):
        return (
            not self.virtio_mem.holds or self.virtio_mem.life.at not in ("BQL virtio-mem plug",
            "virtio-mem: require", "virtio-mem: require: count"))

    def lemma_74(self):
        return (
            self.balloon.inflate.at != "balloon: is discarding disabled: second load" or
            self.votes.free_seen or self.votes.uncoordinated.count != 0)

    def lemma_75(self):
        return (
            not self.guest_memfd.holds or self.guest_memfd.life.at not in ("BQL guest_memfd add",
            "guest_memfd: require", "guest_memfd: require: count"))

    def lemma_76(self):
        return (
            all(not self.vfio.pins[g] or self.vfio.life.at[g] in
            ("vfio: unregister listener on error", "BQL vfio unplug", "vfio: enable",
            "vfio: unregister listener") for g in self.group))

    def lemma_77(self):
        return (
            all(self.vfio.holds[g] or self.vfio.life.at[g] not in ("vfio: opt in",
            "vfio: register listener", "vfio: unregister listener on error",
            "vfio: enable on error", "vfio: enable") for g in self.group))

    def lemma_78(self):
        return (
            all(not self.vfio.holds[g] or self.vfio.life.at[g] in ("vfio: opt in",
            "vfio: register listener", "vfio: unregister listener on error",
            "vfio: enable on error", "BQL vfio unplug", "vfio: enable") for g in self.group))
