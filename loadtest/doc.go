// Package loadtest holds no code: it lists the packages that test how calls work on thin links.
//
//   - link: a model of access links, and drivers for virtual time, sockets and network namespaces;
//   - media: the clips that virtual participants send, with their frame numbers;
//   - publish: what a browser would send of them, at what its uplink carries;
//   - playout: what a person hears and sees of what arrives;
//   - figures: what one participant measured;
//   - rtc: a PeerConnection as clients of the load test use one;
//   - participant: one virtual participant, over real signalling and real WebRTC;
//   - scenario: who does what when, the run of it, and the search for a server's capacity;
//   - thinlink: real browsers in place of virtual participants, and how the two compare;
//   - report: the results as JSON, as a table, as a page; verdict, expectations, comparison;
//   - forwarding: what it costs a server to forward a packet;
//   - flood: attacks on a server while a call goes on;
//   - soak: rooms that come and go for a long time while things go wrong;
//   - rmcat: the standard cases of RFC 8867 for bandwidth estimators, in virtual time.
//
// The subcommand draille loadtest puts them together.
package loadtest
