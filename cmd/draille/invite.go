package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/signaling/protocol"
	"draille/signaling/token"
)

// longestInvitation keeps a link that was sent once from opening a room for ever.
const longestInvitation = 366 * 24 * time.Hour

// invitation is what draille invite was asked for, and what --json prints.
type invitation struct {
	Link    string        `json:"link"`
	ID      string        `json:"id"` // for draille revoke
	Room    string        `json:"room"`
	Kind    protocol.Kind `json:"kind"`
	Role    protocol.Role `json:"role"`
	Name    string        `json:"name,omitempty"`
	Seats   int           `json:"seats"`
	Begins  time.Time     `json:"begins"`
	With    string        `json:"with,omitempty"` // who receives the person
	At      *time.Time    `json:"at,omitempty"`   // of the appointment
	Zone    string        `json:"zone,omitempty"` // in which hours are told
	Expires time.Time     `json:"expires"`
}

// Long: half of it is the help that people read, and the flags.
func newInvite() *cobra.Command {
	var (
		asked  invitation
		kind   string
		role   string
		from   string
		at     string
		valid  time.Duration
		asJSON bool
	)
	command := &cobra.Command{
		Use:   "invite --room ROOM",
		Short: "Make an invitation link",
		Long: `Make a link that opens one room. Nothing is stored: the link itself
says which room, as what, and until when, and is signed with the secret of the server. Run this as
the user and with the configuration of the server, so that both have the same secret and the same
address.

Roles:
  host       lets people in, mutes, removes, locks the room, ends the call for all
  clinician  comes in without waiting, and may let others in
  guest      waits until somebody lets them in: the patient, a carer, an interpreter, a relative

A link is for one person, and for a guest for a second device beside: --seats says for how many. A
second device of a personal link is asked whether to go on there. The link of a whole team says how
many its members are.

Rooms exist as soon as somebody opens a link to them. The name of a room appears in the server's
log: do not use the name of a patient.`,
		Example: `  draille invite --room consultation-17 --role host --name "Dr Martin" --valid 8h
  draille invite --room consultation-17 --role guest --name "Mme Rey" --valid 2h
  draille invite --room consultation-18 --from 2026-03-31T14:00 --valid 2h
  draille invite --room staff-mardi --kind telestaff --role clinician --seats 12 --json`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			asked.Kind, asked.Role = protocol.Kind(kind), protocol.Role(role)
			if err := asked.check(valid); err != nil {
				return err
			}
			if err := asked.times(from, at, valid); err != nil {
				return err
			}
			if err := asked.sign(config, valid); err != nil {
				return err
			}
			if !asJSON {
				asked.explain(command.ErrOrStderr())
			}
			return asked.print(command.OutOrStdout(), asJSON)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&asked.Room, "room", "", "room: 1 to 64 letters, digits, - and _ (required)")
	flags.StringVar(&kind, "kind", string(protocol.KindConsultation),
		"consultation (one face large) or telestaff (many)")
	flags.StringVar(&role, "role", string(protocol.RoleGuest), "host, clinician or guest")
	flags.StringVar(&asked.Name, "name", "", "name proposed to the person, up to 60 characters")
	flags.IntVar(&asked.Seats, "seats", 0,
		"devices that may use the link at once; 0: 2 for a guest, 1 for host and clinician")
	flags.StringVar(&from, "from", "",
		"when the link begins to work, as in 2026-03-31T14:00; empty: now")
	flags.StringVar(&asked.With, "with", "",
		"who receives the person, as in \"Dr Martin\": for the lobby, and legible in the link")
	flags.StringVar(&at, "at", "",
		"hour of the appointment, as in 2026-03-31T14:30; likewise")
	flags.StringVar(&asked.Zone, "zone", localZone(),
		"time zone of --from and --at, in which the pages tell them, as in Europe/Paris")
	flags.DurationVar(&valid, "valid", 24*time.Hour,
		"how long the link opens the room, from then on")
	flags.BoolVar(&asJSON, "json", false, "print JSON instead of the link alone")
	addConfigFlags(command, "public-url", "data-directory", "secret-file", "listen", "tls.mode",
		"tls.acme-domains", "tls.cert", "tls.key")
	return command
}

// check refuses, in words, what could not be signed.
func (i *invitation) check(valid time.Duration) error {
	if i.Room == "" {
		return fmt.Errorf(
			"--room is missing: name the room that the link opens, as in --room consultation-17")
	}
	if err := protocol.CheckIdentifier("room", i.Room); err != nil {
		return fmt.Errorf("--room %q cannot be used: expected 1 to 64 letters without accents, "+
			"digits, - and _, as in consultation-17", i.Room)
	}
	switch i.Kind {
	case protocol.KindConsultation, protocol.KindTelestaff:
	default:
		return fmt.Errorf("--kind %q is unknown: expected consultation or telestaff", i.Kind)
	}
	switch i.Role {
	case protocol.RoleHost, protocol.RoleClinician, protocol.RoleGuest:
	default:
		return fmt.Errorf("--role %q is unknown: expected host, clinician or guest", i.Role)
	}
	if i.Name != "" {
		if err := protocol.CheckName(i.Name); err != nil {
			return fmt.Errorf("--name %q cannot be used: expected up to %d characters on one line",
				i.Name, protocol.MaxNameCharacters)
		}
	}
	if i.With != "" && protocol.CheckName(i.With) != nil {
		return fmt.Errorf("--with %q cannot be used: expected up to %d characters on one line",
			i.With, protocol.MaxNameCharacters)
	}
	if i.Seats < 0 || i.Seats > protocol.MaxSeats {
		return fmt.Errorf("--seats %d cannot be used: expected 1 to %d, or 0 for what the role has",
			i.Seats, protocol.MaxSeats)
	}
	if valid < time.Minute || valid > longestInvitation {
		return fmt.Errorf("--valid %s cannot be used: expected from 1m to %s, as in 2h", valid,
			shortDuration(longestInvitation))
	}
	return nil
}

// times reads when the link begins and when the appointment is, before which it may not be over.
func (i *invitation) times(from, at string, valid time.Duration) error {
	zone := time.Local
	if i.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(i.Zone); err != nil {
			return fmt.Errorf("--zone %q cannot be used: expected a time zone, as in Europe/Paris",
				i.Zone)
		}
	}
	var err error
	if i.Begins, err = beginning("from", from, zone); err != nil {
		return err
	}
	if at != "" {
		begins, err := beginning("at", at, zone)
		if err != nil {
			return err
		}
		if end := i.Begins.Add(valid); begins.After(end) {
			return fmt.Errorf("--at %s cannot be used: the link is over before, at %s; say with "+
				"--from when it begins to work, or give a longer --valid", at,
				end.In(zone).Format("2006-01-02T15:04"))
		}
		i.At = &begins
	}
	if from == "" && at == "" {
		i.Zone = "" // the link holds no hour that anybody reads
	}
	return nil
}

// localZone is the name of this machine's time zone; empty where it has none, or that of servers.
func localZone() string {
	name := os.Getenv("TZ")
	if name == "" {
		if target, err := os.Readlink("/etc/localtime"); err == nil {
			_, name, _ = strings.Cut(target, "zoneinfo/")
		}
	}
	if _, err := time.LoadLocation(name); err != nil || name == "UTC" || name == "Etc/UTC" {
		return ""
	}
	return name
}

// beginning reads a flag with a time; one without an offset is of the zone, and none is now.
func beginning(flag, from string, zone *time.Location) (time.Time, error) {
	if from == "" {
		return time.Now().Truncate(time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, from); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", from, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("--%s %q cannot be used: expected a date and a time, as "+
			"in 2026-03-31T14:00 or 2026-03-31T14:00:00+02:00", flag, from)
	}
	return t, nil
}

func (i *invitation) sign(config Config, valid time.Duration) error {
	s, err := readSecrets(config)
	if err != nil {
		return err
	}
	maker, err := newInvitations(s, config.publicURL(config.Listen))
	if err != nil {
		return err
	}
	i.Expires = i.Begins.Add(valid)
	signed := token.Invitation{Room: i.Room, Kind: i.Kind, Role: i.Role, Name: i.Name,
		Seats: i.Seats,
		ID:    rand.Text(), NotBefore: i.Begins, Expires: i.Expires, With: i.With,
		Zone: i.Zone}
	if i.At != nil {
		signed.At = *i.At
	}
	i.ID, i.Seats = signed.ID, signed.SeatCount()
	i.Link, err = maker.link(signed)
	return err
}

// explain says on standard error what the link is good for, in the zone of its hours: what was
// meant by --from shows there.
func (i *invitation) explain(out io.Writer) {
	const layout = "Monday 2 January 2006 15:04 MST"
	zone := time.Local
	if named, err := time.LoadLocation(i.Zone); i.Zone != "" && err == nil {
		zone = named
	}
	fmt.Fprintf(out, "Works from %s to %s, on %d at once. To withdraw it: draille revoke %s\n",
		i.Begins.In(zone).Format(layout), i.Expires.In(zone).Format(layout), i.Seats, i.ID)
}

func (i *invitation) print(out io.Writer, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintln(out, i.Link)
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(i)
}
