package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"go.uber.org/zap"

	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// checkPractice tries what the practice is connected to: its store and the identity providers.
func checkPractice(ctx context.Context, config Config) []finding {
	if !config.Practice.Enabled {
		return []finding{ok("practice", "off: invitation links alone")}
	}
	return append([]finding{checkStore(ctx, config)}, checkProviders(ctx, config)...)
}

func checkStore(ctx context.Context, config Config) finding {
	place := practiceStore(config)
	if _, err := os.Stat(place); !strings.Contains(place, "://") && errors.Is(err, fs.ErrNotExist) {
		return ok("store", "%s is not there yet: it is made at the first start", place)
	}
	opened, err := store.Open(ctx, store.Config{URL: place})
	if errors.Is(err, store.ErrInUse) {
		return ok("store", "a running server uses it")
	}
	if err != nil {
		return fail("store", "see practice.store", "%v", err)
	}
	defer opened.Close()
	if err := opened.Check(ctx); err != nil {
		return fail("store", "see practice.store", "%v", err)
	}
	return ok("store", "can be read")
}

func checkProviders(ctx context.Context, config Config) []finding {
	keys, err := readSecrets(config)
	if err != nil {
		return []finding{
			warn("sign-in", "start the server once", "the server's secret cannot be read: %v", err)}
	}
	public := config.publicURL(config.Listen)
	who, err := openPeople(config.Practice, nil, keys, public, zap.NewNop())
	if err != nil {
		return []finding{fail("sign-in", "see practice.sign-in", "%v", err)}
	}
	var found []finding
	for _, way := range who.Providers.Ways() {
		trial := who.Providers.Try(ctx, way.ID)
		found = append(found, providerFinding(way, trial))
	}
	return found
}

func providerFinding(way people.Way, trial people.Trial) finding {
	check := "sign-in " + way.ID
	if trial.Problem == "" {
		return ok(check, "%s", strings.Join(trial.Steps, ", "))
	}
	return fail(check, "see practice.sign-in", "%s", trial.Problem)
}
