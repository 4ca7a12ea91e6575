// Package command is draille loadtest: its subcommands, their flags, and the servers, virtual
// participants and browsers that they put together. What it needs of the program that it is a part
// of is Program.
package command
