// Package people lets people sign in and keeps who they are: by identity providers (OpenID Connect), by
// local accounts with a password and a one-time code, or with passkeys; sessions; grants; one-time
// links; the import of a list. Rights never come from what a provider claims.
package people
