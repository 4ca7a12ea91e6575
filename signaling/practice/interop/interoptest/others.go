package interoptest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/store/storetest"
)

// OthersTake has resources of FHIR, one JSON document each, read by two validators that nobody here
// wrote, in a folder: the official JSON schema, and the package fhir. It skips the test where the
// client's packages are not installed, except in CI, and on the second engine of a store: they take
// seconds to start.
func OthersTake(t *testing.T, folder string, resources ...[]byte) {
	t.Helper()
	if _, err := os.Stat(folder + "/../../node_modules/fhir"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("expected the package fhir, got none; run npm ci in web")
		}
		t.Fatal(err)
	}
	if strings.HasPrefix(storetest.Address(t), "postgres") {
		t.Skip("the other engine has been looked at")
	}
	command := exec.CommandContext(t.Context(), "node", "validate.mjs")
	command.Dir, command.Stderr = folder, os.Stderr
	command.Stdin = bytes.NewReader(append(bytes.Join(resources, []byte("\n")), '\n'))
	output, err := command.Output()
	require.NoError(t, err)
	seen := 0
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		require.True(t, strings.HasSuffix(scanner.Text(), " seen"), scanner.Text())
		seen++
	}
	require.Equal(t, len(resources), seen)
}
