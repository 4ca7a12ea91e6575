package demo

import (
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/store"
)

// months are those before this one of which the demonstration has figures.
const months = 24

// history invents what would have been counted: more every month, less in August.
func history(h *house) error {
	first := time.Date(h.now.Year(), h.now.Month(), 1, 12, 0, 0, 0, time.UTC).AddDate(0, -months, 0)
	for n := range months {
		month := first.AddDate(0, n, 0)
		acts := 8 + 2*n + n*5%7
		if month.Month() == time.August {
			acts /= 2
		}
		number := figures.MonthAt(month, time.UTC)
		for i, room := range h.rooms {
			if err := counted(h, room.ID, practice.FigureConsultation, number,
				acts*(2-i)/3); err != nil {
				return err
			}
		}
		if err := counted(h, "", practice.FigureTelestaff, number, 4+n/6); err != nil {
			return err
		}
		if err := opinions(h, number, 2+acts/3); err != nil {
			return err
		}
		if err := store.Insert(h.tx, practice.Satisfaction{Establishment: h.hospital.ID,
			Service: h.service.ID, Month: number, Face2: n % 2, Face3: 1 + n%3, Face4: acts / 6,
			Face5: 4 + acts/5}, nil); err != nil {
			return err
		}
	}
	return nil
}

// opinions adds what so many questions to the service would have counted, which most of them
// answered, at a distance more often than not.
func opinions(h *house, month, asked int) error {
	answers := asked - asked/8
	_, err := figures.Recount(h.tx, "", practice.Figure{Establishment: h.hospital.ID,
		Service: h.service.ID, Kind: practice.FigureOpinion, Month: month, Acts: answers,
		Asked: asked, Answers: answers, Cancelled: asked / 15, Distant: answers * 7 / 10,
		AnswerSeconds: answers * (20 + month%6) * int(time.Hour/time.Second)})
	return err
}

// counted adds what would have been counted in a cell with so many acts.
func counted(h *house, place string, kind practice.FigureKind, month, acts int) error {
	f := practice.Figure{Establishment: h.hospital.ID, Service: h.service.ID, Place: place,
		Kind: kind, Month: month, Acts: acts, Sessions: acts, Cancelled: acts / 9,
		SessionSeconds: acts * (1300 + month%7*60), Troubled: acts / 5, Frozen: acts / 12,
		VoiceOnly: acts / 8, Reconnected: acts / 10}
	if kind == practice.FigureConsultation {
		f.NoShows, f.Waits, f.LongWaits = acts/11, acts, acts/14
		f.WaitSeconds = acts * (200 + month%5*45)
	}
	_, err := figures.Recount(h.tx, "", f)
	return err
}
