package fhir

import "draille/signaling/practice/interop/fhir/fhirjson"

// Systems and extensions that are written. What is read is known by the end of its URL, which stays
// the same where a guide's address changes.
const (
	systemNIR      = "urn:oid:1.2.250.1.213.1.4.8"
	oid            = "urn:oid:"
	systemRPPS     = "urn:oid:1.2.250.1.71.4.2.1"
	systemFINESS   = "urn:oid:1.2.250.1.71.4.2.2"
	systemActCode  = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	systemRoleType = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	systemIDType   = "http://terminology.hl7.org/CodeSystem/v2-0203"
	systemFRIDType = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
	systemStatus   = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445"
	systemINSEE    = "https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune"
	frCore         = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
	urlReliability = frCore + "fr-core-identity-reliability"
	urlGivenNames  = frCore + "fr-core-patient-birth-list-given-name"
	urlINSEE       = frCore + "fr-core-address-insee-code"
	urlBirthPlace  = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
	urlVirtualCall = "http://hl7.org/fhir/5.0/StructureDefinition/extension-VirtualServiceDetail"
	fhirVersion    = "4.0.1"
	mediaType      = "application/fhir+json"
)

// Meta, and the types below, are those of FHIR R4, with the elements that are written here.
type Meta struct {
	VersionID   string `json:"versionId,omitempty"`
	LastUpdated string `json:"lastUpdated,omitempty"`
}

// Coding is a code of a system.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// CodeableConcept is a meaning, in codes and in words.
type CodeableConcept struct {
	Coding []Coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// Identifier is a number that a system has given.
type Identifier struct {
	Use    string           `json:"use,omitempty"`
	Type   *CodeableConcept `json:"type,omitempty"`
	System string           `json:"system,omitempty"`
	Value  string           `json:"value,omitempty"`
}

// Reference is another resource, by its address or by an identifier.
type Reference struct {
	Reference  string      `json:"reference,omitempty"`
	Type       string      `json:"type,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

// Period is from when to when.
type Period struct {
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

// Extension is an element that a guide has added.
type Extension struct {
	Extension    []Extension `json:"extension,omitempty"`
	URL          string      `json:"url"`
	ValueCoding  *Coding     `json:"valueCoding,omitempty"`
	ValueString  string      `json:"valueString,omitempty"`
	ValueURL     string      `json:"valueUrl,omitempty"`
	ValueAddress *Address    `json:"valueAddress,omitempty"`
}

// Address is that of a birth: a commune.
type Address struct {
	Extension []Extension `json:"extension,omitempty"`
}

// HumanName is a name of a patient.
type HumanName struct {
	Extension []Extension `json:"extension,omitempty"`
	Use       string      `json:"use,omitempty"`
	Family    string      `json:"family,omitempty"`
	Given     []string    `json:"given,omitempty"`
}

// ContactPoint is a telephone number or an address of mail.
type ContactPoint struct {
	System string `json:"system,omitempty"`
	Value  string `json:"value,omitempty"`
}

// PatientLink says which record a patient's is.
type PatientLink struct {
	Other Reference `json:"other"`
	Type  string    `json:"type"`
}

// Patient is a patient as the hospital's systems see them.
type Patient struct {
	ResourceType string         `json:"resourceType"`
	ID           string         `json:"id"`
	Meta         *Meta          `json:"meta,omitempty"`
	Extension    []Extension    `json:"extension,omitempty"`
	Identifier   []Identifier   `json:"identifier,omitempty"`
	Active       bool           `json:"active"`
	Name         []HumanName    `json:"name,omitempty"`
	Telecom      []ContactPoint `json:"telecom,omitempty"`
	Gender       string         `json:"gender,omitempty"`
	BirthDate    string         `json:"birthDate,omitempty"`
	Link         []PatientLink  `json:"link,omitempty"`
}

// Participant is somebody, or a place, at an appointment.
type Participant struct {
	Extension []Extension       `json:"extension,omitempty"`
	Type      []CodeableConcept `json:"type,omitempty"`
	Actor     Reference         `json:"actor"`
	Status    string            `json:"status"`
}

// Appointment is an appointment as the hospital's systems see it.
type Appointment struct {
	ResourceType    string            `json:"resourceType"`
	ID              string            `json:"id"`
	Meta            *Meta             `json:"meta,omitempty"`
	Identifier      []Identifier      `json:"identifier,omitempty"`
	Status          string            `json:"status"`
	ServiceType     []CodeableConcept `json:"serviceType,omitempty"`
	Description     string            `json:"description,omitempty"`
	Start           string            `json:"start"`
	End             string            `json:"end"`
	MinutesDuration int               `json:"minutesDuration,omitempty"`
	Participant     []Participant     `json:"participant"`
}

// EncounterParticipant is a professional who was expected at a session.
type EncounterParticipant struct {
	Individual Reference `json:"individual"`
}

// Encounter is the session of an appointment: that somebody met, and when.
type Encounter struct {
	ResourceType    string                 `json:"resourceType"`
	ID              string                 `json:"id"`
	Meta            *Meta                  `json:"meta,omitempty"`
	Status          string                 `json:"status"`
	Class           Coding                 `json:"class"`
	Subject         *Reference             `json:"subject,omitempty"`
	Participant     []EncounterParticipant `json:"participant,omitempty"`
	Appointment     []Reference            `json:"appointment,omitempty"`
	Period          Period                 `json:"period"`
	ServiceProvider *Reference             `json:"serviceProvider,omitempty"`
}

// Bundle is the answer to a search.
type Bundle struct {
	ResourceType string  `json:"resourceType"`
	Type         string  `json:"type"`
	Total        int     `json:"total"`
	Link         []Link  `json:"link,omitempty"`
	Entry        []Entry `json:"entry,omitempty"`
}

// Link leads from a bundle to another one.
type Link struct {
	Relation string `json:"relation"`
	URL      string `json:"url"`
}

// Entry is one resource of a bundle.
type Entry struct {
	FullURL  string      `json:"fullUrl"`
	Resource any         `json:"resource"`
	Search   SearchEntry `json:"search"`
}

// SearchEntry says why a resource is in a bundle.
type SearchEntry struct {
	Mode string `json:"mode"`
}

// OperationOutcome says in words what became of a request.
type OperationOutcome struct {
	ResourceType string  `json:"resourceType"`
	Issue        []Issue `json:"issue"`
}

// Issue is one thing to be told.
type Issue struct {
	Severity    string          `json:"severity"`
	Code        string          `json:"code"`
	Details     CodeableConcept `json:"details"`
	Diagnostics string          `json:"diagnostics,omitempty"`
	Expression  []string        `json:"expression,omitempty"`
}

// isResource wants a type of resource.
func isResource(e fhirjson.Element, name string) error {
	kind := e.Child("resourceType")
	if kind.Text() != name {
		return kind.WrongAs(name+", which the address names", "another type")
	}
	return nil
}
