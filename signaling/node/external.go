package node

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	native "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"draille/signaling/homes/register/jetstream"
)

// External is a cluster of NATS servers that somebody else runs, with JetStream and at least three
// servers. Without TLS nobody is spoken to: what is agreed on decides who is in which call.
type External struct {
	Servers     []string // host:port
	TLS         *tls.Config
	Credentials string // file, as the tools of NATS write it; empty: none
}

// connect goes on trying for ever, with the credentials that the file holds then. It fails where no
// try can succeed.
func (x *External) connect(more ...nats.Option) (*nats.Conn, error) {
	if x.Credentials != "" {
		if err := x.checkCredentials(); err != nil {
			return nil, err
		}
		more = append(more, nats.UserCredentials(x.Credentials))
	}
	return jetstream.Dial(x.Servers, x.TLS, more...)
}

// dialer forgets why there was no connection as soon as there is one. What fails over it, NATS
// tells nobody until it has been well once, and remembers it alone.
type dialer struct{ engine *engine }

// Dial implements nats.CustomDialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, nats.DefaultTimeout)
	if err == nil {
		d.engine.last.Store(nil)
	}
	return conn, err
}

// checkCredentials looks whether the file is one.
func (x *External) checkCredentials() error {
	content, err := os.ReadFile(x.Credentials)
	if err != nil {
		return fmt.Errorf("cluster.nats.credentials cannot be read: %w", err)
	}
	_, token := nkeys.ParseDecoratedJWT(content)
	_, key := nkeys.ParseDecoratedNKey(content)
	if err := errors.Join(token, key); err != nil {
		return fmt.Errorf("cluster.nats.credentials: expected a file as nsc writes it, with a "+
			"user's JWT and seed, in %s, got: %w", x.Credentials, err)
	}
	return nil
}

// What NATS answers to whoever asks for three copies, and has not three servers.
const (
	codeNoPeers      native.ErrorCode = 10005
	codeResources    native.ErrorCode = 10023
	codeNotClustered native.ErrorCode = 10074
)

// words say what an error means, and what is to be done.
func (x *External) words(err error) error {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		asked   *native.APIError
	)
	servers := strings.Join(x.Servers, ", ")
	say := func(what string, with ...any) error {
		return fmt.Errorf("%s (the NATS servers %s say: %w)", fmt.Sprintf(what, with...), servers,
			err)
	}
	switch {
	case refused(err) && x.Credentials == "":
		return say("the NATS servers want credentials: give cluster.nats.credentials")
	case refused(err):
		return say("the NATS servers refuse the credentials in %s: expected those of a user whom "+
			"they know; another file in its place is read at the next try", x.Credentials)
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return say("the certificate of the NATS servers is not believed: expected one for the " +
			"name or address in cluster.nats.servers, by a signer in cluster.nats.ca")
	case errors.Is(err, nats.ErrSecureConnWanted):
		return say("the NATS servers speak without TLS, and what is agreed on there decides who " +
			"is in which call: give them certificates")
	case errors.Is(err, nats.ErrPermissionViolation):
		return say("the user has too few permissions: expected to publish $JS.API.> and " +
			"$KV." + bucket + ".>, and to subscribe _INBOX.>")
	case errors.Is(err, native.ErrJetStreamNotEnabled),
		errors.Is(err, native.ErrJetStreamNotEnabledForAccount):
		return say("there is no JetStream: expected it to be enabled on the NATS servers, and " +
			"for the account of the user")
	case errors.As(err, &asked) && (asked.ErrorCode == codeNoPeers ||
		asked.ErrorCode == codeResources || asked.ErrorCode == codeNotClustered):
		return say("the NATS servers cannot keep %d copies: expected so many in one cluster, with "+
			"JetStream and room on their disks", Keepers)
	}
	return say("the NATS servers do not answer: expected two of three of cluster.nats.servers to " +
		"run and to be reached")
}

// refused reports whether it is this user who is not let in.
func refused(err error) bool {
	for _, one := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked,
		nats.ErrAccountAuthExpired} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}
