package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

// checkPractice tries what the practice is connected to: its store and the identity providers.
func checkPractice(ctx context.Context, config Config) []finding {
	if !config.Practice.Enabled {
		return []finding{ok("practice", "off: invitation links alone")}
	}
	return slices.Concat([]finding{checkStore(ctx, config)}, checkProviders(ctx, config),
		checkChannels(ctx, config), checkHL7(config), checkFHIR(config),
		checkRecords(ctx, config))
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
		found = append(found, trialFinding("sign-in "+way.ID, "see practice.sign-in",
			who.Providers.Try(ctx, way.ID)))
	}
	return found
}

// checkChannels connects to the mail server and to the SMS gateway; nothing is sent.
func checkChannels(ctx context.Context, config Config) []finding {
	mail, err := config.Practice.Mail.courier()
	if err != nil {
		return []finding{fail("mail", "see practice.mail", "%v", err)}
	}
	sms, err := config.Practice.SMS.courier()
	if err != nil {
		return []finding{fail("sms", "see practice.sms", "%v", err)}
	}
	trials, err := courier.Check(ctx, mail, sms, config.publicURL(config.Listen))
	if err != nil {
		return []finding{fail("messages", "see practice.mail and practice.sms", "%v", err)}
	}
	found := []finding{}
	for _, channel := range []practice.Channel{practice.ChannelMail, practice.ChannelSMS} {
		trial, set := trials[channel]
		if !set {
			found = append(found, ok(string(channel), "off: none is set up, links are printed"))
			continue
		}
		found = append(found, trialFinding(string(channel), "see practice."+string(channel), trial))
	}
	return found
}

// stepWords are the steps of a trial, for whoever reads a terminal.
var stepWords = map[practice.StepName]string{
	practice.StepReached: "connected", practice.StepSignedIn: "signed in",
	practice.StepAccepted: "accepted", practice.StepEndpoints: "endpoints known",
	practice.StepKeys: "keys read", practice.StepClient: "client known",
}

func trialFinding(check, see string, trial practice.Trial) finding {
	if !trial.Works {
		return fail(check, see, "%s", trial.Problem)
	}
	var steps []string
	for _, step := range trial.Steps {
		steps = append(steps, strings.TrimSpace(stepWords[step.Name]+" "+step.Detail))
	}
	return ok(check, "%s", strings.Join(steps, ", "))
}
