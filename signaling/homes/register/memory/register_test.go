package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
	"draille/signaling/homes/register/registertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	registertest.Run(t, func(*testing.T) register.Register { return memory.New() })
}
