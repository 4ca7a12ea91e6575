package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"draille/signaling"
	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/desk"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/people"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
	"draille/signaling/protocol"
	"draille/signaling/quota"
	"draille/signaling/rules"
	"draille/signaling/token"
)

// practiceStoreName is the file of the practice in the data directory.
const practiceStoreName = "practice.db"

// practiceServer is the practice in this process.
type practiceServer struct {
	store   *store.Store
	people  *people.People
	agenda  *agenda.Agenda
	courier *courier.Courier
	reports *report.Keeper
	figures *figures.Counter
	hl7     *hl7Server  // nil: no messages of hospitals' systems are taken
	fhir    *fhirServer // nil: there is no FHIR interface
	desk    *desk.Desk

	log      *zap.Logger
	stop     context.CancelFunc
	running  sync.WaitGroup
	programs *quota.Connections // of the address for programs
	node     string             // names this process among those on one database
	retained time.Time          // the audit log, last
}

// openPractice opens the store and puts the practice's parts together; start runs them.
//
// Long: the parts in the order in which they need each other.
func openPractice(config Config, keys secrets, invitations *invitations, account *quota.Account,
	programs *quota.Connections, demo bool, logger *zap.Logger) (_ *practiceServer, err error) {
	p := &practiceServer{stop: func() {}, node: practice.NewID(), programs: programs}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	log := logger.Named("practice")
	if p.store, err = store.Open(context.Background(),
		store.Config{URL: practiceStore(config), Log: log, Secret: keys.mark}); err != nil {
		return nil, err
	}
	public := invitations.public
	if p.people, err = openPeople(config.Practice, p.store, keys, public, log); err != nil {
		return nil, err
	}
	if p.agenda, err =
		agenda.New(agenda.Config{Store: p.store, Invitations: practiceInvitations{invitations},
			Public:  public,
			LinkKey: keys.links, Log: log}); err != nil {
		return nil, err
	}
	if p.reports, err = report.NewKeeper(report.Config{Store: p.store,
		ParticipantOf: agenda.ParticipantOf, Measured: figures.Again,
		Log: log.Named("reports")}); err != nil {
		return nil, err
	}
	if p.figures, err = figures.NewCounter(figures.Config{Store: p.store,
		Log: log.Named("figures")}); err != nil {
		return nil, err
	}
	mail, err := config.Practice.Mail.courier()
	if err != nil {
		return nil, err
	}
	if mail == nil && demo {
		mail = demoMail(config)
	}
	sms, err := config.Practice.SMS.courier()
	if err != nil {
		return nil, err
	}
	record, err := recordOf(config.Practice, p.store)
	if err != nil {
		return nil, err
	}
	if p.courier, err = courier.New(courier.Config{Store: p.store, Links: p.agenda, Public: public,
		Mail: mail, SMS: sms, Record: record, Notices: notice.Judge{},
		Log: log.Named("courier")}); err != nil {
		return nil, err
	}
	if p.hl7, err = openHL7(config.Practice.HL7, p, log.Named("hl7")); err != nil {
		return nil, err
	}
	limits := tries{account, quota.Tries, config.trustedProxies()}
	if p.fhir, err = openFHIR(config.Practice.FHIR, p, keys, public, limits,
		log.Named("fhir")); err != nil {
		return nil, err
	}
	pictures, err := picture.New(keys.pictures)
	if err != nil {
		return nil, err
	}
	if p.desk, err = desk.New(desk.Config{Store: p.store, People: p.people, Agenda: p.agenda,
		Courier: p.courier, Pictures: pictures, Key: keys.tablets, Hospital: p.hl7.receives(),
		Machines: p.fhir.registry(), Public: public, Throttle: limits,
		Logouts: tries{account, quota.Logouts, config.trustedProxies()}, Bearer: invitations.bearer,
		CleanText:       protocol.CleanText,
		CheckSetting:    agenda.CheckSetting,
		DefaultSettings: agenda.DefaultSettings(), Version: version(), Demo: demo,
		Log: log}); err != nil {
		return nil, err
	}
	p.log = log
	return p, nil
}

// openPeople reads the secrets of the identity providers.
func openPeople(config PracticeConfig, s *store.Store, keys secrets, public *url.URL,
	log *zap.Logger) (*people.People, error) {
	signIn := config.SignIn
	providers, err := signIn.providers()
	if err != nil {
		return nil, err
	}
	return people.New(people.Config{Store: s, Key: keys.people, Public: public, Local: signIn.Local,
		Providers: providers,
		Times:     people.SessionTimes{Lifetime: signIn.Session, Idle: signIn.Idle},
		Log:       log.Named("people")})
}

// secretText reads a password or a key that stands in a file of its own.
func secretText(key, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w; let the user who runs draille read it", key,
			err)
	}
	return strings.TrimSpace(string(text)), nil
}

// certificates are those that hospitals' programs are shown.
func (p *practiceServer) certificates() (all []*certificate) {
	if p != nil && p.hl7 != nil && p.hl7.files != nil {
		all = append(all, p.hl7.files)
	}
	if p != nil && p.fhir != nil && p.fhir.files != nil {
		all = append(all, p.fhir.files)
	}
	return all
}

// clockStepped is told when the clock of this machine was set.
func (p *practiceServer) clockStepped() {
	if p == nil {
		return
	}
	ctx := context.Background()
	if err := errors.Join(p.courier.ClockStepped(ctx), p.agenda.ClockStepped(ctx)); err != nil {
		p.log.Warn("what was told while the clock was ahead may stand until that time comes",
			zap.Error(err))
	}
}

const practiceSweepEvery = 10 * time.Minute

// start runs what goes on beside requests.
func (p *practiceServer) start(rooms agenda.Rooms) {
	if p == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	for what, do := range map[string]func(context.Context){
		"agenda":   p.agenda.Run,
		"presence": func(ctx context.Context) { p.agenda.Watch(ctx, rooms) },
		"courier":  p.courier.Run,
		"reports":  p.reports.Run,
		"figures":  p.figures.Run,
		"sweep":    func(ctx context.Context) { p.sweep(ctx, p.log) },
		"hl7":      p.hl7.run,
		"fhir":     p.fhir.run,
	} {
		p.running.Go(func() { keepGoing(ctx, p.log, what, do) })
	}
}

// sweep forgets sessions and sign-ins that have expired, and once a day what is old of the audit
// log.
func (p *practiceServer) sweep(ctx context.Context, log *zap.Logger) {
	ticker := time.NewTicker(practiceSweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := p.store.Write(ctx, func(tx *store.Tx) error {
			_, err := p.people.Sessions.Sweep(tx)
			return errors.Join(err, people.Sweep(tx, time.Now()))
		})
		if err != nil && ctx.Err() == nil {
			log.Warn("expired sessions were not forgotten; it is tried again", zap.Error(err))
		}
		if err := p.retain(ctx, log); err != nil && ctx.Err() == nil {
			log.Warn("old entries of the audit log, or contacts, were not deleted; "+
				"it is tried again", zap.Error(err))
		}
	}
}

// retain deletes old entries of the audit log and contacts that are no longer needed, once a day on
// one of the nodes, and says what it deleted.
func (p *practiceServer) retain(ctx context.Context, log *zap.Logger) error {
	now := time.Now()
	if now.Sub(p.retained) < 24*time.Hour {
		return nil
	}
	mine, err := p.store.Lease(ctx, "audit-retention", p.node, now, time.Hour)
	if err != nil || !mine {
		return err
	}
	for _, one := range p.retentions() {
		deleted, err := one.retain(ctx, p.store, now)
		if err != nil {
			return fmt.Errorf("%s: %w", one.what, err)
		}
		log.Info("what is old is deleted", zap.String("what", one.what),
			zap.Int64("deleted", deleted))
	}
	p.retained = now
	return nil
}

// retention deletes one kind of what is not kept for ever, and returns how much.
type retention struct {
	what   string
	retain func(ctx context.Context, s *store.Store, now time.Time) (deleted int64, err error)
}

func (p *practiceServer) retentions() []retention {
	return []retention{
		{"entries of the audit log", ledger.Retain},
		{"contacts, some days after their appointments",
			func(ctx context.Context, _ *store.Store, _ time.Time) (int64, error) {
				return p.agenda.ForgetContacts(ctx)
			}},
		{"messages of the hospitals' systems",
			func(ctx context.Context, s *store.Store, now time.Time) (int64, error) {
				texts, rows, err := hl7.Forget(ctx, s, now)
				return texts + rows, err
			}},
		{"messages of threads", thread.Retain},
		{"notices to staff", notice.Retain},
		{"pictures of opinions", picture.Retain},
		{"what was asked and answered in opinions", opinion.Retain},
		{"what reports say that their records have", report.Retain},
		{"figures", figures.Retain},
	}
}

// endStreams ends the streams of events, which would hold up the web server's end.
func (p *practiceServer) endStreams() {
	if p != nil && p.desk != nil {
		p.desk.Close()
	}
}

// close ends everything, in the order in which one part needs the other. The streams have ended.
func (p *practiceServer) close() {
	if p == nil {
		return
	}
	p.stop()
	p.running.Wait()
	p.hl7.close()
	p.fhir.close()
	if p.store != nil {
		p.store.Close()
	}
}

// handler is the desk, and the FHIR interface if there is one; nil without a practice.
func (p *practiceServer) handler() http.Handler {
	if p == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", p.desk)
	mux.Handle("/fhir/", p.fhir.handler())
	return mux
}

// firstAdministrator is a one-time link for the first administrator; empty when there is one.
func (p *practiceServer) firstAdministrator(ctx context.Context, public *url.URL) (string, error) {
	key, err := p.people.Accounts.First(ctx)
	if err != nil || key == "" {
		return "", err
	}
	return enrolment(public, key), nil
}

// enrolment is the address by which somebody chooses how to sign in.
func enrolment(public *url.URL, key string) string {
	address := url.URL{Scheme: public.Scheme, Host: public.Host, Path: "/enrol", Fragment: key}
	return address.String()
}

// practiceInvitations makes ways into rooms for the practice.
type practiceInvitations struct{ invitations *invitations }

// Invite implements agenda.Invitations.
func (p practiceInvitations) Invite(i agenda.Invitation) (string, error) {
	return p.invitations.link(token.Invitation{Room: i.Room, Kind: protocol.Kind(i.Kind),
		Role: protocol.Role(i.CallRole), ID: i.ID, Family: i.Family,
		NotBefore: i.From, Expires: i.Until})
}

// Tokens returns the verifier that asks the practice about its own invitations, too.
func (p *practiceServer) tokens(signed signaling.Verifier) signaling.Verifier {
	if p == nil {
		return signed
	}
	return namingVerifier{signed: signed, agenda: p.agenda}
}

// watcher is what hears of rooms; nil without a practice.
func (p *practiceServer) watcher() signaling.Watcher {
	if p == nil {
		return nil
	}
	return roomWatcher{p.agenda, p.reports}
}

// nameTimeout is how long the practice may take to tell a name. Whoever enters waits for it.
const nameTimeout = 3 * time.Second

// namingVerifier gives invitations of the practice the name that their address does not hold, and
// refuses those that were revoked meanwhile.
type namingVerifier struct {
	signed signaling.Verifier
	agenda *agenda.Agenda
}

// Verify implements signaling.Verifier.
func (v namingVerifier) Verify(signed string, now time.Time) (token.Invitation, error) {
	invitation, err := v.signed.Verify(signed, now)
	if err != nil && !errors.Is(err, token.ErrExpired) {
		return invitation, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), nameTimeout)
	defer cancel()
	name, known, welcome, problem := v.agenda.Name(ctx, invitation.ID)
	switch {
	case problem != nil:
		// a call goes on though the store does not answer; the name is asked for
		return invitation, err
	case !welcome:
		return token.Invitation{},
			fmt.Errorf("%w: its link was revoked, or the appointment cancelled", token.ErrRevoked)
	case known:
		invitation.Name = fitting(name)
	}
	return invitation, err
}

// fitting cuts a name to what signalling allows.
func fitting(name string) string {
	for utf8.RuneCountInString(name) > protocol.MaxNameCharacters {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return strings.TrimSpace(name)
}

// roomWatcher tells the agenda who is in which room, and the reports how their links are.
type roomWatcher struct {
	agenda  *agenda.Agenda
	reports *report.Keeper
}

// LinksChanged implements signaling.Watcher.
func (w roomWatcher) LinksChanged(room string, links []signaling.Link) {
	told := make([]report.Link, 0, len(links))
	for _, l := range links {
		told = append(told, report.Link{Participant: l.Invitation, Away: l.Away, Cut: l.Cut,
			Down: report.Carried(l.Down), Up: report.Carried(l.Up)})
	}
	w.reports.Hear(room, told)
}

// RoomChanged implements signaling.Watcher.
func (w roomWatcher) RoomChanged(room string, present []rules.Presence) {
	presence := agenda.Presence{Room: room}
	for _, p := range present {
		presence.Guests = append(presence.Guests,
			agenda.Guest{ID: p.Invitation, Host: p.Role != protocol.RoleGuest,
				Waiting: p.Place == protocol.PlaceWaiting})
	}
	w.agenda.Hear(presence)
}

// RoomLeft implements signaling.Watcher. What is measured of links begins anew on the next server.
func (w roomWatcher) RoomLeft(room string) {
	w.agenda.Leave(room)
	w.reports.Hear(room, nil)
}

// tries bounds how often one address may do what costs this: sign in, enrol or open a link.
type tries struct {
	account *quota.Account
	cost    quota.Cost
	proxies quota.Proxies
}

// Allow implements desk.Throttle.
func (t tries) Allow(r *http.Request, now time.Time) bool {
	return t.account.Spend(now, t.cost, quota.Payer{Address: t.proxies.Client(r)})
}

// isServer checks a host and a port.
func isServer(value any) error {
	host, port, err := net.SplitHostPort(*value.(*string))
	if err == nil && host != "" {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || host == "" {
		return fmt.Errorf("expected a host and a port, such as smtp.ch-x.example:587")
	}
	return nil
}

// derivePractice derives the practice's keys from the server's secret (RFC 5869).
func derivePractice(secret []byte, keys *secrets) error {
	for label, key := range map[string]*[]byte{"draille practice links v1": &keys.links,
		"draille practice people v1":   &keys.people,
		"draille practice tablets v1":  &keys.tablets,
		"draille practice pictures v1": &keys.pictures,
		"draille practice machines v1": &keys.machines} {
		derived, err := hkdf.Key(sha256.New, secret, nil, label, keyBytes)
		if err != nil {
			return err
		}
		*key = derived
	}
	mark, err := hkdf.Key(sha256.New, secret, nil, "draille practice mark v1", 4)
	if err != nil {
		return err
	}
	keys.mark = binary.BigEndian.Uint32(mark) | 1 // never 0
	return nil
}
