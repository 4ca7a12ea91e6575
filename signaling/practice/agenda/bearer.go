package agenda

import "strings"

// bearer is whoever uses an invitation of the practice: a participant, and the link that they came
// by. Staff and the tablets of places come by none.
type bearer struct{ participant, link string }

// invitationPrefix tells invitations of the practice from those that draille invite has made.
const invitationPrefix = "p-"

// familyPrefix tells families of links from ids of invitations.
const familyPrefix = "f-"

// invitation is its id in signalling. Each link has one of its own, so that whoever came by a link
// that was replaced is told from whoever came by the new one.
func (b bearer) invitation() string {
	if b.link == "" {
		return invitationPrefix + b.participant
	}
	return invitationPrefix + b.participant + "-" + b.link
}

// bearerOf is the other way. Ok is false for invitations that are not the practice's.
func bearerOf(invitation string) (b bearer, ok bool) {
	ids, ok := strings.CutPrefix(invitation, invitationPrefix)
	if !ok {
		return b, false
	}
	b.participant, b.link, _ = strings.Cut(ids, "-") // ids are letters and digits
	return b, true
}
