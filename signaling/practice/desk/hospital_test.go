package desk

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/store"
)

// TestTheQueueOfTheHospital refuses a message, shows it to an administrator without its patient,
// and replays it once what was wrong is mended; a merge is undone by a secretary.
func TestTheQueueOfTheHospital(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	receiver, err := hl7.New(hl7.Config{Store: w.store, Agenda: w.agenda, Now: w.now,
		Sources: []hl7.Source{{Name: "gam", Establishment: w.hospital.ID,
			Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}})
	require.NoError(t, err)
	w.desk.add(route{"POST /test/replay/{id}", signedIn, hospital{w.agenda, receiver}.replay})
	send := func(control, event, ipp, more string) {
		t.Helper()
		end := runReceiver(t, receiver)
		defer end()
		answer := receiver.Handle(t.Context(),
			mllp.Peer{Address: netip.MustParseAddr("127.0.0.1")},
			[]byte("MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|20261201120000||ADT^"+event+"|"+control+
				"|P|2.5\rPID|1||"+ipp+"^^^CHU-X^PI||SECRETAUTRE^LOUISE^^^^^L||19800101|F\r"+more))
		require.NotEmpty(t, answer)
	}
	send("1", "A28", "770001", "") // typed here with another name
	admin, _ := w.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: w.hospital.ID})
	var list struct {
		Items []practice.Received
		Next  string
	}
	admin.ask("GET", "/api/received?state=refused&establishment="+w.hospital.ID, nil).is(200,
		&list)
	require.Len(t, list.Items, 1)
	refused := list.Items[0]
	require.Equal(t, "PID-3.1", refused.Field)
	var view ReceivedView
	admin.ask("GET", "/api/received/"+refused.ID, nil).is(200, &view)
	require.Contains(t, view.Text, "xxxxxxxxxxx^xxxxxx^^^^^L")
	require.NotContains(t, view.Text, "SECRET")
	require.Equal(t, refused.ID, w.lastEntry("hl7.read").Object)
	for query, found := range map[string]int{"kind=ADT": 1, "kind=SIU": 0, "control=1": 1,
		"control=2": 0, "kind=ADT&state=applied": 0} {
		admin.ask("GET", "/api/received?"+query+"&establishment="+w.hospital.ID, nil).is(200,
			&list)
		require.Len(t, list.Items, found, query)
	}
	admin.ask("GET", "/api/received?kind=ORU&establishment="+w.hospital.ID, nil).
		refused(CodeInvalid)
	admin.ask("POST", "/api/received/"+refused.ID+"/replay", nil).refused(CodeInvalid)
	w.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE patients SET ipp = '770009' WHERE establishment = $1 "+
			"AND ipp = '770001'", w.hospital.ID)
		return err
	})
	var replayed practice.Received
	admin.ask("POST", "/test/replay/"+refused.ID, nil).is(200, &replayed)
	require.Equal(t, practice.OutcomePatientCreated, replayed.Outcome)
	admin.ask("POST", "/test/replay/"+refused.ID, nil).refused(CodeInvalid)

	send("2", "A28", "770002", "")
	send("3", "A40", "770001", "MRG|770002^^^CHU-X^PI\r")
	var merges struct{ Items []MergeLine }
	w.secretary.ask("GET", "/api/merges?establishment="+w.hospital.ID, nil).is(200, &merges)
	require.Len(t, merges.Items, 1)
	require.Equal(t, "770002", merges.Items[0].Merge.PriorIPP)
	require.True(t, strings.HasPrefix(merges.Items[0].Prior.BirthName, "SECRETAUTRE"))
	path := "/api/merges/" + merges.Items[0].Merge.ID + "/undo"
	admin.ask("POST", path, nil).refused(CodeForbidden)
	w.secretary.ask("POST", path, nil).is(200)
	w.secretary.ask("POST", path, nil).refused(CodeInvalid)

	first := list
	admin.ask("GET", "/api/received?limit=2&establishment="+w.hospital.ID, nil).is(200, &first)
	require.Len(t, first.Items, 2)
	rest := list
	rest.Next = ""
	admin.ask("GET", "/api/received?limit=2&after="+first.Next+"&establishment="+w.hospital.ID,
		nil).is(200, &rest)
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.Next)
}

// runReceiver lets a receiver write until the end is called.
func runReceiver(t *testing.T, receiver *hl7.Receiver) (end func()) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		receiver.Run(ctx)
	}()
	return func() {
		stop()
		<-ended
	}
}
