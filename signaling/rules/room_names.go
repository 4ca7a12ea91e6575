package rules

import (
	"fmt"
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
		if name != "" && !(p.role == protocol.RoleGuest && r.borneByStaff(name)) {
			p.name = r.numbered(p, name)
			break
		}
	}
	if p.role == protocol.RoleGuest {
		return
	}
	for _, guest := range r.people { // those who came before and call themselves so
		if guest.role == protocol.RoleGuest && guest.place != protocol.PlaceLobby &&
			guest.remembered == nil && skeleton(guest.name) == skeleton(p.name) {
			r.giveName(guest, guest.invitedAs)
			r.mark(guest)
		}
	}
}

// borneByStaff reports whether a host or clinician who has left the lobby is called so.
func (r *Room) borneByStaff(name string) bool {
	return r.find(func(p *participant) bool {
		return p.role != protocol.RoleGuest && p.place != protocol.PlaceLobby &&
			p.remembered == nil &&
			skeleton(p.name) == skeleton(name)
	}) != nil
}

// numbered returns the name, with a number behind it when another one is called so. Guests give way
// to staff.
func (r *Room) numbered(p *participant, name string) string {
	for n, numbered := 2, name; ; n++ {
		taken := r.find(func(other *participant) bool {
			return other != p &&
				(p.role == protocol.RoleGuest || other.role != protocol.RoleGuest) &&
				other.place != protocol.PlaceLobby && other.remembered == nil &&
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
	return strings.TrimSpace(string([]rune(text)[:most]))
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
)

// sameShapes are Latin letters and digits that look like one another.
var sameShapes = strings.NewReplacer("0", "o", "1", "l", "5", "s", "i", "l", "rn", "m", "vv", "w")

// titles are written in several ways.
var titles = map[string]string{"docteur": "dr", "doctor": "dr", "professeur": "pr", "prof": "pr",
	"professor": "pr", "madame": "mme", "monsieur": "m"}

// skeleton is equal for names that people would take for one another: it knows no case, no accents,
// no punctuation, no look-alikes.
func skeleton(name string) string {
	var letters strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			letters.WriteRune(r)
		case !unicode.IsMark(r):
			letters.WriteByte(' ')
		}
	}
	words := strings.Fields(letters.String())
	for i, word := range words {
		if short, ok := titles[word]; ok {
			words[i] = short
		}
	}
	return sameShapes.Replace(lookAlikes.Replace(strings.Join(words, "")))
}
