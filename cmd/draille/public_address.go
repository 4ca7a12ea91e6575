package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v3"
)

// PublicAddress is one value of public-address: an address, or the STUN server to ask for it.
type PublicAddress struct {
	Addr netip.Addr
	STUN string // host:port; empty: Addr is given
}

const (
	stunPrefix   = "stun:"
	stunPatience = 5 * time.Second
	// stunAgain is when a question without answer is asked again, doubling (RFC 8489 §6.2.1).
	stunAgain = 500 * time.Millisecond
)

func (p PublicAddress) String() string {
	if p.STUN != "" {
		return stunPrefix + p.STUN
	}
	return p.Addr.String()
}

func parsePublicAddress(text string) (PublicAddress, error) {
	if server, found := strings.CutPrefix(text, stunPrefix); found {
		host, port, err := net.SplitHostPort(server)
		if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil ||
			host == "" {
			return PublicAddress{},
				fmt.Errorf("expected a STUN server with its port, such as "+
					"stun:stun.example.org:3478, not %q", text)
		}
		return PublicAddress{STUN: server}, nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.IsUnspecified() || address.IsMulticast() ||
		address.IsLinkLocalUnicast() || address.Zone() != "" {
		return PublicAddress{}, fmt.Errorf("expected IP addresses such as 192.0.2.1 or "+
			"2001:db8::1, or stun:host:port to ask for it, not %q", text)
	}
	return PublicAddress{Addr: address.Unmap()}, nil
}

// resolvePublic asks for the addresses that are not given.
func resolvePublic(ctx context.Context, configured []PublicAddress) ([]netip.Addr, error) {
	var addresses []netip.Addr
	for _, p := range configured {
		if p.STUN == "" {
			addresses = append(addresses, p.Addr)
			continue
		}
		address, err := askSTUN(ctx, p.STUN)
		if err != nil {
			return nil, fmt.Errorf("public-address is %s, but that server told no address (%w): "+
				"let UDP out to it, or give the address itself", p, err)
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

// askSTUN returns the address that a STUN server sees this machine under.
func askSTUN(ctx context.Context, server string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, stunPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", server)
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	question, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err != nil {
		return netip.Addr{}, err
	}
	var buffer [1500]byte
	for again := stunAgain; ; again *= 2 {
		if _, err := conn.Write(question.Raw); err != nil {
			return netip.Addr{}, orTimeout(ctx, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(again)); err != nil {
			return netip.Addr{}, orTimeout(ctx, err)
		}
		n, err := conn.Read(buffer[:])
		var passing net.Error
		if errors.As(err, &passing) && passing.Timeout() {
			continue
		}
		if err != nil {
			return netip.Addr{}, orTimeout(ctx, err)
		}
		if address, err := mappedAddress(buffer[:n], question.TransactionID); err == nil {
			return address, nil
		}
	}
}

// orTimeout prefers to say that time was up to what that did to the socket.
func orTimeout(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no answer within %s", stunPatience)
	}
	return err
}

// mappedAddress reads the answer to a question.
func mappedAddress(answer []byte, question [stun.TransactionIDSize]byte) (netip.Addr, error) {
	message := &stun.Message{Raw: answer}
	if err := message.Decode(); err != nil {
		return netip.Addr{}, err
	}
	if message.TransactionID != question || message.Type != stun.BindingSuccess {
		return netip.Addr{}, errors.New("not the answer to our question")
	}
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(message); err != nil {
		return netip.Addr{}, err
	}
	address, ok := netip.AddrFromSlice(mapped.IP)
	if !ok {
		return netip.Addr{}, fmt.Errorf("an address of %d bytes", len(mapped.IP))
	}
	return address.Unmap(), nil
}
