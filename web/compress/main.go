// Command compress puts a brotli and a gzip copy beside each file of a directory that gains from
// it, at the best levels: it runs once, when the client is built, so that the server never has to.
//
//	go run ./web/compress web/dist
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/andybalholm/brotli"
)

// compressible are the types that are not compressed already.
var compressible = map[string]bool{
	".css": true, ".html": true, ".js": true, ".json": true, ".map": true, ".svg": true,
	".txt": true, ".wasm": true,
	".webmanifest": true,
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr,
			"compress: expected one directory, as in: go run ./web/compress web/dist")
		os.Exit(2)
	}
	if err := compressTree(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

func compressTree(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !compressible[filepath.Ext(path)] {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var br, gz bytes.Buffer
		zip, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		if err != nil {
			return err
		}
		return errors.Join(
			writeCopy(path+".br", content, &br, brotli.NewWriterLevel(&br, brotli.BestCompression)),
			writeCopy(path+".gz", content, &gz, zip),
		)
	})
}

// writeCopy writes what compressor makes of content, unless it is no smaller.
func writeCopy(
	path string, content []byte, compressed *bytes.Buffer, compressor io.WriteCloser,
) error {
	_, err := compressor.Write(content)
	if err := errors.Join(err, compressor.Close()); err != nil || compressed.Len() >= len(content) {
		return err
	}
	return os.WriteFile(path, compressed.Bytes(), 0o644)
}
