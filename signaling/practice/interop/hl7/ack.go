package hl7

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/er7"
)

// severities is the first version of HL7 in which ERR says how bad it is (ERR-4): without that what
// was accepted would look refused.
const severities = "2.5"

// maxWords is how long MSA-3 and ERR-8 may be.
const maxWords = 250

// uninvited is what the sender is told of an appointment whose patient hears of it by nobody else.
const uninvited = "The appointment is made. The patient is sent no invitation: no telephone " +
	"number or mail address is known here by which one could go. Give them their link by hand, " +
	"and send one in PID-13 for the appointments to come."

// answerTo is the answer to a message that was kept: the same each time. Of what was left out, it
// says what somebody has to do before the appointment.
func answerTo(m er7.Message, r practice.Received, zone *time.Location) []byte {
	f := &fault{answer: r.Answer, code: r.Code, field: r.Field}
	if r.Answer == accepted && slices.Contains(strings.Split(r.Remarks, ","), remarkUninvited) {
		f.code, f.field, r.Problem = codeAccepted, "PID-13", uninvited
	}
	return answer(m, r.ID, r.ReceivedAt.Time().In(zone), f, r.Problem)
}

// refusal is the answer to a message that was not kept, because it is nobody's.
func refusal(m er7.Message, err error, now time.Time) []byte {
	f := asFault(err)
	return answer(m, practice.NewID(), now, f, f.Error())
}

// unreadable is the answer to what is no message. What can be read of its head is in the answer.
func unreadable(raw []byte, err error, now time.Time) []byte {
	return refusal(head(raw), err, now)
}

// head reads the first line of what may be no message otherwise.
func head(raw []byte) er7.Message {
	line, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\n", "\r"), "\r")
	m, err := er7.Parse([]byte(line))
	if err != nil {
		return er7.New()
	}
	return m
}

func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var syntax *er7.SyntaxError
	if errors.As(err, &syntax) {
		where := "MSH"
		if syntax.Line > 1 {
			where = "line " + strconv.Itoa(syntax.Line)
		}
		return &fault{rejected, codeSegment, where, syntax.Expected, syntax.Got}
	}
	return &fault{failed, codeInternal, "MSH", "a server that works",
		"a fault of it; its log says why, under MSH-10 of this answer"}
}

// answer writes ACK. Words are English, of ASCII characters as far as the program's own go.
func answer(m er7.Message, id string, at time.Time, f *fault, words string) []byte {
	d, asked := er7.Usual, m.First("MSH")
	text := func(field int) string { return d.Escape(asked.Field(field).Text()) }
	code := f.answer
	// Enhanced mode without an application's answer: the commit is what is asked for.
	if asked.Field(16).Text() == "NE" && asked.Field(15).Text() != "" &&
		asked.Field(15).Text() != "NE" {
		code = "C" + code[1:]
	}
	version := asked.Field(12).Text()
	if version == "" {
		version = "2.5"
	}
	processing := asked.Field(11).Text()
	if processing == "" {
		processing = "P"
	}
	a := er7.New()
	a.Add("MSH", text(5), text(6), text(3), text(4), at.Format("20060102150405-0700"), "",
		d.Components("ACK", asked.Field(9).Component(2).Text(), "ACK"), id, d.Escape(processing),
		d.Escape(version), "", "", "", "", "", "UNICODE UTF-8")
	if f.answer == accepted {
		a.Add("MSA", code, text(10))
		if f.field != "" && version >= severities {
			a.Add("ERR", "", d.Components(f.location()...), d.Components(strconv.Itoa(f.code),
				codeWords[f.code], "HL70357"), "W", "", "", d.Escape(words), d.Escape(words))
		}
		return a.Bytes()
	}
	words = cut(words)
	a.Add("MSA", code, text(10), d.Escape(words))
	a.Add("ERR", "", d.Components(f.location()...),
		d.Components(strconv.Itoa(f.code), codeWords[f.code], "HL70357"), "E", "", "",
		d.Escape(words), d.Escape(words))
	return a.Bytes()
}

func cut(words string) string {
	if runes := []rune(words); len(runes) > maxWords {
		return string(runes[:maxWords-1]) + "…"
	}
	return words
}
