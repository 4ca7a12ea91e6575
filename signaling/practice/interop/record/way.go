package record

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/report"
)

// Form is as what reports go into a record.
type Form string

const (
	FormMDM    Form = "mdm"    // MDM T02, T10 and T04
	FormORU    Form = "oru"    // ORU R01
	FormFHIR   Form = "fhir"   // FHIR R4, ITI-105
	FormFolder Form = "folder" // a file for each document
)

// Way is how reports of one establishment go into its record.
type Way struct {
	Establishment string // its id, or its FINESS number
	Form          Form
	CDA           bool   // the PDF stands in a CDA document
	Folder        string // of FormFolder

	Address string      // host and port of the record's server; of FormFHIR its base URL
	TLS     *tls.Config // nil: without TLS
	Token   *Token      // of FormFHIR; nil: the server wants none

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
		return errors.New("expected the id or the FINESS number of an establishment, got nothing")
	}
	switch w.Form {
	case FormFolder:
		if w.Folder == "" {
			return w.wrong("expected a folder, got nothing")
		}
		return nil
	case FormFHIR:
		return w.checkFHIR()
	case FormMDM, FormORU:
		return w.checkHL7()
	}
	return w.wrong("expected the form mdm, oru, fhir or folder, got %q", w.Form)
}

// wrong is what cannot be of the way of an establishment.
func (w Way) wrong(text string, arguments ...any) error {
	return fmt.Errorf("%s: "+text, append([]any{w.Establishment}, arguments...)...)
}

func (w Way) checkHL7() error {
	if host, port, err := net.SplitHostPort(w.Address); err != nil || host == "" || port == "" {
		return w.wrong("expected a server as in dpi.ch-x.example:2575, got %q", w.Address)
	}
	if w.Authority == "" {
		return w.wrong("expected the authority of the hospital's numbers, as in CHU-X or " +
			"CHU-X&1.2.250.1.999&ISO, got nothing")
	}
	if w.CDA && w.authorityOID() == "" {
		return w.wrong("expected an authority with its OID for CDA, as in "+
			"CHU-X&1.2.250.1.999&ISO, got %q", w.Authority)
	}
	for name, value := range w.Meta {
		if metaWords[name] == "" || value != "Y" && value != "N" {
			return w.wrong("expected meta data as in DESTDMP: \"Y\", got %s: %q", name, value)
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
	content, kind, err := w.content(d)
	if err != nil {
		return er7.Message{}, err
	}
	m := mail{Way: w, d: d, message: er7.New(), content: content, kind: kind}
	if w.Form == FormORU {
		m.result()
	} else {
		m.document()
	}
	return m.message, nil
}

// What the content of a document is, as in OBX-5.2 and OBX-5.3.
const (
	kindPDF = "application^pdf"
	kindCDA = "text^XML"
)

// content is the document itself, and its kind.
func (w Way) content(d report.Document) (content []byte, kind string, err error) {
	content, err = d.PDF()
	if err != nil || !w.CDA {
		return content, kindPDF, err
	}
	content, err = w.clinicalDocument(d, content)
	return content, kindCDA, err
}

// Host is the record's server with its port.
func (w Way) Host() string {
	at, err := url.Parse(w.Address)
	if w.Form != FormFHIR || err != nil {
		return w.Address
	}
	if at.Port() != "" {
		return at.Host
	}
	return net.JoinHostPort(at.Hostname(), at.Scheme)
}
