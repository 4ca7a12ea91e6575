package hl7

import (
	"context"
	"fmt"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
)

// Deliver sends a message and returns its answer. One that is no answer, or another message's, is
// mllp.ErrUnanswered: it says nothing of this one.
func Deliver(ctx context.Context, s *mllp.Sender, message er7.Message) (er7.Message, error) {
	text, err := s.Send(ctx, message.Bytes())
	if err != nil {
		return er7.Message{}, err
	}
	answer, err := er7.Parse(text)
	if err != nil {
		s.Close()
		return answer, fmt.Errorf("%w: its answer cannot be read: %w", mllp.ErrUnanswered, err)
	}
	asked, got := message.First("MSH").Field(10).Text(), answer.First("MSA").Field(2).Text()
	if asked != got {
		s.Close() // what else is on its way is no answer to what comes next
		return answer, fmt.Errorf("%w: expected the answer to %q, got that to %q",
			mllp.ErrUnanswered, asked, got)
	}
	return answer, nil
}
