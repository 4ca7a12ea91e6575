package protocol

import (
	"reflect"
	"sort"
	"strings"
)

// catalogue finds a message's Go type by its "type".
type catalogue map[string]reflect.Type

func catalogueOf[M any](messages ...M) catalogue {
	c := make(catalogue, len(messages))
	for _, m := range messages {
		c[TypeOf(m)] = reflect.TypeOf(m)
	}
	return c
}

func (c catalogue) names() string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
