package moving

import (
	"context"
	"fmt"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/media"
	"draille/loadtest/participant"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
	"draille/signaling/protocol"
)

const sampleEvery = 100 * time.Millisecond

// Call is a consultation: a doctor on a good line, and a nurse behind a link that moves. With
// others on good lines it is a meeting, in which everybody talks over each other.
type Call struct {
	Link   link.Profile
	Others int
	Length time.Duration // since the nurse begins to join
	Seed   uint64
}

// Side is one of the two who take part.
type Side int

// The two of a consultation.
const (
	Nurse Side = iota // hears and sees what comes down the link
	Doctor
	sides
)

// String names the side.
func (s Side) String() string { return [...]string{"nurse", "doctor"}[s] }

// View is what one side has heard and seen so far. Counts are totals.
type View struct {
	Frames         int
	Height         int     // of the latest frame
	Audible, Total float64 // of the voice, in ms: made up, and in all
	// bit/s that the server believes of their downlink and of their uplink (0: no limit), that
	// their own page believes of the uplink, and that the server asks their camera for.
	Downlink, Uplink, Own, Asked int
}

// Sample is one moment of a call.
type Sample struct {
	At    time.Duration // since the nurse began to join
	Views [sides]View
	// Queue is how long a packet would wait that comes now, and Carried how many bytes have gone
	// over the link, towards each side.
	Queue   [sides]time.Duration
	Carried [sides]int
}

// Play plays a call inside of a bubble of testing/synctest.
func Play(ctx context.Context, socket *udp.Socket, library *media.Library,
	call Call) (_ *Played, err error) {
	world, err := NewWorld(socket, library)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := world.Close(ctx); err == nil {
			err = closed
		}
	}()
	good, err := link.Find("fibre")
	if err != nil {
		return nil, err
	}
	join := func(name string, order int, profile link.Profile) (*Seat, error) {
		kind, view := protocol.KindConsultation, participant.Everybody
		if call.Others > 0 {
			kind, view = protocol.KindTelestaff, participant.Speaker
		}
		return world.Join(ctx, profile, kind, participant.Options{
			Name: name, Seed: 16*call.Seed + uint64(order), Microphone: true, Camera: true,
			Codec: rtpx.VP8, Browser: true, Speech: turns(order), AutoAdmit: true, View: view})
	}
	doctor, err := join("Doctor", 0, good)
	if err != nil {
		return nil, err
	}
	for i := range call.Others {
		if _, err := join(fmt.Sprintf("Clinician %d", i+1), i+2, good); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	nurse, err := join("Nurse", 1, call.Link)
	if err != nil {
		return nil, err
	}
	played := &Played{Call: call}
	for at := time.Duration(0); at < call.Length; at += sampleEvery {
		time.Sleep(time.Until(begun.Add(at)))
		s := sample(time.Since(begun), nurse, doctor)
		for _, p := range world.engine.Stats().Participants {
			for side, seat := range []*Seat{nurse, doctor} {
				if v := &s.Views[side]; p.Participant == seat.ID() {
					v.Downlink, v.Uplink = p.EstimateBitrate, p.UplinkBitrate
				}
			}
		}
		played.Samples = append(played.Samples, s)
	}
	for side, s := range []*Seat{nurse, doctor} {
		played.Figures[side] = s.Figures()
	}
	return played, nil
}

// turns returns when one of them speaks: five seconds in six, each now and then alone.
func turns(order int) func(time.Duration) bool {
	return func(at time.Duration) bool {
		return (at/time.Second+time.Duration(3*order))%6 != 0
	}
}

func sample(at time.Duration, nurse, doctor *Seat) Sample {
	s := Sample{At: at, Views: [sides]View{viewOf(nurse), viewOf(doctor)}}
	s.Queue[Doctor], s.Queue[Nurse] = nurse.Link.Waiting()
	counts := nurse.Link.Counters()
	s.Carried = [sides]int{counts.Down.DeliveredBytes, counts.Up.DeliveredBytes}
	return s
}

func viewOf(s *Seat) View {
	f := s.Figures()
	return View{Frames: f.Video.Frames, Height: f.Video.Height, Audible: f.Audio.Audible,
		Total: f.Audio.Total, Own: f.Sent.Estimate, Asked: f.Sent.Asked}
}
