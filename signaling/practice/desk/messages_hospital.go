package desk

import "draille/signaling/practice"

// ReceivedView is a message of the hospital's system as whoever looks after the connection sees it.
type ReceivedView struct {
	Received practice.Received `json:"received"`
	// segments in lines, letters and digits of patients' traits replaced; empty: forgotten
	Text string `json:"text"`
}

// MergeLine is a merge with the patients, for whoever may undo it.
type MergeLine struct {
	Merge    practice.Merge `json:"merge"`
	Survivor *PatientLine   `json:"survivor"`
	Prior    *PatientLine   `json:"prior"` // null: was not known here
}
