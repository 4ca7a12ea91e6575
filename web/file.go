package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// contentTypes are those of what Vite writes. They are named here because the tables of the system
// differ.
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

// encodings are the compressions served, the best first, and how the names of their copies end.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// isCopy tells whether a file is the compressed copy of another.
func isCopy(name string) bool {
	for _, e := range encodings {
		if strings.HasSuffix(name, e.suffix) {
			return true
		}
	}
	return false
}

const (
	cacheForever = "public, max-age=31536000, immutable" // the name changes when the content does
	cachePage    = "public, max-age=2592000"             // 30 days: it knows when it is old
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

// newFile gathers a file and its copies from the contents of all files.
func newFile(name string, content []byte, all map[string][]byte) *file {
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
	if name == pageName {
		f.cache = cachePage
	}
	for _, e := range encodings {
		if compressed := all[name+e.suffix]; compressed != nil {
			f.variants = append(f.variants, newVariant(e.name, compressed))
		}
	}
	f.variants = append(f.variants, newVariant("", content))
	return f
}

func newVariant(encoding string, content []byte) variant {
	hash := sha256.Sum256(content)
	etag := `"` + base64.RawURLEncoding.EncodeToString(hash[:12]) + `"`
	return variant{encoding: encoding, etag: etag, content: content}
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
	sized := &sizedWriter{ResponseWriter: w, size: len(v.content)}
	http.ServeContent(sized, r, f.name, neverModified, bytes.NewReader(v.content))
}

// sizedWriter says how long an encoded answer is: ServeContent leaves that out, and browsers show
// no progress without.
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

// parseAcceptEncoding answers for each coding whether it may be used. Preferences among those
// accepted are not looked at: smaller is better for everybody.
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
