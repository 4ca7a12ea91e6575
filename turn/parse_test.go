package turn

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestParseUsername(t *testing.T) {
	expires, participant, err := parseUsername("1893456000:p-17")
	require.NoError(t, err)
	require.Equal(t, "p-17", participant)
	require.Equal(t, int64(1893456000), expires.Unix())

	_, participant, err = parseUsername("1893456000:a:b")
	require.NoError(t, err)
	require.Equal(t, "a:b", participant)

	for _, bad := range []string{
		"", ":", "p1", "1893456000", "1893456000:", ":p1", "+189345600:p1", "-1:p1", "0x10:p1",
		"01:p1",
		"1234567890123:p1", " 189:p1", "189:p 1", "189:p\n1", "189:é",
		"189:" + strings.Repeat("x", 129), "1_0:p1",
	} {
		_, _, err := parseUsername(bad)
		require.ErrorIs(t, err, errUsername, "%q", bad)
	}
}

// An answer computed with another implementation of HMAC-SHA1 (key "secret", the username as text,
// in base64).
func TestPasswordIsTheRESTForm(t *testing.T) {
	require.Equal(t, "XyjcNQryAoeI1QGhC3nW4mKILI4=",
		password([]byte("secret"), "1433895918:myuser"))
}

func FuzzParseUsername(f *testing.F) {
	for _, seed := range []string{"1893456000:p1", "1:a:b", ":", "0:x", "999999999999:~",
		"1893456000:é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, username string) {
		expires, participant, err := parseUsername(username)
		if err != nil {
			return
		}
		// One credential has one spelling: what was understood, written again, is what came.
		again := NewCredentials(secret, participant, expires)
		if again.Username != username {
			t.Fatalf("%q was understood as %q", username, again.Username)
		}
		if expires.Before(time.Unix(1, 0)) {
			t.Fatalf("%q expires at %v", username, expires)
		}
	})
}

func TestReadFrameOfEveryChannelNumber(t *testing.T) {
	for first, good := range map[byte]bool{0x40: true, 0x4F: true, 0x50: true, 0x71: true,
		0x7F: true, 0x80: false, 0xFF: false} {
		stream := []byte{first, 0x4B, 0x00, 0x05, 1, 2, 3, 4, 5, 0, 0, 0}
		var frame [maxFrame]byte
		n, err := readFrame(bytes.NewReader(stream), frame[:])
		require.Equal(t, good, err == nil, "%#x", first)
		if good {
			require.Equal(t, stream, frame[:n])
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(
		[]byte{0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x40, 0x00, 0x00, 0x05, 1, 2, 3, 4, 5, 0, 0, 0})
	f.Add([]byte{0x00, 0x01, 0xFF, 0xEC})
	f.Add([]byte{0x40, 0x00, 0xFF, 0xFC})
	f.Add([]byte("GET / HTTP/1.1"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var frame [maxFrame]byte
		n, err := readFrame(bytes.NewReader(stream), frame[:])
		if err != nil {
			return
		}
		if n < 4 || n > maxFrame || n%4 != 0 || !bytes.Equal(frame[:n], stream[:n]) {
			t.Fatalf("frame of %d bytes out of %x", n, stream)
		}
		if said := int(binary.BigEndian.Uint16(stream[2:])); said > n {
			t.Fatalf("frame of %d bytes says that it has %d", n, said)
		}
	})
}

func FuzzBindingMessage(f *testing.F) {
	f.Add(connectivityCheck(1))
	f.Add([]byte{0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte("media"))
	f.Fuzz(func(t *testing.T, p []byte) {
		class, id := bindingMessage(p)
		if class == notBinding && id != (transactionID{}) {
			t.Fatal("a transaction of a packet that is not STUN")
		}
		if class != notBinding && !bytes.Equal(id[:], p[8:20]) {
			t.Fatal("another transaction than the packet's")
		}
	})
}

func TestChecksAreForgottenInOrder(t *testing.T) {
	var memory checkMemory
	mediaUDP := net.UDPAddrFromAddrPort(mediaOne)
	for i := range len(memory.ring) + 1 {
		memory.remember(transactionID{byte(i), 1}, mediaUDP)
	}
	require.Nil(t, memory.recall(transactionID{0, 1}))
	require.Equal(t, mediaUDP, memory.recall(transactionID{1, 1}))
	require.Nil(t, memory.recall(transactionID{}))
}

// What strangers can cause at will must not fill the log.
func TestLibraryInformationIsForDebugging(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	log := pionLog{logger: zap.New(core)}.NewLogger("turn")
	log.Trace("t")
	log.Tracef("t %d", 1)
	log.Debug("d")
	log.Debugf("d %d", 1)
	log.Info("i")
	log.Infof("i %d", 1)
	require.Zero(t, logs.Len())
	log.Warn("w")
	log.Warnf("w %d", 1)
	log.Error("e")
	log.Errorf("e %d", 1)
	var texts []string
	for _, entry := range logs.All() {
		require.Equal(t, zap.WarnLevel, entry.Level)
		require.Equal(t, "turn", entry.LoggerName)
		texts = append(texts, entry.Message)
	}
	require.Equal(t, []string{"w", "w 1", "e", "e 1"}, texts)
}
