package desk

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// examples are the types that API.md shows.
var examples = []any{
	Failure{}, Ways{}, PasswordSignIn{}, SecondFactor{}, CodeSignIn{}, PasskeyChallenge{},
	PasskeyAnswer{}, OneTimeKey{}, WantNotices{},
	Enrolment{}, ChosenPassword{}, NewCode{}, ConfirmedCode{}, EnrolPasskey{}, Me{}, Hello{},
	Gone{}, Arrival{}, Ended{}, Day{},
	NewDelay{}, NewPatient{}, NewAppointment{}, Conflict{}, Move{}, Cancel{}, Outcome{}, Join{},
	Send{}, Printable{}, CallInvites{}, NewCallInvite{}, CallInvite{},
	CheckIdentity{}, NewConsent{}, DirectoryEntry{}, MeetingPlace{}, OpenedLink{}, LinkAnswer{},
	LostLink{}, NewDevice{}, EnrolDevice{},
	DeviceSignIn{}, PersonView{}, NewGrant{}, OneTimeLink{}, Assign{}, ImportReport{},
	practice.Trial{}, OutboxLine{}, AuditPage{},
	AuditVerdict{}, ReceivedView{}, MergeLine{}, FiguresView{}, NewSatisfaction{},
	MachineList{}, NewMachine{}, MachineSecret{}, OpinionLine{}, NewOpinion{}, OpinionText{},
	OpinionTold{}, SeenOpinions{},
	NewPicture{}, PictureUpload{}, PictureProgress{}, PicturePieces{}, LookAtPicture{}, NewMark{},
	ThreadLine{}, ThreadView{}, NewThreadMessage{}, ReadThread{}, ThreadPlan{}, ThreadOffice{},
}

func TestExamplesOfTheDocumentAreOfTheirTypes(t *testing.T) {
	t.Parallel()
	types := map[string]reflect.Type{}
	for _, example := range examples {
		types[reflect.TypeOf(example).Name()] = reflect.TypeOf(example)
	}
	document, err := os.ReadFile("API.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)```json (\\w+)\n(.*?)```").FindAllStringSubmatch(
		string(document), -1)
	shown := map[string]bool{}
	for _, example := range found {
		kind, ok := types[example[1]]
		require.True(t, ok, "API.md shows %s, which the test does not know", example[1])
		decoder := json.NewDecoder(strings.NewReader(example[2]))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(reflect.New(kind).Interface()), example[1])
		shown[example[1]] = true
	}
	require.Len(t, shown, len(types), "a type of the list is not shown")
}
