package command

import (
	"net/url"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"draille/signaling/protocol"
)

// Program is what the load test needs of the program that it is a part of: it starts that program's
// server, and opens rooms on servers with their secret.
type Program interface {
	// Version names the build.
	Version() string
	// Command makes a command that runs this program once more, without the configuration that the
	// environment may hold for a server of this machine.
	Command(arguments ...string) (*exec.Cmd, error)
	// AddSecretFlags gives a command the flags that say where a server's secret is.
	AddSecretFlags(command *cobra.Command)
	// Invitations makes links to a server with the secret that the flags of the command name. It
	// fails when there is none: a new one would open nothing.
	Invitations(command *cobra.Command, server *url.URL) (Invitations, error)
	// OwnInvitations does the same with the secret in a folder, and makes one if there is none yet.
	OwnInvitations(directory string, server *url.URL) (Invitations, error)
	// Metrics returns the address at which a server of this machine serves its metrics by default;
	// empty if the server is on another one.
	Metrics(server *url.URL) string
}

// Invitations makes links that let one person into a room.
type Invitations interface {
	// Link makes one that is valid for the time given, from the beginning on.
	Link(room string, kind protocol.Kind, role protocol.Role, name string, from time.Time,
		valid time.Duration) (string, error)
}
