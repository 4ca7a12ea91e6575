package record

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
)

// pdfText reads a PDF with poppler's pdftotext; "" where it is not installed, except in CI.
func pdfText(t *testing.T, pdf []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("expected pdftotext, got none; install Debian's package poppler-utils")
	}
	require.NoError(t, err)
	read := exec.Command(program, "-enc", "UTF-8", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	require.NoError(t, err)
	return string(text)
}

func TestAReportIsOneDocumentThatIsReplacedAndWithdrawn(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]struct {
		form   Form
		events [3]string
	}{
		"MDM": {FormMDM, [3]string{"MDM^T02^MDM_T02", "MDM^T10^MDM_T02", "MDM^T04^MDM_T02"}},
		"ORU": {FormORU, [3]string{"ORU^R01^ORU_R01", "ORU^R01^ORU_R01", "ORU^R01^ORU_R01"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, b := newDesk(t), openBook(t)
			way := mdm(b)
			way.Form = form.form
			records := New(d.store, []Way{way}, nil)
			step := func(m practice.Message, event, status string) {
				t.Helper()
				require.NoError(t, records.Deliver(t.Context(), m))
				require.NoError(t, records.Deliver(t.Context(), m), "again")
				d.settle(m, practice.OutboxSent)
				require.Equal(t, event, raw(b.last(t), "MSH", 9))
				require.Equal(t, status, raw(b.last(t), "OBX", 11))
				require.Equal(t, "^application^pdf^Base64",
					strings.TrimSuffix(raw(b.last(t), "OBX", 5)[:24], "^"))
			}
			step(d.sign("Repos."), form.events[0], "F")
			require.Contains(t, pdfText(t, b.only(t)), "Repos.")
			pid := b.last(t).First("PID")
			require.Equal(t, "770001^^^CHU-X&1.2.250.1.999&ISO^PI~279035121518989^^^"+
				"ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", pid.Field(3).Raw())
			require.Equal(t, `DVOŘÁK^ŁUCJA^ŁUCJA \T\ MARIE^^^^L~O'NEIL\S\^ŁUCJA^^^^^D`,
				pid.Field(5).Raw())
			require.Equal(t, "VALI", pid.Field(32).Text())
			step(d.correct("Radiographie."), form.events[1], "C")
			require.Contains(t, pdfText(t, b.only(t)), "Radiographie.")
			step(d.withdraw(), form.events[2], "D")
			require.Empty(t, b.papers)
			require.Empty(t, b.strange)
			require.Equal(t, 3, b.again)
			require.Len(t, b.came, 3)
		})
	}
}

func TestWhatARecordDoesNotHaveIsNeitherReplacedNorWithdrawn(t *testing.T) {
	t.Parallel()
	d, b := newDesk(t), openBook(t)
	records := New(d.store, []Way{mdm(b)}, nil)
	first := d.sign("Repos.")
	d.settle(first, practice.OutboxFailed)
	second := d.correct("Radiographie.")
	require.NoError(t, records.Deliver(t.Context(), second))
	require.Equal(t, "MDM^T02^MDM_T02", raw(b.last(t), "MSH", 9), "the record has no first one")
	d.settle(second, practice.OutboxSent)
	requireFate(t, records.Deliver(t.Context(), first), "a later version was sent")
	require.Contains(t, pdfText(t, b.only(t)), "Radiographie.")

	other := newDesk(t)
	records = New(other.store, []Way{mdm(b)}, nil)
	other.settle(other.sign("Repos."), practice.OutboxFailed)
	requireFate(t, records.Deliver(t.Context(), other.withdraw()), "the record has no version")
	require.Len(t, b.came, 1)
}

func requireFate(t *testing.T, err error, words string) {
	t.Helper()
	require.ErrorContains(t, err, words)
}

func TestAPatientWithoutANumberHasNoRecord(t *testing.T) {
	t.Parallel()
	d, b := newDesk(t), openBook(t)
	d.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE patients SET ipp = '' WHERE establishment = 'E1'")
		return err
	})
	records := New(d.store, []Way{mdm(b)}, nil)
	m := d.sign("Repos.")
	requireFate(t, records.Deliver(t.Context(), m), "number of the hospital")
	require.Empty(t, b.came)
	nowhere := New(d.store, nil, nil)
	requireFate(t, nowhere.Deliver(t.Context(), m), "practice.records-file")
	require.False(t, nowhere.Takes(practice.Establishment{ID: "E1"}))
	folder := t.TempDir()
	for _, files := range []*Records{
		New(d.store, []Way{{Establishment: "E1", Form: FormFolder, Folder: folder}}, nil),
		New(d.store, nil, report.Folder{Store: d.store, Path: folder}),
	} {
		require.True(t, files.Takes(practice.Establishment{ID: "E1"}))
		require.NoError(t, files.Deliver(t.Context(), m))
	}
}

func TestARecordThatMisbehavesHasEachDocumentOnce(t *testing.T) {
	t.Parallel()
	for how, words := range map[behaviour]string{
		twice:   "",
		cuts:    "not answered",
		deaf:    "not answered",
		busy:    "AE: patient … … inconnu",
		refuses: "AR: patient … … inconnu",
		others:  `expected the answer to`,
		babbles: "cannot be read",
	} {
		t.Run(string(how), func(t *testing.T) {
			d, b := newDesk(t), openBook(t)
			records := New(d.store, []Way{mdm(b)}, nil)
			m := d.sign("Repos.")
			b.behaviours = []behaviour{how}
			err := records.Deliver(t.Context(), m)
			if words == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, words)
			}
			require.NoError(t, records.Deliver(t.Context(), m), "the next time")
			require.Contains(t, pdfText(t, b.only(t)), "Repos.")
			d.settle(m, practice.OutboxSent)
			require.NoError(t, records.Deliver(t.Context(), d.correct("Radiographie.")))
			require.Contains(t, pdfText(t, b.only(t)), "Radiographie.")
		})
	}
}

func TestALateAnswerIsNoneToAnotherMessage(t *testing.T) {
	t.Parallel()
	d, b := newDesk(t), openBook(t)
	records := New(d.store, []Way{mdm(b)}, nil)
	m := d.sign("Repos.")
	b.behaviours = []behaviour{silent}
	ctx, stop := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- records.Deliver(ctx, m) }()
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.came) == 1
	}, 10*time.Second, time.Millisecond)
	stop()
	require.Error(t, <-gone)
	close(b.release)
	require.NoError(t, records.Deliver(t.Context(), m))
	b.only(t)
	require.Equal(t, 1, b.again)
}

func TestAServerThatIsAwayIsLeftAloneForAMoment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	records := New(d.store, []Way{mdmTo(nobody)}, nil)
	now := noon
	records.now = func() time.Time { return now }
	m := d.sign("Repos.")
	requireFate(t, records.Deliver(t.Context(), m), "cannot be reached")
	requireFate(t, records.Deliver(t.Context(), m), "not reached a moment ago")
	now = now.Add(rest)
	requireFate(t, records.Deliver(t.Context(), m), "cannot be reached")
}

func TestAServerThatWantsACertificateIsToldFromOneThatIsAway(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	here, there := net.Pipe()
	defer here.Close()
	server := tls.Server(there, &tls.Config{Certificates: web.TLS.Certificates,
		ClientAuth: tls.RequireAnyClientCert})
	ended := make(chan error, 1)
	go func() {
		ended <- server.HandshakeContext(t.Context())
		there.Close()
	}()
	known := x509.NewCertPool()
	known.AddCert(web.Certificate())
	client := tls.Client(here, &tls.Config{RootCAs: known, ServerName: "example.com"})
	_, err := client.Read(make([]byte, 1))
	require.ErrorContains(t, <-ended, "certificate")
	unanswered := func(err error) error { return fmt.Errorf("%w: %w", mllp.ErrUnanswered, err) }
	require.Equal(t, practice.ReasonTLS, reasonOf(unanswered(err)))
	require.Equal(t, practice.ReasonAway, reasonOf(unanswered(io.EOF)))
}

func TestWhatARecordSaysIsToldWithoutThePatient(t *testing.T) {
	t.Parallel()
	d := report.Document{Patient: practice.Patient{IPP: "770001", BirthName: "DVOŘÁK",
		BirthGivenName: "ŁUCJA", BirthDate: "1940-02-03"}}
	require.Equal(t, "ıııı … …, …, …: … (…)", // letters that grow shorter as capitals
		conceal("ıııı dvořák Łucja, 19400203, 1940-02-03: 770001 (DVOŘÁK)", d))
}

// cdaElements are what the header of a telemedicine report has, in the order of the schema.
var cdaElements = []string{"realmCode", "typeId", "templateId", "templateId", "templateId", "id",
	"code", "title", "effectiveTime", "confidentialityCode", "languageCode", "setId",
	"versionNumber", "recordTarget", "author", "custodian", "legalAuthenticator", "participant",
	"documentationOf", "relatedDocument", "componentOf", "component"}

func TestACDADocumentHasTheHeaderOfTelemedicine(t *testing.T) {
	t.Parallel()
	d, b := newDesk(t), openBook(t)
	way := mdm(b)
	way.CDA, way.Meta = true, map[string]string{"MASQUE_PS": "N", "DESTDMP": "Y"}
	require.NoError(t, way.Check())
	records := New(d.store, []Way{way}, nil)
	first := d.sign("Repos.")
	require.NoError(t, records.Deliver(t.Context(), first))
	d.settle(first, practice.OutboxSent)
	require.NoError(t, records.Deliver(t.Context(), d.correct("Radiographie.")))
	m := b.last(t)
	require.Equal(t, "^text^XML^Base64^", raw(m, "OBX", 5)[:17])
	require.Equal(t, "TEXT", raw(m, "TXA", 3))
	require.Equal(t, "DESTDMP^Destinataire DMP^MetaDMPMSS", m.All("OBX")[1].Field(3).Raw())
	require.Equal(t, "Y^^expandedYes-NoIndicator", m.All("OBX")[1].Field(5).Raw())
	text := b.only(t)
	var document struct {
		XMLName xml.Name
		Parts   []struct{ XMLName xml.Name } `xml:",any"`
		ID      struct {
			Root string `xml:"root,attr"`
		} `xml:"id"`
		Body struct {
			Kind string `xml:"mediaType,attr"`
			Text string `xml:",chardata"`
		} `xml:"component>nonXMLBody>text"`
	}
	require.NoError(t, xml.Unmarshal(text, &document))
	require.Equal(t, "urn:hl7-org:v3", document.XMLName.Space)
	require.Equal(t, m.First("TXA").Field(12).Text(), document.ID.Root)
	var names []string
	for decoder, depth := xml.NewDecoder(bytes.NewReader(text)), 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch element := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				names = append(names, element.Name.Local)
			}
		case xml.EndElement:
			depth--
		}
	}
	require.Equal(t, cdaElements, names)
	for _, part := range []string{`root="2.16.840.1.113883.2.8.2.1"`, `root="1.2.250.1.213.1.1.1.1"`,
		`root="1.3.6.1.4.1.19376.1.2.20"`, `code="85208-7"`, `<versionNumber value="2"/>`,
		`extension="279035121518989"`, `root="1.2.250.1.999" extension="770001"`,
		`extension="810000000001"`, `extension="1010000001"`, `<functionCode code="353"`,
		`Vidal &amp; fils`, `CH &lt;X&gt;`, `code="VR"`, `typeCode="RPLC"`, `<county>63220</county>`,
		`<effectiveTime value="20261201122000+0100"/>`} {
		require.Contains(t, string(text), part)
	}
}

func TestWaysThatCannotBe(t *testing.T) {
	t.Parallel()
	fine := Way{Establishment: "E1", Form: FormMDM, Address: "dpi:2575", Authority: "CHU-X"}
	require.NoError(t, fine.Check())
	for expected, change := range map[string]func(*Way){
		"FINESS":                func(w *Way) { w.Establishment = "" },
		"mdm, oru, fhir or":     func(w *Way) { w.Form = "fax" },
		"a FHIR server":         func(w *Way) { w.Form = FormFHIR },
		"OID for FHIR":          func(w *Way) { w.Form, w.Address = FormFHIR, "https://dpi" },
		"dpi.ch-x.example":      func(w *Way) { w.Address = "dpi" },
		"authority of":          func(w *Way) { w.Authority = "" },
		"its OID":               func(w *Way) { w.CDA = true },
		"expected a folder":     func(w *Way) { w.Form = FormFolder },
		`expected meta data as`: func(w *Way) { w.Meta = map[string]string{"X": "Y"} },
	} {
		way := fine
		change(&way)
		require.ErrorContains(t, way.Check(), expected)
	}
}

var _ courier.Recorder = (*Records)(nil)
