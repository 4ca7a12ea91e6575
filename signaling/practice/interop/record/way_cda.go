package record

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"strconv"
	"strings"
	"text/template"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/report"
)

// header is what the template of a CDA document is given.
type header struct {
	report.Document
	ID, Parent, Title, PDF        string
	Language                      string
	Effective, Began, Ended       string
	IPPRoot, BirthDate, Custodian string
	Nurses                        []practice.ReportPerson
}

// clinicalDocument wraps a PDF: CDA R2, level 1, with the header of a telemedicine report.
func (w Way) clinicalDocument(d report.Document, pdf []byte) ([]byte, error) {
	zone, err := agenda.Zone(d.Facts.Zone)
	if err != nil {
		return nil, err
	}
	at := func(i practice.Instant) string { return i.Time().In(zone).Format("20060102150405-0700") }
	h := header{Document: d, ID: d.VersionID(d.Report.Number), Title: reportName,
		PDF: base64.StdEncoding.EncodeToString(pdf), Language: "fr-FR",
		Effective: at(d.Report.SignedAt), Began: at(d.Facts.BeganAt), Ended: at(d.Facts.EndedAt),
		IPPRoot: w.authorityOID(), BirthDate: strings.ReplaceAll(d.Patient.BirthDate, "-", ""),
		Custodian: structure(d.House)}
	if d.Report.Language == "en" {
		h.Language = "en"
	}
	if before := d.Before; before != 0 && before != d.Report.Number {
		h.Parent = d.VersionID(before)
	}
	for _, person := range d.Facts.People {
		if person.Kind == practice.ParticipantPerson && person.BeganAt != 0 &&
			strings.HasPrefix(strings.ToLower(person.Profession), "infirmi") {
			h.Nurses = append(h.Nurses, person)
		}
	}
	var out bytes.Buffer
	if err := cda.Execute(&out, h); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// structure is the national identifier of an establishment: 1 and its FINESS number.
func structure(e practice.Establishment) string {
	if e.FINESS == "" {
		return ""
	}
	return "1" + e.FINESS
}

var cda = template.Must(template.New("cda").Funcs(template.FuncMap{
	"x": func(text any) (string, error) {
		var b strings.Builder
		err := xml.EscapeText(&b, []byte(asText(text)))
		return b.String(), err
	},
	"professional": national,
}).Parse(cdaText))

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case practice.Sex:
		return string(v)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// cdaText is the header and its body. Order of elements: CDA.xsd.
const cdaText = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="FR"/>
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/>
<templateId root="1.2.250.1.213.1.1.1.1"/>
<templateId root="1.3.6.1.4.1.19376.1.2.20"/>
<id root="{{x .ID}}"/>
<code code="85208-7" displayName="{{x .Title}}" codeSystem="2.16.840.1.113883.6.1"` +
	` codeSystemName="LOINC"/>
<title>{{x .Title}}</title>
<effectiveTime value="{{x .Effective}}"/>
<confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="{{x .Language}}"/>
<setId root="{{x .SetID}}"/>
<versionNumber value="{{x .Report.Number}}"/>
<recordTarget><patientRole>
{{- if .Patient.INS}}
<id root="{{x .Patient.INSAuthority}}" extension="{{x .Patient.INS}}"/>{{end}}
<id root="{{x .IPPRoot}}" extension="{{x .Patient.IPP}}"/>
<addr nullFlavor="NASK"/>
<telecom nullFlavor="NASK"/>
<patient><name>
<given>{{x .Patient.BirthGivenName}}</given>
<family qualifier="BR">{{x .Patient.BirthName}}</family>
{{- if .Patient.UsedName}}
<family qualifier="CL">{{x .Patient.UsedName}}</family>{{end}}
</name>
<administrativeGenderCode code="{{x .Patient.Sex}}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime {{if .BirthDate}}value="{{x .BirthDate}}"{{else}}nullFlavor="UNK"{{end}}/>
{{- if .Patient.BirthPlace}}
<birthplace><place><addr><county>{{x .Patient.BirthPlace}}</county></addr></place></birthplace>
{{- end}}
</patient></patientRole></recordTarget>
<author><time value="{{x .Effective}}"/><assignedAuthor>
{{- template "professional" .}}</assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>
{{- template "structure" .}}</representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="{{x .Effective}}"/><signatureCode code="S"/><assignedEntity>
{{- template "professional" .}}</assignedEntity></legalAuthenticator>
{{- range .Nurses}}
<participant typeCode="PRF"><functionCode code="353" displayName="Infirmier"/>
<time><low value="{{x $.Began}}"/><high value="{{x $.Ended}}"/></time>
<associatedEntity classCode="PROV">
{{- if .RPPS}}
<id root="1.2.250.1.71.4.2.1" extension="{{x (professional .RPPS)}}"/>{{else}}
<id nullFlavor="UNK"/>{{end}}
<associatedPerson><name><family>{{x .Name}}</family></name></associatedPerson>
</associatedEntity></participant>{{end}}
<documentationOf><serviceEvent>
<effectiveTime><low value="{{x .Began}}"/><high value="{{x .Ended}}"/></effectiveTime>
<performer typeCode="PRF"><assignedEntity>
{{- template "professional" .}}</assignedEntity></performer>
</serviceEvent></documentationOf>
{{- if .Parent}}
<relatedDocument typeCode="RPLC"><parentDocument><id root="{{x .Parent}}"/></parentDocument>
</relatedDocument>{{end}}
<componentOf><encompassingEncounter>
<code code="VR" displayName="virtual" codeSystem="2.16.840.1.113883.5.4"/>
<effectiveTime><low value="{{x .Began}}"/><high value="{{x .Ended}}"/></effectiveTime>
<location><healthCareFacility><serviceProviderOrganization>
{{- template "structure" .}}</serviceProviderOrganization></healthCareFacility></location>
</encompassingEncounter></componentOf>
<component><nonXMLBody><text mediaType="application/pdf" representation="B64">{{.PDF}}</text>
</nonXMLBody></component>
</ClinicalDocument>
{{define "structure"}}
{{- if .Custodian}}
<id root="1.2.250.1.71.4.2.2" extension="{{x .Custodian}}"/>{{else}}
<id nullFlavor="UNK"/>{{end}}
<name>{{x .House.Name}}</name>
{{end}}
{{define "professional"}}
{{- if .Signer.RPPS}}
<id root="1.2.250.1.71.4.2.1" extension="{{x (professional .Signer.RPPS)}}"/>{{else}}
<id nullFlavor="UNK"/>{{end}}
<addr nullFlavor="NASK"/>
<telecom nullFlavor="NASK"/>
<assignedPerson><name>
{{- if .Signer.Title}}<prefix>{{x .Signer.Title}}</prefix>{{end -}}
<given>{{x .Signer.GivenName}}</given><family>{{x .Signer.FamilyName}}</family></name>
</assignedPerson>
<representedOrganization>{{template "structure" .}}</representedOrganization>
{{end}}
`
