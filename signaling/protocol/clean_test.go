package protocol

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"  Mme  Roux ":                          "Mme Roux",
		"a\tb\nc":                               "a b c",
		"Dr\u200b Vi\u00addal\u2060\ufeff":      "Dr Vidal",
		"\u3164\u115f\u2800\uffa0":              "",
		"Dr \u202elaDiV":                        "Dr laDiV",
		"Ｄｒ Ｖｉｄａｌ":                              "Dr Vidal", // full width
		"E\u0301lodie":                          "Élodie",
		"z" + strings.Repeat("\u0300\u0316", 9): "z\u0316\u0316\u0316",
		"د. أحمد":                               "د. أحمد",
		strings.Repeat("é", 61):                 strings.Repeat("é", 60),
		"a\xffb":                                "ab",
		"\x00":                                  "",
	} {
		got := CleanName(name)
		if strings.HasPrefix(name, "z") {
			require.LessOrEqual(t, utf8.RuneCountInString(got), 1+maxMarks)
			continue
		}
		require.Equal(t, want, got, "%q", name)
	}
}

// What is the same in the client, whose tests read these names, too.
func TestCleanNameAsTheClientDoes(t *testing.T) {
	text, err := os.ReadFile("testdata/names.json")
	require.NoError(t, err)
	var names [][2]string
	require.NoError(t, json.Unmarshal(text, &names))
	require.NotEmpty(t, names)
	for _, one := range names {
		require.Equal(t, one[1], CleanName(one[0]), "%q", one[0])
	}
}

// A name is cut at its limit, and no joiner is left behind there.
func TestACutNameEndsVisibly(t *testing.T) {
	cut := CleanName(strings.Repeat("م\u200c", MaxNameCharacters))
	require.Equal(t, strings.Repeat("م\u200c", MaxNameCharacters/2-1)+"م", cut)
}

// Whatever is typed, a name holds visible characters alone, within its limit, and is not changed by
// being cleaned again.
func TestCleanNameHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := CleanName(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom(
			[]rune("aé \u0301\u064e\u094d\u200b\u200c\u200d\ufe0fمक👩⚕🏽")))).Draw(t, "name"))
		if again := CleanName(name); again != name {
			t.Fatalf("%q becomes %q", name, again)
		}
		if utf8.RuneCountInString(name) > MaxNameCharacters || strings.TrimSpace(name) != name {
			t.Fatalf("%q", name)
		}
		if runes := []rune(name); !slices.Equal(joinNames(name), runes) {
			t.Fatalf("%q holds a joiner that does not show", name)
		}
		for _, r := range name {
			if (!unicode.IsGraphic(r) || unicode.Is(invisible, r)) && !isJoiner(r) {
				t.Fatalf("%q holds %U", name, r)
			}
		}
		if name != "" && CheckName(name) != nil || !norm.NFKC.IsNormalString(name) {
			t.Fatalf("%q is not one", name)
		}
	})
}

func TestCleanText(t *testing.T) {
	for text, want := range map[string]string{
		"deux\r\nlignes\rtrois":   "deux\nlignes\ntrois",
		"\u202a01 23 45\u202c":    "01 23 45",
		"a\u0000\tb\u001b[31m":    "a\tb[31m",
		"👩\u200d⚕️ می\u200cخواهم": "👩\u200d⚕️ می\u200cخواهم",
		" \n ":                    "",
	} {
		require.Equal(t, want, CleanText(text), "%q", text)
		require.Equal(t, want, CleanText(CleanText(text)))
	}
}

func TestMessagesAreCleanedAsTheyAreRead(t *testing.T) {
	for text, want := range map[string]ClientMessage{
		`{"type":"enter","name":"a\u202eb\t"}`: Enter{Type: "enter",
			Name: "ab"},
		`{"type":"say","text":"a\u0000b"}`: Say{Type: "say",
			Text: "ab"},
		`{"type":"note","text":"\u202a10 min"}`: Note{Type: "note",
			Text: "10 min"},
		`{"type":"join","token":"t","device":"d","name":"\u200bRoux"}`: Join{Type: "join",
			Token: "t", Device: "d", Name: "Roux"},
		`{"type":"enter","name":"` + strings.Repeat("x", 1000) + `"}`: Enter{Type: "enter",
			Name: strings.Repeat("x", 60)},
	} {
		got, err := UnmarshalClient([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
}
