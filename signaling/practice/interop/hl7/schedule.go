package hl7

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
)

// schedule is what a message says of an appointment.
type schedule struct {
	system, value string // of the hospital's identifier
	start         time.Time
	minutes       int      // 0: not said
	codes         []string // of services, places and kinds
	places        []string
	practitioners []string // RPPS, 11 digits
	unknown       bool     // somebody has another identifier
}

// maxIdentifier is how long the identifier of an appointment may be.
const maxIdentifier = 120

// planned reads SCH and what goes with it. Start is zero if none is said.
func planned(m er7.Message, zone *time.Location) (schedule, error) {
	var s schedule
	if !m.Has("SCH") {
		return s, wrong(codeSegment, "SCH", "the segment SCH", "a message without it")
	}
	sch, head := m.First("SCH"), m.First("MSH")
	id, field := sch.Field(2), "SCH-2"
	if id.Text() == "" {
		id, field = sch.Field(1), "SCH-1"
	}
	s.value, s.system = id.Text(), id.Component(3).Text()
	if s.system == "" {
		s.system = id.Component(2).Text()
	}
	if s.system == "" {
		s.system = head.Field(3).Text() + "^" + head.Field(4).Text()
	}
	if s.value == "" {
		return s, missing("SCH-2", "the identifier of the appointment, here or in SCH-1")
	}
	if len(s.value) > maxIdentifier || len(s.system) > maxIdentifier {
		return s, wrong(codeType, field, "at most 120 characters", "%s", length(s.value))
	}
	if err := s.times(m, zone); err != nil {
		return s, err
	}
	s.codes = append(s.codes, sch.Field(7).Text(), sch.Field(8).Text())
	for _, service := range m.All("AIS") {
		s.codes = append(s.codes, service.Field(3).Text())
	}
	for _, place := range m.All("AIL") {
		for _, one := range place.Field(3).Components() {
			s.places = append(s.places, one.Text())
		}
	}
	s.codes = append(s.codes, s.places...)
	s.codes = append(s.codes, m.First("PV1").Field(3).Text(), m.First("PV1").Field(10).Text())
	nothing := func(code string) bool { return code == "" }
	s.codes, s.places = slices.DeleteFunc(s.codes, nothing), slices.DeleteFunc(s.places, nothing)
	for _, who := range m.All("AIP") {
		for _, one := range who.Field(3).Repetitions() {
			if rpps := agenda.RPPS(one.Text()); rpps != "" {
				s.practitioners = append(s.practitioners, rpps)
			} else if one.Text() != "" {
				s.unknown = true
			}
		}
	}
	return s, nil
}

// times finds the start and the duration: SCH-11, TQ1 or AIS say them.
func (s *schedule) times(m er7.Message, zone *time.Location) error {
	sch, quantity, service := m.First("SCH"), m.First("TQ1"), m.First("AIS")
	end := time.Time{}
	for _, at := range []struct {
		field      string
		start, end er7.Value
	}{{"SCH-11.4", sch.Field(11).Component(4), sch.Field(11).Component(5)},
		{"TQ1-7", quantity.Field(7), quantity.Field(8)}, {"AIS-4", service.Field(4), er7.Value{}}} {
		if at.start.Text() == "" {
			continue
		}
		start, ok := timestamp(at.start.Text(), zone)
		if !ok || len(at.start.Text()) < 12 {
			return wrong(codeType, at.field, "a time that there is, as in 202612010900",
				"%q", at.start.Text())
		}
		s.start = start.Truncate(time.Minute)
		end, _ = timestamp(at.end.Text(), zone)
		break
	}
	for _, lasts := range []struct {
		field          string
		duration, unit er7.Value
	}{{"AIS-7", service.Field(7), service.Field(8)}, {"SCH-9", sch.Field(9), sch.Field(10)}} {
		if lasts.duration.Text() == "" {
			continue
		}
		minutes, ok := minutesOf(lasts.duration.Text(), lasts.unit.Text())
		if !ok {
			return wrong(codeType, lasts.field, "a duration in MIN, H or S", "%q in %q",
				lasts.duration.Text(), lasts.unit.Text())
		}
		s.minutes = minutes
		return nil
	}
	if end.After(s.start) && !s.start.IsZero() {
		s.minutes = int(end.Sub(s.start) / time.Minute)
	}
	return nil
}

func minutesOf(text, unit string) (int, bool) {
	amount, err := strconv.ParseFloat(text, 64)
	factor, known := map[string]float64{"": 1, "M": 1, "MIN": 1, "MN": 1, "H": 60, "HR": 60,
		"S": 1.0 / 60, "SEC": 1.0 / 60}[strings.ToUpper(unit)]
	if err != nil || !known || !(amount > 0 && amount < 1e5) {
		return 0, false
	}
	return int(amount*factor + 0.5), true
}
