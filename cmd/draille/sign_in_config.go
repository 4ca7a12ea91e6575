package main

import (
	"fmt"
	"time"

	"draille/signaling/practice/people"
)

// SignInConfig says how people may sign in.
type SignInConfig struct {
	Local bool
	// how long sessions last from their beginning, and without a request
	Session, Idle                                     time.Duration
	PSCClient, PSCSecretFile                          string
	OIDCIssuer, OIDCClient, OIDCSecretFile, OIDCLabel string
	ProvidersFile                                     string // with more providers
}

// providerEntry is one provider of practice.sign-in.providers-file.
type providerEntry struct {
	ID           string   `yaml:"id"`
	Label        string   `yaml:"label"`
	Issuer       string   `yaml:"issuer"`
	Client       string   `yaml:"client"`
	SecretFile   string   `yaml:"secret-file"`
	Scopes       []string `yaml:"scopes"`
	ACR          []string `yaml:"acr"`
	SubjectClaim string   `yaml:"subject-claim"`
	AuthURL      string   `yaml:"auth-url"`
	TokenURL     string   `yaml:"token-url"`
	UserInfoURL  string   `yaml:"userinfo-url"`
	JWKSURL      string   `yaml:"jwks-url"`
	EndSession   string   `yaml:"end-session-url"`
}

// providers are all identity providers of a configuration, with their secrets: Pro Santé Connect,
// the hospital's own, and those of the file.
func (c SignInConfig) providers() ([]people.ProviderConfig, error) {
	var all []people.ProviderConfig
	if c.PSCClient != "" {
		secret, err := secretText("practice.sign-in.psc-secret-file", c.PSCSecretFile)
		if err != nil {
			return nil, err
		}
		all = append(all, people.ProSanteConnect(c.PSCClient, secret))
	}
	if c.OIDCIssuer != "" {
		secret, err := secretText("practice.sign-in.oidc-secret-file", c.OIDCSecretFile)
		if err != nil {
			return nil, err
		}
		all = append(all, people.ProviderConfig{ID: "oidc", Label: c.OIDCLabel,
			Kind: people.KindOIDC, Issuer: c.OIDCIssuer, ClientID: c.OIDCClient,
			ClientSecret: secret, Scopes: []string{"profile", "email"}})
	}
	if c.ProvidersFile == "" {
		return all, nil
	}
	more, err := readProviders(c.ProvidersFile)
	return append(all, more...), err
}

func readProviders(path string) ([]people.ProviderConfig, error) {
	const key = "practice.sign-in.providers-file"
	entries, err := readEntries[providerEntry](key, path)
	if err != nil {
		return nil, err
	}
	var all []people.ProviderConfig
	for i, one := range entries {
		if one.ID == "" || one.Issuer == "" || one.Client == "" {
			return nil, fmt.Errorf("%s: provider %d: expected id, issuer and client, got %q, %q "+
				"and %q", key, i+1, one.ID, one.Issuer, one.Client)
		}
		secret, err := secretText(fmt.Sprintf("%s: secret-file of %s", key, one.ID), one.SecretFile)
		if err != nil {
			return nil, err
		}
		if one.Label == "" {
			one.Label = one.ID
		}
		if one.Scopes == nil {
			one.Scopes = []string{"profile", "email"}
		}
		all = append(all, people.ProviderConfig{ID: one.ID, Label: one.Label,
			Kind: people.KindOIDC, Issuer: one.Issuer, ClientID: one.Client, ClientSecret: secret,
			Scopes: one.Scopes, ACR: one.ACR, SubjectClaim: one.SubjectClaim, AuthURL: one.AuthURL,
			TokenURL: one.TokenURL, UserInfoURL: one.UserInfoURL, JWKSURL: one.JWKSURL,
			EndSessionURL: one.EndSession})
	}
	return all, nil
}
