package protocol

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// examples reads PROTOCOL.md: "### type" followed by one block of JSON each.
func examples(t testing.TB) map[string]string {
	t.Helper()
	document, err := os.ReadFile("../PROTOCOL.md")
	require.NoError(t, err)
	found := map[string]string{}
	for _, section := range strings.Split(string(document), "\n### ")[1:] {
		name, rest, _ := strings.Cut(section, "\n")
		if block := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindStringSubmatch(
			rest,
		); block != nil {
			found[name] = block[1]
		}
	}
	return found
}

func TestEveryMessageHasAnExampleThatParses(t *testing.T) {
	found := examples(t)
	for name := range clientCatalogue {
		require.Contains(t, found, name)
		message, err := UnmarshalClient([]byte(found[name]))
		require.NoError(t, err, name)
		returns(t, found[name], message)
	}
	for name := range serverCatalogue {
		require.Contains(t, found, name)
		message, err := UnmarshalServer([]byte(found[name]))
		require.NoError(t, err, name)
		returns(t, found[name], message)
	}
	require.Len(t, found, len(clientCatalogue)+len(serverCatalogue),
		"an example of a message that does not exist")
}

// returns checks that nothing is lost between the example, the type and the wire.
func returns(t *testing.T, example string, message any) {
	t.Helper()
	data, err := Marshal(message)
	require.NoError(t, err)
	require.JSONEq(t, example, string(data))
}

func TestDocumentNamesEveryCodeAndReason(t *testing.T) {
	document, err := os.ReadFile("../PROTOCOL.md")
	require.NoError(t, err)
	for reason := range byes {
		require.Contains(t, string(document), "`"+string(reason)+"`")
	}
	for _, code := range []ErrorCode{ErrorMalformed, ErrorTooLarge, ErrorTooFast, ErrorForbidden,
		ErrorOutOfPlace, ErrorNotFound,
		ErrorFull, ErrorSDP, ErrorServer} {
		require.Contains(t, string(document), "`"+string(code)+"`")
	}
}

// The type of every message is in the catalogue of its direction: one that is not could never be
// received.
func TestCatalogueIsComplete(t *testing.T) {
	types := func(file string) []string {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		var types []string
		for _, found := range regexp.MustCompile(
			"`json:\"type\"` +// \"([a-z]+)\"").FindAllStringSubmatch(string(source), -1) {
			types = append(types, found[1])
		}
		return types
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(clientCatalogue)),
		types("messages_client.go"))
	require.ElementsMatch(t, slices.Collect(maps.Keys(serverCatalogue)),
		types("messages_server.go"))
}

func TestMalformed(t *testing.T) {
	id65 := strings.Repeat("a", 65)
	for text, want := range map[string]string{
		``:                             `expected one JSON object`,
		`null`:                         `got ""`,
		`[]`:                           `expected one JSON object`,
		`{"type":7}`:                   `expected one JSON object`,
		`{"type":"welcome"}`:           `expected a type among admit, block`,
		`{"type":"end"}{"type":"end"}`: `expected one JSON object`,
		`{"type":"end","now":true}`:    `unknown field`,
		`{"type":"media","microphone":"yes","camera":true,"screen":true}`: `cannot unmarshal`,
		`{"type":"join","device":"d"}`:                                    `token: expected 1 to 4096 bytes, got 0`,
		`{"type":"join","token":"t"}`:                                     `device:`,
		`{"type":"join","token":"t","device":"` + id65 +
			`"}`: `device:`,
		`{"type":"join","token":"t","device":"d","lang":"de"}`:  `lang:`,
		`{"type":"join","token":"t","device":"d","room":"a/b"}`: `room:`,
		`{"type":"offer","connection":"c"}`:                     `sdp:`,
		`{"type":"candidate","connection":"c","candidate":"` + strings.Repeat("c", 1025) +
			`"}`: `candidate:`,
		`{"type":"hand","raised":true,"participant":"p"}`:   `raised:`,
		`{"type":"hand","participant":"a b"}`:               `participant:`,
		`{"type":"mute","participant":"p","source":"nose"}`: `"nose"`,
		`{"type":"mode"}`:                                                             `mode: expected one of`,
		`{"type":"mode","mode":"silence"}`:                                            `"silence"`,
		`{"type":"mode","participant":"a b","mode":"voice"}`:                          `participant:`,
		`{"type":"admit"}`:                                                            `participant:`,
		`{"type":"refuse"}`:                                                           `participant:`,
		`{"type":"typing","keep":-1,"text":""}`:                                       `keep:`,
		`{"type":"typing","keep":2001,"text":""}`:                                     `keep:`,
		`{"type":"spotlight","participant":"a b"}`:                                    `participant:`,
		`{"type":"handover","participant":""}`:                                        `participant:`,
		`{"type":"invite","role":"host","name":""}`:                                   `role: expected one of`,
		`{"type":"photomark","photo":1,"kind":"ruler","points":[1,2,3]}`:              `points:`,
		`{"type":"photomark","photo":1,"kind":"ruler","points":[1,2,3,4,5,6]}`:        `points:`,
		`{"type":"photomark","photo":1,"kind":"ruler","points":[1,2,3,-4]}`:           `points:`,
		`{"type":"photomark","photo":1,"kind":"ruler","points":[1,2,3,4],"length":1}`: `length:`,
		`{"type":"photomark","photo":1,"kind":"scale","points":[1,2,3,4]}`:            `length:`,
		`{"type":"photomark","photo":1,"kind":"circle","points":[1,2,3,4]}`:           `"circle"`,
		`{"type":"photomark","photo":0,"kind":"ruler","points":[1,2,3,4]}`:            `photo:`,
		`{"type":"photomark","photo":1,"kind":"stroke","points":[` +
			strings.Repeat(`1,2,`, MaxMarkPoints) + `3,4]}`: `points:`,
		`{"type":"photopoint","photo":1,"x":1,"y":9999}`:   `y:`,
		`{"type":"photounmark","photo":70000}`:             `photo:`,
		`{"type":"transfer","wanted":true,"sent":-1}`:      `sent:`,
		`{"type":"transfer","wanted":true,"sent":5000000}`: `sent:`,
		`{"type":"remove"}`:                                `participant:`,
		`{"type":"ping","n":-1}`:                           `n:`,
		`{"type":"subscribe","subscriptions":[{"participant":"p","source":"microphone","width":1,"height":1,"priority":0}]}`: `subscriptions[0].source:`,
		`{"type":"subscribe","subscriptions":[{"participant":"p","source":"camera","width":0,"height":1,"priority":0}]}`:     `subscriptions[0].width:`,
		`{"type":"subscribe","subscriptions":[{"participant":"p","source":"camera","width":1,"height":9000,"priority":0}]}`:  `subscriptions[0].height:`,
		`{"type":"subscribe","subscriptions":[{"participant":"p","source":"camera","width":1,"height":1,"priority":5}]}`:     `subscriptions[0].priority:`,
		`{"type":"subscribe","subscriptions":[` +
			strings.Repeat(`{"participant":"p","source":"camera","width":1,"height":1},`, 100) +
			`{}]}`: `got 101`,
		`{"type":"` + strings.Repeat("long", 100) + `"}`: `…`,
		strings.Repeat(`[`, 20000):                       `expected one JSON object`,
	} {
		_, err := UnmarshalClient([]byte(text))
		var malformed *Malformed
		require.ErrorAs(t, err, &malformed, text)
		require.ErrorContains(t, err, want, text)
		require.Less(t, len(err.Error()), 600)
	}
	_, err := UnmarshalServer([]byte(`{"type":"join"}`))
	require.ErrorContains(t, err, "expected a type among admitted")
}

func TestWellFormed(t *testing.T) {
	for _, text := range []string{
		`{"type":"enter","name":"` + strings.Repeat("é", 60) + `"}`,
		`{"type":"enter","name":"د. أحمد \u200f"}`,
		`{"type":"say","text":"deux\nlignes"}`,
		`{"type":"note","text":""}`,
		`{"type":"candidate","connection":"c","candidate":""}`,
		`{"type":"subscribe","subscriptions":[]}`,
	} {
		_, err := UnmarshalClient([]byte(text))
		require.NoError(t, err, text)
	}
}

func TestMarshal(t *testing.T) {
	data, err := Marshal(Roster{Full: true})
	require.NoError(t, err)
	require.JSONEq(t,
		`{"type":"roster","full":true,"present":[],"waiting":[],"left":[],"locked":false}`,
		string(data), "lists are never null")
	for _, foreign := range []any{nil, Subscription{}, &End{}, 3} {
		_, err := Marshal(foreign)
		require.ErrorContains(t, err, "expected a message of the protocol")
	}
}

func TestEveryGoodbyeHasItsSentence(t *testing.T) {
	for reason := range byes {
		bye := NewBye(reason)
		require.Equal(t, reason, bye.Reason)
		require.NotEmpty(t, bye.Message)
		again := []ByeReason{ByeSlow, ByeBusy, ByeShutdown, ByeMoved}
		require.Equal(t, slices.Contains(again, reason), bye.Retry)
	}
}

func FuzzUnmarshalClient(f *testing.F) {
	for _, example := range examples(f) {
		f.Add([]byte(example))
	}
	f.Add([]byte(`{"type":"subscribe","subscriptions":null}`))
	f.Add([]byte(`{"TYPE":"end","type":"leave"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := UnmarshalClient(data)
		if err != nil {
			var malformed *Malformed
			require.ErrorAs(t, err, &malformed)
			return
		}
		again, err := Marshal(message)
		require.NoError(t, err)
		same, err := UnmarshalClient(again)
		require.NoError(t, err, "what was accepted is accepted again: %s", again)
		require.Equal(t, TypeOf(message), TypeOf(same))
		require.Equal(t, reflect.TypeOf(message), reflect.TypeOf(same))
	})
}

func FuzzUnmarshalServer(f *testing.F) {
	for _, example := range examples(f) {
		f.Add([]byte(example))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := UnmarshalServer(data)
		if err != nil {
			return
		}
		again, err := Marshal(message)
		require.NoError(t, err)
		require.True(t, json.Valid(again))
	})
}
