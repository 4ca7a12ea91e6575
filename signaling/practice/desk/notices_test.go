package desk

import (
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/store"
)

// staffed is a ward whose staff get mails.
type staffed struct {
	*ward
	colleagues []*browser
	read       int // mails that later has told of
}

func newStaffed(t *testing.T, adjust ...func(*Config)) *staffed {
	return &staffed{ward: newWard(t, adjust...)}
}

// awakeFor is less than the time after which a session ends that nobody uses.
const awakeFor = 10 * time.Minute

// colleague is somebody with a mail address of their own, signed in.
func (w *staffed) colleague(grants ...practice.Grant) (*browser, string) {
	b, person := w.somebody(grants...)
	address := strings.ToLower(person.ID) + "@example.org"
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE people SET email = $1 WHERE id = $2", address, person.ID)
		return err
	})
	w.colleagues = append(w.colleagues, b)
	return b, address
}

// later lets time pass, and waits until all that is due is sent or dropped. It returns to whom
// mails went since the last time, with their subjects.
func (w *staffed) later(d time.Duration) map[string]string {
	w.t.Helper()
	for ; d > awakeFor; d -= awakeFor {
		w.wait(awakeFor)
		for _, b := range w.colleagues {
			b.me()
		}
	}
	w.wait(d)
	changes, stop := w.store.Watch()
	defer stop()
	late := time.After(20 * time.Second)
	for {
		w.desk.config.Courier.Hurry(practice.ChannelMail)
		var due int
		require.NoError(w.t, w.store.Read(w.t.Context(), func(tx *store.Tx) error {
			return tx.Across("a test looks at all").Scan(
				"SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND due_at <= $1",
				[]any{int64(practice.InstantOf(w.now()))}, &due)
		}))
		if due == 0 {
			break
		}
		select {
		case <-changes:
		case <-late:
			w.t.Fatalf("expected an empty outbox, %d messages wait", due)
		}
	}
	told := map[string]string{}
	for _, text := range w.mail.Mails()[w.read:] {
		message, err := mail.ReadMessage(strings.NewReader(text))
		require.NoError(w.t, err)
		to := strings.Trim(message.Header.Get("To"), "<>")
		require.NotContains(w.t, told, to, "two mails at a time")
		told[to] = subjectOf(w.t, message)
		w.read++
		plain := partsOf(w.t, text)[0]
		require.Contains(w.t, plain, w.desk.config.Public.String()+"/#/")
		all := strings.Join(append(partsOf(w.t, text), text), "\n")
		clean(w.t, "a notice", all, append(secrets, "Exerese", "Essai", "Camille", "urgent"))
	}
	return told
}

func subjectOf(t *testing.T, message *mail.Message) string {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	require.NoError(t, err)
	return subject
}

// TestAnOpinionIsToldToWhoeverDoesNotLook goes through a request of another establishment.
func TestAnOpinionIsToldToWhoeverDoesNotLook(t *testing.T) {
	t.Parallel()
	w := newStaffed(t)
	elsewhere := w.otherHospital()
	service := practice.Service{ID: practice.NewID(), Establishment: elsewhere,
		Name: "Psychiatriesecrete", Version: 1}
	w.insertService(service)
	asker, askers := w.colleague(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.hospital.ID})
	expert, experts := w.colleague(practice.Grant{Role: practice.RoleExpert,
		Establishment: elsewhere, Service: service.ID})
	otherExpert, otherExperts := w.colleague(practice.Grant{Role: practice.RoleExpert,
		Establishment: elsewhere, Service: service.ID})
	stranger, _ := w.colleague(practice.Grant{Role: practice.RoleAuditor,
		Establishment: w.hospital.ID})
	ask := func(urgency practice.Urgency) (line OpinionLine) {
		asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
			Establishment: w.hospital.ID, Patient: w.patient.ID, Service: service.ID,
			Urgency: urgency, Question: "Motifsecret"}).is(201, &line)
		return line
	}
	see := func(b *browser, line OpinionLine) {
		b.ask("POST", "/api/opinions/seen", SeenOpinions{Items: []SeenOpinion{
			{line.Opinion.ID, line.Opinion.Version}, {"none", 1}}}).is(204)
	}
	waits := "Une demande d'avis vous attend"

	ask(practice.UrgencyUrgent)
	require.Equal(t, map[string]string{experts: waits, otherExperts: waits}, w.later(0))
	ask(practice.UrgencyRoutine)
	require.Empty(t, w.later(notice.Gather-time.Minute))
	line := ask(practice.UrgencySoon)
	require.Zero(t, line.Seen)
	var list struct{ Items []OpinionLine }
	otherExpert.ask("GET", "/api/opinions", nil).is(200, &list)
	for _, one := range list.Items {
		see(otherExpert, one)
	}
	require.Equal(t, map[string]string{experts: waits}, w.later(time.Minute), "of both")
	require.Empty(t, w.later(2*notice.Gather))

	path := "/api/opinions/" + line.Opinion.ID
	otherExpert.ask("GET", path, nil).is(200, &line)
	require.Equal(t, 1, line.Seen)
	expert.ask("POST", path+"/take", OpinionText{}, 1).is(200)
	expert.ask("POST", path+"/ask-back", OpinionText{Text: "Motifsecret"}, 2).is(200, &line)
	require.Empty(t, w.later(notice.Wait-time.Second))
	require.Equal(t, map[string]string{askers: "Une demande d'avis attend votre réponse"},
		w.later(time.Second))
	asker.ask("POST", path+"/reply", OpinionText{Text: "Motifsecret"}, 3).is(200, &line)
	require.Equal(t, map[string]string{
		experts: "Une réponse vous attend dans une demande d'avis"}, w.later(notice.Wait))
	expert.ask("POST", path+"/ask-back", OpinionText{Text: "Motifsecret"}, 4).is(200, &line)
	see(stranger, line) // has no side of it, and so sees nothing
	see(asker, line)
	require.Empty(t, w.later(notice.Wait), "their page was open")
	asker.ask("POST", path+"/reply", OpinionText{Text: "Motifsecret"}, 5).is(200)
	expert.ask("POST", path+"/answer", OpinionText{Text: "Exerese"}, 6).is(200)
	require.Equal(t, map[string]string{askers: "Un avis que vous avez demandé est arrivé"},
		w.later(notice.Wait), "the reply was used")
	asker.ask("POST", "/api/opinions/seen", SeenOpinions{
		Items: make([]SeenOpinion, maxSeen+1)}).refused(CodeInvalid)
	var seen int
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Across("a test looks at all").Scan(`SELECT COUNT(*) FROM opinion_reads
			WHERE person NOT IN (SELECT person FROM grants WHERE role IN ('nurse', 'expert'))`,
			nil, &seen)
	}))
	require.Zero(t, seen)
}

// TestATeamIsToldByMail has a member who switches notices off, one who leaves, and an office that
// looks at what was sent.
func TestATeamIsToldByMail(t *testing.T) {
	t.Parallel()
	w := newStaffed(t)
	here := practice.Grant{Role: practice.RoleExpert, Establishment: w.hospital.ID}
	admin, _ := w.colleague(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.hospital.ID})
	office, _ := w.colleague(practice.Grant{Role: practice.RoleSecretary,
		Establishment: w.hospital.ID})
	reader, readers := w.colleague(here)
	quiet, _ := w.colleague(here)
	author, authors := w.colleague(here)
	plan := ThreadPlan{Kind: practice.ThreadTeam, Name: "Psychiatriesecrete"}
	for _, b := range []*browser{reader, quiet, author} {
		plan.Members = append(plan.Members,
			ThreadPart{Kind: practice.MemberPerson, Member: b.me().Person.ID})
	}
	var team ThreadOffice
	admin.ask("POST", "/api/establishments/"+w.hospital.ID+"/threads", plan).is(200, &team)
	path := "/api/threads/" + team.Thread.ID
	post := func(b *browser) {
		b.ask("POST", path+"/messages", NewThreadMessage{practice.NewID(), "Motifsecret"}).is(200)
	}

	require.True(t, quiet.me().Notices)
	for range 2 {
		quiet.ask("PUT", "/api/me/notices", WantNotices{false}).is(204)
	}
	require.False(t, quiet.me().Notices)
	require.Len(t, w.entries("notices.change"), 1)
	post(author)
	post(author)
	require.Equal(t, map[string]string{readers: "Des messages non lus vous attendent"},
		w.later(notice.Wait))
	post(author)
	require.Empty(t, w.later(time.Hour), "they know")
	reader.ask("POST", path+"/read", ReadThread{3}).is(204)
	post(author)
	reader.ask("POST", path+"/read", ReadThread{4}).is(204)
	require.Empty(t, w.later(notice.Wait), "they have read it")
	post(reader)
	require.Equal(t, map[string]string{authors: "Des messages non lus vous attendent"},
		w.later(notice.Wait))
	post(author)
	admin.ask("PUT", "/api/establishments/"+w.hospital.ID+"/threads/"+team.Thread.ID,
		ThreadPlan{Name: "x"}, team.Thread.Version).is(200)
	require.Empty(t, w.later(notice.Wait), "they have left")

	var list struct{ Items []OutboxLine }
	office.ask("GET", "/api/outbox?establishment="+w.hospital.ID, nil).is(200, &list)
	var fates []string
	for _, line := range list.Items {
		require.Equal(t, "Europe/Paris", line.Zone)
		require.Equal(t, "person", line.Kind)
		fates = append(fates, fmt.Sprint(line.Message.State, line.Message.Reason))
	}
	require.Equal(t, []string{"droppedright", "sent", "droppedread", "sent"}, fates)
	reader.ask("GET", "/api/outbox?establishment="+w.hospital.ID,
		nil).refused(CodeForbidden)
}

// TestWithoutMailNothingIsQueued has a server that can send nothing.
func TestWithoutMailNothingIsQueued(t *testing.T) {
	t.Parallel()
	w := newStaffed(t, func(c *Config) {
		mute, err := courier.New(courier.Config{Store: c.Store, Links: c.Agenda, Public: c.Public})
		require.NoError(t, err)
		c.Courier = mute
	})
	w.colleague(practice.Grant{Role: practice.RoleExpert, Establishment: w.hospital.ID})
	asker, _ := w.colleague(practice.Grant{Role: practice.RoleNurse,
		Establishment: w.hospital.ID})
	asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
		Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
		Urgency: practice.UrgencyUrgent, Question: "?"}).is(201)
	var count int
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Across("a test looks at all").Scan("SELECT COUNT(*) FROM outbox", nil, &count)
	}))
	require.Zero(t, count)
	require.Empty(t, asker.me().Channels)
}

func (b *browser) me() (me Me) {
	b.t.Helper()
	b.ask("GET", "/api/me", nil).is(200, &me)
	return me
}
