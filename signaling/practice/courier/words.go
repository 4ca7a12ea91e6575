package courier

import (
	"fmt"
	"time"

	"draille/signaling/practice/agenda"
)

// words are those of one language. They name neither the patient nor the service nor the motive:
// a telephone lies on a table, and subjects are read on locked screens.
type words struct {
	subjects  map[string]string
	sentences map[string]string // with the time
	questions string            // with a telephone number
	summary   string            // in calendars
	days      [7]string
	months    [12]string
	moment    func(day, month string, t time.Time) string
	now       string // before the link into a call that goes on
	forGuests string // with minutes
	forStaff  string
	// of notices
	signIn     string // before the address of the page
	noticesOff string // how to have none
}

// wordsOf are those of a language; French, unless it is English.
func wordsOf(language string) words {
	if language == "en" {
		return english
	}
	return french
}

func (w words) when(t time.Time) string {
	return w.moment(w.days[t.Weekday()], w.months[t.Month()-1], t)
}

// first is the first sentence of a message: what it is about, and when.
func (w words) first(purpose string, starts time.Time) string {
	sentence := w.sentences[purpose]
	if purpose == agenda.PurposeNow {
		return sentence
	}
	return fmt.Sprintf(sentence, w.when(starts))
}

func (w words) how(staff bool, minutes int) string {
	if staff {
		return w.forStaff
	}
	return fmt.Sprintf(w.forGuests, minutes)
}

var french = words{
	subjects: map[string]string{
		agenda.PurposeInvitation:   "Votre rendez-vous en visio",
		agenda.PurposeMoved:        "Votre rendez-vous en visio est déplacé",
		agenda.PurposeChanged:      "Votre rendez-vous en visio change de lieu",
		agenda.PurposeCancelled:    "Votre rendez-vous en visio est annulé",
		agenda.PurposeRenewed:      "Votre nouveau lien pour le rendez-vous en visio",
		agenda.PurposeReminderDay:  "Rappel de votre rendez-vous en visio",
		agenda.PurposeReminderSoon: "Votre rendez-vous en visio commence bientôt",
		agenda.PurposeNow:          "On vous attend en visio",
		PurposeOpinionUrgent:       "Une demande d'avis vous attend",
		PurposeOpinionQueue:        "Une demande d'avis vous attend",
		PurposeOpinionBack:         "Une demande d'avis attend votre réponse",
		PurposeOpinionReply:        "Une réponse vous attend dans une demande d'avis",
		PurposeOpinionAnswer:       "Un avis que vous avez demandé est arrivé",
		PurposeThread:              "Des messages non lus vous attendent",
	},
	sentences: map[string]string{
		agenda.PurposeInvitation: "Vous avez rendez-vous en visio %s.",
		agenda.PurposeMoved:      "Votre rendez-vous en visio est déplacé : %s.",
		agenda.PurposeChanged: "Votre rendez-vous en visio %s change de lieu. " +
			"L'heure ne change pas.",
		agenda.PurposeCancelled: "Votre rendez-vous en visio prévu %s est annulé.",
		agenda.PurposeRenewed: "Voici un nouveau lien pour votre rendez-vous en visio %s. " +
			"L'ancien lien ne fonctionne plus.",
		agenda.PurposeReminderDay:  "Rappel : vous avez rendez-vous en visio %s.",
		agenda.PurposeReminderSoon: "Votre rendez-vous en visio commence %s.",
		agenda.PurposeNow:          "On vous attend maintenant en visio.",
	},
	questions: "Une question ? Appelez le %s.",
	summary:   "Rendez-vous en visio",
	days:      [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	months: [12]string{
		"janvier",
		"février",
		"mars",
		"avril",
		"mai",
		"juin",
		"juillet",
		"août",
		"septembre",
		"octobre",
		"novembre",
		"décembre",
	},
	moment: func(day, month string, t time.Time) string {
		number := fmt.Sprint(t.Day())
		if t.Day() == 1 {
			number = "1er"
		}
		return fmt.Sprintf("le %s %s %s à %d h %02d", day, number, month, t.Hour(), t.Minute())
	},
	now:       "Ouvrez ce lien. Rien à installer :",
	forGuests: "Ouvrez ce lien, au plus tôt %d minutes avant. Rien à installer :",
	forStaff:  "Il est dans votre journée, ici :",
	signIn:    "Connectez-vous ici :",
	noticesOff: "Pour ne plus recevoir ces courriels, choisissez-le dans « Mon compte » : « Être " +
		"prévenu par courriel ».",
}

var english = words{
	subjects: map[string]string{
		agenda.PurposeInvitation:   "Your video appointment",
		agenda.PurposeMoved:        "Your video appointment was moved",
		agenda.PurposeChanged:      "Your video appointment has another place",
		agenda.PurposeCancelled:    "Your video appointment was cancelled",
		agenda.PurposeRenewed:      "Your new link for the video appointment",
		agenda.PurposeReminderDay:  "Reminder of your video appointment",
		agenda.PurposeReminderSoon: "Your video appointment begins soon",
		agenda.PurposeNow:          "You are expected in a video call",
		PurposeOpinionUrgent:       "A request for an opinion is waiting for you",
		PurposeOpinionQueue:        "A request for an opinion is waiting for you",
		PurposeOpinionBack:         "A request for an opinion is waiting for your reply",
		PurposeOpinionReply:        "A reply is waiting for you in a request for an opinion",
		PurposeOpinionAnswer:       "An opinion that you asked for has come",
		PurposeThread:              "Unread messages are waiting for you",
	},
	sentences: map[string]string{
		agenda.PurposeInvitation: "You have a video appointment %s.",
		agenda.PurposeMoved:      "Your video appointment was moved: it is %s.",
		agenda.PurposeChanged: "Your video appointment %s has another place. The time " +
			"stays the same.",
		agenda.PurposeCancelled: "Your video appointment %s was cancelled.",
		agenda.PurposeRenewed: "Here is a new link for your video appointment %s. The old " +
			"one no longer works.",
		agenda.PurposeReminderDay:  "Reminder: you have a video appointment %s.",
		agenda.PurposeReminderSoon: "Your video appointment begins %s.",
		agenda.PurposeNow:          "You are expected in a video call now.",
	},
	questions: "Questions? Call %s.",
	summary:   "Video appointment",
	days: [7]string{
		"Sunday",
		"Monday",
		"Tuesday",
		"Wednesday",
		"Thursday",
		"Friday",
		"Saturday",
	},
	months: [12]string{
		"January",
		"February",
		"March",
		"April",
		"May",
		"June",
		"July",
		"August",
		"September",
		"October",
		"November",
		"December",
	},
	moment: func(day, month string, t time.Time) string {
		return fmt.Sprintf("on %s %d %s at %02d:%02d", day, t.Day(), month, t.Hour(), t.Minute())
	},
	now:       "Open this link. There is nothing to install:",
	forGuests: "Open this link, at the earliest %d minutes before. There is nothing to install:",
	forStaff:  "It is in your day, here:",
	signIn:    "Sign in here:",
	noticesOff: "To have no more of these mails, choose so in \"My account\": \"To be told by " +
		"mail\".",
}
