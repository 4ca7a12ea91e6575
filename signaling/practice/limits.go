package practice

// Limits of what belongs to a question to experts. The pages have them from here.
const (
	MaxPictures   = 10        // of one question
	MaxSounds     = 3         // of one question
	SoundSeconds  = 60        // of one clip
	SoundRate     = 16_000    // Hz, of its one channel
	PictureTile   = 384       // pixels of the sides of a tile: those of a photo in a call
	MaxMarks      = 40        // on one picture; these three are those of a photo in a call
	MaxMarkPoints = 64        // of one mark
	MaxMarkLength = 1_000_000 // that a scale stands for, in hundredths of a millimetre: 10 m
)
