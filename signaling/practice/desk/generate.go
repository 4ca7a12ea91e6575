package desk

//go:generate go run ../../protocol/tsgen -name signaling/practice -from .. -types practice.go,types.go,desk/messages.go -to ../../../web/src/staff/api.ts
