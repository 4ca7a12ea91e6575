package protocol

//go:generate go run ./tsgen -from . -to ../../web/src/protocol/messages.ts
