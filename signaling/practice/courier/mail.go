package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"draille/signaling/practice"
)

// Modes of MailConfig.
const (
	MailSTARTTLS = "starttls" // RFC 3207, required
	MailTLS      = "tls"      // RFC 8314
	MailPlain    = "none"     // only for a server on this machine
)

// MailConfig is the mail server that letters are given to.
type MailConfig struct {
	Host     string
	Port     int
	Mode     string
	User     string // empty: without authentication
	Password string
	From     string      // as in Rendez-vous <rendez-vous@ch-x.example>
	TLS      *tls.Config // nil: what the system trusts
	// Folder takes the letters as files instead of a server; only From is needed then.
	Folder string
}

// mailer gives letters to a mail server.
type mailer struct {
	config MailConfig
	domain string // of Message-IDs
	from   string // address alone
}

func newMailer(config MailConfig, domain string) (*mailer, error) {
	from, err := mail.ParseAddress(config.From)
	if err != nil {
		return nil, fmt.Errorf(
			"expected a sender such as Rendez-vous <rendez-vous@ch-x.example>, got %q: %w",
			config.From,
			err,
		)
	}
	m := &mailer{config: config, domain: domain, from: from.Address}
	_, err = m.client()
	return m, err
}

// client is a new one for each letter: a connection that is kept may have died unnoticed.
func (m *mailer) client() (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(m.config.Port),
		gomail.WithTimeout(sendTimeout),
		gomail.WithHELO(m.domain),
	}
	switch m.config.Mode {
	case MailTLS:
		options = append(options, gomail.WithSSL())
	case MailSTARTTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case MailPlain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("expected the mode starttls, tls or none, got %q", m.config.Mode)
	}
	if m.config.TLS != nil {
		options = append(options, gomail.WithTLSConfig(m.config.TLS))
	}
	if m.config.User != "" {
		options = append(
			options,
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(m.config.User),
			gomail.WithPassword(m.config.Password),
		)
	}
	return gomail.NewClient(m.config.Host, options...)
}

// message is a letter as a mail: text, HTML, and an invitation for the calendar.
func (m *mailer) message(l letter) (*gomail.Msg, error) {
	made := gomail.NewMsg()
	if err := made.From(m.config.From); err != nil {
		return nil, err
	}
	if err := made.To(l.to); err != nil {
		return nil, permanent(practice.ReasonAddress,
			"expected a mail address, got something else; correct it and send it again",
		)
	}
	made.Subject(l.subject)
	made.SetDate()
	made.SetMessageIDWithValue(l.id + "@" + m.domain)
	made.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	made.SetBodyString(gomail.TypeTextPlain, l.text("\n\n")+"\n")
	made.AddAlternativeString(gomail.TypeTextHTML, l.html())
	if l.calendar != nil {
		made.AddAlternativeString(
			gomail.ContentType("text/calendar; method="+l.calendar.method),
			l.calendar.text(m.from),
		)
	}
	return made, nil
}

func (m *mailer) send(ctx context.Context, l letter) error {
	_, err := m.try(ctx, l)
	return err
}

func (m *mailer) try(ctx context.Context, l letter) ([]practice.Step, error) {
	made, err := m.message(l)
	if err != nil {
		return nil, err
	}
	steps, err := m.connected(ctx, func(client *gomail.Client, connection *smtp.Client) error {
		return client.SendWithSMTPClient(connection, made)
	})
	var p *problem
	switch {
	case errors.As(err, &p):
		return steps, err
	case err == nil || made.IsDelivered():
		// Accepted: whatever happened to the connection afterwards, the letter does not go again.
		return append(steps, practice.Step{Name: practice.StepAccepted}), nil
	}
	return steps, refused(err)
}

// check connects to the server and signs in, without a letter.
func (m *mailer) check(ctx context.Context) ([]practice.Step, error) {
	return m.connected(ctx, func(*gomail.Client, *smtp.Client) error { return nil })
}

// connected does something with a connection to the server. That there is none is a problem.
func (m *mailer) connected(ctx context.Context, do func(*gomail.Client, *smtp.Client) error) (
	[]practice.Step, error) {
	client, err := m.client()
	if err != nil {
		return nil, err
	}
	server := client.ServerAddr()
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, unreachable(reasonOfConnection(err),
			"the mail server %s cannot be used: %w; check practice.mail.server, its TLS, user "+
				"and password", server, err)
	}
	steps := []practice.Step{{Name: practice.StepReached,
		Detail: server + " (" + m.config.Mode + ")"}}
	if m.config.User != "" {
		steps = append(steps, practice.Step{Name: practice.StepSignedIn, Detail: m.config.User})
	}
	// Whether it says goodbye changes nothing about the letter.
	defer func() { _ = client.CloseWithSMTPClient(connection) }()
	return steps, do(client, connection)
}

// refused tells apart what a mail server says to a letter (RFC 5321 section 4.2.1).
func refused(err error) error {
	var sending *gomail.SendError
	if !errors.As(err, &sending) || sending.ErrorCode() == 0 {
		return unreachable(practice.ReasonAway, "the connection to the mail server was lost: %w",
			err)
	}
	if sending.IsTemp() || sending.ErrorCode() < 500 {
		return later("the mail server asks to try again later: %w", err)
	}
	reason := practice.ReasonRefused
	if sending.Reason == gomail.ErrSMTPRcptTo {
		reason = practice.ReasonAddress
	}
	return permanent(reason, "the mail server refused the message: %w; correct the address, or "+
		"ask who runs the server", err)
}
