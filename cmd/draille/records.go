package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/record"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

const recordsKey = "practice.records-file"

// recordEntry is how reports of one establishment go into its record.
type recordEntry struct {
	Establishment string            `yaml:"establishment"`
	Form          string            `yaml:"form"`
	Document      string            `yaml:"document"`
	Folder        string            `yaml:"folder"`
	Server        string            `yaml:"server"`
	TLS           *bool             `yaml:"tls"`
	CA            string            `yaml:"ca"`
	Cert          string            `yaml:"cert"`
	Key           string            `yaml:"key"`
	Application   string            `yaml:"application"`
	Facility      string            `yaml:"facility"`
	ToApplication string            `yaml:"to-application"`
	ToFacility    string            `yaml:"to-facility"`
	Authority     string            `yaml:"authority"`
	TokenURL      string            `yaml:"token-url"`
	Client        string            `yaml:"client"`
	SecretFile    string            `yaml:"secret-file"`
	Scopes        []string          `yaml:"scopes"`
	Meta          map[string]string `yaml:"meta"`
}

// recordWays reads how reports go into records; none without a file.
func recordWays(path string) ([]record.Way, error) {
	if path == "" {
		return nil, nil
	}
	entries, err := readEntries[recordEntry](recordsKey, path)
	if err != nil {
		return nil, err
	}
	var ways []record.Way
	known := map[string]bool{}
	for i, one := range entries {
		way, err := one.way()
		if err == nil && known[way.Establishment] {
			err = fmt.Errorf("%s: expected one way for each establishment, got two",
				way.Establishment)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: record %d: %w", recordsKey, i+1, err)
		}
		known[way.Establishment] = true
		ways = append(ways, way)
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("%s: expected one record or more, got none", recordsKey)
	}
	return ways, nil
}

// way is an entry as the practice wants it.
func (e recordEntry) way() (record.Way, error) {
	w := record.Way{Establishment: e.Establishment, Form: record.Form(e.Form), Folder: e.Folder,
		Address: e.Server, Application: e.Application, Facility: e.Facility,
		ToApplication: e.ToApplication, ToFacility: e.ToFacility, Authority: e.Authority,
		Meta: e.Meta}
	if w.Application == "" {
		w.Application = "DRAILLE"
	}
	switch e.Document {
	case "", "pdf":
	case "cda":
		w.CDA = true
	default:
		return w, fmt.Errorf("%s: expected the document pdf or cda, got %q", e.Establishment,
			e.Document)
	}
	if err := w.Check(); err != nil || w.Form == record.FormFolder {
		return w, err
	}
	var err error
	if w.Form == record.FormFHIR && strings.HasPrefix(e.Server, "https:") ==
		(e.TLS != nil && !*e.TLS) {
		return w, fmt.Errorf("%s: expected https in server, or tls: false with http, got %q",
			e.Establishment, e.Server)
	}
	if w.Token, err = e.token(); err != nil {
		return w, err
	}
	w.TLS, err = e.secure()
	return w, err
}

// token is how a server of FHIR is asked for access; nil: it wants no token.
func (e recordEntry) token() (*record.Token, error) {
	if e.TokenURL == "" && e.Client == "" && e.SecretFile == "" && len(e.Scopes) == 0 {
		return nil, nil
	}
	if record.Form(e.Form) != record.FormFHIR || e.TokenURL == "" || e.Client == "" ||
		e.SecretFile == "" {
		return nil, fmt.Errorf("%s: expected token-url, client and secret-file with the form "+
			"fhir, got some of them, or another form", e.Establishment)
	}
	secret, err := os.ReadFile(e.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("%s: secret-file: %w", e.Establishment, err)
	}
	return &record.Token{TokenURL: e.TokenURL, ClientID: e.Client,
		ClientSecret: strings.TrimSpace(string(secret)), Scopes: e.Scopes}, nil
}

// secure is how the server is spoken to: with TLS, unless tls is false.
func (e recordEntry) secure() (*tls.Config, error) {
	if e.TLS != nil && !*e.TLS {
		if e.CA != "" || e.Cert != "" || e.Key != "" {
			return nil, fmt.Errorf("%s: expected no ca, cert or key with tls: false, got one",
				e.Establishment)
		}
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CA != "" {
		text, err := os.ReadFile(e.CA)
		if err != nil {
			return nil, fmt.Errorf("%s: ca: %w", e.Establishment, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: ca: expected certificates in PEM, got none in %s",
				e.Establishment, e.CA)
		}
	}
	if (e.Cert == "") != (e.Key == "") {
		return nil, fmt.Errorf("%s: expected both cert and key, or none, got one", e.Establishment)
	}
	if e.Cert == "" {
		return config, nil
	}
	if _, err := tls.LoadX509KeyPair(e.Cert, e.Key); err != nil {
		return nil, fmt.Errorf("%s: cert: %w", e.Establishment, err)
	}
	// Read for each connection: it may have been renewed.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(e.Cert, e.Key)
		return &pair, err
	}
	return config, nil
}

// recordOf is where signed reports go; nil: nowhere.
func recordOf(config PracticeConfig, from *store.Store) (courier.Recorder, error) {
	ways, err := recordWays(config.RecordsFile)
	if err != nil {
		return nil, err
	}
	var files courier.Recorder
	if config.ReportsFolder != "" {
		files = report.Folder{Store: from, Path: config.ReportsFolder}
	}
	if len(ways) == 0 {
		return files, nil
	}
	return record.New(from, ways, files), nil
}

// checkRecords connects to the servers of records, and looks whether folders can be written.
func checkRecords(ctx context.Context, config Config) []finding {
	const check = "records"
	ways, err := recordWays(config.Practice.RecordsFile)
	if err != nil {
		return []finding{fail(check, "see "+recordsKey, "%v", err)}
	}
	var found []finding
	if folder := config.Practice.ReportsFolder; folder != "" {
		found = append(found, checkReportsFolder(check, "practice.reports-folder", folder))
	}
	for _, way := range ways {
		if way.Form == record.FormFolder {
			found = append(found, checkReportsFolder(check, recordsKey, way.Folder))
			continue
		}
		found = append(found, checkRecord(ctx, check, way))
	}
	if len(found) == 0 {
		return []finding{ok(check, "off: reports stay here and are downloaded")}
	}
	return found
}

func checkReportsFolder(check, key, folder string) finding {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fail(check, "see "+key, "%v", err)
	}
	probe, err := os.CreateTemp(folder, ".draille-doctor-")
	if err != nil {
		return fail(check, "let the user who runs draille write there", "%v", err)
	}
	probe.Close()
	_ = os.Remove(probe.Name())
	return ok(check, "%s can be written", folder)
}

// checkTime is how long a server may take to answer the doctor.
const checkTime = 5 * time.Second

// checkRecord connects as a report would; nothing is sent.
func checkRecord(ctx context.Context, check string, way record.Way) finding {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	name := fmt.Sprintf("%s of %s", way.Address, way.Establishment)
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", way.Host())
	if err != nil {
		return fail(check, "see server in "+recordsKey+", and the firewalls between",
			"%s cannot be reached: %v", name, err)
	}
	defer connection.Close()
	if way.TLS == nil {
		return warn(check, "set tls, or let the reports go through a tunnel",
			"%s answers, without TLS: whoever is on the way reads them", name)
	}
	secure := way.TLS.Clone()
	secure.ServerName, _, _ = net.SplitHostPort(way.Host())
	client := tls.Client(connection, secure)
	if err := client.HandshakeContext(ctx); err != nil {
		return fail(check, "see ca, cert and key in "+recordsKey, "%s: %v", name, err)
	}
	// With TLS 1.3 a client learns that its certificate is refused when it reads.
	_ = client.SetReadDeadline(time.Now().Add(checkTime / 10))
	var timeout net.Error
	if _, err := client.Read(make([]byte, 1)); err != nil &&
		!(errors.As(err, &timeout) && timeout.Timeout()) && strings.Contains(err.Error(), "tls:") {
		return fail(check, "see cert and key in "+recordsKey, "%s: %v", name, err)
	}
	return ok(check, "%s answers with TLS", name)
}
