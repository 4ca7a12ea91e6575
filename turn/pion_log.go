package turn

import (
	"fmt"

	"github.com/pion/logging"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// pionLog carries the library's log lines to zap. What the library calls information can be caused
// at will by any stranger (a refused peer, a bad datagram), so everything below a warning is for
// debugging here.
type pionLog struct{ logger *zap.Logger }

func (l pionLog) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{logger: l.logger.Named(scope)}
}

func (l pionLog) write(level zapcore.Level, text string) {
	if entry := l.logger.Check(level, text); entry != nil {
		entry.Write()
	}
}

func (l pionLog) writef(level zapcore.Level, format string, args []any) {
	if l.logger.Core().Enabled(level) {
		l.write(level, fmt.Sprintf(format, args...))
	}
}

func (l pionLog) Trace(string)                      {}
func (l pionLog) Tracef(string, ...any)             {}
func (l pionLog) Debug(text string)                 { l.write(zapcore.DebugLevel, text) }
func (l pionLog) Debugf(format string, args ...any) { l.writef(zapcore.DebugLevel, format, args) }
func (l pionLog) Info(text string)                  { l.write(zapcore.DebugLevel, text) }
func (l pionLog) Infof(format string, args ...any)  { l.writef(zapcore.DebugLevel, format, args) }
func (l pionLog) Warn(text string)                  { l.write(zapcore.WarnLevel, text) }
func (l pionLog) Warnf(format string, args ...any)  { l.writef(zapcore.WarnLevel, format, args) }
func (l pionLog) Error(text string)                 { l.write(zapcore.WarnLevel, text) }
func (l pionLog) Errorf(format string, args ...any) { l.writef(zapcore.WarnLevel, format, args) }
