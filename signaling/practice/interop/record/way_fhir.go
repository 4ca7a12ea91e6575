package record

import (
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir"
	"draille/signaling/practice/report"
)

// Systems of what a DocumentReference is described by, as PDSm and IHE MHD name them.
const (
	systemURI      = "urn:ietf:rfc:3986"
	systemOID      = "urn:oid:"
	systemLOINC    = "http://loinc.org"
	systemClass    = nos + "TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"
	systemSector   = nos + "TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
	systemPractice = nos + "TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice"
	nos            = "https://mos.esante.gouv.fr/NOS/" // nomenclatures of the ANS
	systemSecrecy  = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	systemFormat   = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
)

// documentReference is the resource of FHIR R4, with the elements that are written.
type documentReference struct {
	ResourceType     string                 `json:"resourceType"`
	MasterIdentifier fhir.Identifier        `json:"masterIdentifier"`
	Status           string                 `json:"status"`
	Type             fhir.CodeableConcept   `json:"type"`
	Category         []fhir.CodeableConcept `json:"category"`
	Subject          fhir.Reference         `json:"subject"`
	Date             string                 `json:"date"`
	Author           []fhir.Reference       `json:"author"`
	Authenticator    fhir.Reference         `json:"authenticator"`
	Custodian        fhir.Reference         `json:"custodian"`
	RelatesTo        []relation             `json:"relatesTo,omitempty"`
	SecurityLabel    []fhir.CodeableConcept `json:"securityLabel"`
	Content          []documentContent      `json:"content"`
	Context          documentContext        `json:"context"`
}

type relation struct {
	Code   string         `json:"code"`
	Target fhir.Reference `json:"target"`
}

type documentContent struct {
	Attachment attachment  `json:"attachment"`
	Format     fhir.Coding `json:"format"`
}

type attachment struct {
	ContentType string `json:"contentType"`
	Language    string `json:"language"`
	Data        string `json:"data"`
	Size        int    `json:"size"`
	Hash        string `json:"hash"` // SHA-1, as R4 has it
	Title       string `json:"title"`
	Creation    string `json:"creation"`
}

type documentContext struct {
	Period          fhir.Period          `json:"period"`
	FacilityType    fhir.CodeableConcept `json:"facilityType"`
	PracticeSetting fhir.CodeableConcept `json:"practiceSetting"`
}

// versionIdentifier names a version of a document for a record that speaks FHIR.
func versionIdentifier(d report.Document, number int) fhir.Identifier {
	return fhir.Identifier{System: systemURI, Value: systemOID + d.VersionID(number)}
}

// documentReference is what publishes a version (ITI-105, simplified publish): the document stands
// in it. The code of a format that means PDF/A is not claimed.
func (w Way) documentReference(d report.Document) (documentReference, error) {
	zone, err := agenda.Zone(d.Facts.Zone)
	if err != nil {
		return documentReference{}, err
	}
	file, err := w.file(d)
	if err != nil {
		return documentReference{}, err
	}
	at := func(i practice.Instant) string { return i.Time().In(zone).Format(time.RFC3339) }
	file.Creation = at(d.Report.SignedAt)
	file.Title = reportName + ", " + d.Facts.BeganAt.Time().In(zone).Format("02/01/2006")
	who := signerReference(d.Signer)
	r := documentReference{ResourceType: "DocumentReference",
		MasterIdentifier: versionIdentifier(d, d.Report.Number), Status: "current",
		Type:     concept(systemLOINC, reportCode, reportName),
		Category: []fhir.CodeableConcept{concept(systemClass, "10", "")},
		Subject: fhir.Reference{Type: "Patient", Identifier: &fhir.Identifier{
			System: systemOID + w.authorityOID(), Value: d.Patient.IPP}},
		Date: at(d.Report.SignedAt), Author: []fhir.Reference{who}, Authenticator: who,
		Custodian:     houseReference(d.House),
		SecurityLabel: []fhir.CodeableConcept{concept(systemSecrecy, "N", "")},
		Content: []documentContent{{Attachment: file, Format: fhir.Coding{System: systemFormat,
			Code: "urn:ihe:iti:xds:2017:mimeTypeSufficient"}}},
		Context: documentContext{
			Period:          fhir.Period{Start: at(d.Facts.BeganAt), End: at(d.Facts.EndedAt)},
			FacilityType:    concept(systemSector, "SA01", ""),
			PracticeSetting: concept(systemPractice, "ETABLISSEMENT", "")}}
	if d.Before != 0 && d.Before != d.Report.Number {
		before := versionIdentifier(d, d.Before)
		r.RelatesTo = []relation{{Code: "replaces",
			Target: fhir.Reference{Type: "DocumentReference", Identifier: &before}}}
	}
	return r, nil
}

// file is the document itself: a PDF, or a CDA document with it.
func (w Way) file(d report.Document) (attachment, error) {
	content, kind, err := w.content(d)
	if err != nil {
		return attachment{}, err
	}
	sum := sha1.Sum(content)
	a := attachment{ContentType: "application/pdf", Language: "fr-FR", Size: len(content),
		Data: base64.StdEncoding.EncodeToString(content),
		Hash: base64.StdEncoding.EncodeToString(sum[:])}
	if kind == kindCDA {
		a.ContentType = "text/xml"
	}
	if d.Report.Language == "en" {
		a.Language = "en"
	}
	return a, nil
}

func concept(system, code, display string) fhir.CodeableConcept {
	return fhir.CodeableConcept{Coding: []fhir.Coding{{System: system, Code: code,
		Display: display}}}
}

func signerReference(who practice.Person) fhir.Reference {
	r := fhir.Reference{Type: "Practitioner", Display: agenda.PersonName(who)}
	if who.RPPS != "" {
		r.Identifier = &fhir.Identifier{System: systemOID + oidPeople, Value: national(who.RPPS)}
	}
	return r
}

func houseReference(e practice.Establishment) fhir.Reference {
	r := fhir.Reference{Type: "Organization", Display: e.Name}
	if number := structure(e); number != "" {
		r.Identifier = &fhir.Identifier{System: systemOID + oidStructures, Value: number}
	}
	return r
}

// checkFHIR says what of a way over FHIR cannot be.
func (w Way) checkFHIR() error {
	at, err := url.Parse(w.Address)
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" ||
		at.RawQuery != "" {
		return w.wrong("expected the address of a FHIR server as in "+
			"https://dpi.ch-x.example/fhir, got %q", w.Address)
	}
	if w.authorityOID() == "" {
		return w.wrong("expected an authority with its OID for FHIR, as in "+
			"CHU-X&1.2.250.1.999&ISO, got %q", w.Authority)
	}
	if len(w.Meta) > 0 {
		return w.wrong("expected no meta for FHIR, got some: they are rows of HL7 v2")
	}
	return nil
}

// Token is how a server of FHIR is asked for access: by the grant of a client's own credentials.
type Token = clientcredentials.Config

// in is an address below the server's.
func (w Way) in(parts ...string) string {
	return strings.TrimRight(w.Address, "/") + "/" + strings.Join(parts, "/")
}
