package desk

import "draille/signaling/practice"

// ReportView is the report of an appointment, the newest version first.
type ReportView struct {
	Versions []ReportLine `json:"versions"` // none: the session has not ended
	MayWrite bool         `json:"mayWrite"`
	Acts     []string     `json:"acts"` // codes that there are; the empty one is none
}

// ReportLine is one version. The facts of a draft are those of now.
type ReportLine struct {
	Report    practice.Report      `json:"report"` // without facts
	Facts     practice.ReportFacts `json:"facts"`
	Incidents []string             `json:"incidents"` // in words, in the caller's language
	Signer    string               `json:"signer"`    // name
	// how far it is on its way into the record; null: there is no way
	Sent *practice.Message `json:"sent"`
}

// ReportText is what a clinician writes.
type ReportText struct {
	Motive     string `json:"motive"`
	Findings   string `json:"findings"`
	Conclusion string `json:"conclusion"`
	Act        string `json:"act"`
}

// WithdrawReport says why a report is not to be used.
type WithdrawReport struct {
	Why string `json:"why"`
}
