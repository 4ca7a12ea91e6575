package figures

import (
	"testing"

	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
