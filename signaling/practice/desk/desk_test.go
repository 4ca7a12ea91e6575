package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/notice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// house is a practice that answers over HTTP, with a clock that the test sets.
type house struct {
	t      *testing.T
	url    string // of the store
	store  *store.Store
	people *people.People
	agenda *agenda.Agenda
	mail   *sink.Sink
	desk   *Desk
	server *httptest.Server
	clock  atomic.Int64 // nanoseconds since 1970
}

// noon is when tests begin: 1 December 2026, 12:00 UTC.
var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

func newHouse(t *testing.T, adjust ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, url: storetest.Address(t)}
	h.clock.Store(noon.UnixNano())
	h.open(adjust...)
	return h
}

// open makes and runs a server on the store with everything in it.
func (h *house) open(adjust ...func(*Config)) {
	t := h.t
	t.Helper()
	var err error
	h.store, err = store.Open(t.Context(), store.Config{URL: h.url})
	require.NoError(t, err)
	h.server = httptest.NewUnstartedServer(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.desk.ServeHTTP(w, r) }))
	public, err := url.Parse("http://" + strings.Replace(h.server.Listener.Addr().String(),
		"127.0.0.1", "localhost", 1))
	require.NoError(t, err)
	h.people, err = people.New(people.Config{Store: h.store, Key: bytes.Repeat([]byte{7}, 32),
		Public: public, Local: true, Now: h.now})
	require.NoError(t, err)
	key := bytes.Repeat([]byte{9}, 32)
	h.agenda, err = agenda.New(agenda.Config{Store: h.store, Invitations: h, Public: public,
		LinkKey: key, Now: h.now})
	require.NoError(t, err)
	h.mail = sink.Listen(t, 0)
	post, err := courier.New(courier.Config{Store: h.store, Links: h.agenda, Public: public,
		Mail: sink.Config(h.mail.Port), Notices: notice.Judge{}, Now: h.now})
	require.NoError(t, err)
	pictures, err := picture.New(key)
	require.NoError(t, err)
	config := Config{Store: h.store, People: h.people, Agenda: h.agenda, Courier: post, Key: key,
		Pictures: pictures,
		Public:   public, Machines: registryOf(t, h.store, h.now),
		CheckSetting: agenda.CheckSetting, DefaultSettings: agenda.DefaultSettings(),
		Version: "test", Now: h.now}
	for _, f := range adjust {
		f(&config)
	}
	h.desk, err = New(config)
	require.NoError(t, err)
	h.server.Start()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.agenda.Run(ctx) })
	running.Go(func() { post.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		h.desk.Close()
		h.server.Close()
		require.NoError(t, h.store.Close())
	})
}

func (h *house) now() time.Time { return time.Unix(0, h.clock.Load()).UTC() }

func (h *house) wait(d time.Duration) { h.clock.Add(int64(d)) }

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	require.NoError(h.t, h.store.Write(h.t.Context(), f))
}

// browser is somebody's, with its cookies.
type browser struct {
	*house
	client *http.Client
	header map[string]string // besides those of every request
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	client := &http.Client{Jar: jar, Transport: h.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	return &browser{house: h, client: client, header: map[string]string{}}
}

// answered is what a request got.
type answered struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// ask sends a request as a page of ours does. A version below 0 sends no If-Match.
func (b *browser) ask(method, path string, body any, version ...int) answered {
	b.t.Helper()
	var text io.Reader
	if raw, isText := body.(string); isText {
		text = strings.NewReader(raw)
	} else if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(b.t, err)
		text = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method,
		b.desk.config.Public.String()+path, text)
	require.NoError(b.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, v := range version {
		request.Header.Set("If-Match", strconv.Quote(strconv.Itoa(v)))
	}
	for name, value := range b.header {
		request.Header.Set(name, value)
	}
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answered{b.t, response.StatusCode, response.Header, got}
}

// is demands a status and reads the body into the value, if there is one.
func (a answered) is(status int, into ...any) answered {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	for _, value := range into {
		require.NoError(a.t, json.Unmarshal(a.body, value), "%s", a.body)
	}
	return a
}

// refused demands a failure with a code and its status.
func (a answered) refused(code ErrorCode) Failure {
	a.t.Helper()
	var failure Failure
	require.NoError(a.t, json.Unmarshal(a.body, &failure), "%s", a.body)
	require.Equal(a.t, code, failure.Code, "%s", a.body)
	require.Equal(a.t, statuses[code], a.status)
	require.NotEmpty(a.t, failure.Message)
	return failure
}

// password is everybody's in these tests.
const password = "une phrase assez longue"

// enrolled opens a one-time link, chooses a password and an authenticator, and is signed in by it.
// It returns the authenticator's secret.
func (b *browser) enrolled(key, login string, names ...string) string {
	b.t.Helper()
	chosen := ChosenPassword{Key: key, Login: login, Password: password}
	if len(names) == 2 {
		chosen.GivenName, chosen.FamilyName = names[0], names[1]
	}
	var code NewCode
	b.ask("POST", "/api/enrol/password", chosen).is(200, &code)
	b.ask("POST", "/api/enrol/code", ConfirmedCode{Key: key, Code: b.codeOf(code.Secret)}).is(204)
	return code.Secret
}

func (h *house) codeOf(secret string) string {
	code, err := totp.GenerateCode(secret, h.now())
	require.NoError(h.t, err)
	return code
}

// administrator is the first, of the group.
func (h *house) administrator() *browser {
	h.t.Helper()
	key, err := h.people.Accounts.First(h.t.Context())
	require.NoError(h.t, err)
	b := h.browser()
	b.enrolled(key, "admin@ch-x.example", "Claire", "Bonnet")
	return b
}

// somebody is a new person with these grants, signed in.
func (h *house) somebody(grants ...practice.Grant) (*browser, practice.Person) {
	h.t.Helper()
	person := practice.Person{ID: practice.NewID(), FamilyName: "Essai", GivenName: "Camille",
		Language: "fr", Version: 1}
	var token string
	h.write(func(tx *store.Tx) error {
		require.NoError(h.t, people.Insert(tx, person, h.now()))
		for _, grant := range grants {
			grant.ID, grant.Person, grant.GrantedBy, grant.GrantedAt = practice.NewID(), person.ID,
				person.ID, practice.InstantOf(h.now())
			require.NoError(h.t, people.Give(tx, grant))
		}
		var err error
		token, err = h.people.Sessions.Open(tx,
			people.NewSession{Person: person.ID, Method: practice.MethodPasskey})
		return err
	})
	b := h.browser()
	b.client.Jar.SetCookies(h.desk.config.Public,
		[]*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
	return b, person
}

// hospitals adds establishments with a service and a place each, called after them: E1, E1-service,
// E1-place.
func (h *house) hospitals(ids ...string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		for _, id := range ids {
			require.NoError(h.t,
				store.Insert(tx,
					practice.Establishment{ID: id, Name: "CH " + id, Zone: "Europe/Paris",
						Version: 1}, nil))
			require.NoError(h.t,
				store.Insert(tx,
					practice.Service{ID: id + "-service", Establishment: id, Name: "Équipe mobile",
						Version: 1}, nil))
			require.NoError(h.t,
				store.Insert(tx,
					practice.Place{ID: id + "-place", Establishment: id, Name: "Salle 2",
						Version: 1}, nil))
		}
		return nil
	})
}
