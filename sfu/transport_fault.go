package sfu

import "go.uber.org/zap"

// survive keeps a fault of this program from ending the calls of everybody: it is deferred where
// something of one participant is handled, takes a panic, and drops their transport. Their page
// hears that it failed and makes another, of which nothing is left that was wrong with this one.
func (t *transport) survive(during string) {
	fault := recover()
	if fault == nil {
		return
	}
	t.env.counters.drop(dropFault)
	if !t.faulty.CompareAndSwap(false, true) {
		return // it is being closed: what came with it need not be told again
	}
	t.env.log.Error("a fault of the program: the participant's transport is dropped",
		zap.String("during", during), zap.Any("fault", fault), zap.Stack("stack"))
	go t.drop()
}

// drop closes the transport and tells its owner. It waits for goroutines of the transport.
func (t *transport) drop() {
	t.path.connected.Store(false)
	t.owner.onTransport(t, TransportFailed)
	t.close()
}
