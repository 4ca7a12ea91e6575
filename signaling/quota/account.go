// Package quota bounds what people may use of the server. Work, memory, places and time are charged
// to the address, the invitation and the participant that cause them, before they are spent: the
// code that serves a request asks the account first and does nothing when it says no.
//
// Costs that are spent (websockets opened, lines of chat, offers) are bounded by rates; costs that
// are held (connections, relayed addresses, connection tests) by numbers. Those who have a seat in
// a room hold a reserve that strangers cannot take.
//
// The time is an argument. Locks: Connections.mu before Account.mu, and nothing else while one of
// them is held.
package quota

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

// logEvery is the least time between two lines of the log for one reason.
const logEvery = time.Minute

// Reason is why something was refused.
type Reason struct {
	Cost  Cost
	Scope Scope
}

// Account counts what everybody costs. Its methods may be called concurrently.
type Account struct {
	config Config
	log    *zap.Logger

	mu      sync.Mutex
	rates   map[Reason]*buckets
	held    map[Reason]map[string]int // for ByAll and ByStrangers under the key ""
	seats   map[string]Payer          // by participant
	at      map[netip.Addr]int        // seats at each address
	refused map[Reason]*refusals
}

// refusals counts what was refused for one reason.
type refusals struct {
	count    uint64
	unlogged uint64
	logged   time.Time
}

// New returns an account in which nothing is spent. Without a logger it logs nothing.
func New(config Config, log *zap.Logger) *Account {
	a := &Account{
		config: config, log: cmp.Or(log, zap.NewNop()),
		rates: map[Reason]*buckets{}, held: map[Reason]map[string]int{},
		seats: map[string]Payer{}, at: map[netip.Addr]int{}, refused: map[Reason]*refusals{},
	}
	for cost, r := range config.Rates {
		for scope, one := range map[Scope]Rate{
			ByAddress: r.Address, ByInvitation: r.Invitation, ByParticipant: r.Participant,
		} {
			if one != (Rate{}) {
				a.rates[Reason{cost, scope}] = newBuckets(one)
			}
		}
	}
	return a
}

// Seat notes that a participant has a seat, at an address. It is called again when the address
// changes.
func (a *Account) Seat(p Payer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unseat(p.Participant)
	a.seats[p.Participant] = p
	a.at[key(p.Address)]++
}

// Unseat notes that a participant has none any more.
func (a *Account) Unseat(participant string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unseat(participant)
}

func (a *Account) unseat(participant string) {
	p, ok := a.seats[participant]
	if !ok {
		return
	}
	delete(a.seats, participant)
	k := key(p.Address)
	if a.at[k]--; a.at[k] == 0 {
		delete(a.at, k)
	}
}

// Seated returns who pays for a participant, if they have a seat.
func (a *Account) Seated(participant string) (Payer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.seats[participant]
	return p, ok
}

// seatsAt is the number of seats at an address.
func (a *Account) seatsAt(address netip.Addr) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at[key(address)]
}

// scoped are the keys of a payer, one for each scope that is known of them.
func scoped(p Payer) map[Scope]string {
	keys := map[Scope]string{}
	if p.Address.IsValid() {
		keys[ByAddress] = key(p.Address).String()
	}
	if p.Invitation != "" {
		keys[ByInvitation] = p.Invitation
	}
	if p.Participant != "" {
		keys[ByParticipant] = p.Participant
	}
	return keys
}

// factor multiplies the bounds of an invitation with several seats.
func factor(scope Scope, p Payer) int {
	if scope == ByInvitation {
		return max(p.Seats, 1)
	}
	return 1
}

// Spend puts one unit of a cost down to a payer and reports whether that was within every bound.
// When it was not, nothing is put down.
func (a *Account) Spend(now time.Time, cost Cost, p Payer) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*bucket
	for scope, k := range scoped(p) {
		kept := a.rates[Reason{cost, scope}]
		if kept == nil {
			continue
		}
		one := kept.of(k, factor(scope, p))
		if !one.has(now) {
			a.refuse(now, Reason{cost, scope})
			return false
		}
		all = append(all, one)
	}
	for _, one := range all {
		one.AllowN(now, 1)
	}
	return true
}

// Hold puts one unit of a cost down to a payer until release is called, and reports whether that is
// within every bound. Release may be called more than once.
func (a *Account) Hold(now time.Time, cost Cost, p Payer) (release func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	caps := a.config.Caps[cost]
	keys := scoped(p)
	keys[ByAll] = ""
	if _, seated := a.seats[p.Participant]; !seated && !p.Vouched {
		keys[ByStrangers] = ""
	}
	for scope, k := range keys {
		most := map[Scope]int{
			ByAddress: caps.Address, ByInvitation: caps.Invitation * factor(scope, p),
			ByParticipant: caps.Participant, ByAll: caps.All, ByStrangers: caps.Strangers,
		}[scope]
		if most > 0 && a.held[Reason{cost, scope}][k] >= most {
			a.refuse(now, Reason{cost, scope})
			return nil, false
		}
	}
	for scope, k := range keys {
		a.add(Reason{cost, scope}, k, 1)
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			for scope, k := range keys {
				a.add(Reason{cost, scope}, k, -1)
			}
		})
	}, true
}

func (a *Account) add(reason Reason, k string, n int) {
	if a.held[reason] == nil {
		a.held[reason] = map[string]int{}
	}
	if a.held[reason][k] += n; a.held[reason][k] == 0 {
		delete(a.held[reason], k)
	}
}

// Held is how much of a cost all hold together.
func (a *Account) Held(cost Cost) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held[Reason{cost, ByAll}][""]
}

// refuse counts a refusal and logs it, once a minute for each reason. a.mu is held.
func (a *Account) refuse(now time.Time, reason Reason) {
	r := a.refused[reason]
	if r == nil {
		r = &refusals{}
		a.refused[reason] = r
	}
	r.count++
	r.unlogged++
	if now.Sub(r.logged) < logEvery && now.After(r.logged) {
		return
	}
	a.log.Warn("a bound was reached: what was asked beyond it was refused",
		zap.String("cost", string(reason.Cost)), zap.String("scope", string(reason.Scope)),
		zap.Uint64("refused", r.unlogged))
	r.unlogged, r.logged = 0, now
}

// Refused counts what was refused since the start, by reason.
func (a *Account) Refused() map[Reason]uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := make(map[Reason]uint64, len(a.refused))
	for reason, r := range a.refused {
		counts[reason] = r.count
	}
	return counts
}
