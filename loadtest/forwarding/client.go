package forwarding

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/rtc"
	"draille/signaling/protocol"
)

const (
	feedbackEvery = 100 * time.Millisecond // as browsers do with that much coming in
	reportEvery   = time.Second
)

// seat is one client's part in a case.
type seat struct {
	microphone, camera bool // what it sends
	sees               int  // how many senders it waits for
	slots              int  // pairs of them, of which the first few carry who is seen
}

// client is one participant of the generator.
type client struct {
	seat
	own  uint32
	peer *peer
	in   *incoming

	writing sync.Mutex
	socket  *websocket.Conn

	transport atomic.Uint32 // transport-wide number of the next packet

	mu        sync.Mutex
	id        string
	people    map[string]bool // senders that are live, and whether they show a camera
	connected bool
	admitted  bool
	err       error
	changed   chan struct{} // closed and replaced when something changes

	done       chan struct{}
	goroutines sync.WaitGroup
	once       sync.Once
}

// join opens a client with an invitation link and returns once it is in the room and its media
// transport stands.
func join(ctx context.Context, server Server, link string, seat seat) (*client, error) {
	c := &client{seat: seat, people: map[string]bool{}, changed: make(chan struct{}),
		done: make(chan struct{})}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	c.own = binary.BigEndian.Uint32(random[:])
	c.in = newIncoming(c.own, server.Sink != nil)
	if err := c.open(ctx, server, link); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *client) open(ctx context.Context, server Server, link string) error {
	token, err := c.dial(ctx, server, link)
	if err != nil {
		return err
	}
	socket, err := server.listenUDP()
	if err != nil {
		return err
	}
	if c.peer, err = newPeer(socket, rtc.Receiver{RTP: c.receiveRTP, RTCP: c.receiveRTCP},
		c.slots); err != nil {
		return err
	}
	c.peer.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		c.update(func() { c.connected = state == webrtc.PeerConnectionStateConnected })
	})
	c.goroutines.Go(c.read)
	offer, err := c.peer.pc.Offer()
	if err != nil {
		return err
	}
	for _, message := range []any{
		protocol.Join{Token: token, Device: "generator-" + rand.Text(), Lang: "en"},
		protocol.Enter{Name: "Generator"},
		protocol.Offer{Connection: "c1", SDP: offer},
		c.media(),
	} {
		if err := c.send(message); err != nil {
			return err
		}
	}
	if err := c.await(ctx, "to be in the room, connected", func() bool {
		return c.connected && c.admitted
	}); err != nil {
		return err
	}
	c.goroutines.Go(c.respond)
	return nil
}

// media tells what the client sends.
func (s seat) media() protocol.Media {
	var m protocol.Media
	m.Microphone, m.Camera = s.microphone, s.camera
	return m
}

func (c *client) dial(ctx context.Context, server Server, link string) (token string, err error) {
	address, err := url.Parse(link)
	if err != nil || address.Fragment == "" {
		return "", errors.New("forwarding: expected an invitation link, got something else: make " +
			"one with draille invite")
	}
	origin := address.Scheme + "://" + address.Host
	ws := url.URL{Scheme: strings.Replace(address.Scheme, "http", "ws", 1), Host: address.Host,
		Path: "/ws"}
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		NetDialContext: server.dial}
	conn, response, err := dialer.DialContext(ctx, ws.String(),
		http.Header{"Origin": []string{origin}})
	if err != nil {
		return "", fmt.Errorf("forwarding: no websocket: %w", err)
	}
	_ = response.Body.Close()
	c.socket = conn
	return address.Fragment, nil
}

func (c *client) send(message any) error {
	data, err := protocol.Marshal(message)
	if err != nil {
		return fmt.Errorf("forwarding: %w", err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.socket.WriteMessage(websocket.TextMessage, data); err != nil {
		return fmt.Errorf("forwarding: the websocket is gone: %w", err)
	}
	return nil
}

func (c *client) update(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	close(c.changed)
	c.changed = make(chan struct{})
}

// fail notes the first thing that went wrong.
func (c *client) fail(err error) {
	c.update(func() { c.err = cmp.Or(c.err, err) })
}

// await waits until a condition holds.
func (c *client) await(ctx context.Context, what string, condition func() bool) error {
	for {
		c.mu.Lock()
		ok, err, changed := condition(), c.err, c.changed
		c.mu.Unlock()
		switch {
		case ok:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("forwarding: expected a client %s, got nothing in time: %w", what,
				ctx.Err())
		}
	}
}

// read takes what the server says until the websocket ends.
func (c *client) read() {
	for {
		_, data, err := c.socket.ReadMessage()
		if err != nil {
			c.fail(fmt.Errorf("forwarding: the websocket is gone: %w", err))
			return
		}
		message, err := protocol.UnmarshalServer(data)
		if err != nil {
			c.fail(err)
			return
		}
		switch m := message.(type) {
		case protocol.Welcome:
			c.update(func() { c.id = m.Participant })
		case protocol.Admitted:
			c.update(func() { c.admitted = true })
		case protocol.Answer:
			if err := c.onAnswer(m.SDP); err != nil {
				c.fail(err)
			}
		case protocol.Roster:
			c.onRoster(m)
		case protocol.Error:
			c.fail(fmt.Errorf("forwarding: the server refused %s: %s", m.Of, m.Message))
		case protocol.Bye:
			c.fail(fmt.Errorf("forwarding: the server said goodbye: %s", m.Reason))
		}
	}
}

// onRoster waits for all senders, and looks at their cameras, the same size each.
func (c *client) onRoster(m protocol.Roster) {
	var wants []protocol.Subscription
	news := false
	c.update(func() {
		for _, person := range m.Present {
			_, known := c.people[person.ID]
			sends := person.Media.Microphone || person.Media.Camera
			if person.ID != c.id && sends && !known {
				c.people[person.ID], news = person.Media.Camera, true
			}
		}
		for _, gone := range m.Left {
			_, known := c.people[gone]
			news = news || known
			delete(c.people, gone)
		}
		for id, camera := range c.people {
			if camera {
				wants = append(wants, protocol.Subscription{Participant: id,
					Source: protocol.SourceCamera, Width: 960, Height: 544, Priority: 2})
			}
		}
	})
	if news && len(wants) > 0 && len(wants) == c.sees {
		if err := c.send(protocol.Subscribe{Subscriptions: wants}); err != nil {
			c.fail(err)
		}
	}
}

// onAnswer reads which SSRC of the server stands for what.
func (c *client) onAnswer(text string) error {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(text); err != nil {
		return fmt.Errorf("forwarding: expected an answer in SDP, got a syntax error: %w", err)
	}
	for _, section := range description.MediaDescriptions {
		if _, sends := section.Attribute(sdp.AttrKeySendOnly); !sends {
			continue
		}
		repair := map[uint64]bool{}
		for _, a := range section.Attributes {
			fields := strings.Fields(a.Value)
			switch {
			case a.Key == sdp.AttrKeyExtMap && len(fields) == 2 && fields[1] == sdp.TransportCCURI:
				id, _ := strconv.ParseUint(fields[0], 10, 8)
				c.in.mu.Lock()
				c.in.extension = uint8(id)
				c.in.mu.Unlock()
			case a.Key == sdp.AttrKeySSRCGroup && len(fields) == 3:
				ssrc, _ := strconv.ParseUint(fields[2], 10, 32)
				repair[ssrc] = true
			case a.Key == sdp.AttrKeySSRC && len(fields) > 0:
				ssrc, _ := strconv.ParseUint(fields[0], 10, 32)
				c.in.mu.Lock()
				if c.in.slots[uint32(ssrc)] == nil {
					c.in.slots[uint32(ssrc)] = &slot{media: !repair[ssrc]}
				}
				c.in.mu.Unlock()
			}
		}
	}
	return c.peer.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer,
		SDP: text})
}

// respond tells the server how things arrive, until the client is closed.
func (c *client) respond() {
	feedback, report := time.NewTicker(feedbackEvery), time.NewTicker(reportEvery)
	defer feedback.Stop()
	defer report.Stop()
	for {
		var packets []rtcp.Packet
		select {
		case <-c.done:
			return
		case <-feedback.C:
			packets = c.in.feedback()
		case <-report.C:
			packets = c.in.report(c.own)
		}
		if len(packets) > 0 {
			// fails while the connection closes: nobody is left to tell
			_ = c.peer.pc.WriteRTCP(packets)
		}
	}
}

// count begins a window of what is sent and received.
func (c *client) count(w window) {
	c.in.count(w)
	c.peer.video.count(w)
	c.peer.audio.count(w)
}

// stream sends at the given rates, as far as it sends, until stop is closed.
func (c *client) stream(video, audio int, phase time.Duration, stop <-chan struct{}) {
	if c.camera {
		c.goroutines.Go(func() {
			c.tick(video, phase, stop, func() error {
				return c.peer.video.sendVideo(c.number(), video)
			})
		})
	}
	if c.microphone {
		c.goroutines.Go(func() {
			c.tick(audio, phase/2, stop, func() error {
				return c.peer.audio.sendAudio(c.number(), audio)
			})
		})
	}
}

func (c *client) number() uint16 { return uint16(c.transport.Add(1)) }

// tick calls send at even intervals; what is late is made up for.
func (c *client) tick(rate int, phase time.Duration, stop <-chan struct{}, send func() error) {
	interval := time.Second / time.Duration(rate)
	next := time.Now().Add(phase)
	timer := time.NewTimer(phase)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-c.done:
			return
		case <-timer.C:
		}
		if send() != nil {
			return // the connection closes
		}
		next = next.Add(interval)
		timer.Reset(time.Until(next))
	}
}

// receiveRTP notes one media packet.
func (c *client) receiveRTP(ssrc uint32, raw []byte) { c.in.receive(ssrc, raw, time.Now()) }

// receiveRTCP takes reports: only keyframe requests matter.
func (c *client) receiveRTCP(_ uint32, raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	for _, packet := range packets {
		switch packet.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			c.peer.video.keyframe.Store(true)
		}
	}
}

func (c *client) close() error {
	var err error
	c.once.Do(func() {
		close(c.done)
		if c.peer != nil {
			err = c.peer.close()
		}
		if c.socket != nil {
			if c.send(protocol.Leave{}) == nil {
				_ = c.socket.SetReadDeadline(time.Now().Add(2 * time.Second)) // for the goodbye
			} else {
				_ = c.socket.Close()
			}
		}
		c.goroutines.Wait()
		if c.socket != nil {
			_ = c.socket.Close()
		}
	})
	return err
}
