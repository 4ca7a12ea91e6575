package main

import (
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/turn"
)

// iceServers hands out the relay to participants.
type iceServers struct {
	relay  *turn.Server
	urls   atomic.Pointer[[]string]
	public *url.URL
	doors  []string // host[:port] of several servers of one name; empty: there is one
	secure bool     // the relay is reached over TLS, too
	shared bool     // credentials are good at other servers
	logger *zap.Logger
}

// Credentials implements signaling.Relay.
func (i *iceServers) Credentials(payer quota.Payer, door string, now time.Time) (
	[]protocol.ICEServer, time.Time,
) {
	participant := payer.Participant
	if i.shared {
		participant = relayUser(payer)
	}
	credentials, err := i.relay.Credentials(participant, now)
	if err != nil {
		i.logger.Error("no relay for a participant", zap.String("participant", payer.Participant),
			zap.Error(err))
		return nil, time.Time{}
	}
	urls := *i.urls.Load()
	if i.secure {
		for _, host := range relayDoors(i.public.Host, i.doors, door) {
			urls = append(slices.Clip(urls), secureRelayURL(host))
		}
	}
	return []protocol.ICEServer{{URLs: urls, Username: credentials.Username,
		Credential: credentials.Password}}, credentials.Expires
}

// relayDoors are the servers whose relay over TLS a page is told of: the one by which it came,
// since its network lets it through, and the next one, so that a call goes on whose door dies. Each
// further one would cost every page another handshake. The name by which the page came is believed
// only if it is one of ours.
func relayDoors(public string, doors []string, came string) []string {
	at := slices.Index(doors, came)
	if at < 0 {
		came = public
	}
	for i := range doors {
		if next := doors[(at+1+i)%len(doors)]; next != came {
			return []string{came, next}
		}
	}
	return []string{came}
}

// mediaElsewhere lets the relay reach the media of the other servers.
func (i *iceServers) mediaElsewhere(open, fenced []string) {
	i.relay.SetElsewhere(reachable(open), reachable(fenced))
}

// reachable are those of the addresses of another server that lead to it from here, if any do: what
// it calls itself on its own loopback interface is somebody else here, but where all servers are
// on one machine.
func reachable(texts []string) []netip.AddrPort {
	var found, loopback []netip.AddrPort
	for _, text := range texts {
		address, err := netip.ParseAddrPort(text)
		switch {
		case err != nil || address.Port() == 0 || address.Addr().IsUnspecified() ||
			address.Addr().IsMulticast():
		case address.Addr().IsLoopback():
			loopback = append(loopback, address)
		default:
			found = append(found, address)
		}
	}
	if len(found) == 0 {
		return loopback
	}
	return found
}
