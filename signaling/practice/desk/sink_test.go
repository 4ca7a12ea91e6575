package desk

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/agenda"
)

// Invite implements agenda.Invitations: the tests look at what was asked for.
func (h *house) Invite(i agenda.Invitation) (string, error) {
	return h.desk.config.Public.String() + "/#" + strings.Join([]string{i.Room, i.ID, i.CallRole},
		"~"), nil
}

// partsOf are the bodies of a mail, decoded.
func partsOf(t *testing.T, text string) (parts []string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	require.NoError(t, err)
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/alternative", kind)
	reader := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return parts
		}
		require.NoError(t, err)
		var body io.Reader = part
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		decoded, err := io.ReadAll(body)
		require.NoError(t, err)
		parts = append(parts, string(decoded))
	}
}
