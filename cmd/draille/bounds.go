package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/quota"
)

const (
	// otherDescriptors are those that are no counted connections: the sockets that listen, the UDP
	// socket, epoll, files of rooms and certificates that are written or read, the log, metrics.
	otherDescriptors = 256
	// fewestConnections is what a server is worth running with.
	fewestConnections = 64
)

// newAccount is the account of everything that people may cost, by the configuration.
func newAccount(config Config, logger *zap.Logger) *quota.Account {
	bounds := quota.DefaultConfig()
	opens := bounds.Rates[quota.Opens]
	opens.Address = quota.Rate{
		PerSecond: float64(config.Limits.OpensPerSecond), Burst: config.Limits.OpensAtOnce,
	}
	bounds.Rates[quota.Opens] = opens
	connects := bounds.Rates[quota.Connects]
	const perOpen = 4 // the page, its websocket, TURN and ICE over TCP
	connects.Address = quota.Rate{
		PerSecond: perOpen * opens.Address.PerSecond, Burst: perOpen * opens.Address.Burst,
	}
	bounds.Rates[quota.Connects], bounds.Rates[quota.Programs] = connects, connects
	// Each websocket begins with an offer, and may have to begin again.
	offers := bounds.Rates[quota.Offers]
	offers.Address = quota.Rate{PerSecond: opens.Address.PerSecond, Burst: 2 * opens.Address.Burst}
	bounds.Rates[quota.Offers] = offers
	relayed := bounds.Caps[quota.Allocations]
	relayed.Participant = config.TURN.AllocationsPerCredential
	relayed.Invitation = relayed.Participant + relayed.Participant/2
	relayed.All = config.TURN.Allocations
	bounds.Caps[quota.Allocations] = relayed
	return quota.New(bounds, logger.Named("quota"))
}

// newConnections bounds the TCP connections of all listeners so that there are descriptors for
// them. Those of the hospital's programs, at their own address, are bounded alike and counted by
// themselves: they may come from where all of its browsers do, and neither shuts the other out.
func newConnections(config Config, account *quota.Account, logger *zap.Logger) (
	all, programs *quota.Connections, err error,
) {
	most := config.Limits.Connections
	if descriptors, known := descriptorLimit(); known {
		fits, err := heldWithin(most, descriptors, connectionCounts(config))
		if err != nil {
			return nil, nil, err
		}
		if fits < most {
			logger.Warn("fewer connections than limits.connections can be held: raise "+
				"LimitNOFILE (systemd) or ulimit -n",
				zap.Int("limits.connections", most), zap.Int("held", fits))
		}
		most = fits
	}
	limits := quota.ConnectionLimits{
		Address:     config.Limits.ConnectionsPerAddress,
		All:         most,
		Reserve:     most / 4,
		SeatReserve: quota.DefaultSeatReserve,
		Exempt:      config.trustedProxies(),
		Crowded:     collectOften,
		Crowd:       crowd,
	}
	all = quota.NewConnections(limits, account)
	limits.Begun, limits.Crowded = quota.Programs, nil
	return all, quota.NewConnections(limits, account), nil
}

// connectionCounts is how many counts of connections there are, of up to limits.connections each.
func connectionCounts(c Config) int {
	if c.Practice.Enabled && c.Practice.FHIR.Listen != "" {
		return 2
	}
	return 1
}

// crowd is more connections than a hospital's people hold. What they leave behind in memory is then
// collected twice as often, so that it takes half as much: a call itself leaves nothing.
const (
	crowd              = 500
	usualGC, crowdedGC = 100, 50 // as GOGC
)

// wantedGC is what was asked for last. Whoever sets it looks again whether that still holds.
var wantedGC atomic.Int64

func collectOften(crowded bool) {
	wantedGC.Store(usualGC)
	if crowded {
		wantedGC.Store(crowdedGC)
	}
	// A lock is held, and the world stops for a moment: not here.
	go func() {
		for set := int64(0); set != wantedGC.Load(); {
			set = wantedGC.Load()
			debug.SetGCPercent(int(set))
		}
	}()
}

// heldWithin is how many of the connections wanted can be held, of each count, by a process that
// may have so many descriptors.
func heldWithin(wanted, descriptors, counts int) (int, error) {
	fits := min(wanted, (descriptors-otherDescriptors)/counts)
	if fits < min(wanted, fewestConnections) {
		return 0, fmt.Errorf("this process may open %d files and connections, expected at least "+
			"%d: raise LimitNOFILE (systemd) or ulimit -n",
			descriptors, counts*fewestConnections+otherDescriptors)
	}
	return fits, nil
}

// checkDescriptors compares the connections that may be held with what the system grants this user.
func checkDescriptors(config Config) finding {
	const check = "descriptors"
	needed := connectionCounts(config)*config.Limits.Connections + otherDescriptors
	granted, known := descriptorLimit()
	switch {
	case !known:
		return ok(check, "not checked on this system")
	case granted < needed:
		return warn(check, "raise LimitNOFILE (systemd) or ulimit -n, or lower limits.connections",
			"%d granted here, and limits.connections needs %d", granted, needed)
	}
	return ok(check, "%d needed, %d granted here", needed, granted)
}

// relayQuota puts relayed addresses down to whoever has a seat. It is a turn.Quota.
type relayQuota struct {
	account *quota.Account
	shared  bool // credentials of other servers are good here
}

// Hold implements turn.Quota. A credential outlives its seat by hours: without a seat it is worth
// no more than a stranger's. Among several servers the seat may be at another one, which vouches
// for it in the credential: it is put down to the invitation, as there.
func (r relayQuota) Hold(participant string, client netip.Addr) (release func(), ok bool) {
	vouched := quota.Payer{Participant: participant}
	if r.shared {
		vouched = parseRelayUser(participant)
	}
	payer, seated := r.account.Seated(vouched.Participant)
	if !seated {
		payer = vouched
	}
	payer.Participant, payer.Address = vouched.Participant, client
	return r.account.Hold(time.Now(), quota.Allocations, payer)
}

// relayUser is the participant's part of a credential that several servers know: who they are, and
// who pays. It holds a digest of the invitation, which may be read on the way.
func relayUser(payer quota.Payer) string {
	sum := sha256.Sum256([]byte(payer.Invitation))
	return fmt.Sprintf("%s/%d/%s", payer.Participant, max(payer.Seats, 1),
		base64.RawURLEncoding.EncodeToString(sum[:12]))
}

// parseRelayUser reads what relayUser has written; of anything else it takes the whole to be a
// participant for whom nobody vouches.
func parseRelayUser(text string) quota.Payer {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return quota.Payer{Participant: text}
	}
	seats, err := strconv.ParseUint(parts[1], 10, 16)
	if err != nil || seats == 0 || parts[2] == "" {
		return quota.Payer{Participant: text}
	}
	return quota.Payer{Participant: parts[0], Invitation: parts[2], Seats: int(seats),
		Vouched: true}
}
