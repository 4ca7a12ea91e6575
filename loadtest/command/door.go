package command

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"draille/loadtest/scenario"
)

// door is one of several servers that serve one name.
type door struct {
	address string // host[:port]
	metrics string // address; empty: none is known
}

// parseDoors reads what --doors was given.
func parseDoors(texts []string) ([]door, error) {
	var doors []door
	for _, text := range texts {
		address, metrics, _ := strings.Cut(text, "=")
		host, err := url.Parse("//" + address)
		if err != nil || address == "" || host.Host != address {
			return nil, fmt.Errorf("%q is no door: expected host[:port], or with the address of "+
				"its metrics visio-a.example.org=http://10.0.0.1:9477/metrics", text)
		}
		if metrics != "" {
			at, err := url.Parse(metrics)
			if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
				return nil, fmt.Errorf("%q is no address of metrics: expected one such as "+
					"http://10.0.0.1:9477/metrics", metrics)
			}
		}
		doors = append(doors, door{address, metrics})
	}
	if len(doors) == 1 {
		return nil, errors.New("one door was given: expected two or more servers that serve one " +
			"name, or none")
	}
	return doors, nil
}

// metricsOf reads the metrics of all doors.
func metricsOf(doors []door) *scenario.DoorMetrics {
	all := scenario.NewDoorMetrics()
	for _, d := range doors {
		var metrics scenario.Metrics
		if d.metrics != "" {
			metrics = scenario.MetricsEndpoint{URL: d.metrics}
		}
		all.Add(d.address, metrics)
	}
	return all
}

// from are the doors' addresses, each time beginning with the next one.
func from(doors []door, first uint64) []string {
	var addresses []string
	for i := range doors {
		addresses = append(addresses, doors[(first+uint64(i))%uint64(len(doors))].address)
	}
	return addresses
}
