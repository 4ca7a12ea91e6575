package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exampleConfig documents every key with its default.
//
//go:embed draille.example.yaml
var exampleConfig string

const (
	envPrefix     = "DRAILLE_"
	envConfigFile = envPrefix + "CONFIG" // instead of --config
)

// addConfigFlags gives a command --config and one flag for each of the named keys; without names,
// for all of them.
func addConfigFlags(command *cobra.Command, keys ...string) {
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringP("config", "c", "", "configuration file in YAML (or "+envConfigFile+")")
	defaults := defaultConfig()
	for i := range settings {
		s := &settings[i]
		if len(keys) > 0 && !slices.Contains(keys, s.key) {
			continue
		}
		target := s.value(&defaults)
		value := &flagValue{kind: kindOf(target), text: format(target)}
		flag := flags.VarPF(value, s.key, "", s.help)
		if _, isBool := target.(*bool); isBool {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue keeps the text of a flag; it is read together with everything else when the
// configuration is loaded, so that a bad value is answered in the same words wherever it was
// written.
type flagValue struct {
	kind, text string
	given      bool // text is no longer the default
}

func (v *flagValue) String() string { return v.text }
func (v *flagValue) Type() string   { return v.kind }

// Set keeps the last text, except of a list, which may be given in parts: an empty one empties it.
func (v *flagValue) Set(text string) error {
	if v.given && v.kind == kindList && v.text != "" && text != "" {
		text = v.text + "," + text
	}
	v.text, v.given = text, true
	return nil
}

const kindList = "list"

func kindOf(target any) string {
	switch target.(type) {
	case *bool:
		return "bool"
	case *int:
		return "number"
	case *string:
		return "text"
	case *time.Duration:
		return "duration"
	default:
		return kindList
	}
}

// layer is one source of configuration.
type layer struct {
	origin string // for errors
	values *koanf.Koanf
}

// loadConfig puts the sources over each other: defaults, file, environment, flags. The path of the
// file used is returned too; it is empty when there was none.
func loadConfig(flags *pflag.FlagSet, environment []string) (Config, string, error) {
	path := configPath(flags, environment)
	layers := []layer{
		{origin: path, values: koanf.New(".")},
		{origin: "the environment", values: koanf.New(".")},
		{origin: "the command line", values: koanf.New(".")},
	}
	if path != "" {
		if err := layers[0].values.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Config{}, "", fileError(path, err)
		}
	}
	names := environmentNames()
	err := layers[1].values.Load(env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environment },
		TransformFunc: func(name, value string) (string, any) {
			if name == envConfigFile {
				return "", nil
			}
			if key := names[name]; key != "" {
				return key, value
			}
			return name, value // unknown: refused below under the name that was written
		},
	}), nil)
	if err != nil {
		return Config{}, "", fmt.Errorf("reading the environment: %w", err)
	}
	err = layers[2].values.Load(posflag.ProviderWithFlag(flags, ".", layers[2].values,
		func(f *pflag.Flag) (string, any) {
			if !f.Changed || findSetting(f.Name) == nil {
				return "", nil
			}
			return f.Name, f.Value.String()
		}), nil)
	if err != nil {
		return Config{}, "", fmt.Errorf("reading the command line: %w", err)
	}

	config := defaultConfig()
	for _, l := range layers {
		if err := l.apply(&config); err != nil {
			return Config{}, "", err
		}
	}
	if err := config.validate(); err != nil {
		return Config{}, "", err
	}
	return config, path, nil
}

func configPath(flags *pflag.FlagSet, environment []string) string {
	if flag := flags.Lookup("config"); flag != nil && flag.Changed {
		return flag.Value.String()
	}
	for _, variable := range environment {
		if path, found := strings.CutPrefix(variable, envConfigFile+"="); found {
			return path
		}
	}
	return ""
}

func fileError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no configuration file %s: check the path, or leave out "+
			"--config to run with the defaults", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf(
			"the configuration file %s cannot be read: let the user who runs draille read it", path)
	default:
		text, unread := os.ReadFile(path)
		if unread != nil {
			return fmt.Errorf("the configuration file %s cannot be read: %w", path, unread)
		}
		return fmt.Errorf("the configuration file %s is not valid YAML: %w", path,
			yamlFault(text, err, func(text []byte) error {
				_, err := yaml.Parser().Unmarshal(text)
				return err
			}))
	}
}

// apply sets what the layer says, and refuses what it should not say.
func (l layer) apply(config *Config) error {
	var problems []error
	for _, key := range l.values.Keys() {
		s := findSetting(key)
		if s == nil {
			problems = append(problems, unknownKey(l.origin, key))
			continue
		}
		target, raw := s.value(config), l.values.Get(key)
		err := set(target, raw)
		if err == nil && s.check != nil {
			err = s.check(target)
		}
		if err != nil {
			problems = append(problems,
				fmt.Errorf("%s is %q in %s: %w", key, fmt.Sprint(raw), l.origin, err))
		}
	}
	return errors.Join(problems...)
}

func unknownKey(origin, key string) error {
	known := make([]string, 0, len(settings))
	for name, settingKey := range environmentNames() {
		if strings.HasPrefix(key, envPrefix) {
			known = append(known, name)
		} else {
			known = append(known, settingKey)
		}
	}
	return fmt.Errorf("%s in %s is not a key of the configuration: did you mean %s?", key, origin,
		nearest(key, known))
}

func findSetting(key string) *setting {
	for i := range settings {
		if settings[i].key == key {
			return &settings[i]
		}
	}
	return nil
}

// environmentNames maps DRAILLE_TURN_TCP_LISTEN to turn.tcp-listen.
func environmentNames() map[string]string {
	names := make(map[string]string, len(settings))
	for _, s := range settings {
		names[envPrefix+strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.key))] =
			s.key
	}
	return names
}

// nearest is the known name that needs the fewest changes of a letter (Levenshtein distance) to
// become name.
func nearest(name string, known []string) string {
	slices.Sort(known)
	if below := slices.DeleteFunc(slices.Clone(known), func(key string) bool {
		return !strings.HasPrefix(key, name+".") && !strings.HasPrefix(key, name+"_")
	}); len(below) > 0 {
		known = below // the name of a table
	}
	best, distance := "", len(name)+1000
	for _, candidate := range known {
		if d := editDistance(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// loadFor loads the configuration of a command that is about to run.
func loadFor(command *cobra.Command) (Config, string, error) {
	return loadConfig(command.Flags(), os.Environ())
}
