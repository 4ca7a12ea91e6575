package main

// mutation is one change of a source file.
type mutation struct {
	name, file, old, new string
}

const (
	product = "signaling/tenure/"
	world   = "signaling/tenure/simulation/"
)

// mutations are what one might do wrong. Those of the simulation's files are what the node or the
// register would be given, or would do, if its assumptions did not hold.
var mutations = []mutation{
	{"no margin between a lease's end and the first fence", product + "config.go",
		"Margin:    135 * time.Millisecond", "Margin:    0"},
	{"the lease runs from the acknowledgement", product + "node_lease.go",
		"until := at + n.config.Lease", "until := max(at, now) + n.config.Lease"},
	{"a renewal without an answer counts", product + "node_lease.go",
		"case Unknown: // the watch may tell; the next one is due soon",
		"case Unknown:\n\t\tn.grant(now, nonce, l.granted, false)\n\t\tl.until = now + n.config.Lease"},
	{"the clock stops while the machine is suspended", world + "clock.go",
		"return c.boottime(now) }\n\n// until", "return c.monotonic(now) }\n\n// until"},
	{"the clock is the wall's", world + "clock.go",
		"return c.boottime(now) }\n\n// until", "return c.wall(now) }\n\n// until"},
	{"the register deletes without looking at the revision", world + "register.go",
		"before != nil && before.revision != q.revision:",
		"before != nil && before.revision != q.revision && !q.deletes:"},
	{"rooms are written after a read, without comparing", world + "register.go",
		"before != nil && before.revision != q.revision:",
		"before != nil && before.revision != q.revision && q.key[0] != 'r':"},
	{"nodes are fenced after a read, without comparing", world + "register.go",
		"before != nil && before.revision != q.revision:",
		"before != nil && before.revision != q.revision &&\n\t\t\t!(q.key[0] == 'n' && " +
			"q.key != tenure.NodeKey(q.from.id)):"},
	{"silence is death, without a fence", product + "node_find.go",
		"now >= p.changedAt+n.config.Lease {\n\t\t\treturn expired",
		"now >= p.changedAt+n.config.Lease {\n\t\t\treturn dead"},
	{"a node is fenced after half a lease", product + "node_find.go",
		"if n.view.live && now >= p.changedAt+n.config.Lease {",
		"if n.view.live && now >= p.changedAt+n.config.Lease/2 {"},
	{"a fenced node keeps its incarnation", product + "node_lease.go",
		"l.incarnation = self.Incarnation + 1", "l.incarnation = self.Incarnation"},
	{"a lease that ended is gained by an acknowledgement", product + "node_lease.go",
		"now >= l.until && !(watched && n.settled(now))", "false"},
	{"a lease that ended is gained before history is settled", product + "node_lease.go",
		"!(watched && n.settled(now))", "!watched"},
	{"a claim counts without a later renewal", product + "node_lease.go",
		"now >= t.notBefore && l.granted > t.asserted", "now >= t.notBefore"},
	{"claims count once the watch was broken", product + "node.go",
		"t.notBefore = n.view.quiet\n", "\n"},
	{"nobody waits after history went backwards", product + "node.go",
		"n.view.quiet = max(n.view.quiet, now+n.config.Lease)\n", "\n"},
	{"what the watch shows never proves that history went backwards", product + "node.go",
		"	if back {\n", "	if back && false {\n"},
	{"own writes never prove that history went backwards", product + "node.go",
		"if !f.deletion && revision <= f.seen || f.base < f.highest {", "if false {"},
	{"rooms go on after the register forgot them", product + "node_lease.go",
		"return now < t.frozen", "return true"},
	{"claimants do not wait for the living after an outage", product + "view.go",
		"v.quiet = max(v.quiet, now+config.Settle)", "v.quiet = max(v.quiet, now)"},
	{"claimants do not wait for the leases of before an outage", product + "view.go",
		"v.quiet = max(v.quiet, v.broke+config.Lease)", ""},
	{"nodes are fenced while the register is away", product + "node_find.go",
		"	if !n.settled(now) {\n		n.decline(w)", "	if !n.view.lived {\n		n.decline(w)"},
	{"the epoch does not rise", product + "node_rooms.go",
		"t.epoch, t.state = record.Epoch+1, record.State", "t.epoch, t.state = record.Epoch, record.State"},
	{"the state is not recalled", product + "node_rooms.go",
		"t.epoch, t.state = record.Epoch+1, record.State", "t.epoch = record.Epoch + 1"},
	{"a released room is forgotten with its removals", product + "node_rooms.go",
		"if t.stage == releasing && len(t.state) == 0 {", "if t.stage == releasing {"},
	{"what the register forgot is not written again", product + "node.go",
		"record == nil || record.Nonce != t.nonce {", "false {"},
	{"a node does not know its own write again", product + "tenure.go",
		"return record != nil && record.Instance == instance && record.Epoch == t.epoch",
		"return false"},
	{"a room that is handed over is decided still", product + "node_lease.go",
		"t == nil || t.stage != owned ||", "t == nil || t.stage == claiming ||"},
	{"an owner that did not answer is never tried again", product + "node_find.go",
		"(record.Epoch > w.unreachable || now >= w.again)", "record.Epoch > w.unreachable"},
	{"a room that was forgotten is taken back from whoever owns it", product + "node_rooms.go",
		"	switch n.standing(now, record) {\n	case free, dead, mine:",
		"	switch min(n.standing(now, record), mine) {\n	case free, dead, mine:"},
	{"nobody follows who is lost from an island", product + "node_rooms.go",
		"n.do(ToDoors{room})", ""},
	{"a restarted process keeps the incarnation of before", product + "node_lease.go",
		"case self.Fenced == \"\" && l.registered:", "case self.Fenced == \"\":"},
}
