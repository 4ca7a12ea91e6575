package turn

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// coturnPatience bounds one run of a client: it sends its packets at its own pace.
const coturnPatience = 30 * time.Second

// coturn runs one of coturn's clients and returns what it said and whether it was content.
func coturn(t *testing.T, program string, arguments ...string) (string, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), coturnPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	require.NoError(t, ctx.Err(), "%s %v did not end:\n%s", program, arguments, out)
	return string(out), err == nil
}

func portOf(address net.Addr) string {
	_, port, _ := net.SplitHostPort(address.String())
	return port
}

var foreign = flag.Bool("coturn", false, "run coturn's clients against the relay")

// Somebody else's client against our relay: coturn's, from Debian's package of that name.
func TestCoturnsClients(t *testing.T) {
	if !*foreign {
		t.Skip("takes a minute and more: go test ./turn -run Coturn -coturn (make network does it)")
	}
	for _, program := range []string{"turnutils_uclient", "turnutils_stunclient"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: apt-get install coturn (make network does it)", program)
		}
	}
	var table strings.Builder
	row := func(name, result string) { fmt.Fprintf(&table, "\n%-52s %s", name, result) }

	t.Run("STUN", func(t *testing.T) {
		b := start(t, nil)
		out, ok := coturn(t, "turnutils_stunclient", "-p", portOf(b.udp), "127.0.0.1")
		require.True(t, ok, out)
		require.Regexp(t, `UDP reflexive addr: 127\.0\.0\.1:\d+`, out)
		row("turnutils_stunclient", "told its address")
	})

	transports := map[string][]string{"UDP": nil, "TCP": {"-t"}, "TLS": {"-t", "-S"}}
	for name, flags := range transports {
		t.Run("allowed peer over "+name, func(t *testing.T) {
			b := start(t, nil)
			out, ok := b.uclient(
				t,
				name,
				nil,
				append(flags, "-e", mediaOne.Addr().String(), "-r", fmt.Sprint(mediaOne.Port()))...)
			require.True(t, ok, out)
			sent, received, lost := counts(out)
			require.Equal(t, []string{"20", "20", "0"}, []string{sent, received, lost}, out)
			row("our media address over "+name,
				fmt.Sprintf("%s packets sent, %s back", sent, received))
		})
	}
	for _, peer := range []string{"127.0.0.1", "10.20.30.41", "192.168.1.1", "169.254.169.254",
		"198.51.100.7"} {
		t.Run("forbidden peer "+peer, func(t *testing.T) {
			b := start(t, nil)
			out, ok := b.uclient(t, "UDP", nil, "-e", peer, "-r", "3478")
			require.False(t, ok, out)
			require.Zero(t, b.Stats().PacketsIn)
			require.NotZero(t, b.Stats().PermissionsRefused)
			row("peer "+peer, "refused: "+verdict(t, out, "401", "403"))
		})
	}
	t.Run("forbidden port", func(t *testing.T) {
		b := start(t, nil)
		out, _ := b.uclient(t, "UDP", nil, "-n", "5", "-e", mediaOne.Addr().String(), "-r", "22")
		require.Zero(t, b.Stats().PacketsIn, out)
		row("our media address, port 22", "nothing passed")
	})

	good := func(b *bench) Credentials { c, _ := b.Credentials("p1", time.Now()); return c }
	for name, credentials := range map[string]func(*bench) Credentials{
		"wrong password": func(b *bench) Credentials {
			c := good(b)
			c.Password = "wrong"
			return c
		},
		"unknown user": func(b *bench) Credentials {
			c := good(b)
			c.Username = "admin"
			return c
		},
		"expired credentials": func(b *bench) Credentials {
			return NewCredentials(secret, "p1", time.Now().Add(-time.Minute))
		},
		"prolonged credentials": func(b *bench) Credentials {
			c := NewCredentials(secret, "p1", time.Now().Add(-time.Minute))
			c.Username = fmt.Sprint(time.Now().Add(time.Hour).Unix()) + ":p1"
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, nil)
			c := credentials(b)
			out, ok := b.uclient(t, "UDP", &c, "-e", mediaOne.Addr().String(), "-r",
				fmt.Sprint(mediaOne.Port()))
			require.False(t, ok, out)
			require.Zero(t, b.Stats().Allocations)
			row(name, "refused: "+verdict(t, out, "400", "401"))
		})
	}
	t.Run("quota", func(t *testing.T) {
		b := start(t, func(c *Config) { c.Quota = newPerParticipant(2) })
		out, ok := b.uclient(t, "UDP", nil, "-m", "5", "-e", mediaOne.Addr().String(), "-r",
			fmt.Sprint(mediaOne.Port()))
		require.False(t, ok, out)
		require.NotZero(t, b.Stats().OverQuota)
		row("third allocation of one credential", "refused: "+verdict(t, out, "486"))
	})
	t.Log(table.String())
}

// uclient runs turnutils_uclient: twenty packets through an allocation of its own, or of the
// credentials given.
func (b *bench) uclient(
	t *testing.T,
	transport string,
	c *Credentials,
	arguments ...string,
) (string, bool) {
	t.Helper()
	if c == nil {
		fresh, err := b.Credentials("p1", time.Now())
		require.NoError(t, err)
		c = &fresh
	}
	server := map[string]net.Addr{"UDP": b.udp, "TCP": b.tcp, "TLS": b.tls}[transport]
	for until := time.Now().Add(coturnPatience); time.Now().Before(until); {
		out, ok := coturn(
			t,
			"turnutils_uclient",
			append(
				[]string{
					"-c",
					"-n",
					"20",
					"-l",
					"200",
					"-u",
					c.Username,
					"-w",
					c.Password,
					"-p",
					portOf(server),
				},
				append(arguments, "127.0.0.1")...)...)
		// By chance it asks for an even port, which is not served (508): it gives up, or goes on
		// with its second connection.
		sent, _, _ := counts(out)
		if codes := errorCodes(out); sent != "" || len(codes) == 0 || codes[len(codes)-1] != "508" {
			return out, ok
		}
	}
	t.Fatal("turnutils_uclient always asked for an even port")
	return "", false
}

var refusal = regexp.MustCompile(`error (\d{3})`)

func errorCodes(out string) []string {
	var codes []string
	for _, match := range refusal.FindAllStringSubmatch(out, -1) {
		codes = append(codes, match[1])
	}
	return codes
}

// verdict is the code of the last refusal, which must be one of those expected: the library
// underneath answers 400 to a wrong password, and 401 to a channel that is not permitted.
func verdict(t *testing.T, out string, expected ...string) string {
	t.Helper()
	codes := errorCodes(out)
	require.NotEmpty(t, codes, out)
	require.Contains(t, expected, codes[len(codes)-1], out)
	return codes[len(codes)-1]
}

var (
	totals = regexp.MustCompile(`tot_send_msgs=(\d+), tot_recv_msgs=(\d+)`)
	losses = regexp.MustCompile(`Total lost packets (\d+)`)
)

// counts reads turnutils_uclient's last totals.
func counts(out string) (sent, received, lost string) {
	if all := totals.FindAllStringSubmatch(out, -1); len(all) > 0 {
		sent, received = all[len(all)-1][1], all[len(all)-1][2]
	}
	if all := losses.FindAllStringSubmatch(out, -1); len(all) > 0 {
		lost = all[len(all)-1][1]
	}
	return sent, received, lost
}
