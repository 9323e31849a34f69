"""Lemmas for proofs of every size: read, not run; edit them, add to them."""


class Counter:
    """Proved for every number of group."""

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
