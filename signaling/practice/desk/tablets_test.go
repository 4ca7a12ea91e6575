package desk

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// tabletBrowser is a tablet, with the key in its browser.
type tabletBrowser struct {
	*browser
	key    *ecdsa.PrivateKey
	device practice.Device
}

func (w *ward) tablet() *tabletBrowser {
	w.t.Helper()
	admin, _ := w.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.home.ID})
	var code DeviceCode
	admin.ask("POST", "/api/establishments/"+w.home.ID+"/places/"+w.place.ID+"/devices",
		NewDevice{Name: "Chariot 2"}).is(201, &code)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(w.t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(w.t, err)
	b := &tabletBrowser{browser: w.browser(), key: key}
	enrol := EnrolDevice{Code: code.Code, PublicKey: base64.StdEncoding.EncodeToString(der)}
	b.ask("POST", "/api/tablet/enrol", enrol).is(200, &b.device)
	b.ask("POST", "/api/tablet/enrol", enrol).refused(CodeUsed)
	return b
}

func (b *tabletBrowser) challenge() string {
	var challenge DeviceChallenge
	b.ask("POST", "/api/tablet/sign-in", DeviceSignIn{Device: b.device.ID}).is(200, &challenge)
	return challenge.Challenge
}

func (b *tabletBrowser) signed(challenge string) DeviceSignIn {
	digest := sha256.Sum256([]byte(challenge))
	r, s, err := ecdsa.Sign(rand.Reader, b.key, digest[:])
	require.NoError(b.t, err)
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return DeviceSignIn{Device: b.device.ID, Challenge: challenge,
		Signature: base64.StdEncoding.EncodeToString(signature)}
}

func TestATabletShowsItsPlaceAndCalls(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) {
		n.Place, n.Participants = w.place.ID, n.Participants[:1]
	})
	w.appointment(func(n *NewAppointment) { n.LocalStart = "2026-12-01T16:00" }) // not at the place
	tablet := w.tablet()
	tablet.ask("GET", "/api/tablet/day", nil).refused(CodeSignedOut)
	answer := tablet.signed(tablet.challenge())
	tablet.ask("POST", "/api/tablet/sign-in", answer).is(204)
	tablet.ask("POST", "/api/tablet/sign-in", answer).refused(CodeWrong) // a challenge is good once
	var day TabletDay
	tablet.ask("GET", "/api/tablet/day", nil).is(200, &day)
	require.Equal(t, "Salle 2", day.Place.Name)
	require.Len(t, day.Rows, 1)
	require.Equal(t, "SECRETNOM", day.Rows[0].Patient.BirthName)
	require.Empty(t, day.Rows[0].Patient.IPP)
	tablet.ask("GET", "/api/day", nil).refused(CodeSignedOut)

	path := "/api/tablet/appointments/" + made.Row.Appointment.ID
	tablet.ask("POST", path+"/call", nil).refused(CodeTooEarly)
	w.wait(45 * time.Minute)
	tablet.ask("POST", path+"/identity", CheckIdentity{Agreed: true}).refused(CodeInvalid)
	var check practice.IdentityCheck
	tablet.ask("POST", path+"/identity", CheckIdentity{}).is(200, &check) // a no needs no name
	require.False(t, check.Agreed)
	tablet.ask("POST", path+"/consent", NewConsent{Decision: practice.DecisionRefused,
		Means: "oral", Information: "2026-11"}).is(200)
	tablet.ask("POST", path+"/consent", NewConsent{Decision: practice.DecisionGiven,
		Means: "oral", Information: "2026-11"}).refused(CodeInvalid)
	tablet.ask("POST", path+"/identity",
		CheckIdentity{Agreed: true, By: "Mme Demo, infirmière"}).is(200, &check)
	require.False(t, check.Authenticated)
	require.Equal(t, tablet.device.ID, check.Device)
	tablet.ask("POST", path+"/consent",
		NewConsent{Decision: practice.DecisionRefused, By: "Mme Demo", Means: "oral",
			Information: "2026-11"}).is(200)
	var join Join
	tablet.ask("POST", path+"/call", nil).is(200, &join)
	require.Contains(t, join.Address, "~guest")
}

// Nobody is signed in to a tablet: what it writes of a patient is about the session of this hour.
func TestATabletWritesOfPatientsWhileItMayEnter(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment(func(n *NewAppointment) { // from 14:00 to 14:30
		n.Place, n.Participants = w.place.ID, n.Participants[:1]
	})
	tablet := w.tablet()
	tablet.ask("POST", "/api/tablet/sign-in", tablet.signed(tablet.challenge())).is(204)
	path := "/api/tablet/appointments/" + made.Row.Appointment.ID
	consent := NewConsent{Decision: practice.DecisionGiven, By: "Mme Demo", Means: "oral",
		Information: "2026-11"}
	check := CheckIdentity{Agreed: true, By: "Mme Demo"}
	refused := func(code ErrorCode) {
		t.Helper()
		tablet.ask("POST", path+"/identity", check).refused(code)
		tablet.ask("POST", path+"/consent", consent).refused(code)
	}
	w.wait(29 * time.Minute) // 13:29
	refused(CodeTooEarly)
	w.wait(2 * time.Minute)
	tablet.ask("POST", path+"/identity", check).is(200)
	tablet.ask("POST", path+"/consent", consent).is(200)
	w.wait(3 * time.Hour)
	refused(CodeTooLate)
}

func TestAStolenTabletIsRevokedWithinASecond(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	tablet := w.tablet()
	tablet.ask("POST", "/api/tablet/sign-in", tablet.signed(tablet.challenge())).is(204)
	next := tablet.listen()
	admin, _ := w.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.home.ID},
	)
	watching := admin.listen()
	begun := time.Now()
	admin.ask("DELETE", "/api/establishments/"+w.home.ID+"/places/"+w.place.ID+"/devices/"+
		tablet.device.ID, nil).is(204)
	var ended Ended
	next("ended", &ended)
	require.Equal(t, EndRevoked, ended.Reason)
	t.Logf("told after %s", time.Since(begun).Round(time.Millisecond))
	var device practice.Device
	watching("device", &device)
	require.NotZero(t, device.RevokedAt)
	tablet.ask("GET", "/api/tablet/day", nil).refused(CodeSignedOut)
	tablet.ask("POST", "/api/tablet/sign-in", tablet.signed(tablet.challenge())).refused(
		CodeRevoked)
}

func TestACodeIsGoodForTenMinutesAndASignatureForItsKey(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	tablet := w.tablet()
	challenge := tablet.challenge()
	thief := *tablet
	var err error
	thief.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	tablet.ask("POST", "/api/tablet/sign-in", thief.signed(challenge)).refused(CodeWrong)
	tablet.ask("POST", "/api/tablet/sign-in", tablet.signed(challenge+"x")).refused(CodeWrong)
	w.wait(3 * time.Minute)
	tablet.ask("POST", "/api/tablet/sign-in", tablet.signed(challenge)).refused(CodeWrong)

	admin, _ := w.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: w.home.ID},
	)
	var code DeviceCode
	admin.ask("POST", "/api/establishments/"+w.home.ID+"/places/"+w.place.ID+"/devices",
		NewDevice{Name: "Chariot 3"}).is(201, &code)
	w.wait(11 * time.Minute)
	der, err := x509.MarshalPKIXPublicKey(&tablet.key.PublicKey)
	require.NoError(t, err)
	tablet.ask("POST", "/api/tablet/enrol",
		EnrolDevice{Code: code.Code, PublicKey: base64.StdEncoding.EncodeToString(der)}).refused(
		CodeExpired)
}
