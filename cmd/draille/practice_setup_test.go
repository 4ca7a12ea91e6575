package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice/courier/sink"
	"draille/signaling/practice/people"
)

// offered are the one-time links that are printed, by whom they are for.
func (r *running) offered(t *testing.T) map[string]string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, r.offerAdministration(t.Context(), &out, true))
	links := map[string]string{}
	for _, match := range regexp.MustCompile(`(\w+) of the .*\n\s+(\S+/enrol#\S+)`).
		FindAllStringSubmatch(out.String(), -1) {
		links[match[1]] = match[2]
	}
	return links
}

// Whoever closed the terminal before they looked is given the links again.
func TestLinksOfTheDemonstrationAreOfferedUntilTheyAreUsed(t *testing.T) {
	config := testConfig(t)
	config.Practice.Demo = true
	s := start(t, config)
	s.seedDemo(t.Context())
	first := s.offered(t)
	require.Len(t, first, 4) // and the administrator's
	s.seedDemo(t.Context())  // as at the next start
	again := s.offered(t)
	require.Len(t, again, 4)
	require.NotEqual(t, first["Secretary"], again["Secretary"])
	_, key, _ := strings.Cut(again["Secretary"], "#")
	code, err := s.practice.people.Accounts.ChoosePassword(t.Context(), key, "sacha",
		"une phrase assez longue", people.Names{})
	require.NoError(t, err)
	digits, err := totp.GenerateCode(code.Secret, time.Now())
	require.NoError(t, err)
	_, err = s.practice.people.Accounts.ConfirmCode(t.Context(), key, digits, "")
	require.NoError(t, err)
	left := s.offered(t)
	require.NotContains(t, left, "Secretary")
	require.Contains(t, left, "Clinician")
}

func TestSeveralProvidersAtOnce(t *testing.T) {
	folder := t.TempDir()
	secret, file := filepath.Join(folder, "secret"), filepath.Join(folder, "providers.yaml")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	write := func(text string) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	write("- id: ch-y\n  label: Hôpital Y\n  issuer: https://sso.ch-y.example\n" +
		"  client: draille\n  secret-file: " + secret + "\n" +
		"- id: ch-z\n  issuer: https://sso.ch-z.example\n  client: visio\n  acr: [eidas1]\n" +
		"  auth-url: https://login.ch-z.example/auth\n")
	config := SignInConfig{PSCClient: "p", OIDCIssuer: "https://sso.ch-x.example",
		OIDCClient: "x", OIDCLabel: "CH X", ProvidersFile: file}
	all, err := config.providers()
	require.NoError(t, err)
	var labels []string
	for _, one := range all {
		labels = append(labels, one.ID+" "+one.Label)
	}
	require.Equal(t,
		[]string{"psc Pro Santé Connect", "oidc CH X", "ch-y Hôpital Y", "ch-z ch-z"}, labels)
	require.Equal(t, "s3cret", all[2].ClientSecret)
	require.Equal(t, "https://login.ch-z.example/auth", all[3].AuthURL)
	require.Equal(t, []string{"eidas1"}, all[3].ACR)
	const whole = "- id: a\n  issuer: b\n  client: c\n"
	for text, complaint := range map[string]string{
		"- id: ch-y\n  client: draille\n": "provider 1: expected id, issuer and client",
		whole + "  secret: visible\n":     `expected a key that draille.example.yaml shows, got "secret: …"`,
		whole + "  secret-file: /no\n":    "secret-file of a cannot be read",
		"id: a\n":                         "expected a list",
	} {
		write(text)
		_, err := config.providers()
		require.ErrorContains(t, err, complaint)
	}
}

func TestDoctorConnectsToTheMailServerAndToTheGateway(t *testing.T) {
	mail := sink.Listen(t, 0)
	config := testConfig(t)
	config.Practice.Mail.Server = net.JoinHostPort("127.0.0.1", strconv.Itoa(mail.Port))
	config.Practice.Mail.TLS, config.Practice.Mail.From = "none", "a@ch-x.example"
	gateway, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	config.Practice.SMS.URL = "http://" + gateway.Addr().String() + "/send"
	requireHealthy(t, checkChannels(t.Context(), config), "mail", "sms")
	require.Empty(t, mail.Mails(), "nothing is sent")

	require.NoError(t, gateway.Close())
	config.Practice.Mail.TLS = "starttls" // which this server does not offer
	found := verdicts(checkChannels(t.Context(), config))
	require.Equal(t, verdictFail, found["mail"])
	require.Equal(t, verdictFail, found["sms"])

	config.Practice.Mail.Server, config.Practice.SMS.URL = "", ""
	requireHealthy(t, checkChannels(t.Context(), config), "mail", "sms")
}
