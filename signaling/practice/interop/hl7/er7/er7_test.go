package er7

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const admission = "MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|20240306111154||ADT^A01^ADT_A01|3975|D|" +
	"2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM\r" +
	"PID|1||000003^^^CHU-X&000897406&N^PI~279035121518989^^^ASIP-SANTE-INS-NIR" +
	"&1.2.250.1.213.1.4.10&ISO^INS^^20101207||PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^L||19790328|F|||" +
	"^^^^^^BDL^^63220\rZZZ|un|deux\r"

func TestAMessageIsRead(t *testing.T) {
	m, err := Parse([]byte(admission))
	require.NoError(t, err)
	require.Equal(t, Usual, m.Delimiters)
	require.Equal(t, "UNICODE UTF-8", m.Declared)
	head := m.First("MSH")
	require.Equal(t, "|", head.Field(1).Raw())
	require.Equal(t, `^~\&`, head.Field(2).Text())
	require.Equal(t, "A01", head.Field(9).Component(2).Text())
	require.Equal(t, "3975", head.Field(10).Text())
	pid := m.First("PID")
	numbers := pid.Field(3).Repetitions()
	require.Len(t, numbers, 2)
	require.Equal(t, "000003", numbers[0].Text())
	require.Equal(t, "INS", numbers[1].Component(5).Text())
	require.Equal(t, "1.2.250.1.213.1.4.10", numbers[1].Component(4).Sub(2).Text())
	require.Equal(t, "63220", pid.Field(11).Component(9).Text())
	require.True(t, pid.Field(40).Empty())
	require.Empty(t, pid.Field(3).Component(77).Text())
	require.Equal(t, "deux", m.First("ZZZ").Field(2).Text())
	require.False(t, m.Has("PV1"))
	require.Equal(t, admission, string(m.Bytes()))
}

func TestLinesEndInAnyWay(t *testing.T) {
	for _, end := range []string{"\r", "\n", "\r\n", "\r\r\n"} {
		m, err := Parse([]byte("\r\n\xef\xbb\xbf"[2:] + strings.ReplaceAll(admission, "\r", end)))
		require.NoError(t, err)
		require.Len(t, m.Segments, 3)
	}
}

func TestOtherDelimiters(t *testing.T) {
	m, err := Parse([]byte("MSH#*!?%#GAM#CHU\rPID###7*!8?F?9*a%b"))
	require.NoError(t, err)
	numbers := m.First("PID").Field(3).Repetitions()
	require.Len(t, numbers, 2)
	require.Equal(t, "8#9", numbers[1].Text())
	require.Equal(t, "b", numbers[1].Component(2).Sub(2).Text())
	only, err := Parse([]byte("MSH|^|GAM\rPID|a~b&c"))
	require.NoError(t, err)
	require.Equal(t, "a~b&c", only.First("PID").Field(1).Text())
}

func TestOddEncodings(t *testing.T) {
	head := func(set string) string { return "MSH|^~\\&|G|C|D|C|2024||ADT^A28|1|P|2.5||||||" + set }
	for name, c := range map[string]struct {
		raw, name string
		odd       bool
	}{
		"UTF-8":                  {head("UNICODE UTF-8") + "\rPID|Zoé", "Zoé", false},
		"UTF-8, header latin1":   {head("8859/1") + "\rPID|Zoé", "Zoé", false},
		"latin1, header UTF-8":   {head("UNICODE UTF-8") + "\rPID|Zo\xe9", "Zoé", true},
		"latin1, header silent":  {head("") + "\rPID|Zo\xe9", "Zoé", true},
		"latin1":                 {head("8859/1") + "\rPID|Zo\xe9", "Zoé", false},
		"latin9":                 {head("8859/15") + "\rPID|B\xbduf", "Bœuf", false},
		"two in one message":     {head("UNICODE UTF-8") + "\rPID|Zo\xe9|Zoé", "Zoé", true},
		"hexadecimal, latin1":    {head("8859/1") + "\rPID|Zo\\XE9\\", "Zoé", false},
		"hexadecimal, UTF-8":     {head("") + "\rPID|Zo\\XC3A9\\", "Zoé", false},
		"hexadecimal that lies":  {head("") + "\rPID|Zo\\XC3A\\", `Zo\XC3A\`, false},
		"an escape without end":  {head("") + "\rPID|Zo\\T", `Zo\T`, false},
		"an escape nobody knows": {head("") + "\rPID|Zo\\Q\\&", `Zo\Q\`, false},
	} {
		m, err := Parse([]byte(c.raw))
		require.NoError(t, err, name)
		require.Equal(t, c.name, m.First("PID").Field(1).Text(), name)
		require.Equal(t, c.odd, m.Odd, name)
		if last := m.First("PID").Field(2); !last.Empty() {
			require.Equal(t, "Zoé", last.Text(), name)
		}
	}
}

func TestWhatIsNoMessageIsToldSo(t *testing.T) {
	for raw, expected := range map[string]string{
		"": "expected the segment MSH first, one message at a time, got nothing",
		"PID|1\r": "line 1: expected the segment MSH first, one message at a time, got the " +
			"segment PID",
		"FHS|^~\\&|\rBHS|": "got the segment FHS",
		"MSH":              "expected delimiters after MSH",
		"MSH|^^\\&|":       "one twice",
		"MSH|A~\\&|":       "a letter",
		"MSH|^~\\&#?!|":    "one to five delimiters in MSH-2",
		"MSH|^~\\&|G\rune ligne de texte": "line 2: expected the name of a segment: a capital " +
			"and two capitals or digits",
		"MSH|^~\\&|G\rMSH|^~\\&|G": "line 2: expected one message, got a " +
			"second MSH",
		"\xff\xfeM\x00S\x00H\x00":                          "got UTF-16",
		"MSH|^~\\&|" + strings.Repeat("|", maxFields+1):    "at most 1000 fields",
		"MSH|^~\\&|\r" + strings.Repeat("ZZZ\r", 2001):     "at most 2000 segments",
		"MSH|^~\\&|\rZZZ|" + strings.Repeat("x", MaxBytes): "at most 1048576 bytes",
	} {
		_, err := Parse([]byte(raw))
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.ErrorContains(t, err, expected)
	}
}

func TestNullIsNotNothing(t *testing.T) {
	m, err := Parse([]byte("MSH|^~\\&|G\rPID|\"\"||x"))
	require.NoError(t, err)
	require.True(t, m.First("PID").Field(1).IsNull())
	require.Empty(t, m.First("PID").Field(1).Text())
	require.False(t, m.First("PID").Field(2).IsNull())
	require.True(t, m.First("PID").Field(2).Empty())
}

// What was written is read again, whatever is in it.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "texts")
		m := New()
		m.Add("MSH", "GAM")
		m.Add("PID", Usual.Components(texts...), Usual.Escape(texts[0]))
		read, err := Parse(m.Bytes())
		require.NoError(t, err)
		for i, text := range texts {
			text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
			require.Equal(t, text, read.First("PID").Field(1).Component(i+1).Text())
		}
		require.Equal(t, string(m.Bytes()), string(read.Bytes()))
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(admission))
	f.Add([]byte("MSH#*!?%#GAM#CHU\rPID###7*!8?F?9*a%b"))
	f.Add([]byte("MSH|^~\\&|G|||||||||||||||UNICODE UTF-8\rPID|Zo\xe9\\XE9\\\\T"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			var syntax *SyntaxError
			require.True(t, errors.As(err, &syntax))
			return
		}
		for _, s := range m.Segments {
			for i := range s.Len() {
				for _, r := range s.Field(i + 1).Repetitions() {
					for _, c := range r.Components() {
						_ = c.Sub(2).Text()
					}
				}
			}
		}
		written := m.Bytes()
		if bytes.ContainsRune(written, '\uFFFD') {
			return
		}
		again, err := Parse(written)
		require.NoError(t, err)
		require.Equal(t, string(written), string(again.Bytes()))
	})
}
