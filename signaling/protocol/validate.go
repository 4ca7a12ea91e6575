package protocol

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Validate implements ClientMessage.
func (m Join) Validate() error {
	return errors.Join(length("token", m.Token, 1, MaxTokenBytes),
		identifier("device", m.Device, false), identifier("room", m.Room, true),
		identifier("resume", m.Resume, true),
		oneOf("lang", m.Lang, "", "fr", "en"))
}

// Validate implements ClientMessage. Names are cleaned, not refused.
func (m Enter) Validate() error { return nil }

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
func (m Capture) Validate() error { return within("lines", m.Lines, 1, MaxCaptureLines) }

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

// Validate implements ClientMessage. A text that is too long is answered, but not held against
// anybody.
func (m Say) Validate() error { return nil }

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
func (m Admit) Validate() error {
	if len(m.Beside) > MaxRoomParticipants {
		return fmt.Errorf("beside: expected at most %d ids, got %d; name guests in the room only",
			MaxRoomParticipants, len(m.Beside))
	}
	problem := identifier("participant", m.Participant, false)
	for _, id := range m.Beside {
		problem = errors.Join(problem, identifier("beside", id, false))
	}
	return problem
}

// Validate implements ClientMessage.
func (m Refuse) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage. A text that is too long is answered, but not held against
// anybody.
func (m Note) Validate() error { return nil }

// Validate implements ClientMessage.
func (m Remove) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Block) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Lock) Validate() error { return nil }

// Validate implements ClientMessage.
func (m End) Validate() error { return nil }

// Validate implements ClientMessage. A text that is too long is answered, but not held against
// anybody.
func (m Typing) Validate() error { return within("keep", m.Keep, 0, MaxChatCharacters) }

// Validate implements ClientMessage.
func (m Spotlight) Validate() error { return identifier("participant", m.Participant, true) }

// Validate implements ClientMessage.
func (m Handover) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage. The name is cleaned, not refused.
func (m Invite) Validate() error { return oneOf("role", m.Role, RoleGuest, RoleClinician) }

// Validate implements ClientMessage.
func (m PhotoAsk) Validate() error { return identifier("participant", m.Participant, false) }

// Validate implements ClientMessage.
func (m Photo) Validate() error {
	problem := errors.Join(within("width", m.Width, 1, MaxPictureSide),
		within("height", m.Height, 1, MaxPictureSide))
	if problem != nil {
		return problem
	}
	tiles := func(side int) int { return (side + PhotoTile - 1) / PhotoTile }
	expected := 2 + tiles(m.Width)*tiles(m.Height)
	if expected > MaxPhotoPieces || len(m.Pieces) != expected {
		return fmt.Errorf("pieces: expected %d for that width and height, at most %d, got %d; "+
			"send a preview, the whole and all tiles", expected, MaxPhotoPieces, len(m.Pieces))
	}
	total := 0
	for i, size := range m.Pieces {
		most := MaxPhotoBytes - total
		if i == 0 {
			most = MaxPhotoPreviewBytes
		}
		if err := within("pieces", size, 1, most); err != nil {
			return err
		}
		total += size
	}
	return nil
}

// Validate implements ClientMessage.
func (m PhotoShow) Validate() error { return within("photo", m.Photo, 1, MaxPhotoNumber) }

// Validate implements ClientMessage.
func (m PhotoDrop) Validate() error { return within("photo", m.Photo, 1, MaxPhotoNumber) }

// Validate implements ClientMessage.
func (m PhotoLook) Validate() error {
	problem := errors.Join(within("photo", m.Photo, 1, MaxPhotoNumber),
		within("pieces", len(m.Pieces), 0, MaxPhotoPieces),
		within("have", len(m.Have), 0, MaxPhotoPieces))
	for _, piece := range m.Pieces {
		problem = errors.Join(problem, within("pieces", piece, 0, MaxPhotoPieces-1))
	}
	for _, bytes := range m.Have {
		problem = errors.Join(problem, within("have", bytes, 0, MaxPhotoBytes))
	}
	return problem
}

// Validate implements ClientMessage. Whether the points lie on the photo the rules know.
func (m PhotoMark) Validate() error {
	least, most := 2, 2
	if m.Kind == MarkStroke {
		most = MaxMarkPoints
	}
	problem := errors.Join(within("photo", m.Photo, 1, MaxPhotoNumber),
		oneOf("kind", m.Kind, MarkStroke, MarkRuler, MarkScale),
		within("points", len(m.Points), 2*least, 2*most),
		within("points", len(m.Points)%2, 0, 0))
	for _, side := range m.Points {
		problem = errors.Join(problem, within("points", side, 0, MaxPictureSide))
	}
	if m.Kind == MarkScale {
		return errors.Join(problem, within("length", m.Length, 1, MaxMarkLength))
	}
	return errors.Join(problem, within("length", m.Length, 0, 0))
}

// Validate implements ClientMessage.
func (m PhotoUnmark) Validate() error { return within("photo", m.Photo, 1, MaxPhotoNumber) }

// Validate implements ClientMessage.
func (m PhotoPoint) Validate() error {
	return errors.Join(within("photo", m.Photo, 1, MaxPhotoNumber),
		within("x", m.X, 0, MaxPictureSide), within("y", m.Y, 0, MaxPictureSide))
}

// Validate implements ClientMessage.
func (m Transfer) Validate() error { return within("sent", m.Sent, 0, MaxTransferBytes) }

// Validate implements ClientMessage.
func (m Leave) Validate() error { return nil }

// Validate implements ClientMessage.
func (m Ping) Validate() error { return within("n", m.N, 0, MaxSafeInteger) }

// CheckName reports why a display name cannot be one as it is.
func CheckName(name string) error {
	if name == "" || name != CleanName(name) {
		return fmt.Errorf(
			"name: expected 1 to %d visible characters on one line, got %q; correct it",
			MaxNameCharacters, clip(name))
	}
	return nil
}

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
