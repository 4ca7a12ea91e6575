package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"draille/signaling/protocol"
)

// guestName is what a guest is called who gave no name, or one that they may not bear.
const guestName = "Invité"

// giveName calls p by the name that they wish, made different from those of all others. A guest
// does not bear the name of staff.
func (r *Room) giveName(p *participant, wish string) {
	for _, name := range []string{wish, p.invitedAs, guestName} {
		if name != "" &&
			!(p.role == protocol.RoleGuest && (r.borneByStaff(name) || mixesScripts(name))) {
			p.name = r.numbered(p, name)
			break
		}
	}
	if p.role == protocol.RoleGuest {
		return
	}
	for _, guest := range r.people { // those who came before and call themselves so
		if guest.role == protocol.RoleGuest && guest.place != protocol.PlaceLobby &&
			guest.isCalled() && r.borneByStaff(guest.name) {
			r.giveName(guest, guest.invitedAs)
			r.mark(guest)
		}
	}
}

// borneByStaff reports whether a host or clinician who has left the lobby is called so, or with a
// title in front is called what is a part of it, as in "Dr Vidal (médecin)".
func (r *Room) borneByStaff(name string) bool {
	wished := skeleton(name)
	return r.find(func(p *participant) bool {
		if p.role == protocol.RoleGuest || p.place == protocol.PlaceLobby || !p.isCalled() {
			return false
		}
		theirs := skeleton(p.name)
		return wished == theirs || isTitled(p.name) && strings.Contains(wished, theirs)
	}) != nil
}

// numbered returns the name, with a number behind it when another one is called so. Guests give way
// to staff.
func (r *Room) numbered(p *participant, name string) string {
	for n, numbered := 2, name; ; n++ {
		taken := r.find(func(other *participant) bool {
			return other != p &&
				(p.role == protocol.RoleGuest || other.role != protocol.RoleGuest) &&
				other.place != protocol.PlaceLobby && other.isCalled() &&
				skeleton(other.name) == skeleton(numbered)
		})
		if taken == nil {
			return numbered
		}
		suffix := fmt.Sprintf(" (%d)", n)
		numbered = firstRunes(name, protocol.MaxNameCharacters-len(suffix)) + suffix
	}
}

func firstRunes(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	// A joiner joins nothing where the text ends.
	return strings.TrimRight(string([]rune(text)[:most]), " \u200c\u200d")
}

// lookAlikes are letters of other scripts that look like Latin ones: of UTS #39's confusables those
// that a keyboard has.
var lookAlikes = strings.NewReplacer(
	"а", "a", "в", "b", "е", "e", "ѕ", "s", "і", "i", "ї", "i", "ј", "j", "к", "k", "м", "m", "н",
	"h",
	"о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x", "ԁ", "d", "ԛ", "q", "ԝ", "w", "ӏ",
	"l",
	"α", "a", "β", "b", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ",
	"u",
	"χ", "x", "ω", "w", "ı", "i", "ł", "l", "ø", "o", "đ", "d", "ɑ", "a", "ɡ", "g",
	// small capitals
	"ᴀ", "a", "ʙ", "b", "ᴄ", "c", "ᴅ", "d", "ᴇ", "e", "ꜰ", "f", "ɢ", "g", "ʜ", "h", "ɪ", "i", "ᴊ",
	"j",
	"ᴋ", "k", "ʟ", "l", "ᴍ", "m", "ɴ", "n", "ᴏ", "o", "ᴘ", "p", "ǫ", "q", "ʀ", "r", "ꜱ", "s", "ᴛ",
	"t",
	"ᴜ", "u", "ᴠ", "v", "ᴡ", "w", "ʏ", "y", "ᴢ", "z",
)

// mixesScripts reports whether Latin letters and those of an alphabet that looks like it stand in
// one word, as in no name that anybody bears (UTS #39 section 5.1).
func mixesScripts(name string) bool {
	alike := []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Armenian,
		unicode.Cherokee, unicode.Coptic, unicode.Lisu, unicode.Georgian, unicode.Hebrew}
	return slices.ContainsFunc(strings.Fields(name), func(word string) bool {
		latin := func(r rune) bool { return unicode.Is(unicode.Latin, r) }
		other := func(r rune) bool { return unicode.In(r, alike...) }
		return strings.ContainsFunc(word, latin) && strings.ContainsFunc(word, other)
	})
}

// sameShapes are Latin letters and digits that look like one another.
var sameShapes = strings.NewReplacer("0", "o", "1", "l", "5", "s", "i", "l", "rn", "m", "vv", "w")

// titles are written in several ways.
var titles = map[string]string{"docteur": "dr", "doctor": "dr", "professeur": "pr", "prof": "pr",
	"professor": "pr", "madame": "mme", "monsieur": "m"}

// isTitled reports whether a name begins with the title of a doctor and goes on.
func isTitled(name string) bool {
	all := words(name)
	return len(all) > 1 && (all[0] == "dr" || all[0] == "pr")
}

// skeleton is equal for names that people would take for one another: it knows no case, no accents,
// no punctuation, no joiners, no look-alikes.
func skeleton(name string) string {
	return sameShapes.Replace(lookAlikes.Replace(strings.Join(words(name), "")))
}

// words are those of a name without case, accents and punctuation, and titles in one way.
func words(name string) []string {
	var letters strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			letters.WriteRune(r)
		case !unicode.IsMark(r):
			letters.WriteByte(' ')
		}
	}
	all := strings.Fields(letters.String())
	for i, word := range all {
		if short, ok := titles[word]; ok {
			all[i] = short
		}
	}
	return all
}
