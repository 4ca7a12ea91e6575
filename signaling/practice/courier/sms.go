package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/template"

	"draille/signaling/practice"
)

// SMSConfig is the HTTP interface of an SMS gateway. URL and Body are templates of Go's
// text/template with .To (+33612345678), .Text and .ID (the same at every try), and the functions
// json and query, which write a value for a JSON body and for an address or a form.
type SMSConfig struct {
	Method      string // POST if empty
	URL         string
	Body        string
	ContentType string            // application/json if empty
	Headers     map[string]string // such as Authorization
	Client      *http.Client      // nil: one of its own
}

// gateway gives letters to an SMS gateway.
type gateway struct {
	config        SMSConfig
	address, body *template.Template
}

func newGateway(config SMSConfig) (*gateway, error) {
	if config.Method == "" {
		config.Method = http.MethodPost
	}
	if config.ContentType == "" {
		config.ContentType = "application/json"
	}
	if config.Client == nil {
		// A redirect would carry the text somewhere else.
		config.Client = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		}
	}
	functions := template.FuncMap{
		"query": url.QueryEscape,
		"json": func(text string) (string, error) {
			quoted, err := json.Marshal(text)
			return string(quoted), err
		},
	}
	parse := func(name, text string) (*template.Template, error) {
		made, err := template.New(name).Funcs(functions).Option("missingkey=error").Parse(text)
		if err == nil {
			err = made.Execute(io.Discard, sms{})
		}
		if err != nil {
			return nil, fmt.Errorf(
				"%s: expected a template such as {\"to\": {{json .To}}, \"text\": {{json "+
					".Text}}}: %w",
				name,
				err,
			)
		}
		return made, nil
	}
	g := &gateway{config: config}
	var err error
	if g.address, err = parse("practice.sms.url", config.URL); err != nil {
		return nil, err
	}
	g.body, err = parse("practice.sms.body", config.Body)
	return g, err
}

// sms is what the templates have.
type sms struct{ To, Text, ID string }

func (g *gateway) send(ctx context.Context, l letter) error {
	_, err := g.try(ctx, l)
	return err
}

func (g *gateway) try(ctx context.Context, l letter) ([]practice.Step, error) {
	request, err := g.request(ctx, l)
	if err != nil {
		return nil, permanent(practice.ReasonSetting,
			"the templates of practice.sms make no request: %w", err)
	}
	answer, err := g.config.Client.Do(request)
	if err != nil {
		// The error of net/http names the address, which may have the number and the text in it.
		return nil, unreachable(reasonOfConnection(err),
			"the SMS gateway %s cannot be reached: %w; check practice.sms.url", request.URL.Host,
			withoutURL(err))
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 200))
	steps := []practice.Step{{Name: practice.StepReached, Detail: request.URL.Host}}
	verdict := fmt.Sprintf("the gateway answered %d: %s", answer.StatusCode, oneLine(string(said)))
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return append(steps, practice.Step{Name: practice.StepAccepted,
			Detail: strconv.Itoa(code)}), nil
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		return steps, later("%s", verdict)
	// Nothing goes out until somebody mends the key or the account, or the gateway itself.
	case code == http.StatusUnauthorized || code == http.StatusForbidden ||
		code == http.StatusPaymentRequired:
		return steps, unreachable(practice.ReasonAccount, "%s", verdict)
	case code >= 500:
		return steps, unreachable(practice.ReasonAway, "%s", verdict)
	}
	return steps, permanent(practice.ReasonRefused, "%s", verdict)
}

// check connects to the gateway, without a message: what it would say to one is not known.
func (g *gateway) check(ctx context.Context) ([]practice.Step, error) {
	request, err := g.request(ctx, letter{})
	if err != nil {
		return nil, permanent(practice.ReasonSetting,
			"the templates of practice.sms make no request: %w", err)
	}
	host, port := request.URL.Hostname(), request.URL.Port()
	var connection net.Conn
	if request.URL.Scheme == "https" {
		if port == "" {
			port = "443"
		}
		connection, err = (&tls.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	} else {
		if port == "" {
			port = "80"
		}
		connection, err = (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	}
	if err != nil {
		return nil, unreachable(reasonOfConnection(err),
			"the SMS gateway %s cannot be reached: %w; check practice.sms.url", host, err)
	}
	return []practice.Step{{Name: practice.StepReached, Detail: request.URL.Host}},
		connection.Close()
}

func (g *gateway) request(ctx context.Context, l letter) (*http.Request, error) {
	values := sms{To: l.to, Text: l.text(" "), ID: l.id}
	var address, body bytes.Buffer
	if err := g.address.Execute(&address, values); err != nil {
		return nil, err
	}
	if err := g.body.Execute(&body, values); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, g.config.Method, address.String(), &body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", g.config.ContentType)
	request.Header.Set("Idempotency-Key", l.id)
	for name, value := range g.config.Headers {
		request.Header.Set(name, value)
	}
	return request, nil
}

// withoutURL is what went wrong with a request, without its address.
func withoutURL(err error) error {
	if with, ok := err.(*url.Error); ok { //nolint:errorlint // http.Client returns nothing else
		return with.Err
	}
	return err
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
