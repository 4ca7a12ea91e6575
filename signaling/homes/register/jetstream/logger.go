package jetstream

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// sameAgain is how often one thing that the server says again and again is written down: it tries
// to reach another every second.
const sameAgain = time.Minute

// logger writes what the server says into our log. Its notices are of no use to an operator.
type logger struct {
	log *zap.SugaredLogger
	now func() time.Time

	mu   sync.Mutex
	said map[string]time.Time // by format
}

func newLogger(log *zap.Logger, now func() time.Time) *logger {
	return &logger{log: log.Sugar(), now: now, said: map[string]time.Time{}}
}

func (l *logger) Noticef(format string, v ...any) { l.log.Debugf(format, v...) }
func (l *logger) Fatalf(format string, v ...any)  { l.log.Errorf(format, v...) }
func (l *logger) Debugf(format string, v ...any)  { l.log.Debugf(format, v...) }
func (l *logger) Tracef(format string, v ...any)  { l.log.Debugf(format, v...) }

// refusal is what the server says when the other end of a connection does not believe it.
const refusal = "remote error: tls: bad certificate"

// Errorf writes down what was not said within a minute.
func (l *logger) Errorf(format string, v ...any) {
	if text := fmt.Sprintf(format, v...); strings.Contains(text, refusal) {
		if l.fresh(refusal) {
			l.log.Warnf("another process refuses this keeper of the register: expected one with "+
				"the same secret and a clock less than a minute off, and its own log says which "+
				"it is (%s)", text)
		}
		return
	}
	if l.fresh(format) {
		l.log.Errorf(format, v...)
	} else {
		l.log.Debugf(format, v...)
	}
}

// Warnf does the same.
func (l *logger) Warnf(format string, v ...any) {
	if l.fresh(format) {
		l.log.Warnf(format, v...)
	} else {
		l.log.Debugf(format, v...)
	}
}

// unsaid are beginnings of what is not written down: that crypto/tls checks no name (whoever gives
// the TLS configuration checks more than names in it), and what is said of each server that goes
// and comes (see neighbours).
var unsaid = []string{
	"TLS certificate chain and hostname of solicited routes",
	"Error trying to connect to route",
}

// fresh reports whether something is to be written down now.
func (l *logger) fresh(format string) bool {
	for _, beginning := range unsaid {
		if strings.HasPrefix(format, beginning) {
			return false
		}
	}
	if i := strings.LastIndex(format, " - "); i >= 0 {
		format = format[i:] // the server puts a connection's number and address before it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if at, ok := l.said[format]; ok && now.Sub(at) < sameAgain {
		return false
	}
	l.said[format] = now
	return true
}
