package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFramesGoThere(t *testing.T) {
	var all []byte
	frames := []Frame{
		{Text, []byte("bonjour")}, {Binary, []byte{}},
		{Text, bytes.Repeat([]byte("x"), MaxFrameBytes)},
		{Ping, []byte("?")}, {Close, CloseData(1000, "fin")}, {99, []byte("later")},
		{Trusted, []byte{}},
	}
	for _, f := range frames {
		var err error
		all, err = Append(all, f.Kind, f.Data)
		require.NoError(t, err)
	}
	r := bytes.NewReader(all)
	for _, f := range frames {
		got, err := Read(r)
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := Read(r)
	require.ErrorIs(t, err, io.EOF)
}

func TestFramesAreBounded(t *testing.T) {
	for _, f := range []Frame{
		{Text, make([]byte, MaxFrameBytes+1)}, {Ping, make([]byte, 126)},
		{Close, make([]byte, 126)},
		{Opened, make([]byte, MaxOpeningBytes+1)}, {99, make([]byte, MaxFrameBytes+1)},
	} {
		_, err := Append(nil, f.Kind, f.Data)
		var wrong *Malformed
		require.ErrorAs(t, err, &wrong, "written")
		length := len(f.Data)
		head := []byte{byte(f.Kind), byte(length >> 16), byte(length >> 8), byte(length)}
		_, err = Read(bytes.NewReader(append(head, f.Data...)))
		require.ErrorAs(t, err, &wrong, "read")
		require.Contains(t, err.Error(), "expected at most")
	}
}

// Who says that much follows and sends little costs little.
func TestWhatDoesNotComeIsNotAllocated(t *testing.T) {
	input := append([]byte{byte(Text), 0x10, 0, 0}, make([]byte, 100)...)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Read(bytes.NewReader(input)); err != io.ErrUnexpectedEOF {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(8<<10))
}

func TestTruncatedFrames(t *testing.T) {
	whole, err := Append(nil, Text, bytes.Repeat([]byte("x"), 100<<10))
	require.NoError(t, err)
	for _, n := range []int{1, 3, 4, 5, 70 << 10, len(whole) - 1} {
		_, err := Read(bytes.NewReader(whole[:n]))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, n)
	}
}

func TestCloses(t *testing.T) {
	for _, code := range []int{1000, 1001, 1012, 3000, 4999} {
		got, reason, err := ParseClose(CloseData(code, "à bientôt"))
		require.NoError(t, err)
		require.Equal(t, code, got)
		require.Equal(t, "à bientôt", reason)
	}
	long := CloseData(1000, strings.Repeat("é", 100))
	_, reason, err := ParseClose(long)
	require.NoError(t, err)
	require.Len(t, long, 124) // 61 whole letters
	require.Equal(t, strings.Repeat("é", 61), reason)
	require.Equal(t, []byte{3, 232}, CloseData(1000, "\xff\xff"))
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 5000, 65535} {
		require.Nil(t, CloseData(code, "x"))
		_, _, err := ParseClose([]byte{byte(code >> 8), byte(code)})
		require.Error(t, err, code)
	}
	code, _, err := ParseClose(nil)
	require.NoError(t, err)
	require.Equal(t, NoStatus, code)
	_, _, err = ParseClose([]byte{3})
	require.Error(t, err)
	_, _, err = ParseClose([]byte{3, 232, 0xff})
	require.Error(t, err)
}

// messages are one of each kind.
func messages() map[string]func() Message {
	return map[string]func() Message{
		"hello":     func() Message { return new(Hello) },
		"ask":       func() Message { return new(Ask) },
		"answer":    func() Message { return new(Answer) },
		"hand-over": func() Message { return new(HandOver) },
		"volatile":  func() Message { return new(Volatile) },
		"reminder":  func() Message { return new(Reminder) },
		"opening":   func() Message { return new(Opening) },
		"refusal":   func() Message { return new(Refusal) },
	}
}

var examples = map[string]string{
	"hello": `{"node":"b","instance":"x","version":"1",` +
		`"formats":{"oldest":1,"newest":1},"clock":5}`,
	"ask":      `{"format":1,"room":"cozes"}`,
	"answer":   `{"format":1,"room":"cozes","verdict":"taken","epoch":3}`,
	"reminder": `{"format":1,"room":"cozes","state":{"removed":{}}}`,
	"hand-over": `{"format":1,"room":"cozes","epoch":3,"revision":9,"state":{"kind":"telestaff"},` +
		`"follows":true}`,
	"volatile": `{"format":1,"room":"cozes","epoch":4,"state":{"kind":"telestaff"},` +
		`"content":{"format":1,"chat":[{"n":1}],"note":"Un instant."}}`,
	"opening": `{"format":1,"room":"cozes","address":"192.0.2.1","origin":"https://d.example"}`,
	"refusal": `{"reason":"busy","words":"later","formats":{"oldest":1,"newest":1}}`,
}

func TestMessagesGoThereAndLaterFieldsAreSkipped(t *testing.T) {
	for name, empty := range messages() {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(examples[name]), &fields))
		fields["later"] = map[string]any{"more": []int{1, 2}}
		data, err := json.Marshal(fields)
		require.NoError(t, err)
		message := empty()
		require.NoError(t, Decode(data, Current, message), name)
		again, err := Encode(message, MaxVolatileBytes)
		require.NoError(t, err)
		other := empty()
		require.NoError(t, Decode(again, Current, other))
		require.Equal(t, message, other)
	}
}

func TestMalformedMessagesAreToldInWords(t *testing.T) {
	address := netip.MustParseAddr("192.0.2.1")
	for words, message := range map[string]Message{
		"room: expected 1 to 128": &Ask{Format: 1},
		"room: expected UTF-8":    &Ask{Format: 1, Room: "\xff"},
		`verdict: expected taken`: &Answer{Format: 1, Verdict: "perhaps"},
		"state: expected at most": &HandOver{Room: "r", State: make([]byte, maxStateBytes+1)},
		"content: expected at most": &Volatile{Room: "r",
			Content: make([]byte, maxContentBytes+1)},
		"address: expected": &Opening{Room: "r"},
		"origin: expected": &Opening{Room: "r", Address: address,
			Origin: strings.Repeat("x", 2<<10)},
		"host: expected": &Opening{Room: "r", Address: address,
			Host: strings.Repeat("x", 2<<10)},
		"subprotocol: expected":   &Opening{Room: "r", Address: address, Subprotocol: "\xff"},
		"instance: expected 1 to": &Hello{Node: "b"},
		"reason: expected 1 to":   &Refusal{},
		"expected what can be":    &HandOver{Room: "r", State: json.RawMessage("{")},
		"expected at most 100 bytes": &Hello{Node: "b", Instance: "x",
			Version: strings.Repeat("x", 200)},
	} {
		_, err := Encode(message, 100)
		require.ErrorContains(t, err, words)
	}
	for name, empty := range messages() {
		for _, data := range []string{"", "null x", "[]", `{"room":`,
			`{"format":"one","clock":"x","reason":1}`, strings.Repeat("[", 20_000)} {
			var wrong *Malformed
			require.ErrorAs(t, Decode([]byte(data), Current, empty()), &wrong,
				"%s %.20q", name, data)
		}
	}
}

func TestFormats(t *testing.T) {
	require.NoError(t, Decode([]byte(`{"format":2,"room":"r"}`), Formats{1, 2}, new(Ask)))
	for _, data := range []string{`{"format":3,"room":"r"}`, `{"room":"r"}`,
		`{"format":-1,"room":"r"}`} {
		var other *OtherFormat
		require.ErrorAs(t, Decode([]byte(data), Formats{1, 2}, new(Ask)), &other, data)
	}
	for _, c := range []struct {
		a, b Formats
		want int
		who  string
	}{
		{Formats{1, 1}, Formats{1, 2}, 1, ""},
		{Formats{2, 3}, Formats{1, 2}, 2, ""},
		{Formats{2, 3}, Formats{1, 1}, 0, `update node "b"`},
		{Formats{1, 1}, Formats{2, 3}, 0, "update this node"},
		{Formats{1, 2}, Formats{}, 0, `update node "b"`},
	} {
		got, err := c.a.Common(c.b, "b")
		require.Equal(t, c.want, got)
		if c.who == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.who)
		}
	}
}

func TestWhatIsToldIsWrittenInAFormat(t *testing.T) {
	for name, example := range examples {
		message := messages()[name]()
		require.NoError(t, Decode([]byte(example), Current, message))
		told, ok := message.(Told)
		if !ok {
			continue
		}
		later := told.In(2)
		require.Equal(t, 2, later.written(), name)
		require.Equal(t, 1, told.written(), name)
		require.Equal(t, told, later.In(1), name)
		require.GreaterOrEqual(t, Most(told), len(example))
	}
}

// Whatever bytes come, frames are bounded, and what was read is what would be written.
func FuzzRead(f *testing.F) {
	seed, err := Append(nil, Text, []byte("bonjour"))
	require.NoError(f, err)
	seed, err = Append(seed, Close, CloseData(1000, "fin"))
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte{1, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		var again []byte
		for {
			read := len(data) - r.Len()
			frame, err := Read(r)
			if err != nil {
				require.Equal(t, data[:read], append([]byte{}, again...))
				return
			}
			require.LessOrEqual(t, len(frame.Data), limit(frame.Kind))
			if frame.Kind == Close {
				if code, reason, err := ParseClose(frame.Data); err == nil && code != NoStatus {
					require.Equal(t, frame.Data, CloseData(code, reason))
				}
			}
			again, err = Append(again, frame.Kind, frame.Data)
			require.NoError(t, err)
		}
	})
}

// Whatever another node sends, it is refused in words or can be sent on.
func FuzzDecode(f *testing.F) {
	for _, example := range examples {
		f.Add([]byte(example))
	}
	f.Add([]byte(`{"format":1,"room":"r","address":"fe80::1%eth0"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, empty := range messages() {
			message := empty()
			if err := Decode(data, Formats{1, 2}, message); err != nil {
				require.NotEmpty(t, err.Error())
				continue
			}
			again, err := Encode(message, 8*len(data)+1<<10)
			require.NoError(t, err, name)
			require.NoError(t, Decode(again, Formats{1, 2}, empty()), name)
		}
	})
}
