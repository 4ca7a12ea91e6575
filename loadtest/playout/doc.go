// Package playout models what a person hears and sees of the packets that arrive, as a browser
// would make it of them, without decoding any: Audio is a jitter buffer like NetEq's, Video
// assembles frames and follows their references.
//
// Both are pure: time is an argument. Arrived takes packets, Advance lets time pass, and Figures
// tells what the person got so far. They are not safe for concurrent use.
package playout
