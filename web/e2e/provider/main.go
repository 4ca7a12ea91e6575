// Command provider is an identity provider for browser tests: a real one (zitadel/oidc), with one
// person in it, whose page of sign-in has one button.
//
// Usage: provider LISTEN CALLBACK, as in provider localhost:9000
// http://localhost:8080/api/sign-in/oidc/ch/callback. It prints its issuer once it answers.
package main

import (
	"crypto/sha256"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client and Secret are what the server under test is configured with.
const (
	client = "draille"
	secret = "a secret of the provider"
)

var page = template.Must(template.New("").Parse(`<!doctype html><html lang="en">
<title>Provider</title><h1>Provider</h1><form method="post"><button>Sign in as Test User2</button>
</form>`))

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("expected LISTEN and CALLBACK, got %q", os.Args[1:]))
	}
	issuer := "http://" + os.Args[1]
	storage.RegisterClients(storage.WebClient(client, secret, os.Args[2]))
	kept := storage.NewStorage(storage.NewUserStore(issuer))
	provider, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("test")),
		CryptoKeyId: "test", CodeMethodS256: true, AuthMethodPost: true}, kept,
		op.StaticIssuer(issuer), op.WithAllowInsecure())
	if err != nil {
		fail(err)
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(r.URL.Path, "/login/"):
			provider.ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			id := r.URL.Query().Get("authRequestID")
			if err := kept.CheckUsernamePassword("test-user2", "verysecure", id); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			http.Redirect(w, r, op.AuthCallbackURL(provider)(
				op.ContextWithIssuer(r.Context(), issuer), id), http.StatusFound)
		default:
			_ = page.Execute(w, nil)
		}
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fail(err)
	}
	fmt.Println(issuer)
	server := http.Server{Handler: http.HandlerFunc(serve), ReadHeaderTimeout: time.Minute}
	fail(server.Serve(listener))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "provider:", err)
	os.Exit(1)
}
