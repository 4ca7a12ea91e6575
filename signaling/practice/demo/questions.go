package demo

import (
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/opinion"
)

// asked are the questions that wait for the hospital's experts.
var asked = []struct {
	urgency practice.Urgency
	ago     time.Duration
	text    string
}{
	{practice.UrgencyUrgent, 150 * time.Minute, "Résidente de 84 ans, Alzheimer modéré. " +
		"Refuse de manger et de boire depuis ce matin, crie au toucher, pas de fièvre, " +
		"dernières selles il y a cinq jours. Douleur, ou trouble du comportement\u00a0? " +
		"Que donner en attendant\u00a0?"},
	{practice.UrgencyRoutine, 50 * time.Hour, "Même résidente\u00a0: escarre du talon gauche " +
		"découverte à la toilette, rougeur de trois centimètres, sans plaie. " +
		"Matelas et pansement à conseiller\u00a0?"},
}

// questions has the nurse of the home ask the hospital about a resident.
func questions(h *house, nurse practice.Person) error {
	resident, err := h.agenda.AddPatient(h.tx, practice.Patient{Establishment: h.home.ID,
		IPP: "DEMO-101", BirthName: "DÉMO-NEUF", BirthGivenName: "SOLANGE",
		BirthGivenNames: "SOLANGE", Sex: practice.SexFemale, BirthDate: "1942-04-19"}, false)
	if err != nil {
		return err
	}
	if _, err := h.tx.Exec("UPDATE patients SET demo = $1 WHERE establishment = $2", true,
		h.home.ID); err != nil {
		return err
	}
	for _, one := range asked {
		if _, err := opinion.Ask(h.tx, practice.Opinion{Establishment: h.home.ID,
			Patient: resident.ID, Service: h.service.ID, Urgency: one.urgency, Question: one.text,
			AskedBy: nurse.ID}, practice.NewID(), h.now.Add(-one.ago)); err != nil {
			return err
		}
	}
	return nil
}
