package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

var metricName = regexp.MustCompile(`\b(draille|process|go)_[a-z_]+\b`)

// metricsThatThereAre are the names of what a server tells, and the labels of ours.
func metricsThatThereAre(t *testing.T) (told map[string]bool, labels map[string]string) {
	t.Helper()
	s := start(t, testConfig(t))
	s.join(t, s.link(t, protocol.RoleGuest))
	_, metrics := get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	told = map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^# HELP (\S+)`).FindAllStringSubmatch(metrics,
		-1) {
		told[match[1]] = true
	}
	// Counters by reason appear with the first of their kind; they are described all the same.
	described := make(chan *prometheus.Desc, 100)
	for _, collector := range []prometheus.Collector{signalingCollector(s.signaling),
		mediaCollector(s.engine, s.socket), relayCollector(s.relay), houseCollector(s.server),
		clusterCollector(nil)} {
		collector.Describe(described)
	}
	close(described)
	labels = map[string]string{}
	for description := range described {
		match := regexp.MustCompile(
			`fqName: "(\S+)".*variableLabels: \{([^}]*)\}`).FindStringSubmatch(description.String())
		require.NotNil(t, match, description.String())
		told[match[1]] = true
		labels[match[1]] = match[2]
	}
	return told, labels
}

// Every metric and every label that the dashboard shows is one that the server tells.
func TestDashboardShowsWhatThereIs(t *testing.T) {
	content, err := os.ReadFile("deploy/grafana.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr, LegendFormat string }
		}
	}
	require.NoError(t, json.Unmarshal(content, &dashboard))

	told, labels := metricsThatThereAre(t)
	shown := map[string]bool{}
	for _, panel := range dashboard.Panels {
		require.True(t, panel.Type == "row" || len(panel.Targets) > 0, panel.Title)
		for _, target := range panel.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			require.NotEmpty(t, names, target.Expr)
			for _, name := range names {
				require.True(t, told[name], "%s: there is no metric %s", panel.Title, name)
				shown[name] = true
			}
			if by := regexp.MustCompile(`by \((\w+)\)`).FindStringSubmatch(target.Expr); by != nil {
				require.Contains(t, strings.Split(labels[names[0]], ","), by[1], panel.Title)
				require.Equal(t, "{{"+by[1]+"}}", target.LegendFormat)
			}
		}
	}
	for _, important := range []string{"draille_rooms", "draille_participants",
		"draille_state_writes_total", "draille_turn_allocations"} {
		require.True(t, shown[important], important)
	}
}

// The unit and the container run the program with flags that it has, as a user without rights.
func TestDeploymentExamplesFitTheProgram(t *testing.T) {
	unit, err := os.ReadFile("deploy/draille.service")
	require.NoError(t, err)
	container, err := os.ReadFile("deploy/Containerfile")
	require.NoError(t, err)
	serve := newServe()
	for _, text := range []string{string(unit), string(container)} {
		flags := regexp.MustCompile(`(?:serve|"serve",).*`).FindAllString(text, -1)
		require.NotEmpty(t, flags)
		for _, flag := range regexp.MustCompile(`--([a-z.-]+)`).FindAllStringSubmatch(
			strings.Join(flags, " "), -1) {
			require.NotNil(t, serve.Flags().Lookup(flag[1]), flag[1])
		}
	}
	for _, line := range []string{"DynamicUser=yes", "NoNewPrivileges=yes",
		"CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "ProtectSystem=strict",
		"MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service",
		"ExecReload=/bin/kill -HUP $MAINPID", "UMask=0077"} {
		require.Contains(t, "\n"+string(unit), "\n"+line+"\n")
	}
	require.Contains(t, string(container), "FROM scratch")
	require.Contains(t, string(container), "USER 65532")
}

// What the pages for those who run it name is there, and both languages name the same.
func TestReadmesNameWhatThereIs(t *testing.T) {
	told, _ := metricsThatThereAre(t)
	serve, keys := newServe(), map[string]bool{}
	for _, s := range settings {
		keys[s.key] = true
	}
	var named [2][]string
	for i, file := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range metricName.FindAllString(string(text), -1) {
			require.True(t, told[name], "%s: there is no metric %s", file, name)
			named[i] = append(named[i], name)
		}
		for _, key := range regexp.MustCompile("`([a-z]+[.-][a-z.-]+)(?::[^`]*)?`").
			FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(key[1], "draille.") || strings.HasSuffix(key[1], ".go") ||
				strings.HasSuffix(key[1], ".example.org") || strings.HasSuffix(key[1], ".pid") {
				continue // a file, or a name
			}
			require.True(t, keys[key[1]] || serve.Flags().Lookup(key[1]) != nil ||
				strings.HasPrefix(key[1], "net."), "%s: there is no setting %s", file, key[1])
			named[i] = append(named[i], key[1])
		}
	}
	require.Equal(t, named[0], named[1])
}
