package protocol

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Validate implements ClientMessage.
func (m Join) Validate() error {
	return errors.Join(length("token", m.Token, 1, MaxTokenBytes),
		identifier("device", m.Device, false), identifier("room", m.Room, true),
		identifier("resume", m.Resume, true), text("name", m.Name, 0, MaxNameCharacters, false),
		oneOf("lang", m.Lang, "", "fr", "en"))
}

// Validate implements ClientMessage.
func (m Enter) Validate() error { return CheckName(m.Name) }

// Validate implements ClientMessage. Whether the SDP can be answered is for the media plane to say.
func (m Offer) Validate() error {
	return errors.Join(identifier("connection", m.Connection, false),
		length("sdp", m.SDP, 1, MaxMessageBytes))
}

// Validate implements ClientMessage.
func (m Candidate) Validate() error {
	return errors.Join(identifier("connection", m.Connection, false),
		length("candidate", m.Candidate, 0, MaxCandidateBytes),
		length("mid", m.MID, 0, MaxMIDBytes))
}

// Validate implements ClientMessage.
func (m Media) Validate() error { return nil }

// Validate implements ClientMessage.
func (m Estimate) Validate() error { return within("bitrate", m.Bitrate, 1, MaxEstimateBitrate) }

// Validate implements ClientMessage.
func (m Subscribe) Validate() error {
	if len(m.Subscriptions) > MaxSubscriptions {
		return fmt.Errorf(
			"subscriptions: expected at most %d, got %d; leave out pictures that are not on "+
				"the page",
			MaxSubscriptions,
			len(m.Subscriptions),
		)
	}
	for i, subscription := range m.Subscriptions {
		if err := subscription.validate(); err != nil {
			return fmt.Errorf("subscriptions[%d].%w", i, err)
		}
	}
	return nil
}

func (s Subscription) validate() error {
	return errors.Join(identifier("participant", s.Participant, false),
		oneOf("source", s.Source, SourceCamera, SourceScreen),
		within("width", s.Width, 1, MaxPictureSide), within("height", s.Height, 1, MaxPictureSide),
		within("priority", s.Priority, 0, MaxPriority))
}

// Validate implements ClientMessage.
func (m Mode) Validate() error {
	return errors.Join(identifier("participant", m.Participant, true),
		oneOf("mode", m.Mode, ModeAutomatic, ModeSaver, ModeVoice))
}

// Validate implements ClientMessage.
func (m Say) Validate() error { return text("text", m.Text, 1, MaxChatCharacters, true) }

// Validate implements ClientMessage.
func (m Hand) Validate() error {
	if m.Raised && m.Participant != "" {
		return errors.New(
			"raised: expected false when another participant is named, got true; nobody raises " +
				"another's hand",
		)
	}
	return identifier("participant", m.Participant, true)
}

// Validate implements ClientMessage.
func (m Mute) Validate() error {
	return errors.Join(identifier("participant", m.Participant, false),
		oneOf("source", m.Source, SourceMicrophone, SourceCamera, SourceScreen))
}

// Validate implements ClientMessage.
func (m Admit) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Refuse) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Note) Validate() error { return text("text", m.Text, 0, MaxNoteCharacters, true) }

// Validate implements ClientMessage.
func (m Remove) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Lock) Validate() error { return nil }

// Validate implements ClientMessage.
func (m End) Validate() error { return nil }

// Validate implements ClientMessage.
func (m Leave) Validate() error { return nil }

// Validate implements ClientMessage.
func (m Ping) Validate() error { return within("n", m.N, 0, MaxSafeInteger) }

// CheckName reports why a display name cannot be one.
func CheckName(name string) error { return text("name", name, 1, MaxNameCharacters, false) }

// CheckIdentifier reports why the id in field cannot be one: 1 to 64 letters, digits, '-' and '_'.
func CheckIdentifier(field, id string) error { return identifier(field, id, false) }

func within(field string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s: expected %d to %d, got %d; send a number in that range", field,
			least, most, value)
	}
	return nil
}

func length(field, value string, least, most int) error {
	if n := len(value); n < least || n > most {
		return fmt.Errorf("%s: expected %d to %d bytes, got %d; shorten or fill in the field",
			field, least, most, n)
	}
	return nil
}

// identifier accepts what is used as a key and may reach a log: letters, digits, '-' and '_'.
func identifier(field, value string, optional bool) error {
	if value == "" && optional {
		return nil
	}
	if value == "" || len(value) > MaxIDBytes ||
		strings.ContainsFunc(value,
			func(r rune) bool { return !strings.ContainsRune(identifierCharacters, r) }) {
		return fmt.Errorf(
			"%s: expected 1 to %d characters among A–Z a–z 0–9 - _, got %q; send the id as it "+
				"was given",
			field,
			MaxIDBytes,
			clip(value),
		)
	}
	return nil
}

const identifierCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func oneOf[S ~string](field string, value S, allowed ...S) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s: expected one of %q, got %q; send one of these", field, allowed,
		clip(string(value)))
}

// text accepts what people read: counted in characters, not blank when required, without control
// characters and without the bidirectional overrides that let one name look like another.
func text(field, value string, least, most int, lines bool) error {
	if n := utf8.RuneCountInString(value); n > most || n < least ||
		(least > 0 && strings.TrimSpace(value) == "") {
		return fmt.Errorf(
			"%s: expected %d to %d characters that are not all blank, got %d; shorten or fill "+
				"in the text",
			field,
			least,
			most,
			n,
		)
	}
	for _, r := range value {
		if unicode.Is(unicode.Bidi_Control, r) && !isMark(r) ||
			unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') {
			return fmt.Errorf("%s: expected text without control characters, got %U; take it out",
				field, r)
		}
	}
	return nil
}

// isMark tells the harmless directional marks, which name keyboards of right-to-left scripts
// insert, from overrides.
func isMark(r rune) bool { return r == '\u200e' || r == '\u200f' || r == '\u061c' }
