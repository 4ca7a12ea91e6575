package fhir

import (
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// appointmentOf is an appointment as FHIR tells it, with everybody's way in if the machine is given
// them.
func appointmentOf(e *exchange, tx *store.Tx, a practice.Appointment) (Appointment, error) {
	made := Appointment{ResourceType: "Appointment", ID: a.ID, Status: string(a.Status),
		Meta:  metaOf(a),
		Start: instant(a.StartsAt, e.zone), End: instant(a.EndsAt, e.zone),
		MinutesDuration: int((a.EndsAt - a.StartsAt) / (60 * 1000)), Description: a.Title}
	if a.Status == practice.StatusBooked && a.ArrivedAt != 0 {
		made.Status = "arrived"
	}
	if a.SourceSystem != "" {
		made.Identifier = []Identifier{{System: uri(a.SourceSystem), Value: a.SourceValue}}
	}
	service, err := store.Get[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
		a.Establishment, a.Service)
	if err != nil {
		return made, err
	}
	concept := CodeableConcept{Text: service.Name}
	if service.Code != "" {
		concept.Coding = []Coding{{Code: service.Code, Display: service.Name}}
	}
	made.ServiceType = []CodeableConcept{concept}
	guests, err := agenda.Participants(tx, a)
	if err != nil {
		return made, err
	}
	for _, p := range guests {
		one, err := participantOf(e, tx, a, p)
		if err != nil {
			return made, err
		}
		made.Participant = append(made.Participant, one)
	}
	return made, nil
}

func metaOf(a practice.Appointment) *Meta {
	return &Meta{VersionID: number(a.Version), LastUpdated: instant(a.UpdatedAt, time.UTC)}
}

// participantOf is one participant. Those without a record are told by their part alone.
func participantOf(e *exchange, tx *store.Tx, a practice.Appointment,
	p practice.Participant) (Participant, error) {
	one := Participant{Status: "accepted", Type: []CodeableConcept{{
		Coding: []Coding{{System: systemRoleType, Code: "ATND"}}}}}
	var err error
	switch p.Kind {
	case practice.ParticipantPatient:
		one.Type, one.Actor = nil, Reference{Reference: "Patient/" + a.Patient, Type: "Patient"}
	case practice.ParticipantPerson:
		if one.Actor, err = practitionerOf(tx, p.Person); err != nil {
			return one, err
		}
		if p.CallRole == "host" {
			one.Type[0].Coding[0].Code = "PPRF"
		}
	case practice.ParticipantPlace:
		one.Type = nil
		if one.Actor, err = locationOf(tx, a.Place); err != nil {
			return one, err
		}
	default:
		one.Type[0].Coding[0].Code = "PART"
		one.Actor = Reference{Display: string(p.Kind)}
	}
	if !e.linked() || a.Status == practice.StatusCancelled {
		return one, nil
	}
	address, err := e.wayIn(tx, p)
	if address != "" {
		one.Extension = []Extension{virtualCall(address)}
	}
	return one, err
}

// virtualCall is R5's VirtualServiceDetail as an extension of R4.
func virtualCall(address string) Extension {
	return Extension{URL: urlVirtualCall, Extension: []Extension{
		{URL: "channelType", ValueCoding: &Coding{Code: "draille", Display: "Draille"}},
		{URL: "address", ValueURL: address}}}
}

// practitionerOf is somebody with an account: their RPPS number and their name, which is that of a
// professional.
func practitionerOf(tx *store.Tx, id string) (Reference, error) {
	person, err := store.Get[practice.Person](tx, "WHERE id = $1", id)
	made := Reference{Type: "Practitioner", Display: strings.TrimSpace(strings.Join(
		[]string{person.Title, person.GivenName, person.FamilyName}, " "))}
	if person.RPPS != "" {
		made.Identifier = &Identifier{System: systemRPPS, Value: "8" + person.RPPS}
	}
	return made, err
}

// locationOf is a place, by its code.
func locationOf(tx *store.Tx, id string) (Reference, error) {
	place, err := store.Get[practice.Place](
		tx.Across("a patient may be at a place of another establishment"), "WHERE id = $1", id)
	made := Reference{Type: "Location", Display: place.Name}
	if place.Code != "" {
		made.Identifier = &Identifier{Value: place.Code}
	}
	return made, err
}

// instant is a moment as FHIR writes it, in a zone.
func instant(at practice.Instant, zone *time.Location) string {
	if at == 0 {
		return ""
	}
	return at.Time().In(zone).Format(time.RFC3339)
}

// uri is a system of an identifier. Those of HL7 v2 messages are none: they are told as a name.
func uri(system string) string {
	if strings.Contains(system, ":") {
		return system
	}
	return "urn:draille:hl7v2:" + strings.ReplaceAll(system, "^", ":")
}
