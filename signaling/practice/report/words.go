package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
)

// words are the sentences of a report in one language.
type words struct {
	title, telestaff, sites, place, ownDevice, session, patient, born, people, absent string
	identity, consent, incidents, none, motive, findings, conclusion, act, unsaid     string
	draft, signed, withdrawn, version, on, times, date, unknown                       string

	sexes     map[practice.Sex]string
	roles     map[string]string // by kind of participant, or role in the call
	kinds     map[practice.EpisodeKind]string
	ways      map[practice.EpisodeWay]string
	decisions map[practice.Decision]string
	checks    map[practice.Decision]string
}

var french = words{
	title: "Compte rendu de téléconsultation", telestaff: "Compte rendu de télé-staff",
	sites: "Établissement", place: "Lieu du patient", ownDevice: "par son propre appareil",
	session: "Séance", patient: "Patient", born: "né(e) le", people: "Participants",
	absent: "absent", identity: "Vérification d’identité", consent: "Consentement",
	incidents: "Incidents techniques", none: "Aucun incident mesuré.", motive: "Motif",
	findings: "Constatations", conclusion: "Conclusion", act: "Acte", unsaid: "non renseigné",
	draft: "Brouillon, non signé", signed: "Signé par", withdrawn: "RETIRÉ : ne pas utiliser",
	version: "Version", on: "le", times: "fois", date: "02/01/2006", unknown: "non renseignée",
	sexes: map[practice.Sex]string{"F": "F", "M": "M", "U": "indéterminé"},
	roles: map[string]string{"patient": "patient", "place": "tablette du lieu",
		"relative": "proche", "interpreter": "interprète", "external": "professionnel extérieur",
		"called": "appelé en cours de séance", "host": "conduit la séance",
		"clinician": "soignant", "guest": "participant"},
	kinds: map[practice.EpisodeKind]string{"frozen": "image et son figés", "voice": "voix seule",
		"still":       "une image toutes les quelques secondes",
		"reconnected": "page déconnectée puis reconnectée",
		"lost":        "liaison perdue, sans retour"},
	ways: map[practice.EpisodeWay]string{"": "", "up": " (à l’envoi)", "down": " (à la réception)"},
	decisions: map[practice.Decision]string{"given": "donné", "refused": "refusé",
		"withdrawn": "retiré"},
	checks: map[practice.Decision]string{"given": "concordante", "refused": "discordante"},
}

var english = words{
	title: "Report of a video consultation", telestaff: "Report of a video staff meeting",
	sites: "Establishment", place: "Place of the patient", ownDevice: "by their own device",
	session: "Session", patient: "Patient", born: "born", people: "Participants",
	absent: "absent", identity: "Identity check", consent: "Consent",
	incidents: "Technical incidents", none: "No incident was measured.", motive: "Reason",
	findings: "Findings", conclusion: "Conclusion", act: "Act", unsaid: "not given",
	draft: "Draft, not signed", signed: "Signed by", withdrawn: "WITHDRAWN: do not use",
	version: "Version", on: "on", times: "times", date: "02 Jan 2006", unknown: "not recorded",
	sexes: map[practice.Sex]string{"F": "F", "M": "M", "U": "undetermined"},
	roles: map[string]string{"patient": "patient", "place": "tablet of the place",
		"relative": "relative", "interpreter": "interpreter", "external": "external professional",
		"called": "called in during the session", "host": "conducts the session",
		"clinician": "clinician", "guest": "participant"},
	kinds: map[practice.EpisodeKind]string{"frozen": "picture and sound frozen",
		"voice": "voice alone", "still": "one picture every few seconds",
		"reconnected": "page disconnected and reconnected",
		"lost":        "link lost, did not come back"},
	ways: map[practice.EpisodeWay]string{"": "", "up": " (sending)", "down": " (receiving)"},
	decisions: map[practice.Decision]string{"given": "given", "refused": "refused",
		"withdrawn": "withdrawn"},
	checks: map[practice.Decision]string{"given": "agreed", "refused": "did not agree"},
}

func wordsOf(language string) words {
	if language == "en" {
		return english
	}
	return french
}

// Describe says incidents in words, a line each: whose link, what, how long and when.
func Describe(f practice.ReportFacts, language string) []string {
	w := wordsOf(language)
	zone, err := agenda.Zone(f.Zone)
	if err != nil {
		zone = time.UTC
	}
	lines := []string{}
	for _, i := range f.Incidents {
		var line strings.Builder
		fmt.Fprintf(&line, "%s : %s%s", i.Name, w.kinds[i.Kind], w.ways[i.Way])
		if i.Times > 1 {
			fmt.Fprintf(&line, ", %d %s", i.Times, w.times)
		}
		fmt.Fprintf(&line, ", %s (%s", lasted(i.Seconds), clock(i.FirstAt, zone))
		if to := clock(i.LastAt, zone); to != clock(i.FirstAt, zone) {
			line.WriteString("–" + to)
		}
		line.WriteString(")")
		lines = append(lines, line.String())
	}
	return lines
}

// lasted is a time in words, as in 40 s or 3 min 5 s.
func lasted(seconds int) string {
	if seconds < 60 {
		return strconv.Itoa(seconds) + " s"
	}
	if seconds%60 == 0 {
		return strconv.Itoa(seconds/60) + " min"
	}
	return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
}

func clock(at practice.Instant, zone *time.Location) string {
	return at.Time().In(zone).Format("15:04")
}
