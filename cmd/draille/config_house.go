package main

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"draille/web"
)

// HouseConfig says who runs the server, for whoever reads its pages.
type HouseConfig struct {
	Name, Phone   string
	Accessibility AccessibilityConfig
}

// AccessibilityConfig holds the operator's fields of the statement at /accessibilite.
type AccessibilityConfig struct{ Status, Rate, Audited, Auditor, Contact, Plan string }

// Values of house.accessibility.status.
const (
	statusNone    = "none"
	statusPartial = "partial"
	statusFull    = "full"
)

// houseSettings are the keys of HouseConfig.
var houseSettings = []setting{
	{key: "house.name", value: func(c *Config) any { return &c.House.Name },
		help: "name of the hospital, on every page that a patient reads"},
	{key: "house.phone", value: func(c *Config) any { return &c.House.Phone },
		help: "telephone number of whoever helps, beside it"},
	{key: "house.accessibility.status",
		value: func(c *Config) any { return &c.House.Accessibility.Status },
		check: oneOf(statusNone, statusPartial, statusFull),
		help:  "what /accessibilite declares: none, partial or full conformity to RGAA 4.1"},
	{key: "house.accessibility.rate",
		value: func(c *Config) any { return &c.House.Accessibility.Rate },
		check: optional(isPercentage), help: "criteria that are met, in percent, by the audit"},
	{key: "house.accessibility.audited",
		value: func(c *Config) any { return &c.House.Accessibility.Audited },
		check: optional(isDate), help: "when it was audited, as in 2026-11-30; empty: never"},
	{key: "house.accessibility.auditor",
		value: func(c *Config) any { return &c.House.Accessibility.Auditor },
		help:  "who has audited it"},
	{key: "house.accessibility.contact",
		value: func(c *Config) any { return &c.House.Accessibility.Contact },
		help:  "address for whoever cannot use a page"},
	{key: "house.accessibility.plan",
		value: func(c *Config) any { return &c.House.Accessibility.Plan },
		check: optional(isPublicPage), help: "address of the scheme for several years"},
}

// pages is what the pages say of it.
func (h HouseConfig) pages() web.House {
	return web.House{Name: h.Name, Phone: h.Phone,
		Accessibility: web.Accessibility(h.Accessibility)}
}

func isPercentage(value any) error {
	text := *value.(*string)
	if n, err := strconv.ParseFloat(text, 64); err != nil || n < 0 || n > 100 {
		return fmt.Errorf("expected a number from 0 to 100, as in 82.5, not %q", text)
	}
	return nil
}

func isPublicPage(value any) error {
	text := *value.(*string)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("expected an address as in https://ch-x.example/plan, not %q", text)
	}
	return nil
}

func isDate(value any) error {
	text := *value.(*string)
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return fmt.Errorf("expected a date as in 2026-11-30, not %q", text)
	}
	return nil
}
