package fhir

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// patients are the patients of a machine's establishment. Identities are the hospital's: none is
// computed or corrected here.
type patients struct{}

func (s patients) read(e *exchange, tx *store.Tx, id string) (answer, error) {
	p, err := patientByID(e, tx, id)
	return s.answer(e, p), err
}

func patientByID(e *exchange, tx *store.Tx, id string) (practice.Patient, error) {
	return store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2", e.house.ID, id)
}

func (patients) answer(e *exchange, p practice.Patient) answer {
	return answer{id: p.ID, patient: p.ID, version: p.Version, resource: patientOf(e, p)}
}

// patientOf is a patient as FHIR tells them.
func patientOf(e *exchange, p practice.Patient) Patient {
	made := Patient{ResourceType: "Patient", ID: p.ID, Meta: &Meta{VersionID: number(p.Version)},
		Active: p.MergedInto == "", BirthDate: p.BirthDate}
	if p.IPP != "" {
		made.Identifier = append(made.Identifier, Identifier{Use: "usual",
			Type:   &CodeableConcept{Coding: []Coding{{System: systemIDType, Code: "PI"}}},
			System: e.caller.Machine.Authority, Value: p.IPP})
	}
	official := HumanName{Use: "official", Family: p.BirthName, Given: []string{p.BirthGivenName}}
	if p.BirthGivenNames != "" {
		official.Extension = []Extension{{URL: urlGivenNames, ValueString: p.BirthGivenNames}}
	}
	made.Name = append(made.Name, official)
	if p.UsedName != "" {
		made.Name = append(made.Name, HumanName{Use: "usual", Family: p.UsedName,
			Given: []string{p.BirthGivenName}})
	}
	if p.INS != "" {
		kind := "INS-NIR"
		if p.INSAuthority == "1.2.250.1.213.1.4.9" {
			kind = "INS-NIA"
		}
		made.Identifier = append(made.Identifier, Identifier{Use: "official",
			Type:   &CodeableConcept{Coding: []Coding{{System: systemFRIDType, Code: kind}}},
			System: oid + p.INSAuthority, Value: p.INS})
		made.Extension = append(made.Extension, Extension{URL: urlReliability,
			Extension: []Extension{{URL: "identityStatus",
				ValueCoding: &Coding{System: systemStatus, Code: "VALI"}}}})
	}
	if p.BirthPlace != "" {
		made.Extension = append(made.Extension, Extension{URL: urlBirthPlace,
			ValueAddress: &Address{Extension: []Extension{{URL: urlINSEE,
				ValueCoding: &Coding{System: systemINSEE, Code: p.BirthPlace}}}}})
	}
	for system, value := range map[string]string{"phone": p.Phone, "email": p.Email} {
		if value != "" {
			made.Telecom = append(made.Telecom, ContactPoint{system, value})
		}
	}
	slices.SortFunc(made.Telecom, func(a, b ContactPoint) int {
		return -strings.Compare(a.System, b.System)
	})
	made.Gender = map[practice.Sex]string{practice.SexFemale: "female", practice.SexMale: "male",
		practice.SexUnknown: "unknown"}[p.Sex]
	if p.MergedInto != "" {
		made.Link = []PatientLink{{Type: "replaced-by",
			Other: Reference{Reference: "Patient/" + p.MergedInto}}}
	}
	return made
}

// matching finds patients by the hospital's number or by a national identity.
func (patients) matching(e *exchange, tx *store.Tx, id identifier) ([]string, error) {
	found, err := withIdentifier(e, tx, id)
	ids := make([]string, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	return ids, err
}

// withIdentifier finds patients by an identifier. Those that were merged into others are found by
// their number, which is no longer used: whoever writes to it is told so.
func withIdentifier(e *exchange, tx *store.Tx, id identifier) ([]practice.Patient, error) {
	clause, arguments := "", []any{e.house.ID, id.value}
	switch authority, national := strings.CutPrefix(id.system, oid); {
	case national && slices.Contains(agenda.INSAuthorities, authority):
		clause = "AND ins = $2 AND ins <> '' AND ins_authority = $3 AND merged_into = ''"
		arguments = append(arguments, authority)
	case id.any || id.system == e.caller.Machine.Authority || e.caller.Machine.Authority == "":
		clause = "AND ipp = $2 AND ipp <> ''"
	default:
		return nil, refuse(http.StatusBadRequest, "invalid", "", "expected an identifier of the "+
			"system %s, or of the national identity (%s), got another system; ask the "+
			"administrator which one the program was given", e.caller.Machine.Authority, systemNIR)
	}
	return store.Find[practice.Patient](tx, "WHERE establishment = $1 "+clause+" ORDER BY id",
		arguments...)
}

// search finds patients by a number, or by a name and a birth date: nobody lists them all.
func (s patients) search(e *exchange, tx *store.Tx, q *query) (page, error) {
	number, err := q.one("identifier")
	if err != nil {
		return page{}, err
	}
	var found []practice.Patient
	if number != "" {
		id, err := identifierOf(number)
		if err != nil {
			return page{}, err
		}
		if found, err = withIdentifier(e, tx, id); err != nil {
			return page{}, err
		}
	} else if found, err = named(e, tx, q); err != nil {
		return page{}, err
	}
	limit, err := q.count()
	if err != nil {
		return page{}, err
	}
	p := page{total: len(found)}
	for _, one := range found[:min(limit, len(found))] {
		p.found = append(p.found, s.answer(e, one))
	}
	return p, nil
}

// named finds patients by name and birth date, as the pages do.
func named(e *exchange, tx *store.Tx, q *query) ([]practice.Patient, error) {
	words := slices.Concat(q.take("name"), q.take("family"), q.take("given"))
	born, err := q.one("birthdate")
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, refuse(http.StatusBadRequest, "too-costly", "", "expected identifier, or name "+
			"with birthdate, got neither; nobody lists all patients")
	}
	return agenda.FindByName(tx, e.house.ID, strings.Join(words, " "),
		strings.TrimPrefix(born, "eq"))
}

// create makes a patient. A number that is here already is no new patient.
func (s patients) create(e *exchange, tx *store.Tx, said fhirjson.Element) (answer, error) {
	i, err := e.identity(said)
	if err != nil {
		return answer{}, err
	}
	same, err := store.Get[practice.Patient](tx,
		"WHERE establishment = $1 AND ipp = $2 AND ipp <> ''", e.house.ID, i.IPP)
	if err == nil {
		return answer{}, refuse(http.StatusConflict, "duplicate", "Patient.identifier", "expected "+
			"a number that nobody has here, got that of Patient/%s; change that one by "+
			"PUT Patient?identifier=system|value", same.ID)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return answer{}, err
	}
	if err := i.standing(); err != nil {
		return answer{}, err
	}
	return s.take(e, tx, practice.Patient{}, i, false)
}

// update takes what the hospital says of a patient now. Whoever has read the version before may
// correct name and birth date together.
func (s patients) update(e *exchange, tx *store.Tx, id string, said fhirjson.Element,
	version int) (answer, error) {
	known, err := patientByID(e, tx, id)
	if err != nil {
		return answer{}, err
	}
	if version > 0 && known.Version != version {
		return answer{}, store.ErrVersion
	}
	i, err := e.identity(said)
	if err != nil {
		return answer{}, err
	}
	into, err := e.mergedInto(tx, i)
	if err != nil {
		return answer{}, err
	}
	switch {
	case known.MergedInto != "" && known.MergedInto == into:
		return s.answer(e, known), nil // it says what is known
	case known.MergedInto != "":
		return answer{}, refuse(http.StatusConflict, "conflict", "Patient.identifier", "expected "+
			"a record that is in use, got one that was merged into Patient/%s; write to that one, "+
			"or undo the merge here", known.MergedInto)
	case into != "":
		return s.merge(e, tx, known, into)
	}
	if err := i.standing(); err != nil {
		return answer{}, err
	}
	if known.IPP != "" && known.IPP != i.IPP && version == 0 {
		return answer{}, refuse(http.StatusConflict, "conflict", "Patient.identifier", "expected "+
			"the number of this record, got another one; to give it another number, send If-Match")
	}
	return s.take(e, tx, known, i, version > 0)
}

// merge makes one patient of two: what is this one's is the other's from now on.
func (s patients) merge(e *exchange, tx *store.Tx, prior practice.Patient, into string) (answer,
	error) {
	survivor, err := patientByID(e, tx, into)
	if err != nil {
		return answer{}, err
	}
	if survivor.ID == prior.ID {
		return answer{}, refuse(http.StatusUnprocessableEntity, "business-rule", "Patient.link",
			"expected another patient as the one that replaces this one, got itself")
	}
	if _, err := e.config.Agenda.MergePatients(tx, survivor, prior,
		practice.Merge{EventAt: practice.InstantOf(e.now())}); err != nil {
		return answer{}, err
	}
	return s.read(e, tx, prior.ID)
}

// take writes an identity down.
func (s patients) take(e *exchange, tx *store.Tx, known practice.Patient, i identity,
	correction bool) (answer, error) {
	if err := samePerson(known, i, correction); err != nil {
		return answer{}, err
	}
	for _, word := range i.remarks {
		e.remark(word)
	}
	if err := e.alike(tx, known, i); err != nil {
		return answer{}, err
	}
	p := i.Patient
	p.ID, p.Version, p.Demo, p.Establishment = known.ID, known.Version, known.Demo, e.house.ID
	p.Source = practice.SourceHospital
	if known.Phone != "" { // what was typed here reaches the patient: somebody has tried
		p.Phone = known.Phone
	}
	if known.Email != "" {
		p.Email = known.Email
	}
	if p == known {
		return s.answer(e, known), nil
	}
	taken, err := e.config.Agenda.TakePatient(tx, p)
	if errors.Is(err, store.ErrDuplicate) {
		err = refuse(http.StatusConflict, "duplicate", "Patient.identifier", "expected a number "+
			"that nobody else has here, got one of another patient; if both are one, write the "+
			"one that goes with link[type=replaced-by]")
	}
	if err == nil && known.ID != "" {
		err = e.config.Agenda.TellOf(tx, e.house.ID, known.ID)
	}
	return s.answer(e, taken), err
}

// samePerson refuses a number that is somebody else's here, as for messages of HL7 v2.
func samePerson(known practice.Patient, said identity, correction bool) error {
	switch agenda.Compare(known, said.Patient, correction) {
	case agenda.TypedAsAnother:
		return refuse(http.StatusConflict, "conflict", "Patient.identifier", "expected a number "+
			"of the patient whom somebody typed with it here, got one with another birth name or "+
			"birth date; correct the record in the pages first")
	case agenda.KnownAsAnother:
		return refuse(http.StatusConflict, "conflict", "Patient.identifier", "expected the "+
			"patient who has this number here, got one with another birth name and another birth "+
			"date; if it is a correction, send If-Match with the version that was read")
	}
	return nil
}
