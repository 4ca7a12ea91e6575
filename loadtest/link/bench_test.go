package link_test

import (
	"testing"
	"time"

	"draille/loadtest/link"
)

func BenchmarkSend(b *testing.B) {
	for _, name := range []string{"thin-150", "adsl-end", "4g-edge", "ehpad-wifi"} {
		b.Run(name, func(b *testing.B) {
			p, err := link.Find(name)
			if err != nil {
				b.Fatal(err)
			}
			d := direction(b, p.Down, 1)
			b.ReportAllocs()
			now := time.Duration(0)
			for b.Loop() {
				now += 50 * time.Millisecond // below every rate, so that packets pass
				d.Send(now, 600)
			}
		})
	}
}
