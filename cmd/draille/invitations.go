package main

import (
	"encoding/base64"
	"errors"
	"net/url"
	"time"

	"github.com/skip2/go-qrcode"

	"draille/signaling/practice/agenda"
	"draille/signaling/protocol"
	"draille/signaling/token"
)

// audience is what the tokens of invitations say they are for: a key that ever signs something else
// cannot make one.
const audience = "draille invitation"

// invitations makes links.
type invitations struct {
	signer *token.Signer
	public *url.URL
}

func newInvitations(s secrets, public *url.URL) (*invitations, error) {
	signer, err := token.NewSigner(s.invitations, audience)
	if err != nil {
		return nil, err
	}
	return &invitations{signer: signer, public: public}, nil
}

// Link signs an invitation and puts it into an address. The token stands in the fragment, which
// browsers send to no server: it comes into no log and no Referer.
func (i *invitations) Link(room string, kind protocol.Kind, role protocol.Role, name string,
	from time.Time, valid time.Duration) (string, error) {
	return i.link(token.Invitation{
		Room: room, Kind: kind, Role: role, Name: name, NotBefore: from, Expires: from.Add(valid),
	})
}

// qrPixels is the side of the picture of a link: read from a screen at arm's length.
const qrPixels = 320

// Invite implements signaling.Inviter.
func (i *invitations) Invite(invitation token.Invitation) (link, picture string, err error) {
	if link, err = i.link(invitation); err != nil {
		return "", "", err
	}
	code, err := qrcode.Encode(link, qrcode.Low, qrPixels)
	if err != nil {
		return "", "", err
	}
	return link, "data:image/png;base64," + base64.StdEncoding.EncodeToString(code), nil
}

// bearer is the participant of an appointment whom an invitation is for, also when it has expired
// while they were in the call.
func (i *invitations) bearer(signed string) (participant string, ok bool) {
	invitation, err := i.signer.Verify(signed, time.Now())
	if err != nil && !errors.Is(err, token.ErrExpired) {
		return "", false
	}
	return agenda.ParticipantOf(invitation.ID)
}

func (i *invitations) link(invitation token.Invitation) (string, error) {
	signed, err := i.signer.Sign(invitation)
	if err != nil {
		return "", err
	}
	link := url.URL{Scheme: i.public.Scheme, Host: i.public.Host, Path: "/", Fragment: signed}
	return link.String(), nil
}
