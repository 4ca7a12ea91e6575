package sfu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotifierTellsTheLatestInOrder(t *testing.T) {
	t.Parallel()
	l := &slowListener{enter: make(chan string), leave: make(chan struct{})}
	n := newNotifier(l)
	state := func(s string) {
		n.tell("transport", func(l Listener) { l.Transport(TransportState(s)) })
	}
	state("first")
	require.Equal(t, "first", <-l.enter)
	state("second")
	n.tell("speakers", func(l Listener) { l.Speakers([]string{"x"}) })
	state("third")
	l.leave <- struct{}{}
	require.Equal(t, "third", <-l.enter)
	l.leave <- struct{}{}
	require.Equal(t, "speakers", <-l.enter)
	n.close()
	l.leave <- struct{}{}
	n.ended.Wait()
}

type slowListener struct {
	enter chan string
	leave chan struct{}
}

func (l *slowListener) hear(what string) { l.enter <- what; <-l.leave }

func (l *slowListener) Slots([]Slot) { l.hear("slots") }

func (l *slowListener) Encode(s Source, _ []Encoding) { l.hear(fmt.Sprint("encode ", s)) }

func (l *slowListener) Speakers([]string) { l.hear("speakers") }

func (l *slowListener) UplinkLoss([]string, []string) { l.hear("uplink loss") }

func (l *slowListener) Transport(s TransportState) { l.hear(string(s)) }
