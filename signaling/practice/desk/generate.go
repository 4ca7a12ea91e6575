package desk

//go:generate go run ../../protocol/tsgen -name signaling/practice -from .. -types practice.go,types.go,outbox.go,hospital.go,machine.go,opinion.go,picture.go,report.go,desk/messages_failure.go,desk/messages_signin.go,desk/messages_agenda.go,desk/messages_tablet.go,desk/messages_office.go,desk/messages_events.go,desk/messages_hospital.go,desk/messages_machines.go,desk/messages_opinion.go,desk/messages_report.go,figures.go,desk/messages_figures.go,thread.go,desk/messages_thread.go -constants limits.go -to ../../../web/src/staff/api.ts
