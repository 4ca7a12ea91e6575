// Package web serves the browser client that is embedded in the binary. The files are what Vite
// left in dist, with the compressed copies that the command in compress put beside them. Files with
// a hash in their name (everything under assets/) may be kept by browsers for ever. The page itself
// is kept for a month: over a satellite link, asking whether it has changed costs more than a
// second before anything begins. An old one is told by the server's welcome which page there is
// now, and loads itself again.
//
// A binary that was built without the client answers with a page that says so.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// The pattern matches dist.missing.html too, so that this package compiles before the client is
// built.
//
//go:embed all:dist*
var embedded embed.FS

// Client is an http.Handler for the client's files.
type Client struct {
	files   map[string]*file // by path in the URL, without the first slash
	missing []byte           // answer when there is no client at all
	house   House
}

func newClient(all fs.FS, house House, doors ...string) (*Client, error) {
	missing, err := fs.ReadFile(all, "dist.missing.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	client := &Client{files: map[string]*file{}, missing: missing, house: house}
	dist, err := fs.Sub(all, "dist")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	contents := map[string][]byte{}
	err = fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return fs.SkipAll
		}
		if err != nil || entry.IsDir() {
			return err
		}
		contents[name], err = fs.ReadFile(dist, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	house.furnish(contents, doors)
	for name, content := range contents {
		if !isCopy(name) {
			client.files[name] = newFile(name, content, contents)
		}
	}
	return client, nil
}

// Scripts are the scripts that stand in the page itself, each as a source in the script-src of a
// Content-Security-Policy (its hash; CSP Level 3 section 2.3.1): the page needs no 'unsafe-inline'.
func (c *Client) Scripts() []string {
	var sources []string
	for _, match := range inlineScript.FindAllSubmatch(c.page(), -1) {
		hash := sha256.Sum256(match[1])
		sources = append(sources, "'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'")
	}
	return sources
}

// Build names the page; empty if the client is not in this binary.
func (c *Client) Build() string {
	if match := buildName.FindSubmatch(c.page()); match != nil {
		return string(match[1])
	}
	return ""
}

var (
	inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	buildName    = regexp.MustCompile(`<meta name="build" content="([^"]+)"`)
)

// page is the HTML as it is.
func (c *Client) page() []byte {
	if !c.Built() {
		return nil
	}
	variants := c.files[pageName].variants
	return variants[len(variants)-1].content
}

// Built tells whether the client is in this binary.
func (c *Client) Built() bool { return c.files[pageName] != nil }

// ServeHTTP answers GET and HEAD for a file of the client. Paths of isPagePath are the page.
func (c *Client) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are served here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == statementName || name == statementNameEnglish {
		serveStatement(w, r, c.house, name == statementNameEnglish)
		return
	}
	isPage := isPagePath(name)
	if isPage {
		name = pageName
	}
	file := c.files[name]
	switch {
	case file != nil && (isPage || !strings.HasSuffix(r.URL.Path, "/")):
		file.serve(w, r)
	case name == pageName && !c.Built():
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(c.missing)
	default:
		serveNothing(w, r, c.house)
	}
}

// pageName is the file of "/".
const pageName = "index.html"

// isPagePath tells whether a path is one that the page reads by itself: the root, where calls and
// the staff's pages begin, the staff's one-time links and tablets, and the patients' links.
func isPagePath(name string) bool {
	switch name {
	case "", "enrol", "tablet", "r":
		return true
	}
	return strings.HasPrefix(name, "r/")
}

// neverModified switches off Last-Modified: embedded files have no time, and the ETag says all.
var neverModified time.Time
