package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

var script = []byte(strings.Repeat("console.log('the voice is never cut');\n", 200))

func zipped(content []byte) (br, gz []byte) {
	var brBuffer, gzBuffer bytes.Buffer
	b, g := brotli.NewWriter(&brBuffer), gzip.NewWriter(&gzBuffer)
	b.Write(content)
	g.Write(content)
	b.Close()
	g.Close()
	return brBuffer.Bytes(), gzBuffer.Bytes()
}

func built(t *testing.T) *Client {
	t.Helper()
	br, gz := zipped(script)
	client, err := newClient(fstest.MapFS{
		"dist/assets/main-B4x9kQ2z.js.br": {Data: br},
		"dist/assets/main-B4x9kQ2z.js.gz": {Data: gz},
		"dist.missing.html":               {Data: []byte("missing")},
		"dist/index.html": {Data: []byte(
			"<!doctype html><title>Draille</title>" + strings.Repeat("<p>bonjour</p>", 50))},
		"dist/assets/main-B4x9kQ2z.js": {Data: script},
		// Without copies: too short to gain from compression.
		"dist/assets/main-Cq81.css": {Data: []byte("a{}")},
		"dist/assets/tone-1a2b.wav": {Data: []byte("RIFF....WAVE")},
		"dist/strange.draille":      {Data: []byte{0}},
		"dist/icon.svg":             {Data: []byte("<svg/>")},
	}, House{})
	require.NoError(t, err)
	require.True(t, client.Built())
	return client
}

func get(
	t *testing.T, handler http.Handler, method, target string, headers ...string,
) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return content
}

func TestEncodingIsChosenByTheBrowser(t *testing.T) {
	client := built(t)
	decode := map[string]func(io.Reader) io.Reader{
		"":   func(r io.Reader) io.Reader { return r },
		"br": func(r io.Reader) io.Reader { return brotli.NewReader(r) },
		"gzip": func(r io.Reader) io.Reader {
			z, err := gzip.NewReader(r)
			require.NoError(t, err)
			return z
		},
	}
	etags := map[string]string{}
	for accept, want := range map[string]string{
		"":                        "",
		"identity":                "",
		"gzip, deflate":           "gzip",
		"gzip, deflate, br, zstd": "br",
		"GZIP;q=0.5":              "gzip",
		"br;q=0, gzip":            "gzip",
		"br;q=0, gzip;q=0.0":      "",
		"*":                       "br",
		"*, br;q=0":               "gzip",
		"*;q=0":                   "",
		"br ; q = 1":              "br",
		"br;q=nonsense":           "br",
		",,;":                     "",
	} {
		t.Run(accept, func(t *testing.T) {
			response := get(t, client, "GET", "/assets/main-B4x9kQ2z.js", "Accept-Encoding", accept)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, want, response.Header.Get("Content-Encoding"))
			require.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
			raw := body(t, response)
			require.EqualValues(t, len(raw), response.ContentLength)
			content, err := io.ReadAll(decode[want](bytes.NewReader(raw)))
			require.NoError(t, err)
			require.Equal(t, script, content)
			etags[want] = response.Header.Get("ETag")
		})
	}
	require.Len(t, etags, 3)
	require.NotEqual(t, etags["br"], etags["gzip"], "each encoding is another representation")
	require.NotEqual(t, etags["br"], etags[""])
}

func TestTypesAndCaching(t *testing.T) {
	client := built(t)
	for target, want := range map[string][2]string{
		"/":                        {"text/html; charset=utf-8", cachePage},
		"/enrol":                   {"text/html; charset=utf-8", cachePage},
		"/tablet":                  {"text/html; charset=utf-8", cachePage},
		"/r/":                      {"text/html; charset=utf-8", cachePage},
		"/r/Zm9vYmFyYmF6cXV4MTIz":  {"text/html; charset=utf-8", cachePage},
		"/index.html":              {"text/html; charset=utf-8", cachePage},
		"/assets/main-B4x9kQ2z.js": {"text/javascript; charset=utf-8", cacheForever},
		"/assets/main-Cq81.css":    {"text/css; charset=utf-8", cacheForever},
		"/assets/tone-1a2b.wav":    {"audio/wav", cacheForever},
		"/icon.svg":                {"image/svg+xml", cacheCheck},
		"/strange.draille":         {"application/octet-stream", cacheCheck},
	} {
		response := get(t, client, "GET", target, "Accept-Encoding", "br")
		require.Equal(t, http.StatusOK, response.StatusCode, target)
		got := [2]string{response.Header.Get("Content-Type"), response.Header.Get("Cache-Control")}
		require.Equal(t, want, got, target)
		require.NotEmpty(t, response.Header.Get("ETag"))
		require.Empty(t, response.Header.Get("Last-Modified"))

		again := get(t, client, "GET", target,
			"Accept-Encoding", "br", "If-None-Match", response.Header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.StatusCode, target)
		require.Empty(t, body(t, again))
	}
	short := get(t, client, "GET", "/assets/main-Cq81.css", "Accept-Encoding", "br, gzip")
	require.Empty(t, short.Header.Get("Content-Encoding"), "there is no copy")
	require.Empty(t, short.Header.Get("Vary"))
}

func TestHeadAndRanges(t *testing.T) {
	client := built(t)
	full := get(t, client, "GET", "/assets/main-B4x9kQ2z.js", "Accept-Encoding", "br")
	head := get(t, client, "HEAD", "/assets/main-B4x9kQ2z.js", "Accept-Encoding", "br")
	require.Empty(t, body(t, head))
	for _, name := range []string{"Content-Length", "Content-Type", "Content-Encoding", "ETag"} {
		require.Equal(t, full.Header.Get(name), head.Header.Get(name), name)
	}
	part := get(t, client, "GET", "/assets/tone-1a2b.wav", "Range", "bytes=0-3")
	require.Equal(t, http.StatusPartialContent, part.StatusCode)
	require.Equal(t, "RIFF", string(body(t, part)))
	whole := get(t, client, "GET", "/assets/main-B4x9kQ2z.js",
		"Accept-Encoding", "br", "Range", "bytes=0-3")
	require.Equal(t, http.StatusOK, whole.StatusCode, "no part of a compressed file")
}

func TestNothingElseIsServed(t *testing.T) {
	client := built(t)
	for _, target := range []string{
		"/assets", "/assets/", "/assets/none.js", "/assets/main-B4x9kQ2z.js.br",
		"/dist/index.html", "/dist.missing.html", "/index.html/", "/c/",
		"/..%2f..%2fetc/passwd", "/assets/../../web.go", "//etc/passwd",
	} {
		response := get(t, client, "GET", target)
		require.Equal(t, http.StatusNotFound, response.StatusCode, target)
		require.Contains(t, string(body(t, response)), "invitation link", target)
	}
	response := get(t, client, "POST", "/")
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	require.Equal(t, "GET, HEAD", response.Header.Get("Allow"))
}

func TestNothingIsSaidInTheLanguageOfTheReader(t *testing.T) {
	client := built(t)
	for accepted, heading := range map[string]string{
		"":                         "Il n’y a rien à cette adresse",
		"fr-CH, en;q=0.5":          "Il n’y a rien à cette adresse",
		"en-GB,en;q=0.9":           "There is nothing at this address",
		"de, en;q=0.7, fr;q=0.3":   "There is nothing at this address",
		"de":                       "Il n’y a rien à cette adresse",
		"*;q=x,,;<script>alert(1)": "Il n’y a rien à cette adresse",
	} {
		response := get(t, client, "GET", "/foo",
			"Accept", "text/html,*/*;q=0.8", "Accept-Language", accepted)
		require.Equal(t, http.StatusNotFound, response.StatusCode, accepted)
		require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
		page := string(body(t, response))
		require.Contains(t, page, heading, accepted)
		require.Contains(t, page, `lang="`+response.Header.Get("Content-Language")+`"`)
		require.NotContains(t, page, "<script")
	}
	response := get(t, client, "HEAD", "/foo", "Accept", "text/html")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	require.Empty(t, body(t, response))
}

func TestWithoutClientThePageSaysSo(t *testing.T) {
	client, err := newClient(fstest.MapFS{
		"dist.missing.html": {Data: []byte("run make build")},
	}, House{})
	require.NoError(t, err)
	require.False(t, client.Built())
	response := get(t, client, "GET", "/")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.Equal(t, "run make build", string(body(t, response)))
	require.Equal(t, http.StatusNotFound, get(t, client, "GET", "/assets/main.js").StatusCode)

	_, err = newClient(fstest.MapFS{}, House{})
	require.Error(t, err)
}

func TestEmbeddedFilesCanBeServed(t *testing.T) {
	client, err := New(House{})
	require.NoError(t, err)
	want := http.StatusServiceUnavailable // built before the client
	if client.Built() {
		want = http.StatusOK
	}
	require.Equal(t, want, get(t, client, "GET", "/").StatusCode)
}

// A page names itself, and each script that stands in it is let run by its hash alone.
func TestThePageTellsItsBuildAndItsScripts(t *testing.T) {
	page := `<!doctype html><script>go()</script>` +
		`<script type="module" src="/assets/a.js"></script><meta name="build" content="b4">`
	client, err := newClient(fstest.MapFS{
		"dist.missing.html": {}, "dist/index.html": {Data: []byte(page)},
	}, House{})
	require.NoError(t, err)
	require.Equal(t, "b4", client.Build())
	require.Equal(t, []string{"'sha256-" + base64OfSHA256("go()") + "'"}, client.Scripts())

	none, err := newClient(fstest.MapFS{"dist.missing.html": {}}, House{})
	require.NoError(t, err)
	require.Empty(t, none.Build())
	require.Empty(t, none.Scripts())
}

func base64OfSHA256(text string) string {
	hash := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(hash[:])
}
