package report

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// textOfPDF reads a PDF with poppler's pdftotext.
func textOfPDF(t *testing.T, pdf []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("expected pdftotext, got none; install Debian's package poppler-utils")
		}
		t.Fatal(err)
	}
	read := exec.Command(program, "-enc", "UTF-8", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	require.NoError(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

func somePage() Page {
	return Page{Signer: "Dr Claire Bonnet",
		Report: practice.Report{Document: "d-1", Number: 2, State: practice.ReportSigned,
			Motive: "Chute dans l’escalier", Findings: strings.Repeat("Pas de fracture. ", 600),
			Conclusion: "Repos ; œdème discret.", Act: "TCG", Language: "fr", SignedAt: at(700)},
		Facts: practice.ReportFacts{Establishment: "CH X", FINESS: "010000001",
			Service: "Gériatrie", Kind: practice.KindConsultation, Zone: "Europe/Paris",
			BeganAt: at(0), EndedAt: at(600), Place: "Salle 2", PlaceHouse: "EHPAD Les Tilleuls",
			Patient: &practice.ReportPatient{BirthName: "DVOŘÁK", BirthGivenName: "ŁUCJA",
				Sex: practice.SexFemale, BirthDate: "1940-02-03", IPP: "770001"},
			People: []practice.ReportPerson{
				{Name: "Dr Claire Bonnet", Kind: practice.ParticipantPerson, CallRole: "host",
					Profession: "médecin", BeganAt: at(0), EndedAt: at(600)},
				{Name: "Paul Absent", Kind: practice.ParticipantRelative}},
			Consent: &practice.ReportAssent{Decision: practice.DecisionGiven, By: "Inès Roche",
				At: at(5)},
			Incidents: []practice.ReportIncident{
				{Name: "Salle 2", Kind: practice.EpisodeFrozen, Times: 1, Seconds: 40,
					FirstAt: at(100), LastAt: at(140)},
				{Name: "Salle 2", Kind: practice.EpisodeReconnected, Times: 2, Seconds: 45,
					FirstAt: at(100), LastAt: at(300)},
				{Name: "Dr Claire Bonnet", Kind: practice.EpisodeVoice, Way: practice.WayDown,
					Times: 1, Seconds: 180, FirstAt: at(200), LastAt: at(380)}}}}
}

func TestThePDFSaysWhatHappenedToWhomAndWhere(t *testing.T) {
	page := somePage()
	pdf, err := PDF(page)
	require.NoError(t, err)
	same, err := PDF(page)
	require.NoError(t, err)
	require.Equal(t, pdf, same, "a receiver that is sent it again gets the same bytes")
	text := textOfPDF(t, pdf)
	for _, words := range []string{
		"DVOŘÁK ŁUCJA", "né(e) le 03/02/1940", "IPP 770001", "CH X, FINESS 010000001, Gériatrie",
		"Salle 2, EHPAD Les Tilleuls", "15/01/2027, 09:00–09:10",
		"Dr Claire Bonnet, médecin, conduit la séance, 09:00–09:10",
		"Paul Absent, proche, absent", "Vérification d’identité non renseignée",
		"Consentement donné, Inès Roche, 15/01/2027 09:00", "Chute dans l’escalier",
		"œdème discret", "TCG", "Version 2. Signé par Dr Claire Bonnet le 15/01/2027 09:11",
		"Salle 2 : image et son figés, 40 s (09:01–09:02)",
		"Salle 2 : page déconnectée puis reconnectée, 2 fois, 45 s (09:01–09:05)",
		"Dr Claire Bonnet : voix seule (à la réception), 3 min (09:03–09:06)",
	} {
		require.Contains(t, text, words)
	}
}

func TestThePDFOfADraftOrWhatWasWithdrawnSaysSo(t *testing.T) {
	page := somePage()
	page.Report.Language, page.Report.SignedAt, page.Report.Facts = "en", 0, ""
	page.Facts.Incidents = nil
	pdf, err := PDF(page)
	require.NoError(t, err)
	text := textOfPDF(t, pdf)
	require.Contains(t, text, "Draft, not signed")
	require.Contains(t, text, "No incident was measured.")
	page.Report.State, page.Report.WithdrawnWhy = practice.ReportWithdrawn, "wrong patient"
	pdf, err = PDF(page)
	require.NoError(t, err)
	require.Contains(t, textOfPDF(t, pdf), "WITHDRAWN: do not use wrong patient")
}
