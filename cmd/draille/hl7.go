package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/interop/hl7/mllp"
)

// HL7Config says where messages of hospitals' systems come in.
type HL7Config struct{ Listen, Cert, Key, ClientCA, SourcesFile string }

// validate checks what several keys must be together.
func (c HL7Config) validate() error {
	switch {
	case c.Listen == "":
		return nil
	case c.SourcesFile == "":
		return errors.New("practice.hl7.sources-file is empty, but practice.hl7.listen is not: " +
			"say who may send, as draille.example.yaml shows")
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("expected both practice.hl7.cert and practice.hl7.key, or none, got one")
	case c.ClientCA != "" && c.Cert == "":
		return errors.New("practice.hl7.client-ca needs TLS: set practice.hl7.cert and " +
			"practice.hl7.key")
	}
	return nil
}

// sourceEntry is one sender of practice.hl7.sources-file.
type sourceEntry struct {
	Name              string   `yaml:"name"`
	Establishment     string   `yaml:"establishment"`
	Certificate       string   `yaml:"certificate"`
	Networks          []string `yaml:"networks"`
	Application       string   `yaml:"application"`
	Facility          string   `yaml:"facility"`
	Authority         string   `yaml:"authority"`
	Teleconsultations []string `yaml:"teleconsultations"`
	Service           string   `yaml:"service"`
	Invite            bool     `yaml:"invite"`
}

// sources reads who may send.
func (c HL7Config) sources() ([]hl7.Source, error) {
	const key = "practice.hl7.sources-file"
	entries, err := readEntries[sourceEntry](key, c.SourcesFile)
	if err != nil {
		return nil, err
	}
	var all []hl7.Source
	names := map[string]bool{}
	for i, one := range entries {
		source := hl7.Source{Name: one.Name, Establishment: one.Establishment,
			Certificate: one.Certificate, Application: one.Application, Facility: one.Facility,
			Authority: one.Authority, Teleconsultations: one.Teleconsultations,
			Service: one.Service, Invite: one.Invite}
		for _, text := range one.Networks {
			network, err := netip.ParsePrefix(text)
			if err != nil {
				return nil, fmt.Errorf("%s: source %d: expected a network as in 10.1.2.0/24, "+
					"got %q", key, i+1, text)
			}
			source.Networks = append(source.Networks, network.Masked())
		}
		err := source.Check()
		switch {
		case err == nil && names[one.Name]:
			err = fmt.Errorf("%s: expected each name once, got it twice", one.Name)
		case err == nil && one.Certificate != "" && c.ClientCA == "":
			err = fmt.Errorf("%s: its certificate is asked for only with practice.hl7.client-ca: "+
				"set it", one.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: source %d: %w", key, i+1, err)
		}
		names[one.Name] = true
		all = append(all, source)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: expected one source or more, got none", key)
	}
	return all, nil
}

// tls is how the address is encrypted; nil: it is not.
func (c HL7Config) tls() (*tls.Config, *certificate, error) {
	if c.Cert == "" {
		return nil, nil, nil
	}
	return clientTLS{"practice.hl7", c.Cert, c.Key, c.ClientCA}.config()
}

// hl7Server takes messages of hospitals' systems.
type hl7Server struct {
	receiver *hl7.Receiver
	listener net.Listener
	tls      *tls.Config  // nil: not encrypted
	files    *certificate // that it shows
	log      *zap.Logger
}

// openHL7 opens the address; nil if there is none.
func openHL7(config HL7Config, p *practiceServer, log *zap.Logger) (*hl7Server, error) {
	if config.Listen == "" {
		return nil, nil
	}
	h := &hl7Server{log: log}
	sources, err := config.sources()
	if err != nil {
		return nil, err
	}
	if h.tls, h.files, err = config.tls(); err != nil {
		return nil, err
	}
	if h.receiver, err = hl7.New(hl7.Config{Store: p.store, Agenda: p.agenda, Sources: sources,
		Can: p.courier.Can, Log: log}); err != nil {
		return nil, err
	}
	if h.listener, err = net.Listen("tcp", config.Listen); err != nil {
		return nil, listenError("practice.hl7.listen", config.Listen, err)
	}
	return h, nil
}

// receives is what applies messages; nil if none are taken.
func (h *hl7Server) receives() *hl7.Receiver {
	if h == nil {
		return nil
	}
	return h.receiver
}

// run takes messages until the context ends.
func (h *hl7Server) run(ctx context.Context) {
	if h == nil {
		return
	}
	h.log.Info("messages of hospitals' systems are taken",
		zap.Stringer("address", h.listener.Addr()), zap.Bool("tls", h.tls != nil))
	err := h.receiver.Serve(ctx, h.listener, mllp.Config{TLS: h.tls})
	if err != nil && ctx.Err() == nil {
		h.log.Error("no more messages of hospitals' systems are taken", zap.Error(err))
	}
}

// close gives the address back if run did not.
func (h *hl7Server) close() {
	if h != nil {
		h.listener.Close()
	}
}

// checkHL7 says whether messages of hospitals' systems can come in.
func checkHL7(config Config) []finding {
	const check = "hl7"
	c := config.Practice.HL7
	if c.Listen == "" {
		return []finding{ok(check, "off: patients and appointments are typed")}
	}
	sources, err := c.sources()
	if err != nil {
		return []finding{fail(check, "see practice.hl7", "%v", err)}
	}
	secure, files, err := c.tls()
	if err != nil {
		return []finding{fail(check, "see practice.hl7", "%v", err)}
	}
	var found []finding
	listener, err := net.Listen("tcp", c.Listen)
	switch {
	case err == nil:
		listener.Close()
		found = append(found, ok(check, "%s can be opened, for %d sources", c.Listen,
			len(sources)))
	case errors.Is(err, syscall.EADDRINUSE):
		found = append(found, listens(check, c.Listen, secure != nil))
	default:
		found = append(found, fail(check, listenError("practice.hl7.listen", c.Listen,
			err).Error(), "%s cannot be opened", c.Listen))
	}
	if secure == nil {
		found = append(found, warn(check, "set practice.hl7.cert and practice.hl7.key, or let "+
			"the messages come through a tunnel",
			"without TLS: whoever is on the way reads patients' names"))
		return found
	}
	return append(found, datesFinding(check, files.leaf(), time.Now()))
}

// listens tells what is on an address that is in use.
func listens(check, address string, secure bool) finding {
	connection, err := net.DialTimeout("tcp", dialable(address), 2*time.Second)
	if err != nil {
		return fail(check, "let draille alone use it", "%s is in use and does not answer: %v",
			address, err)
	}
	defer connection.Close()
	if !secure {
		return ok(check, "%s listens, by a running server", address)
	}
	// Who has no certificate is refused, and sees the server's all the same.
	shown := false
	client := tls.Client(connection, &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // nothing is told to it
		VerifyConnection: func(tls.ConnectionState) error {
			shown = true
			return nil
		}})
	_ = client.SetDeadline(time.Now().Add(2 * time.Second))
	if err := client.Handshake(); !shown {
		return fail(check, "look which program it is", "%s listens without TLS: %v", address, err)
	}
	return ok(check, "%s listens with TLS, by a running server", address)
}
