package record

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/report"
)

// Form is as what reports go into a record.
type Form string

const (
	FormMDM    Form = "mdm"    // MDM T02, T10 and T04
	FormORU    Form = "oru"    // ORU R01
	FormFolder Form = "folder" // a file for each document
)

// Way is how reports of one establishment go into its record.
type Way struct {
	Establishment string // its id, or its FINESS number
	Form          Form
	CDA           bool   // the PDF stands in a CDA document
	Folder        string // of FormFolder

	Address string      // host and port of the record's server
	TLS     *tls.Config // nil: without TLS

	Application, Facility     string // MSH-3 and MSH-4
	ToApplication, ToFacility string // MSH-5 and MSH-6
	// Authority of the hospital's numbers as in PID-3.4: CHU-X, or CHU-X&1.2.250.…&ISO
	Authority string
	// Meta are rows of meta data behind the document, as French platforms want them: DESTDMP and
	// others, with Y or N.
	Meta map[string]string
}

// metaWords are the names of meta data that are known.
var metaWords = map[string]string{
	"MASQUE_PS":            "Masqué aux professionnels de santé",
	"INVISIBLE_PATIENT":    "Document non visible par le patient",
	"INVISIBLE_REP_LEGAUX": "Non visible par les représentants légaux du patient",
	"DESTDMP":              "Destinataire DMP",
	"DESTMSSANTEPS":        "Destinataire PS",
	"DESTMSSANTEPAT":       "Destinataire Patient",
	"ACK_RECEPTION":        "Accusé de réception",
}

// Check says what of a way cannot be.
func (w Way) Check() error {
	if w.Establishment == "" {
		return fmt.Errorf("expected the id or the FINESS number of an establishment, got nothing")
	}
	switch w.Form {
	case FormFolder:
		if w.Folder == "" {
			return fmt.Errorf("%s: expected a folder, got nothing", w.Establishment)
		}
		return nil
	case FormMDM, FormORU:
	default:
		return fmt.Errorf("%s: expected the form mdm, oru or folder, got %q", w.Establishment,
			w.Form)
	}
	if host, port, err := net.SplitHostPort(w.Address); err != nil || host == "" || port == "" {
		return fmt.Errorf("%s: expected a server as in dpi.ch-x.example:2575, got %q",
			w.Establishment, w.Address)
	}
	if w.Authority == "" {
		return fmt.Errorf("%s: expected the authority of the hospital's numbers, as in CHU-X or "+
			"CHU-X&1.2.250.1.999&ISO, got nothing", w.Establishment)
	}
	if w.CDA && w.authorityOID() == "" {
		return fmt.Errorf("%s: expected an authority with its OID for CDA, as in "+
			"CHU-X&1.2.250.1.999&ISO, got %q", w.Establishment, w.Authority)
	}
	for name, value := range w.Meta {
		if metaWords[name] == "" || value != "Y" && value != "N" {
			return fmt.Errorf("%s: expected meta data as in DESTDMP: \"Y\", got %s: %q",
				w.Establishment, name, value)
		}
	}
	return nil
}

func (w Way) authorityOID() string {
	parts := strings.Split(w.Authority, "&")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// Message is the message that carries a document: the same each time.
func (w Way) Message(d report.Document) (er7.Message, error) {
	content, err := report.PDF(d.Page)
	if err != nil {
		return er7.Message{}, err
	}
	kind := "application^pdf"
	if w.CDA {
		if content, err = w.clinicalDocument(d, content); err != nil {
			return er7.Message{}, err
		}
		kind = "text^XML"
	}
	m := mail{Way: w, d: d, message: er7.New(), content: content, kind: kind}
	if w.Form == FormORU {
		m.result()
	} else {
		m.document()
	}
	return m.message, nil
}
