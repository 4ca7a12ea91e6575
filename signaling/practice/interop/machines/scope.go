package machines

import (
	"slices"
	"strings"

	"draille/signaling/practice"
)

// Interaction is one of the five things that SMART's scopes (version 2) tell apart.
type Interaction byte

// Interactions, as their letters in a scope. Nothing is deleted here.
const (
	Create Interaction = 'c'
	Read   Interaction = 'r'
	Update Interaction = 'u'
	Search Interaction = 's'
)

// Scope is what a machine may do with which type of resource.
type Scope map[string]string // letters of interactions, in the order of "cruds"

// Resources are the types that are served, with all that may be done with them.
var Resources = Scope{"Patient": "crus", "Appointment": "crus", "Encounter": "rs"}

// FullScope is all that an access allows.
func FullScope(access practice.MachineAccess) Scope {
	full := Scope{}
	for resource, letters := range Resources {
		if access != practice.MachineWrites {
			letters = only(letters, "rs")
		}
		full[resource] = letters
	}
	return full
}

// Allows reports whether the scope has an interaction with a type of resource.
func (s Scope) Allows(resource string, what Interaction) bool {
	return strings.IndexByte(s[resource], byte(what)) >= 0
}

// String is the scope as OAuth writes it.
func (s Scope) String() string {
	var parts []string
	for resource, letters := range s {
		parts = append(parts, "system/"+resource+"."+letters)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// narrow is what of a scope was asked for. An empty text asks for all. Scopes of other kinds, such
// as those of people, are left out.
func (s Scope) narrow(text string) Scope {
	if strings.TrimSpace(text) == "" {
		return s
	}
	asked := Scope{}
	for one := range strings.FieldsSeq(text) {
		rest, system := strings.CutPrefix(one, "system/")
		resource, letters, dotted := strings.Cut(rest, ".")
		if !system || !dotted {
			continue
		}
		switch letters { // of version 1
		case "*":
			letters = "cruds"
		case "read":
			letters = "rs"
		case "write":
			letters = "cud"
		}
		for name, may := range s {
			if resource == "*" || resource == name {
				asked[name] = only("cruds", asked[name]+only(may, letters))
			}
		}
	}
	for name, letters := range asked {
		if letters == "" {
			delete(asked, name)
		}
	}
	return asked
}

// only is the letters that are among others.
func only(letters, others string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(others, r) {
			return r
		}
		return -1
	}, letters)
}
