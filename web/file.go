package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// contentTypes are those of what Vite writes. They are named here because the tables of the system differ.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".mp3":         "audio/mpeg",
	".ogg":         "audio/ogg",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".wav":         "audio/wav",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

// compressible are the types of which a compressed copy is kept.
var compressible = map[string]bool{
	".css": true, ".html": true, ".js": true, ".json": true, ".map": true, ".svg": true, ".txt": true, ".wasm": true,
	".webmanifest": true,
}

const (
	cacheForever = "public, max-age=31536000, immutable" // the name changes when the content does
	cacheCheck   = "no-cache"                            // kept, but asked for again
)

// file is one file in up to three encodings.
type file struct {
	name, contentType, cache string
	variants                 []variant // the smallest first; the last one is as it is
}

type variant struct {
	encoding string // as in Content-Encoding; empty: as it is
	etag     string
	content  []byte
}

func newFile(name string, content []byte) (*file, error) {
	extension := path.Ext(name)
	f := &file{name: name, contentType: contentTypes[extension], cache: cacheCheck}
	if f.contentType == "" {
		if f.contentType = mime.TypeByExtension(extension); f.contentType == "" {
			f.contentType = "application/octet-stream"
		}
	}
	if strings.HasPrefix(name, "assets/") {
		f.cache = cacheForever
	}
	hash := sha256.Sum256(content)
	tag := base64.RawURLEncoding.EncodeToString(hash[:12])
	add := func(encoding string, content []byte) {
		etag := `"` + strings.TrimSuffix(tag+"-"+encoding, "-") + `"`
		f.variants = append(f.variants, variant{encoding: encoding, etag: etag, content: content})
	}
	if compressible[extension] {
		for _, encoder := range encoders {
			small, err := encoder.compress(content)
			if err != nil {
				return nil, fmt.Errorf("compressing %s with %s: %w", name, encoder.name, err)
			}
			if len(small) < len(content) {
				add(encoder.name, small)
			}
		}
	}
	add("", content)
	return f, nil
}

// encoders are the compressions served, the best first.
var encoders = []struct {
	name     string
	compress func([]byte) ([]byte, error)
}{
	{"br", func(content []byte) ([]byte, error) {
		var out bytes.Buffer
		return finish(&out, brotli.NewWriterLevel(&out, brotli.BestCompression), content)
	}},
	{"gzip", func(content []byte) ([]byte, error) {
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		if err != nil {
			return nil, err
		}
		return finish(&out, w, content)
	}},
}

func finish(out *bytes.Buffer, w io.WriteCloser, content []byte) ([]byte, error) {
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	v := f.choose(r.Header.Get("Accept-Encoding"))
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cache)
	header.Set("ETag", v.etag)
	if len(f.variants) > 1 {
		header.Add("Vary", "Accept-Encoding")
	}
	if v.encoding != "" {
		header.Set("Content-Encoding", v.encoding)
		// A part of a compressed file is of no use; ServeContent would offer and serve one.
		r.Header.Del("Range")
	}
	http.ServeContent(&sizedWriter{ResponseWriter: w, size: len(v.content)}, r, f.name, neverModified, bytes.NewReader(v.content))
}

// sizedWriter says how long an encoded answer is: ServeContent leaves that out, and browsers show no progress without.
type sizedWriter struct {
	http.ResponseWriter
	size int
}

func (w *sizedWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		w.Header().Set("Content-Length", strconv.Itoa(w.size))
	}
	w.ResponseWriter.WriteHeader(status)
}

// choose picks the smallest variant that the browser takes (RFC 9110 §12.5.3).
func (f *file) choose(accept string) variant {
	accepted := parseAcceptEncoding(accept)
	for _, v := range f.variants {
		if v.encoding == "" || accepted(v.encoding) {
			return v
		}
	}
	return f.variants[len(f.variants)-1]
}

// parseAcceptEncoding answers for each coding whether it may be used. Preferences among those accepted are not looked
// at: smaller is better for everybody.
func parseAcceptEncoding(header string) func(coding string) bool {
	accepted := map[string]bool{}
	for part := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		key, value, _ := strings.Cut(strings.TrimSpace(parameters), "=")
		quality := 1.0
		if strings.EqualFold(strings.TrimSpace(key), "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				quality = q
			}
		}
		if coding != "" {
			accepted[coding] = quality > 0
		}
	}
	return func(coding string) bool {
		if yes, named := accepted[coding]; named {
			return yes
		}
		return accepted["*"]
	}
}
