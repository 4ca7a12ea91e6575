package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// hairpinPatience is how long an answer from a public address is waited for: it is at most a router
// away.
const hairpinPatience = 2 * time.Second

// checkHairpin looks whether each public address that is a router's leads back in: browsers in the
// same network as the server ask there, too. The server of the trial answers.
func checkHairpin(ctx context.Context, config Config, trial relayTrial) []finding {
	const check = "from inside"
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil // checkAddress says so
	}
	var found []finding
	for _, address := range trial.public {
		if slices.ContainsFunc(own, func(one net.Addr) bool { return isAddress(one, address) }) {
			continue
		}
		_, port, err := net.SplitHostPort(trial.udp)
		if err != nil {
			continue // there is always one
		}
		to := net.JoinHostPort(address.String(), port)
		if err := answersSTUN(ctx, to); err != nil {
			found = append(found, warn(check, fmt.Sprintf("let the router lead %s back in "+
				"(\"hairpin\", \"NAT loopback\"), or let the hospital's own DNS answer %s with "+
				"this machine's address; if people outside do not get through either, correct "+
				"the translation", address, config.publicURL(config.Listen).Hostname()),
				"nothing answers at %s over UDP (%v): browsers in this network get media at this "+
					"machine's own addresses, which are offered, too, but may not reach the page",
				to, err))
			continue
		}
		found = append(found, ok(check, "%s answers", to))
	}
	return found
}

func isAddress(one net.Addr, address netip.Addr) bool {
	network, ok := one.(*net.IPNet)
	if !ok {
		return false
	}
	ip, ok := netip.AddrFromSlice(network.IP)
	return ok && ip.Unmap() == address
}

func answersSTUN(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, hairpinPatience)
	defer cancel()
	_, err := askSTUN(ctx, address)
	if ctx.Err() != nil {
		return fmt.Errorf("no answer within %s", hairpinPatience)
	}
	return err
}
