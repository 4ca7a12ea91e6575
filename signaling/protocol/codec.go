package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ClientMessage is a message from the browser to the server.
type ClientMessage interface {
	// Validate reports the first field out of its range. The error says what was expected, what
	// was got and what to do.
	Validate() error
	client()
}

// ServerMessage is a message from the server to the browser.
type ServerMessage interface{ server() }

func (Join) client()        {}
func (Enter) client()       {}
func (Offer) client()       {}
func (Candidate) client()   {}
func (Media) client()       {}
func (Capture) client()     {}
func (Estimate) client()    {}
func (Subscribe) client()   {}
func (Mode) client()        {}
func (Say) client()         {}
func (Hand) client()        {}
func (Mute) client()        {}
func (Admit) client()       {}
func (Refuse) client()      {}
func (Note) client()        {}
func (Remove) client()      {}
func (Block) client()       {}
func (Lock) client()        {}
func (End) client()         {}
func (Typing) client()      {}
func (Spotlight) client()   {}
func (Handover) client()    {}
func (Invite) client()      {}
func (PhotoAsk) client()    {}
func (Photo) client()       {}
func (PhotoShow) client()   {}
func (PhotoDrop) client()   {}
func (PhotoLook) client()   {}
func (PhotoMark) client()   {}
func (PhotoUnmark) client() {}
func (PhotoPoint) client()  {}
func (Transfer) client()    {}
func (Leave) client()       {}
func (Ping) client()        {}

func (Welcome) server()      {}
func (ICEServers) server()   {}
func (Waiting) server()      {}
func (Admitted) server()     {}
func (History) server()      {}
func (Answer) server()       {}
func (Slots) server()        {}
func (Encode) server()       {}
func (Speakers) server()     {}
func (UplinkLoss) server()   {}
func (Roster) server()       {}
func (Chat) server()         {}
func (Muted) server()        {}
func (Typed) server()        {}
func (SameLink) server()     {}
func (Invitation) server()   {}
func (Unattended) server()   {}
func (PhotoAsked) server()   {}
func (Photos) server()       {}
func (PhotoMarks) server()   {}
func (PhotoPointed) server() {}
func (Upload) server()       {}
func (TransferRate) server() {}
func (Pong) server()         {}
func (Error) server()        {}
func (Bye) server()          {}

var (
	clientCatalogue = catalogueOf[ClientMessage](Join{}, Enter{}, Offer{}, Candidate{}, Media{},
		Capture{}, Estimate{}, Subscribe{}, Mode{}, Say{}, Hand{}, Mute{}, Admit{}, Refuse{},
		Note{}, Remove{}, Block{}, Lock{}, End{}, Typing{}, Spotlight{}, Handover{}, Invite{},
		PhotoAsk{}, Photo{}, PhotoShow{}, PhotoDrop{}, PhotoLook{}, PhotoMark{}, PhotoUnmark{},
		PhotoPoint{}, Transfer{}, Leave{}, Ping{})
	serverCatalogue = catalogueOf[ServerMessage](Welcome{}, ICEServers{}, Waiting{}, Admitted{},
		History{}, Answer{}, Slots{}, Encode{}, Speakers{}, UplinkLoss{}, Roster{}, Chat{}, Muted{},
		Typed{}, SameLink{}, Invitation{}, Unattended{}, PhotoAsked{}, Photos{}, PhotoMarks{},
		PhotoPointed{}, Upload{}, TransferRate{}, Pong{},
		Error{}, Bye{})
)

// TypeOf returns the "type" under which a message travels: the lower-case name of its Go type.
func TypeOf(message any) string { return strings.ToLower(reflect.TypeOf(message).Name()) }

// UnmarshalClient reads one message of a browser, strictly: an unknown type, an unknown field, a
// field out of range or anything after the object is refused with *Malformed.
func UnmarshalClient(data []byte) (ClientMessage, error) {
	decoded, err := unmarshal(data, clientCatalogue)
	if err != nil {
		return nil, err
	}
	message := decoded.(ClientMessage)
	if text, ok := message.(cleaned); ok {
		message = text.clean()
	}
	if err := message.Validate(); err != nil {
		return nil, &Malformed{Of: TypeOf(message), Reason: err.Error()}
	}
	return message, nil
}

// UnmarshalServer reads one message of a server, as strictly as UnmarshalClient; it is what a
// client in Go needs.
func UnmarshalServer(data []byte) (ServerMessage, error) {
	decoded, err := unmarshal(data, serverCatalogue)
	if err != nil {
		return nil, err
	}
	return decoded.(ServerMessage), nil
}

func unmarshal(data []byte, known catalogue) (any, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, &Malformed{
			Reason: fmt.Sprintf(
				"expected one JSON object with a \"type\", got %s (%v); send one object a text "+
					"frame",
				excerpt(data),
				err,
			),
		}
	}
	t, ok := known[head.Type]
	if !ok {
		return nil, &Malformed{
			Reason: fmt.Sprintf("expected a type among %s, got %q; see %s's protocol document",
				known.names(), clip(head.Type), Subprotocol),
		}
	}
	target := reflect.New(t)
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target.Interface()); err != nil {
		return nil, &Malformed{
			Of: head.Type,
			Reason: fmt.Sprintf(
				"expected the fields %s, got one that does not fit (%v); send only these, with "+
					"these types",
				fieldNames(t),
				err,
			),
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &Malformed{
			Of: head.Type,
			Reason: "expected the end of the message after the object, got more; send one " +
				"object a text frame",
		}
	}
	return target.Elem().Interface(), nil
}

// Marshal writes a message. It fills in the "type", and writes empty lists as [] where Go has nil,
// because the browser's types know no null.
func Marshal(message any) ([]byte, error) {
	_, client := message.(ClientMessage)
	_, server := message.(ServerMessage)
	if !client && !server || reflect.TypeOf(message).Kind() != reflect.Struct {
		return nil, fmt.Errorf(
			"expected a message of the protocol, got %T; give the struct itself", message)
	}
	value := reflect.New(reflect.TypeOf(message)).Elem()
	value.Set(reflect.ValueOf(message))
	value.FieldByName("Type").SetString(TypeOf(message))
	for i := range value.NumField() {
		if field := value.Field(i); field.Kind() == reflect.Slice && field.IsNil() {
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		}
	}
	return json.Marshal(value.Interface())
}

func fieldNames(t reflect.Type) string {
	names := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func excerpt(data []byte) string { return fmt.Sprintf("%d bytes", len(data)) }

// clip keeps what a stranger wrote short and printable (with %q) in an error.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
