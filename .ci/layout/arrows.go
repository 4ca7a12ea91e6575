package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// module is how import paths of ours begin.
const module = "draille/"

// closed are folders whose packages import nothing of ours but what lies in the same folder: media
// know nothing of rooms, appointments and pages, the practice nothing of media, and what nodes say
// to each other nothing of the rules.
var closed = []string{"sfu", "turn", "signaling/practice", "signaling/peers"}

// importsOutside finds what a closed folder's packages import of ours that does not lie in it.
func importsOutside(folders []string) ([]string, error) {
	var found []string
	for _, folder := range folders {
		out, err := exec.Command("go", "list", "-deps", "./"+folder+"/...").Output()
		if err != nil {
			return nil, fmt.Errorf("cannot list what %s imports: %w", folder, err)
		}
		own := module + folder
		for _, path := range strings.Fields(string(out)) {
			if strings.HasPrefix(path, module) && path != own && !strings.HasPrefix(path, own+"/") {
				found = append(found, fmt.Sprintf("%s imports %s", folder, path))
			}
		}
	}
	return found, nil
}
