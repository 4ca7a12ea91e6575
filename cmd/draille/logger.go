package main

import (
	"io"
	"log"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes to out. Levels and formats were checked when the configuration was read. The
// level may be changed later.
func newLogger(config LogConfig, out io.Writer) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zap.ParseAtomicLevel(config.Level)
	if err != nil {
		return nil, level, err
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewJSONEncoder(encoding)
	if config.Format == "console" {
		encoding.EncodeLevel = zapcore.CapitalLevelEncoder
		encoding.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		encoding.ConsoleSeparator = "  "
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(out)), level)
	return zap.New(zapcore.NewSamplerWithOptions(core, time.Second, logFirst, logThereafter)),
		level, nil
}

// Of lines that say the same only so many are written in a second, and then one of so many: some
// can be caused by strangers, and the disk is not theirs to fill.
const logFirst, logThereafter = 50, 1000

// debugLog is for libraries that want a log.Logger: all they say is for debugging.
func debugLog(logger *zap.Logger) *log.Logger {
	std, err := zap.NewStdLogAt(logger, zapcore.DebugLevel)
	if err != nil { // only for an unknown level
		panic(err)
	}
	return std
}
