package main

import (
	"context"
	"net"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"draille/sfu"
	"draille/sfu/congestion/receive"
	"draille/sfu/udp"
	"draille/signaling"
	"draille/signaling/quota"
	"draille/turn"
	"draille/turn/icetcp"
	"draille/turn/split"
)

// admitTest puts a connection test down to whoever makes it: one may take 2.5 Mbit/s for 5 s.
func (s *server) admitTest(participant string) (done func(), ok bool) {
	payer, _ := s.account.Seated(participant)
	payer.Participant = participant
	now := time.Now()
	if !s.account.Spend(now, quota.Tests, payer) {
		return nil, false
	}
	return s.account.Hold(now, quota.Tests, payer)
}

// openMedia opens the ports for media, and puts the media plane and the relay on them.
func (s *server) openMedia(keys secrets) (signaling.Relay, error) {
	var err error
	if s.addresses, err = resolvePublic(context.Background(), s.config.PublicAddress); err != nil {
		return nil, err
	}
	if s.socket, err = udp.Listen(s.config.UDPListen); err != nil {
		return nil, listenError("udp-listen", s.config.UDPListen, err)
	}
	media, err := mediaAddresses(s.addresses, s.socket.LocalAddr())
	if err != nil {
		return nil, err
	}
	s.media = media
	config := sfu.Config{Socket: s.socket.Media(), Addresses: media, Logger: s.logger.Named("sfu"),
		Uplink:    receive.Config{Floor: s.config.UplinkFloor},
		AdmitTest: s.admitTest}
	if s.config.TURN.Enabled && s.config.TURN.TCPListen != "" {
		listener, err := listenTCP("turn.tcp-listen", s.config.TURN.TCPListen)
		if err != nil {
			return nil, err
		}
		config.TCPAddresses = withPort(media, portOf(listener.Addr()))
		var direct net.Listener
		s.tcpRelay, direct = split.Plain(s.connections.Listen(listener), s.logger.Named("tcp"))
		s.overTCP = icetcp.New(
			icetcp.Config{
				Listener:      direct,
				Peers:         s.socket,
				Authenticated: quota.MarkAuthenticated,
				Logger:        s.logger.Named("icetcp"),
			},
		)
	}
	if s.engine, err = sfu.New(config); err != nil {
		return nil, err
	}
	if s.config.TURN.Enabled {
		return s.openRelay(keys, relayedAddress(media), media)
	}
	closeAll(s.tcpRelay, s.secureRelay)
	return nil, nil
}

// openRelay starts the relay on all its ports.
func (s *server) openRelay(keys secrets, address netip.Addr,
	media []netip.AddrPort) (signaling.Relay, error) {
	config := turn.Config{
		Secret:        keys.relay,
		PublicAddress: address,
		Media:         media,
		Peers:         s.socket,
		UDP:           s.socket.TURN(),
		Lifetime:      s.config.TURN.CredentialLifetime,
		Allocations:   s.config.TURN.Allocations,
		Quota:         relayQuota{s.account, s.config.Cluster.Node != ""},
		Authenticated: quota.MarkAuthenticated,
		Logger:        s.logger.Named("turn"),
	}
	for _, listener := range []net.Listener{s.tcpRelay, s.secureRelay} {
		if listener != nil {
			config.Listeners = append(config.Listeners, listener)
		}
	}
	var err error
	if s.relay, err = turn.New(config); err != nil {
		return nil, err
	}
	s.handedOut = &iceServers{relay: s.relay, public: s.public, doors: s.config.Cluster.Doors,
		secure: s.secureRelay != nil, shared: s.config.Cluster.Node != "", logger: s.logger}
	s.handedOut.urls.Store(s.relayURLs(s.addresses, address))
	return s.handedOut, nil
}

// relayURLs are where the relay is reached when this server has those public addresses.
func (s *server) relayURLs(public []netip.Addr, relayed netip.Addr) *[]string {
	ports := relayPorts{udp: s.socket.LocalAddr().Port()}
	if s.tcpRelay != nil {
		ports.tcp = portOf(s.tcpRelay.Addr())
	}
	if s.config.Cluster.Node != "" && len(public) == 0 {
		// The name leads to any server; the way over this one is shorter for a room here.
		public = []netip.Addr{relayed}
	}
	urls := relayURLs(s.public, public, relayed, ports)
	return &urls
}

// adopt tells browsers other public addresses from now on: those that come, and those that restart
// ICE because the old ones lead nowhere any more.
func (s *server) adopt(public []netip.Addr) {
	media, err := mediaAddresses(public, s.socket.LocalAddr())
	if err != nil { // there are some
		s.logger.Error("the new public address cannot be used", zap.Error(err))
		return
	}
	var overTCP []netip.AddrPort
	if s.tcpRelay != nil {
		overTCP = withPort(media, portOf(s.tcpRelay.Addr()))
	}
	s.engine.SetAddresses(media, overTCP)
	if s.node != nil {
		s.node.SetMedia(textsOf(media))
	}
	if s.handedOut != nil {
		relayed := relayedAddress(media)
		s.relay.SetAddresses(relayed, media)
		s.handedOut.urls.Store(s.relayURLs(public, relayed))
	}
}

func (s *server) closeMedia() {
	if s.relay != nil {
		s.relay.Close()
	}
	if s.overTCP != nil {
		s.overTCP.Close()
	}
	if s.engine != nil {
		s.engine.Close()
	}
	if s.socket != nil {
		s.socket.Close()
	}
}
