package picture

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

func drawn(width, height int) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = byte(i * 7)
	}
	return picture
}

func asJPEG(t testing.TB, width, height int) []byte {
	var data bytes.Buffer
	require.NoError(t, jpeg.Encode(&data, drawn(width, height), nil))
	return data.Bytes()
}

func asPNG(t testing.TB, of image.Image) []byte {
	var data bytes.Buffer
	require.NoError(t, png.Encode(&data, of))
	return data.Bytes()
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunk(name string, body []byte) []byte {
	data := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	return append(data, make([]byte, len(body)%2)...)
}

// Frames of five by three pixels, as cut off as their headers.
var (
	vp8  = []byte("\x10\x00\x00\x9d\x01\x2a\x05\x00\x03\x00\x00")
	vp8l = binary.LittleEndian.AppendUint32([]byte{0x2f}, 4|2<<14)
)

func vp8x(flags byte, width, height byte) []byte {
	return chunk("VP8X", []byte{flags, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0})
}

// pngChunk is a chunk with its checksum.
func pngChunk(name string, body []byte) []byte {
	data := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	data = append(append(data, name...), body...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(data[4:]))
}

func segment(marker byte, body string) []byte {
	data := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(data, body...)
}

// inside puts something at an offset.
func inside(data []byte, at int, what []byte) []byte {
	return bytes.Join([][]byte{data[:at], what, data[at:]}, nil)
}

func TestWhatACanvasWritesPasses(t *testing.T) {
	jfif := segment(app0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	palette := image.NewPaletted(image.Rect(0, 0, 5, 3), color.Palette{color.Transparent,
		color.Black})
	for name, data := range map[string][]byte{
		"image/jpeg": asJPEG(t, 5, 3), "image/jpeg JFIF": inside(asJPEG(t, 5, 3), 2, jfif),
		"image/png": asPNG(t, drawn(5, 3)), "image/png palette": asPNG(t, palette),
		"image/webp": riff(chunk("VP8 ", vp8)), "image/webp lossless": riff(chunk("VP8L", vp8l)),
		"image/webp alpha": riff(vp8x(webPAlpha, 5, 3), chunk("ALPH", []byte{0}),
			chunk("VP8 ", vp8)),
	} {
		h, err := Check(data)
		require.NoError(t, err, name)
		require.Contains(t, name, h.Kind)
		require.Equal(t, []int{5, 3}, []int{h.Width, h.Height}, name)
		for cut := range data {
			_, err := Check(data[:cut])
			require.Error(t, err, "%s, of which %d bytes have come", name, cut)
		}
		_, err = Check(append(bytes.Clone(data), 0))
		require.Error(t, err, name)
	}
}

func TestWhatTellsMoreThanPixelsIsRefused(t *testing.T) {
	jpeg, png := asJPEG(t, 5, 3), asPNG(t, drawn(5, 3))
	const afterIHDR = 8 + 12 + 13
	wrongSum := bytes.Clone(png)
	wrongSum[29] ^= 1
	for name, data := range map[string][]byte{
		"EXIF":           inside(jpeg, 2, segment(0xe1, "Exif\x00\x00MM\x00*")),
		"XMP":            inside(jpeg, 2, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00")),
		"profile":        inside(jpeg, 2, segment(0xe2, "ICC_PROFILE\x00")),
		"Photoshop":      inside(jpeg, 2, segment(0xed, "Photoshop 3.0\x00")),
		"comment":        inside(jpeg, 2, segment(0xfe, "Mme Rey")),
		"before the end": inside(jpeg, len(jpeg)-2, segment(0xe1, "Exif\x00\x00")),
		"JFIF with thumbnail": inside(jpeg, 2, segment(app0,
			"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01abc")),
		"JFXX":             inside(jpeg, 2, segment(app0, "JFXX\x00\x10abcdefgh")),
		"a second picture": append(bytes.Clone(jpeg), jpeg...),
		"a second frame":   inside(jpeg, 2, segment(sof0, "\x08\x00\x03\x00\x05\x00")),
		"lossless JPEG":    bytes.Replace(jpeg, []byte{0xff, sof0}, []byte{0xff, 0xc3}, 1),
		"eXIf":             inside(png, afterIHDR, pngChunk("eXIf", []byte("MM\x00*"))),
		"tEXt":             inside(png, afterIHDR, pngChunk("tEXt", []byte("Author\x00x"))),
		"iCCP":             inside(png, afterIHDR, pngChunk("iCCP", nil)),
		"acTL":             inside(png, afterIHDR, pngChunk("acTL", make([]byte, 8))),
		"checksum":         wrongSum,
		"no IHDR":          append([]byte(pngMagic), pngChunk("IEND", nil)...),
		"two IHDR":         inside(png, afterIHDR, png[8:afterIHDR]),
		"WebP EXIF": riff(vp8x(0x08, 5, 3), chunk("VP8 ", vp8),
			chunk("EXIF", []byte("MM"))),
		"WebP XMP":       riff(vp8x(0, 5, 3), chunk("VP8 ", vp8), chunk("XMP ", []byte("<x>"))),
		"WebP animation": riff(vp8x(0x02, 5, 3), chunk("ANIM", make([]byte, 6))),
		"WebP profile":   riff(vp8x(0x20, 5, 3), chunk("ICCP", nil), chunk("VP8 ", vp8)),
		"WebP sizes":     riff(vp8x(0, 6, 3), chunk("VP8 ", vp8)),
		"WebP twice":     riff(chunk("VP8 ", vp8), chunk("VP8 ", vp8)),
		"WebP nothing":   riff(),
		"GIF":            []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"SVG":            []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"nothing":        nil,
	} {
		_, err := Check(data)
		require.Error(t, err, name)
	}
}

func TestSidesHaveBounds(t *testing.T) {
	sized := func(width, height uint32) []byte {
		header := binary.BigEndian.AppendUint32(nil, width)
		header = binary.BigEndian.AppendUint32(header, height)
		return bytes.Join([][]byte{[]byte(pngMagic),
			pngChunk("IHDR", append(header, 8, 0, 0, 0, 0)), pngChunk("IEND", nil)}, nil)
	}
	_, err := Check(sized(4096, 4096))
	require.NoError(t, err)
	for _, size := range [][2]uint32{{MaxSide + 1, 1}, {1, MaxSide + 1}, {4097, 4096}, {0, 1},
		{1, 0}, {1 << 31, 1 << 31}} {
		_, err := Check(sized(size[0], size[1]))
		require.Error(t, err, size)
	}
}

// FuzzCheck demands that whatever passes has no trace of what must not pass, as a search for names
// finds it, and is of the size that it says.
func FuzzCheck(f *testing.F) {
	f.Add(asJPEG(f, 5, 3))
	f.Add(asPNG(f, drawn(5, 3)))
	f.Add(riff(chunk("VP8 ", vp8)))
	f.Add(riff(vp8x(webPAlpha, 5, 3), chunk("ALPH", []byte{0}), chunk("VP8L", vp8l)))
	progressive, err := hex.DecodeString("ffd8ffc20006080001000100ffda00020001ffc40002ffda0002ffd9")
	require.NoError(f, err)
	f.Add(progressive)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		h, err := Check(data)
		require.Equal(t, before, data)
		if err != nil {
			return
		}
		require.Equal(t, h.Kind, KindOf(data))
		require.True(t, h.Width > 0 && h.Height > 0 && h.Width*h.Height <= MaxPixels)
		again, err := Check(append(bytes.Clone(data), "Exif\x00\x00"...))
		require.Error(t, err, "%v", again)
		if h.Kind == "image/jpeg" {
			_, err := Check(inside(data, 2, segment(0xe1, "Exif\x00\x00")))
			require.Error(t, err)
		}
	})
}
