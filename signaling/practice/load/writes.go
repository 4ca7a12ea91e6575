package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"draille/signaling/practice/desk"
)

// delaying returns what tells those who wait for a clinician's service that it takes longer: a
// change that concerns everybody's list.
func delaying(address, token string) (change func(ctx context.Context) error, err error) {
	var me desk.Me
	if err := do(context.Background(), http.MethodGet, address, "/api/me", token, nil, &me); err !=
		nil {
		return nil, err
	}
	if len(me.Services) == 0 {
		return nil, fmt.Errorf("expected a clinician of a service, got %s", me.Person.ID)
	}
	minutes := 5
	return func(ctx context.Context) error {
		minutes = 15 - minutes // 5, 10, 5, …
		return do(ctx, http.MethodPut, address, "/api/delays", token, desk.NewDelay{
			Establishment: me.Services[0].Establishment, Service: me.Services[0].ID,
			Minutes: minutes}, nil)
	}, nil
}

// keepChanging changes something at a constant rate until ctx ends.
func keepChanging(ctx context.Context, change func(context.Context) error, rate int) error {
	if rate == 0 {
		return nil
	}
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := change(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("a change was refused: %w", err)
			}
		}
	}
}

// do sends a request as a page of the server does.
func do(ctx context.Context, method, address, path, token string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", address)
	request.AddCookie(&http.Cookie{Name: "draille", Value: token})
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
