package courier

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"draille/signaling/practice"
)

// folder writes letters into files instead of sending them, so that whoever tries the program out
// without a mail server can read them.
type folder struct {
	mailer *mailer // writes the mail
	path   string
}

func newFolder(config MailConfig, domain string) (*folder, error) {
	config.Host, config.Port, config.Mode = "localhost", 25, MailPlain // never asked
	made, err := newMailer(config, domain)
	if err != nil {
		return nil, err
	}
	return &folder{mailer: made, path: config.Folder}, os.MkdirAll(config.Folder, 0o700)
}

func (f *folder) send(ctx context.Context, l letter) error {
	_, err := f.try(ctx, l)
	return err
}

// try writes the mail into a file that is called by the message's id.
func (f *folder) try(_ context.Context, l letter) ([]practice.Step, error) {
	message, err := f.mailer.message(l)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if _, err := message.WriteTo(&text); err != nil {
		return nil, permanent(practice.ReasonSetting, "the mail cannot be written: %w", err)
	}
	file := filepath.Join(f.path, l.id+".eml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return nil, unreachable(practice.ReasonSetting, "the folder of mails: %w", err)
	}
	return []practice.Step{{Name: practice.StepAccepted, Detail: file}}, nil
}

func (f *folder) check(context.Context) ([]practice.Step, error) {
	if _, err := os.Stat(f.path); err != nil {
		return nil, fmt.Errorf("the folder of mails: %w", err)
	}
	return []practice.Step{{Name: practice.StepReached, Detail: f.path}}, nil
}
