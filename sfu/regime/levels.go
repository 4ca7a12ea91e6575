package regime

// Levels, rising, in bit/s on the wire of one direction, headers included.
const (
	// Voice is a voice at its thinnest: Opus at 12 kbit/s in frames of 60 ms, with its headers. A
	// link is given so much whatever is measured: less could not even show that it carries more.
	Voice = 20_000
	// Stills is from where encoders make pictures at all: below it a camera shows a still now and
	// then.
	Stills = 40_000
	// Frozen is below where nothing moves: the voice, what repeats it, and feedback take what there
	// is.
	Frozen = 70_000
	// Moving is from where a small picture moves beside the voice, and comes back.
	Moving = 85_000
	// Thin is what a voice and a small picture that moves well take: on a thinner link a picture
	// hangs on every probe.
	Thin = 150_000
	// Modest is from where a link has some to spare: a voice in short frames, a picture of 180
	// lines in full.
	Modest = 200_000
	// Decent is from where movements can be judged (240 lines, 15 frames/s) and a document is read
	// as it is shown.
	Decent = 400_000
	// Wide is from where two encodings of one camera fit side by side.
	Wide = 600_000
)
