package practice

// Picture belongs to a question to experts. What it shows lies apart, sealed, and is shown to
// nobody before it is whole.
type Picture struct {
	ID            string  `json:"id"`
	Establishment string  `json:"establishment"` // that asks
	Opinion       string  `json:"opinion"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	Size          int64   `json:"size"`     // in bytes
	Received      int64   `json:"received"` // bytes of them that are here
	Digest        string  `json:"digest"`   // SHA-256 of all of them, in hexadecimal
	MadeBy        string  `json:"madeBy"`   // a person
	MadeAt        Instant `json:"madeAt"`
	WholeAt       Instant `json:"wholeAt"` // 0: not yet
}
