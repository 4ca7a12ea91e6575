package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"draille/signaling/practice/courier"
	"draille/signaling/practice/people"
)

// PracticeConfig configures people, appointments and what is sent about them.
type PracticeConfig struct {
	Enabled bool
	Store   string
	SignIn  SignInConfig
	Mail    MailConfig
	SMS     SMSConfig
	HL7     HL7Config
	FHIR    FHIRConfig
	// signed reports of establishments that RecordsFile does not name are put into; empty: nowhere
	ReportsFolder string
	RecordsFile   string // how signed reports go into which establishment's record; empty: none
	Demo          bool
}

// MailConfig is the mail server that messages are given to.
type MailConfig struct{ Server, TLS, User, PasswordFile, From string }

// SMSConfig is the HTTP interface of an SMS gateway.
type SMSConfig struct{ URL, Method, Body, ContentType, AuthorizationFile string }

// practiceSettings are the keys of the practice.
var practiceSettings = []setting{
	{key: "practice.enabled", value: func(c *Config) any { return &c.Practice.Enabled },
		help: "people sign in and make appointments; off: invitation links alone"},
	{key: "practice.store", value: func(c *Config) any { return &c.Practice.Store },
		help: "file of the practice, or postgres:// address; empty: practice.db in the " +
			"data directory"},
	{key: "practice.demo", value: func(c *Config) any { return &c.Practice.Demo },
		help: "fill an empty practice with invented people and appointments, to try it out"},
	{key: "practice.sign-in.local", value: func(c *Config) any { return &c.Practice.SignIn.Local },
		help: "accounts of this server, with a password and a code, or a passkey"},
	{key: "practice.sign-in.session",
		value: func(c *Config) any { return &c.Practice.SignIn.Session },
		check: lasts(10*time.Minute, 7*24*time.Hour),
		help:  "how long people stay signed in at most"},
	{key: "practice.sign-in.idle", value: func(c *Config) any { return &c.Practice.SignIn.Idle },
		check: lasts(5*time.Minute, 24*time.Hour),
		help:  "how long they stay signed in without a page of theirs open"},
	{key: "practice.sign-in.psc-client", value: func(c *Config) any {
		return &c.Practice.SignIn.PSCClient
	},
		help: "client of Pro Santé Connect; empty: not offered"},
	{key: "practice.sign-in.psc-secret-file",
		value: func(c *Config) any { return &c.Practice.SignIn.PSCSecretFile },
		help:  "file with that client's secret"},
	{key: "practice.sign-in.oidc-issuer",
		value: func(c *Config) any { return &c.Practice.SignIn.OIDCIssuer },
		help:  "issuer of the hospital's OpenID Connect provider; empty: none"},
	{key: "practice.sign-in.oidc-client",
		value: func(c *Config) any { return &c.Practice.SignIn.OIDCClient },
		help:  "client at that provider"},
	{key: "practice.sign-in.oidc-secret-file",
		value: func(c *Config) any { return &c.Practice.SignIn.OIDCSecretFile },
		help:  "file with that client's secret"},
	{key: "practice.sign-in.oidc-label",
		value: func(c *Config) any { return &c.Practice.SignIn.OIDCLabel },
		help:  "what people call that provider"},
	{key: "practice.sign-in.providers-file",
		value: func(c *Config) any { return &c.Practice.SignIn.ProvidersFile },
		help:  "file in YAML with further OpenID Connect providers; empty: none"},
	{key: "practice.reports-folder",
		value: func(c *Config) any { return &c.Practice.ReportsFolder },
		help: "folder that signed reports are put into as PDF, in one for each establishment; " +
			"empty: none"},
	{key: "practice.records-file",
		value: func(c *Config) any { return &c.Practice.RecordsFile },
		help: "file in YAML with how signed reports go into which establishment's record; " +
			"empty: only into practice.reports-folder"},
	{key: "practice.mail.server", value: func(c *Config) any { return &c.Practice.Mail.Server },
		check: optional(isServer),
		help:  "host and port of the mail server; empty: no mail is sent"},
	{key: "practice.mail.tls", value: func(c *Config) any { return &c.Practice.Mail.TLS },
		check: oneOf(courier.MailSTARTTLS, courier.MailTLS, courier.MailPlain),
		help:  "how the mail server is reached: starttls, tls or none"},
	{key: "practice.mail.user", value: func(c *Config) any { return &c.Practice.Mail.User },
		help: "user at the mail server; empty: none is asked for"},
	{key: "practice.mail.password-file",
		value: func(c *Config) any { return &c.Practice.Mail.PasswordFile },
		help:  "file with that user's password"},
	{key: "practice.mail.from", value: func(c *Config) any { return &c.Practice.Mail.From },
		help: "sender, as in Rendez-vous <rendez-vous@ch-x.example>"},
	{key: "practice.sms.url", value: func(c *Config) any { return &c.Practice.SMS.URL },
		help: "address of the SMS gateway, a template; empty: no SMS is sent"},
	{key: "practice.sms.method", value: func(c *Config) any { return &c.Practice.SMS.Method },
		check: oneOf("POST", "PUT", "GET"),
		help:  "HTTP method of the gateway: POST, PUT or GET"},
	{key: "practice.sms.body", value: func(c *Config) any { return &c.Practice.SMS.Body },
		help: "body of the request, a template"},
	{key: "practice.sms.content-type",
		value: func(c *Config) any { return &c.Practice.SMS.ContentType },
		help:  "Content-Type of the body"},
	{key: "practice.sms.authorization-file",
		value: func(c *Config) any { return &c.Practice.SMS.AuthorizationFile },
		help:  "file with the value of the header Authorization, as in Bearer …"},
	{key: "practice.hl7.listen", value: func(c *Config) any { return &c.Practice.HL7.Listen },
		check: optional(isListenAddress),
		help:  "address for HL7 v2 messages (MLLP) of hospitals' systems; empty: none are taken"},
	{key: "practice.hl7.cert", value: func(c *Config) any { return &c.Practice.HL7.Cert },
		help: "certificate chain in PEM of that address; empty: without TLS"},
	{key: "practice.hl7.key", value: func(c *Config) any { return &c.Practice.HL7.Key },
		help: "its private key in PEM"},
	{key: "practice.hl7.client-ca", value: func(c *Config) any { return &c.Practice.HL7.ClientCA },
		help: "authorities in PEM of the senders' certificates; empty: senders show none"},
	{key: "practice.hl7.sources-file",
		value: func(c *Config) any { return &c.Practice.HL7.SourcesFile },
		help:  "file in YAML with who may send, and for which establishment"},
	{key: "practice.fhir.enabled", value: func(c *Config) any { return &c.Practice.FHIR.Enabled },
		help: "hospitals' programs make and read appointments by FHIR R4 at /fhir/R4; " +
			"administrators say which"},
	{key: "practice.fhir.listen", value: func(c *Config) any { return &c.Practice.FHIR.Listen },
		check: optional(isListenAddress),
		help: "further address of that interface, for programs that show a client certificate; " +
			"empty: none"},
	{key: "practice.fhir.cert", value: func(c *Config) any { return &c.Practice.FHIR.Cert },
		help: "certificate chain in PEM of that address"},
	{key: "practice.fhir.key", value: func(c *Config) any { return &c.Practice.FHIR.Key },
		help: "its private key in PEM"},
	{key: "practice.fhir.client-ca",
		value: func(c *Config) any { return &c.Practice.FHIR.ClientCA },
		help:  "authorities in PEM of the programs' certificates"},
}

// defaultPractice sends nothing, and lets people have accounts of this server.
func defaultPractice() PracticeConfig {
	return PracticeConfig{
		Enabled: true,
		SignIn: SignInConfig{Local: true, OIDCLabel: "Mon établissement",
			Session: people.DefaultSessionTimes.Lifetime, Idle: people.DefaultSessionTimes.Idle},
		Mail: MailConfig{TLS: courier.MailSTARTTLS},
		SMS: SMSConfig{Method: "POST", Body: `{"to": {{json .To}}, "text": {{json .Text}}}`,
			ContentType: "application/json"},
	}
}

// validate checks what several keys must be together.
func (c PracticeConfig) validate() error {
	if !c.Enabled {
		return nil
	}
	if c.Mail.Server != "" && c.Mail.From == "" {
		return fmt.Errorf(
			"practice.mail.from is empty, but practice.mail.server is not: give the " +
				"sender, as in Rendez-vous <rendez-vous@ch-x.example>")
	}
	if c.SignIn.OIDCIssuer != "" && c.SignIn.OIDCClient == "" {
		return fmt.Errorf(
			"practice.sign-in.oidc-client is empty, but practice.sign-in.oidc-issuer " +
				"is not: give the client that the provider knows this server by")
	}
	if !c.SignIn.Local && c.SignIn.OIDCIssuer == "" && c.SignIn.PSCClient == "" &&
		c.SignIn.ProvidersFile == "" {
		return fmt.Errorf("nobody could sign in: set practice.sign-in.local, or give a provider")
	}
	return errors.Join(c.HL7.validate(), c.FHIR.validate())
}

// courier is the mail server as the courier wants it; nil without one.
func (c MailConfig) courier() (*courier.MailConfig, error) {
	if c.Server == "" {
		return nil, nil
	}
	host, port := splitListen(c.Server)
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("practice.mail.server: expected a host and a port, got %q", c.Server)
	}
	password, err := secretText("practice.mail.password-file", c.PasswordFile)
	return &courier.MailConfig{Host: host, Port: number, Mode: c.TLS, User: c.User,
		Password: password, From: c.From}, err
}

// courier is the SMS gateway as the courier wants it; nil without one.
func (c SMSConfig) courier() (*courier.SMSConfig, error) {
	if c.URL == "" {
		return nil, nil
	}
	made := &courier.SMSConfig{Method: c.Method, URL: c.URL, Body: c.Body,
		ContentType: c.ContentType, Headers: map[string]string{}}
	authorization, err := secretText("practice.sms.authorization-file", c.AuthorizationFile)
	if authorization != "" {
		made.Headers["Authorization"] = authorization
	}
	return made, err
}
