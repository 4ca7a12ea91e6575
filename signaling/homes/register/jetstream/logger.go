package jetstream

import (
	"strings"

	"go.uber.org/zap"
)

// logger writes what the server says into our log. Its notices are of no use to an operator.
type logger struct {
	log *zap.SugaredLogger
}

func (l logger) Noticef(format string, v ...any) { l.log.Debugf(format, v...) }
func (l logger) Errorf(format string, v ...any)  { l.log.Errorf(format, v...) }
func (l logger) Fatalf(format string, v ...any)  { l.log.Errorf(format, v...) }
func (l logger) Debugf(format string, v ...any)  { l.log.Debugf(format, v...) }
func (l logger) Tracef(format string, v ...any)  { l.log.Debugf(format, v...) }

// Warnf leaves out that crypto/tls checks no name: whoever gives the TLS configuration checks more
// than names in it.
func (l logger) Warnf(format string, v ...any) {
	if !strings.HasPrefix(format, "TLS certificate chain and hostname of solicited routes") {
		l.log.Warnf(format, v...)
	}
}
