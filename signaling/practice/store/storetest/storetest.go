//go:build linux

package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// Engines runs f once for each engine, with the address of a store that is empty.
func Engines(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "practice.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { f(t, Postgres(t)) })
}

// startTimeout is longer than a busy machine takes to make and start a database.
const startTimeout = time.Minute

// cluster is the one PostgreSQL server of the tests of a package.
type cluster struct {
	folder  string // also of its socket
	process *exec.Cmd
	err     error
}

var (
	starting sync.Once
	shared   cluster
)

// Postgres returns the address of an empty database. The test is skipped where PostgreSQL is not
// installed, except in CI, whose script installs it.
func Postgres(t testing.TB) string {
	t.Helper()
	return postgres(t, func() (string, error) { return "template1", nil })
}

// withTables is Postgres, but the tables are made in the database.
func withTables(t testing.TB) string {
	t.Helper()
	return postgres(t, model)
}

// model is the name of a database without a row.
var model = sync.OnceValues(func() (string, error) {
	name, err := shared.copy("template1")
	return name, errors.Join(err, makeTables(shared.address(name)))
})

// postgres returns the address of a copy of another database.
func postgres(t testing.TB, of func() (string, error)) string {
	t.Helper()
	programs, err := programs()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	starting.Do(func() { shared.err = shared.start(programs) })
	require.NoError(t, shared.err)
	source, err := of()
	require.NoError(t, err)
	name, err := shared.copy(source)
	require.NoError(t, err)
	return shared.address(name)
}

// copy makes a database that begins as another, and returns its name.
func (c *cluster) copy(of string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	connection, err := pgx.Connect(ctx, c.address("postgres"))
	if err != nil {
		return "", err
	}
	name := "test_" + practice.NewID()
	_, err = connection.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+
		" TEMPLATE "+pgx.Identifier{of}.Sanitize()+" STRATEGY FILE_COPY")
	return name, errors.Join(err, connection.Close(ctx))
}

// Program runs one of PostgreSQL's programs.
func Program(t *testing.T, name string, arguments ...string) {
	t.Helper()
	folder, err := programs()
	require.NoError(t, err)
	said, err := exec.Command(filepath.Join(folder, name), arguments...).CombinedOutput()
	require.NoError(t, err, string(said))
}

// Stop ends the server that Postgres started, if any. It belongs at the end of TestMain.
func Stop() {
	if shared.process != nil {
		_ = shared.process.Process.Signal(syscall.SIGINT) // fast shutdown: open connections are cut
		_ = shared.process.Wait()
	}
	if shared.folder != "" {
		_ = os.RemoveAll(shared.folder)
	}
}

// programs is the folder of initdb and postgres.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New(
			"expected PostgreSQL, got none; install Debian's package postgresql")
	}
	return filepath.Dir(found[0]), nil
}

func (c *cluster) start(programs string) error {
	var err error
	// short: a socket's path has at most 107 bytes
	if c.folder, err = os.MkdirTemp("", "pg"); err != nil {
		return err
	}
	owner, err := unprivileged(c.folder)
	if err != nil {
		return err
	}
	data := filepath.Join(c.folder, "data")
	initialize := exec.Command(filepath.Join(programs, "initdb"), "-D", data, "-U", "draille",
		"--auth=trust", "--encoding=UTF8", "--no-sync")
	initialize.Dir, initialize.SysProcAttr = c.folder, owner
	if said, err := initialize.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, said)
	}
	c.process = exec.Command(filepath.Join(programs, "postgres"), "-D", data, "-k", c.folder, "-c",
		"listen_addresses=", "-c", "fsync=off")
	c.process.Dir, c.process.SysProcAttr = c.folder, owner
	if err := c.process.Start(); err != nil {
		c.process = nil
		return err
	}
	return c.await()
}

// unprivileged gives a folder to somebody who is not root, whom PostgreSQL does not run as.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return nil, err
	}
	// Killed tests leave no server behind.
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
			Pdeathsig: syscall.SIGKILL},
		os.Chown(folder, uid, gid)
}

// await asks until the server answers.
func (c *cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, c.address("postgres"))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not start: %w", err)
		case <-time.After(20 * time.Millisecond): // it says nowhere that it is ready
		}
	}
}

func (c *cluster) address(database string) string {
	return "postgres://draille@/" + database + "?host=" + c.folder
}
