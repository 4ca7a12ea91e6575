package protocol

// Limits of the protocol. A message beyond one of them is answered with Error and not acted upon.
const (
	MaxMessageBytes     = 64 << 10 // one message, uncompressed
	MaxMessageRate      = 50       // messages a second from one connection, on average
	MaxNameCharacters   = 60       // display name
	MaxChatCharacters   = 2000     // one line of chat
	MaxNoteCharacters   = 280      // the staff's sentence in the waiting room
	MaxTokenBytes       = 4096     // an invitation's token
	MaxIDBytes          = 64       // participant, connection, device, resume token
	MaxCandidateBytes   = 1024     // one ICE candidate
	MaxMIDBytes         = 32       // media identification of an SDP section
	MaxSubscriptions    = 100      // pictures in one Subscribe
	MaxPictureSide      = 8192     // device pixels
	MaxPriority         = 4        // of a Subscription
	MaxCaptureLines     = 1 << 14  // pixels
	MaxEstimateBitrate  = 1e9      // bit/s
	MaxSafeInteger      = 1<<53 - 1
	HoldSeconds         = 60       // a lost participant's place is held for so long
	MaxRoomParticipants = 50       // in the room
	MaxWaiting          = 50       // in the lobby and the waiting room together
	MaxChatHistory      = 200      // lines kept, for who comes later
	MaxChatBytes        = 64 << 10 // text of the lines kept
	MaxSeats            = 50       // of an invitation

	MaxPhotoNumber       = 1<<16 - 1 // two bytes of a part
	MaxPhotos            = 10        // in a room
	MaxPhotoBytes        = 8 << 20   // of one photo, all its pieces together
	MaxPhotoPreviewBytes = 15 << 10  // of its first piece
	MaxPhotoRoomBytes    = 24 << 20  // of all photos in a room
	MaxPhotoPieces       = 514       // a preview, the whole at a middle size, and tiles
	PhotoTile            = 384       // pixels of the sides of a tile
	MaxPhotoMarks        = 40        // on one photo
	MaxMarkPoints        = 64        // of one mark: 16 KiB of marks a photo at most
	MaxMarkLength        = 1_000_000 // that a scale stands for, in hundredths of a millimetre: 10 m

	MaxTransferBytes = 4 << 20 // told by one Transfer: ten seconds of the highest rate
)
