package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// set reads raw, as it came from the file (any YAML value) or from the environment or a flag
// (text), into the field that target points to.
func set(target, raw any) error {
	switch field := target.(type) {
	case *string:
		switch value := raw.(type) {
		case nil:
			*field = ""
		case string:
			*field = value
		case int, float64, bool:
			*field = fmt.Sprint(value)
		default:
			return fmt.Errorf("expected text")
		}
	case *bool:
		value, err := strconv.ParseBool(fmt.Sprint(raw))
		if err != nil {
			return fmt.Errorf("expected true or false")
		}
		*field = value
	case *int:
		value, err := strconv.Atoi(fmt.Sprint(raw))
		if err != nil {
			return fmt.Errorf("expected a whole number")
		}
		*field = value
	case *time.Duration:
		value, err := time.ParseDuration(fmt.Sprint(raw))
		if err != nil {
			return fmt.Errorf("expected a duration such as 90m or 12h")
		}
		*field = value
	case *[]string:
		texts, err := texts(raw)
		if err != nil {
			return err
		}
		*field = texts
	case *[]PublicAddress:
		texts, err := texts(raw)
		if err != nil {
			return err
		}
		var addresses []PublicAddress
		for _, text := range texts {
			address, err := parsePublicAddress(text)
			if err != nil {
				return err
			}
			addresses = append(addresses, address)
		}
		*field = addresses
	default:
		// a setting of a new kind was added without its reader
		panic(fmt.Sprintf("no way to read a %T", target))
	}
	return nil
}

// texts reads a list: a YAML list, or text with commas.
func texts(raw any) ([]string, error) {
	var list []string
	switch value := raw.(type) {
	case nil:
	case string:
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	case []any:
		for _, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, fmt.Errorf("expected a list of texts, got %v in it; put it in quotes",
					one)
			}
			list = append(list, text)
		}
	default:
		return nil, fmt.Errorf("expected a list")
	}
	return list, nil
}

// format writes a field as set reads it.
func format(target any) string {
	switch field := target.(type) {
	case *string:
		return *field
	case *bool:
		return strconv.FormatBool(*field)
	case *int:
		return strconv.Itoa(*field)
	case *time.Duration:
		return shortDuration(*field)
	case *[]string:
		return strings.Join(*field, ",")
	case *[]PublicAddress:
		var parts []string
		for _, address := range *field {
			parts = append(parts, address.String())
		}
		return strings.Join(parts, ",")
	default:
		panic(fmt.Sprintf("no way to write a %T", target))
	}
}

// shortDuration writes 12h0m0s as 12h.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Checks of single values. Each says what would be right.

func optional(check func(any) error) func(any) error {
	return func(value any) error {
		if *value.(*string) == "" {
			return nil
		}
		return check(value)
	}
}

func each(check func(any) error) func(any) error {
	return func(value any) error {
		for _, one := range *value.(*[]string) {
			if err := check(&one); err != nil {
				return err
			}
		}
		return nil
	}
}

func oneOf(choices ...string) func(any) error {
	return func(value any) error {
		for _, choice := range choices {
			if *value.(*string) == choice {
				return nil
			}
		}
		last := len(choices) - 1
		return fmt.Errorf("expected %s or %s", strings.Join(choices[:last], ", "), choices[last])
	}
}

func between(least, most int) func(any) error {
	return func(value any) error {
		if n := *value.(*int); n < least || n > most {
			return fmt.Errorf("expected a number from %d to %d", least, most)
		}
		return nil
	}
}

func lasts(least, most time.Duration) func(any) error {
	return func(value any) error {
		if d := *value.(*time.Duration); d < least || d > most {
			return fmt.Errorf("expected a duration from %s to %s", shortDuration(least),
				shortDuration(most))
		}
		return nil
	}
}

func isNotEmpty(value any) error {
	if *value.(*string) == "" {
		return fmt.Errorf("expected something")
	}
	return nil
}

func isListenAddress(value any) error {
	_, port, err := net.SplitHostPort(*value.(*string))
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf(
			"expected an address and a port, such as localhost:8080, or :8080 for all addresses")
	}
	return nil
}

func isPublicURL(value any) error {
	u, err := url.Parse(*value.(*string))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" ||
		strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("expected an address without a path, such as https://visio.example.org")
	}
	return nil
}

func isOrigin(value any) error {
	u, err := url.Parse(*value.(*string))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
		u.Scheme+"://"+u.Host != *value.(*string) {
		return fmt.Errorf("expected origins such as https://portail.example.org, with nothing " +
			"after the name and port")
	}
	return nil
}

func isNetwork(value any) error {
	if _, err := netip.ParsePrefix(*value.(*string)); err != nil {
		return fmt.Errorf("expected networks such as 10.0.0.0/8, or 192.0.2.7/32 for one address")
	}
	return nil
}

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)

func isDomain(value any) error {
	if text := *value.(*string); !domain.MatchString(text) {
		return fmt.Errorf("expected names such as visio.example.org, not %q", text)
	}
	return nil
}

// Addresses.

func splitListen(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address, ""
	}
	return host, port
}

func joinHostPort(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func isUnspecified(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsUnspecified()
}

// isLocal reports whether only browsers on this machine reach the host; they count it as secure
// without TLS.
func isLocal(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
