package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func state(participants ...string) rules.State {
	s := rules.State{
		Kind:    protocol.KindConsultation,
		Locked:  true,
		Removed: map[string]time.Time{"inv-out": noon.Add(72 * time.Hour)},
	}
	for _, id := range participants {
		s.Seats = append(
			s.Seats,
			rules.SeatState{
				Participant: id,
				Invitation:  "inv-" + id,
				Expires:     noon.Add(time.Hour),
				Device:      "d",
				Resume:      "r",
				Role:        protocol.RoleGuest,
				Place:       protocol.PlaceRoom,
				Since:       noon,
			},
		)
	}
	return s
}

func open(t *testing.T, config Config) *Store {
	t.Helper()
	if config.Now == nil {
		config.Now = func() time.Time { return noon }
	}
	s, err := Open(config)
	require.NoError(t, err)
	return s
}

func TestWhatIsKeptComesBack(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "new", "rooms")
	s := open(t, Config{Directory: directory})
	require.Empty(t, s.Recall())
	s.Keep("a", state("P1"))
	s.Keep("a", state("P1", "P2"))
	s.Keep("b", state("P3"))
	s.Keep("gone", state("P4"))
	s.Forget("gone")
	s.Close()
	s.Keep("late", state("P5")) // nobody is there to write it
	written, failed := s.Stats()
	require.Positive(t, written)
	require.Zero(t, failed)

	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), entry.Name())
	}
	info, err := os.Stat(directory)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	again := open(t, Config{Directory: directory})
	defer again.Close()
	require.Equal(t, map[string]rules.State{"a": state("P1", "P2"), "b": state("P3")},
		again.Recall())
}

func TestOldPlacesAreNotTaken(t *testing.T) {
	directory := t.TempDir()
	s := open(t, Config{Directory: directory})
	s.Keep("a", state("P1"))
	only := state("P2")
	only.Removed = nil
	s.Keep("b", only)
	s.Close()
	later := open(
		t,
		Config{
			Directory: directory,
			Now:       func() time.Time { return noon.Add(placesFor + time.Second) },
		},
	)
	defer later.Close()
	require.Len(t, later.Recall(), 1)
	got := later.Recall()["a"]
	require.Empty(t, got.Seats)
	require.False(t, got.Locked)
	require.Contains(t, got.Removed, "inv-out", "who was put out stays out")
	require.NoFileExists(t, filepath.Join(directory, "b.json"))
	// A clock that was stepped back makes nothing too old.
	s = open(t,
		Config{Directory: directory, Now: func() time.Time { return noon.Add(-48 * time.Hour) }})
	defer s.Close()
	require.Len(t, s.Recall()["a"].Seats, 1)
}

func TestDamagedFilesAreToldAndKept(t *testing.T) {
	directory := t.TempDir()
	good, err := json.Marshal(
		file{Version: version, Room: "good", SavedAt: noon, State: state("P1")})
	require.NoError(t, err)
	twice, err := json.Marshal(
		file{Version: version, Room: "twice", SavedAt: noon, State: state("P1", "P1")})
	require.NoError(t, err)
	for name, content := range map[string]string{
		"good.json": string(good), "other.json": string(good),
		"cut.json": string(good[:len(good)/2]), "twice.json": string(twice),
		"role.json": strings.NewReplacer(`"good"`, `"role"`, `"guest"`,
			`"king"`).Replace(string(good)),
		"huge.json":          strings.Repeat(" ", fileBytes+1),
		".draille-draft-123": "half", ".draft-9": "not ours", "README": "not ours",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(directory, "folder.json"), 0o700))
	core, logs := observer.New(zapcore.WarnLevel)
	s := open(t, Config{Directory: directory, Log: zap.New(core)})
	defer s.Close()
	require.Equal(t, map[string]rules.State{"good": state("P1")}, s.Recall())
	require.Equal(t, 5, logs.Len())
	for _, name := range []string{"README", ".draft-9", "folder.json"} {
		_, err := os.Stat(filepath.Join(directory, name))
		require.NoError(t, err, name)
	}
	require.NoFileExists(t, filepath.Join(directory, ".draille-draft-123"))
	for _, name := range []string{"other.json", "cut.json", "twice.json", "role.json",
		"huge.json"} {
		require.NoFileExists(t, filepath.Join(directory, name))
		require.FileExists(t, filepath.Join(directory, name+unusable))
	}
}

// A file that cannot be read for the moment is not given up.
func TestAnUnreadableFileStays(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	directory := t.TempDir()
	path := filepath.Join(directory, "a.json")
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o200))
	s := open(t, Config{Directory: directory})
	defer s.Close()
	require.Empty(t, s.Recall())
	require.FileExists(t, path)
}

// However often a room changes, it is written once in a while, and the last state in the end; what
// is urgent is written at once.
func TestWritesArePaced(t *testing.T) {
	d := &disk{tries: make(chan string, 1000)}
	directory := t.TempDir()
	s := open(t, Config{Directory: directory, Every: time.Hour, Write: d.write})
	s.Keep("a", state("P1"))
	require.Equal(t, "a.json", <-d.tries)
	for range 500 {
		s.Keep("a", state("P1", "P2"))
	}
	require.Empty(t, d.tries)
	saved := make(chan struct{})
	s.KeepNow("a", state("P1", "P3"), func() { close(saved) })
	<-saved
	require.Len(t, d.tries, 1)
	s.Keep("b", state("P4"))
	<-d.tries
	require.Equal(t, "b.json", <-d.tries, "another room does not wait")
	s.Keep("a", state("P5"))
	s.Close()
	require.Len(t, d.tries, 1)
	again := open(t, Config{Directory: directory})
	defer again.Close()
	require.Equal(t, "P5", again.Recall()["a"].Seats[0].Participant)
	s.KeepNow("late", state("P1"), func() { saved = nil })
	require.Nil(t, saved, "whoever waits is told, also when the store is closed")
}

// disk is one that can be full.
type disk struct {
	mu    sync.Mutex
	full  bool
	tries chan string
}

func (d *disk) write(path string, data []byte) error {
	d.mu.Lock()
	full := d.full
	d.mu.Unlock()
	defer func() { d.tries <- filepath.Base(path) }()
	if full {
		return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
	}
	return Replace(path, data)
}

func TestFullDiskIsLoggedOnceAndTriedAgain(t *testing.T) {
	d := &disk{full: true, tries: make(chan string, 100)}
	core, logs := observer.New(zapcore.InfoLevel)
	directory := t.TempDir()
	s := open(
		t,
		Config{
			Directory:  directory,
			Log:        zap.New(core),
			RetryAfter: time.Millisecond,
			Write:      d.write,
		},
	)
	s.Keep("a", state("P1"))
	for range 3 {
		require.Equal(t, "a.json", <-d.tries)
	}
	d.mu.Lock()
	d.full = false
	d.mu.Unlock()
	s.Keep("a", state("P1", "P2"))
	for {
		<-d.tries
		if _, err := os.Stat(filepath.Join(directory, "a.json")); err == nil {
			break
		}
	}
	s.Close()
	require.Equal(t, 1, logs.FilterMessageSnippet("cannot be kept").Len())
	require.Equal(t, 1, logs.FilterMessageSnippet("kept again").Len())
	_, failed := s.Stats()
	require.GreaterOrEqual(t, failed, uint64(3))
	again := open(t, Config{Directory: directory})
	defer again.Close()
	require.Len(t, again.Recall()["a"].Seats, 2)
}

func TestCloseDoesNotWaitForAFullDisk(t *testing.T) {
	d := &disk{full: true, tries: make(chan string, 100)}
	s := open(t, Config{Directory: t.TempDir(), RetryAfter: time.Hour, Write: d.write})
	s.Keep("a", state("P1"))
	<-d.tries
	s.Close()
	require.Equal(t, "a.json", <-d.tries, "tried once more")
}

func TestFolderThatWentAwayIsMadeAgain(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "rooms")
	s := open(t, Config{Directory: directory})
	require.NoError(t, os.RemoveAll(directory))
	s.Keep("a", state("P1"))
	s.Close()
	require.FileExists(t, filepath.Join(directory, "a.json"))
}

func TestFolderThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := Open(Config{Directory: filepath.Join(path, "rooms")})
	require.ErrorContains(t, err, "state-directory")
	require.Error(t, Replace(filepath.Join(path, "a.json"), nil))
	require.Error(t, Replace(t.TempDir(), []byte("a folder is there")))
}

func FuzzDecode(f *testing.F) {
	for _, s := range []rules.State{state("P1"), state("P1", "P2"), {}} {
		data, err := json.Marshal(file{Version: version, Room: "a", SavedAt: noon, State: s})
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"room":"a","state":{"seats":[{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data, "a", noon)
		if err != nil {
			return
		}
		// What is accepted fills a room, and is the same when it is written again.
		room := rules.New("a", s.Kind, rules.DefaultConfig())
		room.Restore(noon, s)
		require.LessOrEqual(t, room.Count(protocol.PlaceRoom), len(s.Seats))
		require.Len(t, room.State(noon).Seats, len(s.Seats))
		room.Tick(noon.Add(rules.DefaultConfig().Hold))
		require.Zero(t, room.Count(protocol.PlaceRoom))
	})
}
