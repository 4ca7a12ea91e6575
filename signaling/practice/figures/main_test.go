package figures

import (
	"testing"

	"go.uber.org/goleak"

	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(storetest.Both(m)) }
