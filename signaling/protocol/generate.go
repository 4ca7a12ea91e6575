package protocol

//go:generate go run ./tsgen -name signaling/protocol -from . -types messages.go,messages_client.go,messages_server.go -constants limits.go,codec.go -unions -to ../../web/src/protocol/messages.ts
