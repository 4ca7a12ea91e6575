package store

import (
	"bytes"
	"embed"
	"io"
	"io/fs"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// dialect is the migrations as one engine wants them. They are written once, with PostgreSQL's
// types. A line "-- only NAME" begins what one engine alone is given, "-- both" ends it.
type dialect struct {
	fs.FS
	only  string            // the engine's name in these lines
	words *strings.Replacer // from PostgreSQL's
}

func migrationsFor(only string, words *strings.Replacer) (fs.FS, error) {
	files, err := fs.Sub(migrations, "migrations")
	return dialect{files, only, words}, err
}

// strict makes SQLite refuse what has another type than its column, as PostgreSQL does.
var (
	postgresWords = strings.NewReplacer()
	sqliteWords   = strings.NewReplacer("BIGINT", "INTEGER", "BOOLEAN", "INTEGER", "BYTEA", "BLOB",
		"DEFAULT FALSE", "DEFAULT 0", "\n);", "\n) STRICT;")
)

// Open implements fs.FS.
func (d dialect) Open(name string) (fs.File, error) {
	file, err := d.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	spoken := d.words.Replace(d.mine(string(text)))
	return &script{Reader: bytes.NewReader([]byte(spoken)), info: info}, nil
}

// mine leaves out what is for the other engine.
func (d dialect) mine(text string) string {
	var kept strings.Builder
	mine := true
	for line := range strings.Lines(text) {
		marker := strings.TrimSpace(line)
		switch only, named := strings.CutPrefix(marker, "-- only "); {
		case named:
			mine = only == d.only
		case marker == "-- both":
			mine = true
		case mine:
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// script is a migration that was translated. Its size is that of the text before, which nobody
// asks for.
type script struct {
	*bytes.Reader
	info fs.FileInfo
}

func (s *script) Stat() (fs.FileInfo, error) { return s.info, nil }
func (s *script) Close() error               { return nil }
