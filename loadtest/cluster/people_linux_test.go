package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/loadtest/participant"
	"draille/signaling/protocol"
)

const (
	// atOnce is how many join together: a machine of two cores does no more handshakes in time.
	atOnce = 4
	// apart is between two rooms: a server that was given four in a second gives others away, until
	// it knows what they cost (tenure.Config.RoomLoad and Uneven).
	apart = 300 * time.Millisecond
	// triesMost is how often rooms are opened in the place of some that live elsewhere, and calm is
	// how long a machine has before that to be as idle as the others.
	triesMost = 10
	calm      = 3 * time.Second
	// never stands for a voice that did not come back while it was waited for.
	never = time.Minute
	// lookEvery is between two looks at what nobody tells of: half a packet of voice.
	lookEvery = 10 * time.Millisecond
	// silence is what nobody takes for jitter.
	silence = time.Second
)

// consultation is a host and a guest, and what the server called them.
type consultation struct {
	people []*participant.Participant
	ids    []string
}

// sound says what somebody sends.
type sound struct{ camera, alone bool }

// consultations opens so many that live on one machine, through which their hosts come, and waits
// until all hear each other. A machine that is a little busier than the others gives rooms to them:
// so nobody sends anything before all are there, and others are opened in the place of those that
// live elsewhere.
func (s *site) consultations(n int, owner *machine, what sound) []*consultation {
	s.t.Helper()
	var there []*consultation
	for tries := 0; len(there) < n; tries++ {
		if tries == triesMost {
			require.GreaterOrEqual(s.t, 10*len(there), 9*n, "%s takes no more rooms", owner.id)
			break
		}
		if tries > 0 {
			<-time.After(calm)
		}
		for _, c := range s.open(n-len(there), owner, what) {
			if c.people[0].Server() == owner.host() {
				there = append(there, c)
			} else {
				leaveAll(c.people)
			}
		}
	}
	people := everybody(there)
	for _, p := range people {
		require.NoError(s.t, p.SetMedia(true, what.camera))
	}
	for _, p := range people {
		until(s.t, "they hear each other", func() bool { return what.alone || hearsNow(p) })
	}
	return there
}

// open opens some, and waits until their media connections stand.
func (s *site) open(n int, owner *machine, what sound) []*consultation {
	s.t.Helper()
	opened := make([]*consultation, n)
	slots := make(chan struct{}, atOnce)
	var joining sync.WaitGroup
	next := time.NewTicker(apart)
	defer next.Stop()
	for i := range opened {
		<-next.C
		c, room := &consultation{}, s.room()
		links := []string{s.link(room, protocol.RoleHost)}
		if !what.alone {
			links = append(links, s.link(room, protocol.RoleGuest))
		}
		opened[i] = c
		joining.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for j, link := range links {
				s.joins(c, link, owner.index+j, uint64(2*i+j))
			}
		})
	}
	joining.Wait()
	people := everybody(opened)
	s.t.Cleanup(func() { leaveAll(people) }) // more than once is fine
	require.Len(s.t, people, n*len(opened[0].people), "all have joined")
	for _, p := range people {
		until(s.t, "their media connections stand", func() bool {
			_, connected := p.Place()
			return connected
		})
	}
	return opened
}

// joins lets somebody join by a door, and by the others if it fails them, who sends nothing yet.
func (s *site) joins(c *consultation, link string, door int, seed uint64) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var doors []string
	for i := range machines {
		doors = append(doors, s.machines[(door+i)%machines].host())
	}
	p, err := participant.Join(ctx, participant.Options{URL: link, Name: fmt.Sprint("P", seed),
		Seed: seed, Hum: true, AutoAdmit: true,
		Doors: doors, Speech: func(time.Duration) bool { return true }})
	if err != nil {
		s.t.Errorf("somebody cannot join by %s: %v", doors[0], err)
		return
	}
	if err := p.AwaitAdmission(ctx); err != nil {
		s.t.Errorf("somebody is not let in: %v", err)
	}
	c.people, c.ids = append(c.people, p), append(c.ids, p.ID())
}

func everybody(opened []*consultation) (people []*participant.Participant) {
	for _, c := range opened {
		people = append(people, c.people...)
	}
	return people
}

func leaveAll(people []*participant.Participant) {
	var leaving sync.WaitGroup
	for _, p := range people {
		leaving.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_ = p.Leave(ctx)
		})
	}
	leaving.Wait()
}

func hearsNow(p *participant.Participant) bool {
	return time.Since(p.HeardAt()) < 200*time.Millisecond
}

// interrupted tells for how long each of them heard nothing when their server goes away, from the
// last packet before to the first after. It waits until all hear by a new connection.
func interrupted(people []*participant.Participant, happens func()) []time.Duration {
	before := make([]int, len(people))
	for i, p := range people {
		p.Listen()
		before[i] = p.Moves()
	}
	happens()
	over := time.Now().Add(never)
	silences := make([]time.Duration, len(people))
	for i, p := range people {
		if !comes(time.Until(over), func() bool {
			var goesOn bool
			silences[i], goesOn = p.LongestSilence()
			return p.Moves() > before[i] && !goesOn && hearsNow(p)
		}) {
			silences[i] = never
			tellOf(p)
		}
	}
	slices.Sort(silences)
	return silences
}

// comes reports whether something comes true within a time of which nobody tells, as that a packet
// comes or a counter changes: it is looked at again and again.
func comes(within time.Duration, ready func() bool) bool {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	over := time.NewTimer(within)
	defer over.Stop()
	for !ready() {
		select {
		case <-again.C:
		case <-over.C:
			return ready()
		}
	}
	return true
}

// tellOf tells what became of somebody who hears nothing.
func tellOf(p *participant.Participant) {
	place, connected := p.Place()
	f := p.Figures()
	present, _ := p.Roster()
	fmt.Printf("   %s (%s, %s) hears nothing since %v: in the %s, connected %v, %d moves, "+
		"%d websockets more, %d packets of voice, %d in the room, %v, %v\n", f.Name, f.Role, p.ID(),
		time.Since(p.HeardAt()).Round(time.Millisecond), place, connected, f.Moves, f.Reconnects,
		f.Audio.Packets, len(present), f.Errors, p.Err())
}

// longest are the longest silences of those who were to be spared any.
func longest(people []*participant.Participant, happens func()) []time.Duration {
	for _, p := range people {
		p.Listen()
	}
	happens()
	silences := make([]time.Duration, len(people))
	for i, p := range people {
		comes(never, func() bool { return hearsNow(p) })
		silences[i], _ = p.LongestSilence()
	}
	slices.Sort(silences)
	return silences
}

// quantile of sorted durations, by the nearest rank.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// kept is the share of people who are in their room, under the same id, in the same role.
func kept(opened []*consultation) float64 {
	good, all := 0, 0
	for _, c := range opened {
		for i, p := range c.people {
			all++
			place, connected := p.Place()
			role := protocol.RoleHost
			if i > 0 {
				role = protocol.RoleGuest
			}
			if p.Err() == nil && place == protocol.PlaceRoom && connected &&
				p.ID() == c.ids[i] && p.Figures().Role == string(role) {
				good++
			}
		}
	}
	return float64(good) / float64(all)
}

// knock opens a websocket at a machine, joins, and returns how long it took until the welcome.
func (s *site) knock(address, link, device string) time.Duration {
	s.t.Helper()
	began := time.Now()
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		HandshakeTimeout: patience}
	conn, response, err := dialer.Dial("ws://"+address+"/ws",
		http.Header{"Origin": []string{s.public()}})
	require.NoError(s.t, err)
	_ = response.Body.Close()
	defer conn.Close()
	say := func(message any) {
		data, err := protocol.Marshal(message)
		require.NoError(s.t, err)
		require.NoError(s.t, conn.WriteMessage(websocket.TextMessage, data))
	}
	say(protocol.Join{Token: link[len(s.public())+2:], Device: device, Lang: "fr"})
	var took time.Duration
	require.NoError(s.t, conn.SetReadDeadline(time.Now().Add(patience)))
	for {
		_, data, err := conn.ReadMessage()
		require.NoError(s.t, err)
		message, err := protocol.UnmarshalServer(data)
		require.NoError(s.t, err)
		switch m := message.(type) {
		case protocol.Welcome:
			took = time.Since(began)
			say(protocol.Leave{})
		case protocol.Bye:
			require.Equal(s.t, protocol.ByeLeft, m.Reason)
			return took
		}
	}
}

func sortAll(lists ...[]time.Duration) {
	for _, list := range lists {
		slices.Sort(list)
	}
}
