package signaling

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/photo"
	"draille/signaling/protocol"
)

// spoken is a page that speaks for others, in virtual time: it hears its rate and counts.
type spoken struct {
	wish    transferWish
	now     time.Time
	rate    int
	told    []int
	counted int
}

// passes lets time pass in the steps of the room. Each second the page says what has left.
func (s *spoken) passes(d time.Duration, sentPerSecond int) {
	for step := range int(d / photo.Interval) {
		if sentPerSecond >= 0 && step%int(time.Second/photo.Interval) == 0 {
			s.wish.hear(s.now, protocol.Transfer{Wanted: true, Sent: sentPerSecond})
		}
		s.counted += s.wish.pass(s.now)
		if next, news := s.wish.tell(s.now, s.rate); news {
			s.told = append(s.told, next.Bitrate)
		}
		s.now = s.now.Add(photo.Interval)
	}
}

func (s *spoken) wanted() bool { return !s.wish.until.IsZero() }

const silent = -1 // bytes that a page tells of that says nothing

func TestTheRateOfOtherPagesFollowsTheLink(t *testing.T) {
	s := &spoken{now: time.Now(), rate: 80_000}
	s.passes(3*time.Second, 0)
	s.rate = 20_000 // a voice needs it
	s.passes(200*time.Millisecond, silent)
	require.Equal(t, []int{80_000, 20_000}, s.told, "at once")
	s.rate = 0
	s.passes(200*time.Millisecond, silent)
	s.rate = 21_000
	s.passes(3*time.Second, 0)
	require.Equal(t, []int{80_000, 20_000, 0, 21_000}, s.told)
	s.wish.hear(s.now, protocol.Transfer{})
	require.False(t, s.wanted())
	s.passes(100*time.Millisecond, 0)
	require.Equal(t, 21_000, s.told[4], "another wish is answered, also with the same rate")
}

func TestTheWishOfOtherPagesRunsOut(t *testing.T) {
	s := &spoken{now: time.Now(), rate: 80_000}
	s.passes(time.Minute, 0)
	require.True(t, s.wanted())
	s.passes(transferPatience-time.Second, silent)
	require.True(t, s.wanted(), "a message may come late")
	s.passes(time.Second, silent)
	require.False(t, s.wanted())
	told := len(s.told)
	s.passes(time.Minute, silent)
	require.Len(t, s.told, told, "nobody listens")
}

func TestWhatOtherPagesSentIsCountedAtTheRateThatWasTold(t *testing.T) {
	const second = 10_000 // at 80,000 bit/s
	for name, c := range map[string]struct{ tells, counted int }{
		"nothing": {0, 0}, "the truth": {second, 10 * second},
		"half of it": {second / 2, 5 * second},
		"a lie":      {protocol.MaxTransferBytes, 10 * second},
	} {
		t.Run(name, func(t *testing.T) {
			s := &spoken{now: time.Now(), rate: 80_000}
			s.passes(100*time.Millisecond, 0)
			last := s.counted
			for range 100 {
				s.passes(100*time.Millisecond, silent)
				require.LessOrEqual(t, s.counted-last, second/10, "never a second's in one moment")
				last = s.counted
			}
			s.counted = 0
			s.passes(10*time.Second, c.tells)
			require.InDelta(t, c.counted, s.counted, second)
		})
	}
	s := &spoken{now: time.Now()}
	s.passes(10*time.Second, protocol.MaxTransferBytes)
	require.Zero(t, s.counted, "whoever is to wait sends nothing")

	// A link that is lost is not taken for one that carries what was told before.
	s = &spoken{now: time.Now(), rate: 80_000}
	s.passes(3*time.Second, protocol.MaxTransferBytes)
	s.counted = 0
	s.passes(4*time.Second, silent)
	require.LessOrEqual(t, s.counted, second)
}

// rateTold reads until the page is told a rate of its others.
func rateTold(c *client) int { return expect[protocol.TransferRate](c).Bitrate }

func TestOtherPagesSendBesideTheCallAndBehindItsPhoto(t *testing.T) {
	h := open(t, nil)
	host := h.enters("host", protocol.RoleHost)
	seat := h.seatOf(host, func(*recordedSeat) bool { return true })
	h.media.change(func() { seat.upRate = 50_000 })
	wish := protocol.Transfer{Wanted: true}
	host.send(wish)
	require.Equal(t, 50_000, rateTold(host))
	h.seatOf(host, func(s *recordedSeat) bool { return s.up > 0 })
	wish.Sent = 1000
	host.send(wish)
	h.seatOf(host, func(s *recordedSeat) bool { return s.transferred > 0 })

	h.media.change(func() { seat.upRate = 20_000 }) // a voice needs it
	require.Equal(t, 20_000, rateTold(host))
	host.send(protocol.Photo{Width: 1, Height: 1, Pieces: []int{1, 1, 1}})
	require.Equal(t, 20_000, expect[protocol.Upload](host).Bitrate)
	require.Zero(t, rateTold(host), "the photo goes first")
	host.send(protocol.PhotoDrop{Photo: 1})
	require.Equal(t, 20_000, rateTold(host))

	// Another websocket: the page says it again, and is told, though the rate is the same.
	host.ws.Close()
	again := h.back(host, "host", protocol.RoleHost)
	again.send(wish)
	require.Equal(t, 20_000, rateTold(again))
	h.seatOf(again, func(s *recordedSeat) bool { return s.up > 0 })
	again.send(protocol.Transfer{})
	h.seatOf(again, func(s *recordedSeat) bool { return s.up == 0 })
	again.send(wish)
	h.seatOf(again, func(s *recordedSeat) bool { return s.up > 0 })
	again.send(protocol.Leave{})
	h.seatOf(again, func(s *recordedSeat) bool { return s.closed })
}

func TestOtherPagesOfWhoeverWaitsAreToldToWait(t *testing.T) {
	h := open(t, nil)
	guest := h.enters("roux", protocol.RoleGuest)
	seat := h.seatOf(guest, func(*recordedSeat) bool { return true })
	h.media.change(func() { seat.upRate = 50_000 })
	guest.send(protocol.Transfer{Wanted: true})
	require.Zero(t, rateTold(guest))
	guest.send(protocol.Transfer{})
	guest.send(protocol.Ping{N: 1})
	require.Equal(t, protocol.Pong{Type: "pong", N: 1}, guest.read(), "and nothing else")
	h.settled("cozes")
	h.seatOf(guest, func(s *recordedSeat) bool { return s.up == 0 })
}
