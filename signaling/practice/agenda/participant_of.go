package agenda

// ParticipantOf is whose an invitation is. Ok is false for those that are not the practice's.
func ParticipantOf(invitation string) (participant string, ok bool) {
	b, ok := bearerOf(invitation)
	return b.participant, ok
}
