package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/er7"
)

// behaviour is how a book answers one message.
type behaviour string

const (
	takes   behaviour = "takes"
	twice   behaviour = "twice"   // answers two times
	cuts    behaviour = "cuts"    // keeps it, and hangs up instead of answering
	deaf    behaviour = "deaf"    // hangs up before it keeps anything
	silent  behaviour = "silent"  // keeps it, and answers only when it is released
	busy    behaviour = "busy"    // AE
	refuses behaviour = "refuses" // AR
	others  behaviour = "others"  // answers another message
	babbles behaviour = "babbles" // answers what is no message
)

// book is a record as hospitals have them: it keeps documents by their identifiers, knows a message
// again by MSH-10, replaces and withdraws. It is polite, unless a test says otherwise.
type book struct {
	listener net.Listener
	release  chan struct{}
	serving  sync.WaitGroup

	mu         sync.Mutex  // guards what follows
	behaviours []behaviour // of the next messages; then it takes them
	known      map[string]string
	papers     map[string][]byte // by identifier
	came       []er7.Message     // each that was kept, in its order
	again      int               // that were known already
	strange    []string          // what no record should be sent
}

func openBook(t *testing.T) *book {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &book{listener: listener, release: make(chan struct{}), known: map[string]string{},
		papers: map[string][]byte{}}
	b.serving.Go(b.serve)
	t.Cleanup(func() {
		listener.Close()
		b.serving.Wait()
	})
	return b
}

func (b *book) address() string { return b.listener.Addr().String() }

func (b *book) serve() {
	for {
		connection, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.serving.Go(func() {
			defer connection.Close()
			from := bufio.NewReader(connection)
			for b.answer(connection, from) {
			}
		})
	}
}

// answer reads one message and does with it what it is told to; false: it hangs up.
func (b *book) answer(connection net.Conn, from *bufio.Reader) bool {
	raw, err := from.ReadBytes(0x1c)
	if err != nil {
		return false
	}
	_, _ = from.ReadByte()
	m, err := er7.Parse(bytes.Trim(raw, "\x0b\x1c"))
	if err != nil {
		b.complain(err.Error())
		return false
	}
	how := b.next()
	control := m.First("MSH").Field(10).Text()
	say := func(code, about string) {
		reply := "MSH|^~\\&|DPI|CHU-X|||20261201||ACK|1|P|2.6\rMSA|" + code + "|" + about
		if code != "AA" {
			reply += "|patient DVOŘÁK 770001 inconnu"
		}
		_, _ = connection.Write([]byte("\x0b" + reply + "\r\x1c\r"))
	}
	switch how {
	case deaf:
		return false
	case busy:
		say("AE", control)
		return true
	case refuses:
		say("AR", control)
		return true
	case babbles:
		_, _ = connection.Write([]byte("\x0bnon\x1c\r"))
		return true
	case others:
		say("AA", "another")
		return true
	}
	b.keep(m, control, string(raw))
	switch how {
	case cuts:
		return false
	case silent:
		<-b.release
	case twice:
		say("AA", control)
	}
	say("AA", control)
	return true
}

func (b *book) next() behaviour {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.behaviours) == 0 {
		return takes
	}
	how := b.behaviours[0]
	b.behaviours = b.behaviours[1:]
	return how
}

func (b *book) complain(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.strange = append(b.strange, what)
}

// keep puts a message into the book, unless it is known.
func (b *book) keep(m er7.Message, control, raw string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, known := b.known[control]; known {
		b.again++
		if before != raw {
			b.strange = append(b.strange, "another message with MSH-10 "+control)
		}
		return
	}
	b.known[control] = raw
	b.came = append(b.came, m)
	content, err := base64.StdEncoding.DecodeString(
		m.First("OBX").Field(5).Component(5).Text())
	if err != nil || len(content) == 0 {
		b.strange = append(b.strange, "no document in "+control)
	}
	id, parent := m.First("TXA").Field(12).Text(), m.First("TXA").Field(13).Text()
	if id == "" {
		id = m.First("OBR").Field(3).Text()
	}
	switch status := m.First("OBX").Field(11).Text(); {
	case status == "D" && b.papers[id] == nil, parent != "" && b.papers[parent] == nil:
		b.strange = append(b.strange, "of a document that is not here: "+id+" "+parent)
	case status == "D":
		delete(b.papers, id)
	case status == "F" && b.papers[id] != nil:
		b.strange = append(b.strange, "a document twice: "+id)
	default:
		delete(b.papers, parent)
		b.papers[id] = content
	}
}

// only is the one document that the book has.
func (b *book) only(t *testing.T) []byte {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.strange)
	require.Len(t, b.papers, 1)
	for _, content := range b.papers {
		return content
	}
	return nil
}

func (b *book) last(t *testing.T) er7.Message {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(t, b.came)
	return b.came[len(b.came)-1]
}

// raw is a field of a message as it was written.
func raw(m er7.Message, segment string, field int) string {
	return strings.TrimSpace(m.First(segment).Field(field).Raw())
}
