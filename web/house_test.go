package web

import (
	"bytes"
	"io"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

var someHouse = House{Name: `CH "Les <Cèdres>"`, Phone: "04 66 49 00 00"}

func furnished(t *testing.T, house House, doors ...string) *Client {
	t.Helper()
	client, err := newClient(fstest.MapFS{
		"dist.missing.html": {},
		"dist/index.html":   {Data: []byte(`<head><meta name="build" content="b4"></head>`)},
		"dist/index.html.br": {
			Data: []byte("of the page as it was built"),
		},
	}, house, doors...)
	require.NoError(t, err)
	return client
}

// The hospital stands in the page itself: it is read where no server answers any more.
func TestTheHouseStandsInThePage(t *testing.T) {
	client := furnished(t, someHouse)
	response := get(t, client, "GET", "/", "Accept-Encoding", "br")
	require.Equal(t, "br", response.Header.Get("Content-Encoding"))
	page, err := io.ReadAll(brotli.NewReader(bytes.NewReader(body(t, response))))
	require.NoError(t, err)
	require.Contains(t, string(page),
		`<meta name="house" content="CH &#34;Les &lt;Cèdres&gt;&#34;"><meta name="phone" `+
			`content="04 66 49 00 00"><meta name="accessibility" content="none"></head>`)
	require.NotEqual(t, "b4", client.Build(), "browsers that kept the page load it again")
	require.Contains(t, string(page), `content="`+client.Build()+`"`)
	require.Equal(t, client.Build(), furnished(t, someHouse).Build())

	declared := furnished(t, House{Accessibility: Accessibility{Status: "partial"}})
	plain := get(t, declared, "GET", "/", "Accept-Encoding", "identity")
	require.Contains(t, string(body(t, plain)),
		`<meta name="accessibility" content="partial">`)
	require.Equal(t, "b4", furnished(t, House{}).Build(), "untouched where nothing is said")
}

func TestTheDoorsStandInThePage(t *testing.T) {
	client := furnished(t, House{}, "a.example", "b.example:8443")
	page := string(body(t, get(t, client, "GET", "/", "Accept-Encoding", "identity")))
	require.Contains(t, page, `<meta name="doors" content="a.example b.example:8443"></head>`)
	require.NotContains(t, page, `name="house"`)
	require.NotEqual(t, "b4", client.Build(), "browsers that kept the page load it again")
}

func TestAnErrorPageNamesTheHouse(t *testing.T) {
	client := furnished(t, someHouse)
	page := body(t, get(t, client, "GET", "/foo", "Accept", "text/html"))
	require.Contains(t, string(page), "Cèdres&gt;&#34;, 04 66 49 00 00")
}

func TestTheStatement(t *testing.T) {
	client := furnished(t, House{})
	response := get(t, client, "GET", "/accessibilite")
	require.Equal(t, "fr", response.Header.Get("Content-Language"))
	page := string(body(t, response))
	require.Contains(t, page, "<strong>non conformes</strong>")
	require.Contains(t, page, "aucun audit", "nothing is claimed that nobody has checked")
	require.Contains(t, page, "la personne qui vous invite")

	house := someHouse
	house.Accessibility = Accessibility{Status: "partial", Rate: "82", Audited: "2026-11-30",
		Auditor: "Accès & Cie", Contact: "acces@ch.example", Plan: "https://ch.example/plan"}
	client = furnished(t, house)
	page = string(body(t, get(t, client, "GET", "/accessibilite")))
	for _, said := range []string{"conformité partielle", "82 %", "2026-11-30", "Accès &amp; Cie",
		"acces@ch.example", `href="https://ch.example/plan"`, "04 66 49 00 00"} {
		require.Contains(t, page, said)
	}
	require.NotContains(t, page, "aucun audit")
	english := get(t, client, "GET", "/accessibility")
	require.Equal(t, "en", english.Header.Get("Content-Language"))
	require.Contains(t, string(body(t, english)), "conform in part")
	require.Empty(t, body(t, get(t, client, "HEAD", "/accessibilite")))
}
