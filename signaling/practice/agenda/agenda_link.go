package agenda

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// LinkState is what a link opens now.
type LinkState string

// States of links.
const (
	LinkOpen         LinkState = "open"
	LinkEarly        LinkState = "early"
	LinkLate         LinkState = "late"
	LinkCancelled    LinkState = "cancelled"
	LinkRevoked      LinkState = "revoked"
	LinkOtherBrowser LinkState = "other-browser"
	LinkUnknown      LinkState = "unknown"
)

// Opened says what a link opens.
type Opened struct {
	State    LinkState
	OpensAt  practice.Instant // with early
	StartsAt practice.Instant // with early
	Zone     string
	Delay    int    // minutes that those who wait were told
	Address  string // with open
	Phone    string // of the secretariat
}

var linkFormat = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// hash is what the store has of a secret that the server itself has made, of 128 bits or more.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newLink makes a link for a participant that staff give.
func (a *Agenda) newLink(tx *store.Tx, p practice.Participant) (practice.Link, error) {
	return a.addLink(tx, p, "")
}

// originOf is the link that staff gave, of which this one is the replacement; itself if it is none.
func originOf(tx *store.Tx, link practice.Link) (origin string, err error) {
	err = tx.Scan("SELECT origin FROM links WHERE establishment = $1 AND id = $2",
		[]any{link.Establishment, link.ID}, &origin)
	return cmp.Or(origin, link.ID), err
}

func (a *Agenda) addLink(tx *store.Tx, p practice.Participant, origin string) (practice.Link,
	error) {
	link := practice.Link{
		ID:            practice.NewID(),
		Establishment: p.Establishment,
		Appointment:   p.Appointment,
		Participant:   p.ID,
		CreatedAt:     practice.InstantOf(a.now()),
	}
	return link, store.Insert(tx, link,
		store.With{"token_hash": hash(a.linkToken(link.ID)), "origin": origin})
}

// LinkOf returns the link of a participant that opens something; store.ErrNotFound if there is
// none.
func LinkOf(tx *store.Tx, p practice.Participant) (practice.Link, error) {
	return store.Get[practice.Link](
		tx,
		`WHERE establishment = $1 AND participant = $2 AND revoked_at = 0
		ORDER BY created_at DESC, id DESC LIMIT 1`,
		p.Establishment,
		p.ID,
	)
}

// theLink returns the link of a participant, and makes it if there is none.
func (a *Agenda) theLink(tx *store.Tx, p practice.Participant) (practice.Link, error) {
	link, err := LinkOf(tx, p)
	if errors.Is(err, store.ErrNotFound) {
		return a.newLink(tx, p)
	}
	return link, err
}

// revokeLinks ends all links of a participant.
func (a *Agenda) revokeLinks(tx *store.Tx, p practice.Participant) error {
	_, err := tx.Exec(
		"UPDATE links SET revoked_at = $1 WHERE establishment = $2 AND participant = $3 AND "+
			"revoked_at = 0",
		int64(practice.InstantOf(a.now())),
		p.Establishment,
		p.ID,
	)
	return err
}

// Revoke ends one link of an appointment.
func (a *Agenda) Revoke(tx *store.Tx, appointment practice.Appointment, link, by string) error {
	ended, err := tx.Exec(
		`UPDATE links SET revoked_at = $1 WHERE establishment = $2 AND appointment = $3 AND id = $4
		AND revoked_at = 0`,
		int64(practice.InstantOf(a.now())),
		appointment.Establishment,
		appointment.ID,
		link,
	)
	if err == nil && ended == 0 {
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	changed(tx, appointment)
	return a.audit(tx, appointment, by, "link.revoke")
}

// Open says what a link opens for a browser, and lets it in if it may. Browser is a name of chance
// that the page keeps; take uses the link here though another browser has used it.
func (a *Agenda) Open(tx *store.Tx, token, browser string, take bool) (Opened, error) {
	unknown := Opened{State: LinkUnknown}
	if !linkFormat.MatchString(token) {
		return unknown, nil
	}
	wide := tx.Across("a link is found by its hash")
	var usedBy string
	link, err := store.Get[practice.Link](wide, "WHERE token_hash = $1", hash(token))
	if err == nil {
		err = wide.Scan("SELECT browser_hash FROM links WHERE id = $1", []any{link.ID}, &usedBy)
	}
	if errors.Is(err, store.ErrNotFound) {
		return unknown, nil
	}
	if err != nil {
		return unknown, err
	}
	appointment, err := store.Get[practice.Appointment](
		tx,
		"WHERE establishment = $1 AND id = $2",
		link.Establishment,
		link.Appointment,
	)
	if err != nil {
		return unknown, err
	}
	policy, err := PolicyOf(tx, link.Establishment)
	if err != nil {
		return unknown, err
	}
	opened := a.judge(policy, appointment, link)
	if opened.State != LinkOpen {
		return opened, nil
	}
	if usedBy != "" && usedBy != hash(browser) && !take {
		opened.State = LinkOtherBrowser
		return opened, nil
	}
	if opened.Delay, err = a.delayOf(tx, appointment); err != nil {
		return opened, err
	}
	return a.use(tx, policy, opened, appointment, link, hash(browser))
}

// judge says what a link opens by its time, whoever uses it.
func (a *Agenda) judge(
	policy Policy,
	appointment practice.Appointment,
	link practice.Link,
) Opened {
	opened := Opened{State: LinkOpen, Phone: policy.Phone, Zone: appointment.Zone}
	if link.RevokedAt != 0 {
		opened.State = LinkRevoked
		return opened
	}
	switch err := policy.Within(appointment, a.now()); {
	case errors.Is(err, ErrCancelled):
		opened.State = LinkCancelled
	case errors.Is(err, ErrTooEarly):
		opened.State = LinkEarly
		opened.OpensAt, opened.StartsAt = policy.Opens(appointment), appointment.StartsAt
	case errors.Is(err, ErrTooLate):
		opened.State = LinkLate
	default:
		opened.StartsAt = appointment.StartsAt
	}
	return opened
}

// use lets a link's participant in, and remembers the browser.
func (a *Agenda) use(
	tx *store.Tx,
	policy Policy,
	opened Opened,
	appointment practice.Appointment,
	link practice.Link,
	browser string,
) (Opened, error) {
	p, err := store.Get[practice.Participant](
		tx,
		"WHERE establishment = $1 AND id = $2",
		link.Establishment,
		link.Participant,
	)
	if err != nil {
		return opened, err
	}
	first := link.UsedAt
	if first == 0 {
		first = practice.InstantOf(a.now())
	}
	if _, err :=
		tx.Exec("UPDATE links SET used_at = $1, browser_hash = $2 WHERE establishment = $3 "+
			"AND id = $4",
			int64(first), browser, link.Establishment, link.ID); err != nil {
		return opened, err
	}
	origin, err := originOf(tx, link)
	if err != nil {
		return opened, err
	}
	if opened.Address, err = a.address(policy, appointment, p, bearer{p.ID, link.ID},
		familyPrefix+origin); err != nil {
		return opened, err
	}
	return opened, ledger.Append(
		tx,
		a.now(),
		practice.AuditEntry{Establishment: link.Establishment,
			ActorKind: practice.ActorLink, Actor: link.ID, Action: "link.open",
			Patient:     appointment.Patient,
			Appointment: appointment.ID},
	)
}

// address is a way into the call for a participant, by a link of a family; empty: by none.
func (a *Agenda) address(
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
	by bearer,
	family string,
) (string, error) {
	return a.config.Invitations.Invite(
		Invitation{ID: by.invitation(), Family: family, Room: appointment.Room,
			Kind: appointment.Kind, CallRole: p.CallRole, From: policy.Opens(appointment).Time(),
			Until: policy.Closes(appointment).Time()},
	)
}

// Enter lets a participant who needs no link into the call: somebody with an account, or the tablet
// of the place.
func (a *Agenda) Enter(
	tx *store.Tx,
	appointment practice.Appointment,
	p practice.Participant,
) (string, error) {
	policy, err := PolicyOf(tx, appointment.Establishment)
	if err != nil {
		return "", err
	}
	if err := policy.Within(appointment, a.now()); err != nil {
		return "", err
	}
	return a.address(policy, appointment, p, bearer{participant: p.ID}, "")
}

// JoinAs returns the participant that a person is in an appointment. Who is none yet becomes one,
// as a clinician who takes the next of the queue does.
func (a *Agenda) JoinAs(
	tx *store.Tx,
	appointment practice.Appointment,
	person practice.Person,
	role string,
) (practice.Participant, error) {
	p, err := store.Get[practice.Participant](
		tx,
		`WHERE establishment = $1 AND appointment = $2 AND person = $3 AND kind = 'person'`,
		appointment.Establishment,
		appointment.ID,
		person.ID,
	)
	if !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	p = practice.Participant{
		ID:            practice.NewID(),
		Establishment: appointment.Establishment,
		Appointment:   appointment.ID,
		Kind:          practice.ParticipantPerson,
		Person:        person.ID,
		Email:         person.Email,
		Phone:         person.Phone,
		Channel:       practice.ChannelNone,
		CallRole:      role,
		Language:      person.Language,
		Version:       1,
	}
	if err := store.Insert(tx, p, store.With{"starts_at": int64(appointment.StartsAt)}); err !=
		nil {
		return p, err
	}
	changed(tx, appointment)
	return p, nil
}

// delayOf is how much longer those who wait for an appointment were told it takes, in minutes.
func (a *Agenda) delayOf(tx *store.Tx, appointment practice.Appointment) (int, error) {
	var minutes int
	err := tx.Scan(
		`SELECT COALESCE(MAX(minutes), 0) FROM delays WHERE establishment = $1 AND service = $2
			AND clears_at > $3
		AND (person = '' OR person IN (SELECT person FROM participants WHERE establishment = $1
			AND appointment = $4))`,
		[]any{
			appointment.Establishment,
			appointment.Service,
			int64(practice.InstantOf(a.now())),
			appointment.ID,
		},
		&minutes,
	)
	return minutes, err
}

// SentTo says what became of a wish to send a link again.
type SentTo struct {
	Participant practice.Participant
	Message     string // empty: nothing is to be sent
}

// Send sends the links of an appointment again to some participants, or to all; renew makes new
// links and ends the old ones.
func (a *Agenda) Send(
	tx *store.Tx,
	appointment practice.Appointment,
	ids []string,
	renew bool,
	by string,
) ([]SentTo, error) {
	if err := open(appointment); err != nil {
		return nil, err
	}
	guests, err := Participants(tx, appointment)
	if err != nil {
		return nil, err
	}
	policy, err := PolicyOf(tx, appointment.Establishment)
	if err != nil {
		return nil, err
	}
	sent := []SentTo{}
	for _, p := range guests {
		if len(ids) > 0 && !contains(ids, p.ID) {
			continue
		}
		message, err := a.sendAgain(tx, policy, appointment, p, renew)
		if err != nil {
			return nil, err
		}
		sent = append(sent, SentTo{Participant: p, Message: message})
	}
	if len(sent) < len(ids) {
		return nil, Wrong("participants", "expected ids of this appointment, got others")
	}
	changed(tx, appointment)
	return sent, a.audit(tx, appointment, by, "link.send")
}

func (a *Agenda) sendAgain(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
	renew bool,
) (string, error) {
	purpose := PurposeInvitation
	if p.Kind != practice.ParticipantPerson && (renew || sends(p.Channel)) {
		if renew {
			purpose = PurposeRenewed
			if err := a.revokeLinks(tx, p); err != nil {
				return "", err
			}
		}
		if _, err := a.theLink(tx, p); err != nil {
			return "", err
		}
	}
	return a.postLink(tx, policy, appointment, p, purpose)
}

// postLink sends the link of a participant where one can be sent.
func (a *Agenda) postLink(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
	purpose string,
) (string, error) {
	if !sends(p.Channel) {
		return "", nil
	}
	message, err := a.post(tx, policy, appointment, p, purpose, practice.NewID())
	return message.ID, err
}

// Print returns the address of a participant's link, to be put on paper.
func (a *Agenda) Print(
	tx *store.Tx,
	appointment practice.Appointment,
	participant, by string,
) (string, error) {
	if err := open(appointment); err != nil {
		return "", err
	}
	p, err := store.Get[practice.Participant](
		tx,
		"WHERE establishment = $1 AND appointment = $2 AND id = $3",
		appointment.Establishment,
		appointment.ID,
		participant,
	)
	if err != nil {
		return "", err
	}
	if p.Kind == practice.ParticipantPerson {
		return "", Wrong(
			"participant",
			"expected somebody without an account, got a person who signs in",
		)
	}
	link, err := a.theLink(tx, p)
	if err != nil {
		return "", err
	}
	changed(tx, appointment)
	return a.Address(link.ID), a.audit(tx, appointment, by, "link.print")
}

func contains(list []string, one string) bool {
	for _, each := range list {
		if each == one {
			return true
		}
	}
	return false
}
