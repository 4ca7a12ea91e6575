package record

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/report"
)

// Codes of the report, LOINC.
const (
	reportCode = "85208-7"
	reportName = "CR de télémédecine"
)

// OIDs of French identifiers.
const (
	oidPeople     = "1.2.250.1.71.4.2.1"
	oidStructures = "1.2.250.1.71.4.2.2"
)

// insAuthorities are the names of the national identity's authorities, by their OIDs.
var insAuthorities = map[string]string{"1.2.250.1.213.1.4.8": "ASIP-SANTE-INS-NIR",
	"1.2.250.1.213.1.4.9": "ASIP-SANTE-INS-NIA", "1.2.250.1.213.1.4.10": "ASIP-SANTE-INS-NIR"}

// mail is a message that is being written.
type mail struct {
	Way
	d       report.Document
	message er7.Message
	content []byte
	kind    string // OBX-5.2 and OBX-5.3
}

var usual = er7.Usual

// components writes a field whose empty parts at the end go.
func components(texts ...string) string { return usual.Components(texts...) }

// hatted joins what is written already.
func hatted(parts ...string) string { return strings.TrimRight(strings.Join(parts, "^"), "^") }

// stamp is a time with its offset, as the establishment's clocks show it.
func (m *mail) stamp(at practice.Instant) string {
	zone, err := agenda.Zone(m.d.Facts.Zone)
	if err != nil || at == 0 {
		return ""
	}
	return at.Time().In(zone).Format("20060102150405-0700")
}

// document writes MDM: T02 for what the record does not have, T10 for what replaces another
// version, T04 for what takes it back.
func (m *mail) document() {
	event, status, availability, parent := "T02", "F", "AV", ""
	switch {
	case m.d.Withdraws:
		event, status, availability = "T04", "D", "CA"
	case m.d.Before != 0:
		event, status = "T10", "C"
		parent = components(m.d.VersionID(m.d.Before), m.Application)
	}
	m.head(components("MDM", event, "MDM_T02"), "2.6")
	m.message.Add("EVN", "", m.stamp(m.d.Message.CreatedAt))
	m.patient()
	presentation := "AP" // what is no text, of HL7 table 0191
	if m.CDA {
		presentation = "TEXT"
	}
	author, signed := m.signer(""), m.stamp(m.d.Report.SignedAt)
	m.message.Add("TXA", "1", components(reportCode, reportName, "LN"), presentation,
		m.stamp(m.d.Facts.BeganAt), author, signed, "", "", author, "", "",
		components(m.d.VersionID(m.d.Report.Number), m.Application), parent, "", "", "", "LA", "",
		availability, "", "", m.signer(signed))
	m.observation(status)
	m.meta("CWE")
}

// result writes ORU R01: the same result each time, by its filler number.
func (m *mail) result() {
	status := "F"
	switch {
	case m.d.Withdraws:
		status = "D"
	case m.d.Before != 0:
		status = "C"
	}
	m.head(components("ORU", "R01", "ORU_R01"), "2.5")
	m.patient()
	order := components(m.d.SetID(), m.Application)
	whole := status
	if status == "D" {
		whole = "X" // of OBR-25: there is no result
	}
	m.message.Add("ORC", "RE", "", order)
	m.message.Add("OBR", "1", "", order, components(reportCode, reportName, "LN"), "", "",
		m.stamp(m.d.Facts.BeganAt), m.stamp(m.d.Facts.EndedAt), "", "", "", "", "", "", "",
		m.signer(""), "", "", "", "", "", m.stamp(m.d.Message.CreatedAt), "", "", whole)
	m.observation(status)
	m.meta("CE")
}

func (m *mail) head(event, version string) {
	m.message.Add("MSH", usual.Escape(m.Application), usual.Escape(m.Facility),
		usual.Escape(m.ToApplication), usual.Escape(m.ToFacility),
		m.stamp(m.d.Message.CreatedAt), "", event, control(m.d.Message), "P", version, "", "", "",
		"", "FRA", "UNICODE UTF-8", "FR")
}

// maxControl is how long MSH-10 may be in 2.5.
const maxControl = 20

// control is MSH-10: the same whenever the message is sent.
func control(m practice.Message) string {
	if len(m.ID) > maxControl {
		return m.ID[:maxControl]
	}
	return m.ID
}

// patient writes PID and PV1. A national identity goes out as it came: with VALI.
func (m *mail) patient() {
	p := m.d.Patient
	authority := usual.Subcomponents(strings.Split(m.Authority, "&")...)
	ids, reliability := hatted(usual.Escape(p.IPP), "", "", authority, "PI"), ""
	if name := insAuthorities[p.INSAuthority]; p.INS != "" && name != "" {
		ids += "~" + hatted(usual.Escape(p.INS), "", "",
			usual.Subcomponents(name, p.INSAuthority, "ISO"), "INS")
		reliability = "VALI"
	}
	names := components(p.BirthName, p.BirthGivenName, p.BirthGivenNames, "", "", "", "L")
	if p.UsedName != "" {
		names += "~" + components(p.UsedName, p.BirthGivenName, "", "", "", "", "D")
	}
	place := ""
	if p.BirthPlace != "" {
		place = components("", "", "", "", "", "", "BDL", "", p.BirthPlace)
	}
	fields := []string{"1", "", ids, "", names, "", strings.ReplaceAll(p.BirthDate, "-", ""),
		string(p.Sex), "", "", place}
	if reliability != "" {
		fields = append(fields, make([]string, 32-1-len(fields))...)
		fields = append(fields, reliability)
	}
	m.message.Add("PID", fields...)
	m.message.Add("PV1", "1", "O")
}

// signer is whoever signed, by their number of the national register; at: when, or nothing.
func (m *mail) signer(at string) string {
	s := m.d.Signer
	parts := []string{"", usual.Escape(s.FamilyName), usual.Escape(s.GivenName), "", "",
		usual.Escape(s.Title)}
	if s.RPPS != "" {
		parts[0] = usual.Escape(national(s.RPPS))
		parts = append(parts, "", "", usual.Subcomponents("ASIP-SANTE-PS", oidPeople, "ISO"), "D",
			"", "", "IDNPS")
	}
	if at != "" {
		parts = append(parts, make([]string, 15-1-len(parts))...)
		parts = append(parts, at)
	}
	return hatted(parts...)
}

// national is the identifier of a professional of health: 8 and the RPPS number.
func national(rpps string) string { return "8" + rpps }

func (m *mail) observation(status string) {
	value := "^" + m.kind + "^Base64^" + base64.StdEncoding.EncodeToString(m.content)
	m.message.Add("OBX", "1", "ED", components(reportCode, reportName, "LN"), "", value, "", "",
		"", "", "", status, "", "", m.stamp(m.d.Report.SignedAt))
}

// meta writes the rows of meta data, in the order of their names.
func (m *mail) meta(kind string) {
	var names []string
	for name := range m.Meta {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		m.message.Add("OBX", strconv.Itoa(i+2), kind,
			components(name, metaWords[name], "MetaDMPMSS"), "",
			components(m.Meta[name], "", "expandedYes-NoIndicator"), "", "", "", "", "", "F")
	}
}
