package desk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

const (
	codeDigits    = 8
	codeHolds     = 10 * time.Minute
	challengeLast = 2 * time.Minute
	// consentText is the version of the words about consent that a tablet shows.
	consentText = "2026-11"
)

// tablets is how tablets are enrolled, sign in by their key, and what they ask.
type tablets struct {
	agenda *agenda.Agenda
	lists  *lister
	key    []byte // of codes and challenges
}

func (s tablets) routes() []route {
	return []route{
		{"GET /api/establishments/{e}/places/{place}/devices", signedIn, s.list},
		{"POST /api/establishments/{e}/places/{place}/devices", signedIn, s.add},
		{"DELETE /api/establishments/{e}/places/{place}/devices/{id}", signedIn, s.revoke},
		{"POST /api/tablet/enrol", anybody, s.enrol},
		{"POST /api/tablet/sign-in", anybody, s.signIn},
		{"GET /api/tablet/day", tablet, s.day},
		{"POST /api/tablet/appointments/{id}/identity", tablet, s.identity},
		{"POST /api/tablet/appointments/{id}/consent", tablet, s.consent},
		{"POST /api/tablet/appointments/{id}/call", tablet, s.call},
	}
}

func (tablets) list(c *call) error {
	if err := c.require(practice.ActionPlacesManage, c.path("e"), ""); err != nil {
		return err
	}
	var found []practice.Device
	err := c.read(func(tx *store.Tx) (err error) {
		found, err = store.Find[practice.Device](tx,
			"WHERE establishment = $1 AND place = $2 ORDER BY name, id", c.path("e"),
			c.path("place"))
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

func (s tablets) add(c *call) error {
	if err := c.require(practice.ActionPlacesManage, c.path("e"), ""); err != nil {
		return err
	}
	var wanted NewDevice
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := named("name", &wanted.Name); err != nil {
		return err
	}
	number, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return err
	}
	answer := DeviceCode{Code: fmt.Sprintf("%0*d", codeDigits, number),
		ExpiresAt: practice.InstantOf(c.now.Add(codeHolds)),
		Device: practice.Device{ID: practice.NewID(), Establishment: c.path("e"),
			Place: c.path("place"), Name: wanted.Name,
			EnrolledBy: c.caller.Person.ID}}
	err = c.write(func(tx *store.Tx) error {
		if _, err := store.Get[practice.Place](tx, "WHERE establishment = $1 AND id = $2",
			answer.Device.Establishment, answer.Device.Place); err != nil {
			return err
		}
		if err := store.Insert(tx, answer.Device,
			store.With{"code_hash": s.codeHash(answer.Code),
				"code_expires_at": int64(answer.ExpiresAt)}); err != nil {
			return err
		}
		tx.Changed(practice.TopicDevice, answer.Device.Establishment, answer.Device.ID)
		return c.audit(tx, practice.AuditEntry{Establishment: answer.Device.Establishment,
			Action: "device.create", Object: answer.Device.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, answer)
}

// codeHash is what the store has of a code. Its eight digits could be tried out: the hash has a
// key.
func (s tablets) codeHash(code string) string { return hex.EncodeToString(s.mac("code", code)) }

func (s tablets) mac(purpose, text string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose + "\x00" + text))
	return mac.Sum(nil)
}

func (tablets) revoke(c *call) error {
	if err := c.require(practice.ActionPlacesManage, c.path("e"), ""); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error {
		ended, err := tx.Exec(
			`UPDATE devices SET revoked_at = $1, code_hash = '', public_key = ''
			WHERE establishment = $2 AND place = $3 AND id = $4 AND revoked_at = 0`,
			int64(practice.InstantOf(c.now)),
			c.path("e"),
			c.path("place"),
			c.path("id"),
		)
		if err == nil && ended == 0 {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		// Its stream is told first that it was revoked, and only then that its session has ended.
		tx.Changed(practice.TopicDevice, c.path("e"), c.path("id"))
		if err := c.config.People.Sessions.EndDevice(tx, c.path("id")); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: c.path("e"), Action: "device.revoke",
			Object: c.path("id")})
	})
	if err != nil {
		return err
	}
	return c.done()
}

// enrol gives a tablet's public key to the place whose code it was told.
func (s tablets) enrol(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	var wanted EnrolDevice
	if err := c.body(&wanted); err != nil {
		return err
	}
	if _, err := publicKey(wanted.PublicKey); err != nil {
		return invalid("publicKey", "expected ECDSA P-256 as SPKI in base64: %v", err)
	}
	var device practice.Device
	err := c.write(func(tx *store.Tx) error {
		wide := tx.Across("a tablet is found by its code")
		found, err := store.Get[practice.Device](wide,
			"WHERE code_hash = $1 AND code_hash <> ''", s.codeHash(strings.TrimSpace(wanted.Code)))
		if errors.Is(err, store.ErrNotFound) {
			return refuse(CodeUsed, "expected the code of a tablet that was not used yet, got "+
				"another; compare its 8 digits, or ask the administrator for a new one")
		}
		if err != nil {
			return err
		}
		used, err := tx.Exec(
			`UPDATE devices SET public_key = $1, code_hash = '', enrolled_at = $2, seen_at = $2
			WHERE establishment = $3 AND id = $4 AND revoked_at = 0 AND code_expires_at > $2`,
			wanted.PublicKey,
			int64(practice.InstantOf(c.now)),
			found.Establishment,
			found.ID,
		)
		if err != nil {
			return err
		}
		if used == 0 {
			return refuse(CodeExpired, "expected a code of the last %s, got an older one; ask "+
				"the administrator for a new one", codeHolds)
		}
		found.EnrolledAt = practice.InstantOf(c.now)
		found.SeenAt, device = found.EnrolledAt, found
		tx.Changed(practice.TopicDevice, found.Establishment, found.ID)
		c.caller.Device = found // who does it, for the ledger
		return c.audit(tx,
			practice.AuditEntry{Establishment: found.Establishment, Action: "device.enrol",
				Object: found.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, device)
}

func publicKey(text string) (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	public, isECDSA := key.(*ecdsa.PublicKey)
	if !isECDSA || public.Curve != elliptic.P256() {
		return nil, errors.New("the key is of another kind")
	}
	return public, nil
}

// signIn is asked twice: for a challenge, then with its signature.
func (s tablets) signIn(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	var wanted DeviceSignIn
	if err := c.body(&wanted); err != nil {
		return err
	}
	if wanted.Challenge == "" {
		return c.reply(http.StatusOK, DeviceChallenge{Challenge: s.challenge(wanted.Device, c.now)})
	}
	wrong := refuse(CodeWrong,
		"expected a signature by the tablet's key over a fresh challenge, got another")
	if !s.isChallenge(wanted.Challenge, wanted.Device, c.now) {
		return wrong
	}
	var token string
	err := c.write(func(tx *store.Tx) error {
		device, err := store.Get[practice.Device](tx.Across("a tablet knows its id alone"),
			"WHERE id = $1", wanted.Device)
		if errors.Is(err, store.ErrNotFound) {
			return wrong
		}
		if err != nil {
			return err
		}
		if device.RevokedAt != 0 {
			return refuse(CodeRevoked,
				"this tablet was revoked; ask an administrator to enrol it again")
		}
		if err := verify(tx, device, wanted); err != nil {
			return wrong
		}
		if err := spend(tx, "challenge/"+wanted.Challenge, c.now.Add(challengeLast)); err != nil {
			return wrong
		}
		if token, err = c.config.People.Sessions.Open(tx,
			people.NewSession{Device: device.ID, Browser: device.Name}); err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE devices SET seen_at = $1 WHERE establishment = $2 AND id = $3",
			int64(practice.InstantOf(c.now)),
			device.Establishment, device.ID)
		return err
	})
	if err != nil {
		return err
	}
	c.setCookie(tabletCookie, token)
	return c.done()
}

// spend uses up what may be used once; store.ErrDuplicate if it was.
func spend(tx *store.Tx, key string, until time.Time) error {
	_, err := tx.Exec("INSERT INTO spent (key, expires_at) VALUES ($1, $2)", key,
		int64(practice.InstantOf(until)))
	return err
}

// challenge is a time, chance and our own mark on both: nothing has to be kept until it is signed.
func (s tablets) challenge(device string, now time.Time) string {
	text := strconv.FormatInt(now.UnixMilli(), 36) + "." + rand.Text()
	return text + "." + base64.RawURLEncoding.EncodeToString(s.mac("challenge", device+"\x00"+text))
}

func (s tablets) isChallenge(challenge, device string, now time.Time) bool {
	end := strings.LastIndexByte(challenge, '.')
	if end < 0 {
		return false
	}
	text := challenge[:end]
	mark, err := base64.RawURLEncoding.DecodeString(challenge[end+1:])
	if err != nil || !hmac.Equal(mark, s.mac("challenge", device+"\x00"+text)) {
		return false
	}
	made, _, _ := strings.Cut(text, ".")
	at, err := strconv.ParseInt(made, 36, 64)
	return err == nil && now.Sub(time.UnixMilli(at)) < challengeLast
}

// verify checks a signature of WebCrypto's form: r and s, 32 bytes each.
func verify(tx *store.Tx, device practice.Device, wanted DeviceSignIn) error {
	var text string
	if err := tx.Scan("SELECT public_key FROM devices WHERE establishment = $1 AND id = $2",
		[]any{device.Establishment, device.ID}, &text); err != nil {
		return err
	}
	key, err := publicKey(text)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(wanted.Signature)
	if err != nil || len(signature) != 64 {
		return errors.New("the signature has another form")
	}
	digest := sha256.Sum256([]byte(wanted.Challenge))
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]),
		new(big.Int).SetBytes(signature[32:])) {
		return errors.New("the signature is by another key")
	}
	return nil
}

func (s tablets) day(c *call) error {
	day := TabletDay{Now: practice.InstantOf(c.now), Delays: []practice.Delay{},
		Information: consentText}
	device := c.caller.Device
	establishment, err := s.lists.establishment(c.r.Context(), device.Establishment)
	if err != nil {
		return err
	}
	day.Establishment, day.Zone = establishment.Name, establishment.Zone
	zone, err := agenda.Zone(establishment.Zone)
	if err != nil {
		return err
	}
	from, until, err := agenda.DayOf(c.now.In(zone).Format(time.DateOnly), zone)
	if err != nil {
		return err
	}
	made, err := s.lists.list(c.r.Context(), viewerOf(c.caller), c.now,
		span{from: practice.InstantOf(from), until: practice.InstantOf(until)})
	if err != nil {
		return err
	}
	day.Rows = made.rows
	err = c.read(func(tx *store.Tx) error {
		if day.Place, err = store.Get[practice.Place](tx, "WHERE establishment = $1 AND id = $2",
			device.Establishment, device.Place); err != nil {
			return err
		}
		return s.delays(tx, c.now, &day)
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, day)
}

// delays are those of the services that a tablet's appointments belong to.
func (tablets) delays(tx *store.Tx, now time.Time, day *TabletDay) error {
	seen := map[string]bool{}
	for _, row := range day.Rows {
		a := row.Appointment
		if seen[a.Service] {
			continue
		}
		seen[a.Service] = true
		found, err := store.Find[practice.Delay](tx,
			"WHERE establishment = $1 AND service = $2 AND clears_at > $3 AND minutes > 0",
			a.Establishment, a.Service, int64(practice.InstantOf(now)))
		if err != nil {
			return err
		}
		day.Delays = append(day.Delays, found...)
	}
	return nil
}

// appointment is the one of the address, if it is at the tablet's place.
func (tablets) appointment(c *call, tx *store.Tx) (practice.Appointment, error) {
	return store.Get[practice.Appointment](tx,
		"WHERE id = $1 AND place = $2 AND host_establishment = $3 AND status <> 'cancelled'",
		c.path("id"), c.caller.Device.Place, c.caller.Device.Establishment)
}

// prepared is the appointment of the address, while the tablet may enter it: nobody has signed in
// to a tablet, so that what it writes of a patient has to be about the session that is to begin.
func (s tablets) prepared(c *call, tx *store.Tx) (practice.Appointment, error) {
	a, err := s.appointment(c, tx)
	if err != nil {
		return a, err
	}
	policy, err := agenda.PolicyOf(tx, a.Establishment)
	if err != nil {
		return a, err
	}
	return a, policy.Within(a, c.now)
}

func (s tablets) identity(c *call) error {
	return c.answerIdentity(func(tx *store.Tx) (practice.Appointment, error) {
		return s.prepared(c, tx)
	})
}

func (s tablets) consent(c *call) error {
	return c.answerConsent(func(tx *store.Tx) (practice.Appointment, error) {
		return s.prepared(c, tx)
	})
}

func (s tablets) call(c *call) error {
	var join Join
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx)
		if err != nil {
			return err
		}
		p, err := store.Get[practice.Participant](tx,
			"WHERE establishment = $1 AND appointment = $2 AND kind = 'place'", a.Establishment,
			a.ID)
		if err != nil {
			return err
		}
		if join.Address, err = s.agenda.Enter(tx, a, p); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: a.Establishment, Action: "call.begin",
			Patient: a.Patient, Appointment: a.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, join)
}

// tellers say what administrators are told of tablets.
func (tablets) tellers() []Teller {
	return []Teller{tellerOf[practice.Device](
		practice.TopicDevice, practice.ActionPlacesManage, "device")}
}
