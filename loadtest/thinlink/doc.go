// Package thinlink puts real browsers where a load test has virtual participants: headless
// Chromiums that run the real client, the thin one in a network namespace behind an emulated link.
// It shows what people get, and whether virtual participants tell the truth.
//
//	tools, err := thinlink.Prepare(ctx, "web")      // what is missing is said here
//	access, err := thinlink.Open(profile, seed)     // the link to access.ServerAddr()
//	nurse, err := tools.Start(ctx, thinlink.Seat{Name: "Mme Rey", Who: 2, Access: access})
//	err = nurse.Visit(ctx, link)                    // follows the invitation
//	stage := thinlink.NewStage(…)                   // gives browsers to a scenario.Runner
//
// Each browser is driven by a process of its own (web/e2e/thinlink), which speaks lines of JSON.
// Every time is of this machine's one clock, so that delays from a camera to a screen are the
// difference of two notes.
package thinlink
