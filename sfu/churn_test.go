package sfu

import (
	"encoding/binary"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	pionsrtp "github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"

	"draille/sfu/srtp"
)

var churn = flag.Duration(
	"churn", 3*time.Second,
	"how long people come and go in TestPeopleComeAndGo; from 30s on there are twelve, and "+
		"somebody leaves every second",
)

// handshakeRecord is the content type of a DTLS record of a handshake (RFC 6347 section 4.1).
const handshakeRecord = 22

// tap opens every media packet that comes to a client's socket with the client's own keys.
type tap struct {
	handshake srtp.Handshake

	mu      sync.Mutex
	context *pionsrtp.Context // nil: no keys yet
	early   [][]byte
	left    time.Time // when the client had left; zero: they are there
	opened  int       // media packets
	foreign int       // that their keys do not open
	late    int       // that were published after they had left
}

func (p *tap) see(datagram []byte) {
	if len(datagram) == 0 || datagram[0]>>6 != 2 { // RFC 7983
		if len(datagram) > 0 && datagram[0] == handshakeRecord {
			p.handshake.Received(datagram)
		}
		return
	}
	if isRTCP(datagram) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.context == nil && !p.find(datagram) {
		p.early = append(p.early, append([]byte(nil), datagram...))
		return
	}
	for _, d := range p.early {
		p.open(d)
	}
	p.early = nil
	p.open(datagram)
}

// find finds the keys that open a packet.
func (p *tap) find(datagram []byte) bool {
	for _, s := range p.handshake.Secrets() {
		for _, profile := range srtp.Profiles() {
			keys, err := s.Keys(profile)
			if err != nil {
				continue
			}
			context, err := pionsrtp.CreateContext(
				keys.RemoteMasterKey, keys.RemoteMasterSalt, profile,
			)
			if err != nil {
				continue
			}
			if _, err := context.DecryptRTP(nil, datagram, nil); err == nil {
				p.context = context
				return true
			}
		}
	}
	return false
}

func (p *tap) open(datagram []byte) {
	plain, err := p.context.DecryptRTP(nil, datagram, nil)
	var packet rtp.Packet
	if err != nil || packet.Unmarshal(plain) != nil {
		p.foreign++
		return
	}
	if len(packet.Payload) < 8 {
		return // padding
	}
	p.opened++
	published := time.Unix(
		0, int64(binary.BigEndian.Uint64(packet.Payload[len(packet.Payload)-8:])),
	)
	if !p.left.IsZero() && published.After(p.left) {
		p.late++
	}
}

// counts returns the packets opened, those of strangers, and those that came too late.
func (p *tap) counts() (opened, foreign, late int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened, p.foreign + len(p.early), p.late
}

func (p *tap) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = time.Now()
}

// TestPeopleComeAndGo lets the one who has been there for longest leave again and again, and
// another come, while everybody sends to everybody. Whoever has left stays at their socket for a
// while: nothing that is published then may reach them, and nobody may ever get what is not
// protected with their own keys.
func TestPeopleComeAndGo(t *testing.T) {
	people, every, packets := 5, 300*time.Millisecond, 50*time.Millisecond
	if *churn >= 30*time.Second {
		// what two cores open twice under the race detector
		people, every, packets = 12, time.Second, 100*time.Millisecond
	}
	s := newServer(t)
	mark := func(b []byte) { binary.BigEndian.PutUint64(b, uint64(time.Now().UnixNano())) }
	came := 0
	come := func() *client {
		came++
		c := s.join(fmt.Sprint("person ", came))
		c.tap = &tap{}
		c.dial("first", shape{audio: 3, video: people - 1})
		c.microphone.mark, c.camera[0].mark = mark, mark
		c.negotiate(nil)
		c.awaitConnected()
		c.participant.SetLive(Live{Microphone: true, Camera: true})
		c.participant.SetAdmitted(true)
		c.pumpEvery(packets, c.speak, c.film)
		return c
	}
	gone := func(c *client) {
		opened, foreign, late := c.tap.counts()
		require.Zero(
			t, foreign, "%s got packets that their keys do not open, beside %d that they do", c.id,
			opened,
		)
		require.Zero(t, late, "%s got what was published after they had left", c.id)
		c.hangUp()
	}
	var present []*client
	for range people {
		present = append(present, come())
	}
	everybody(present...)
	var former *client
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for begun := time.Now(); time.Since(begun) < *churn; <-ticker.C {
		leaver := present[0]
		eventually(
			t, leaver.id+" gets media",
			func() bool { opened, _, _ := leaver.tap.counts(); return opened > 20 },
		)
		leaver.participant.Close()
		leaver.tap.leave()
		if former != nil {
			gone(former)
		}
		former = leaver
		present = append(present[1:], come())
		everybody(present...)
	}
	for _, c := range present {
		eventually(
			t, c.id+" gets media",
			func() bool { opened, _, _ := c.tap.counts(); return opened > 20 },
		)
	}
	for _, c := range present {
		c.participant.Close()
		c.tap.leave()
	}
	for _, c := range append(present, former) {
		gone(c)
	}
	require.Greater(t, came, people)
	require.Zero(t, s.engine.Stats().Dropped["write"])
	t.Logf("%d people came and went", came)
}

// someServerHello is a datagram with a ServerHello that names no protection profile.
func someServerHello() []byte {
	const typeServerHello = 2
	datagram := make([]byte, 80)
	datagram[0], datagram[13] = handshakeRecord, typeServerHello
	return datagram
}

// TestTapTells lets the tap see what it must complain of.
func TestTapTells(t *testing.T) {
	p := &tap{}
	p.handshake.Received(someServerHello())
	_, err := fmt.Fprintf(&p.handshake, "CLIENT_RANDOM %064x %096x\n", 1, 2)
	require.NoError(t, err)
	secrets := p.handshake.Secrets()[0]
	profile := srtp.Profiles()[0]
	keys, err := secrets.Keys(profile)
	require.NoError(t, err)
	right, err := pionsrtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, profile)
	require.NoError(t, err)
	send := func(by *pionsrtp.Context, number uint16, published time.Time) {
		packet := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: number, SSRC: 5},
			Payload: binary.BigEndian.AppendUint64(nil, uint64(published.UnixNano()))}
		raw, err := packet.Marshal()
		require.NoError(t, err)
		protected, err := by.EncryptRTP(nil, raw, nil)
		require.NoError(t, err)
		p.see(protected)
	}
	expect := func(expected ...int) {
		opened, foreign, late := p.counts()
		require.Equal(t, expected, []int{opened, foreign, late})
	}
	send(pathContext(t, 1), 1, time.Now())
	expect(0, 1, 0)
	send(right, 2, time.Now())
	expect(1, 1, 0)
	send(pathContext(t, 1), 3, time.Now())
	expect(1, 2, 0)
	published := time.Now()
	p.leave()
	send(right, 4, published)
	expect(2, 2, 0)
	send(right, 5, time.Now().Add(time.Millisecond))
	expect(3, 2, 1)
}
