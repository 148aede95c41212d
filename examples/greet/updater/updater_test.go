package updater

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	oldVersion = "20260101"
	newVersion = "20260102.1"

	currentPath = "/dir/greet/current/"
	patchPath   = "/bin/greet/" + oldVersion + "/" + newVersion + "/"
	fullPath    = "/bin/greet/" + newVersion + "/"
)

// place is one installation of the old program, and the server that offers the new one.
type place struct {
	*Updater
	t         *testing.T
	old, new  []byte
	patchFile []byte
	server    *httptest.Server
	answers   map[string]http.HandlerFunc // by path, as they are to be; a test changes them
	out       bytes.Buffer

	mutex    sync.Mutex
	requests []string
}

func newPlace(t *testing.T) *place {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	p := &place{t: t, old: read("old"), new: read("new"), patchFile: read("patch")}
	p.answers = map[string]http.HandlerFunc{
		currentPath + platform + ".json": text(document(newVersion, p.new)),
		patchPath + platform:             body(p.patchFile),
		fullPath + platform + ".gz":      body(gz(p.new)),
	}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mutex.Lock()
		p.requests = append(p.requests, r.URL.Path)
		answer := p.answers[r.URL.Path]
		p.mutex.Unlock()
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("Accept-Encoding is %q", got)
		}
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	// On a connection that was used before, Go repeats a request whose connection was dropped.
	p.server.Config.SetKeepAlivesEnabled(false)
	p.server.Start()
	t.Cleanup(p.server.Close)

	p.Updater = &Updater{
		DirectoryURL: p.server.URL + "/dir/",
		ArtifactsURL: p.server.URL + "/bin/",
		Cmd:          "greet",
		Version:      oldVersion,
		Out:          &p.out,
		Target:       filepath.Join(t.TempDir(), "greet"),
		MaxSize:      1 << 20,
	}
	p.install(p.old)
	return p
}

func (p *place) install(binary []byte) {
	// The mode is not one that a new file would get by itself.
	if err := os.WriteFile(p.Target, binary, 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chmod(p.Target, 0o710); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) current(answer http.HandlerFunc) { p.answers[currentPath+platform+".json"] = answer }
func (p *place) patched(answer http.HandlerFunc) { p.answers[patchPath+platform] = answer }
func (p *place) full(answer http.HandlerFunc)    { p.answers[fullPath+platform+".gz"] = answer }

// checkInstalled fails the test unless the program is exactly this one, and nothing lies beside it.
func (p *place) checkInstalled(want []byte) {
	p.t.Helper()
	got, err := os.ReadFile(p.Target)
	if err != nil {
		p.t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		p.t.Errorf("the installed program has %d bytes and is not the one of %d bytes", len(got), len(want))
	}
	info, err := os.Stat(p.Target)
	if err != nil {
		p.t.Fatal(err)
	}
	if info.Mode() != 0o710 && os.PathSeparator == '/' {
		p.t.Errorf("its mode is %v", info.Mode())
	}
	files, err := os.ReadDir(filepath.Dir(p.Target))
	if err != nil || len(files) != 1 {
		p.t.Errorf("its folder holds %v, %v", files, err)
	}
}

// letters are the requests so far: I for the current version, P for the patch, F for the full binary.
func (p *place) letters() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var letters string
	for _, path := range p.requests {
		switch path {
		case currentPath + platform + ".json":
			letters += "I"
		case patchPath + platform:
			letters += "P"
		case fullPath + platform + ".gz":
			letters += "F"
		default:
			letters += "(" + path + ")"
		}
	}
	return letters
}

func TestPatchComesFirst(t *testing.T) {
	p := newPlace(t)
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
	want := fmt.Sprintf("checked: 20260102.1 is current\npatched %d bytes\nnow at version 20260102.1\n", len(p.patchFile))
	if p.out.String() != want {
		t.Errorf("it printed %q, want %q", p.out.String(), want)
	}
	if p.letters() != "IP" {
		t.Errorf("the requests were %s", p.letters())
	}
}

func TestNothingToDo(t *testing.T) {
	p := newPlace(t)
	p.current(text(document(oldVersion, []byte("whatever it was"))))
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.old)
	if want := "checked: 20260101 is current\nalready at 20260101\n"; p.out.String() != want {
		t.Errorf("it printed %q, want %q", p.out.String(), want)
	}
	if p.letters() != "I" {
		t.Errorf("the requests were %s", p.letters())
	}
}

func TestOlderVersionIsInstalled(t *testing.T) {
	p := newPlace(t)
	p.current(text(document("20251231", p.new)))
	p.answers["/bin/greet/20251231/"+platform+".gz"] = body(gz(p.new))
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
}

// Whatever is wrong with the patch, the whole binary is installed instead.
func TestTroubleWithThePatch(t *testing.T) {
	header := func(control, diff, size uint64, rest string) []byte {
		patch := []byte("BSDIFF40")
		for _, n := range []uint64{control, diff, size} {
			patch = binary.LittleEndian.AppendUint64(patch, n)
		}
		return append(patch, rest...)
	}
	// Control blocks, compressed by bzip2: a step, or a million.
	const (
		addNegative  = "QlpoOTFBWSZTWXp+MNoAAATAQFBEQAAgADDNAMGlK2Q4u5IpwoSD0/GG0A=="         // -8, 0, 0
		copyNegative = "QlpoOTFBWSZTWb8HuUoAAAFAQFRAQAAgADDNAMGmDJOHF3JFOFCQvwe5Sg=="         // 0, -8, 0
		addTooMuch   = "QlpoOTFBWSZTWYZO0JoAAABEAEwAQAAgACEhoM00yYInF3JFOFCQhk7Qmg=="         // 2^62, 2^62, 0
		addNothing   = "QlpoOTFBWSZTWWNd4SgAt9LAEMAAIAAACCAAMMwJqmmSkCLaopAi8XckU4UJBjXeEoA=" // 0, 0, 0
	)
	steps := func(base64Text string) []byte {
		packed, err := base64.StdEncoding.DecodeString(base64Text)
		if err != nil {
			t.Fatal(err)
		}
		return header(uint64(len(packed)), 0, 1000, string(packed))
	}
	whole := newPlace(t).patchFile
	altered := func(at int) []byte {
		patch := bytes.Clone(whole)
		patch[at] ^= 0x10
		return patch
	}

	tests := []struct {
		name   string
		answer http.HandlerFunc
		reason string // a part of what is printed
	}{
		{"401", status(401), "status 401"},
		{"403", status(403), "status 403"},
		{"404", status(404), "status 404"},
		{"500", status(500), "status 500"},
		{"204", status(204), "status 204"},
		{"empty", body(nil), "not a BSDIFF40 file"},
		{"text", text("<html>"), "not a BSDIFF40 file"},
		{"other kind", body(append([]byte("BSDIFF41"), whole[8:]...)), "not a BSDIFF40 file"},
		{"cut in the header", body(whole[:31]), "not a BSDIFF40 file"},
		{"cut in the control block", body(whole[:60]), "it claims blocks"},
		{"cut in the extra block", body(whole[:len(whole)-40]), ""},
		{"cut on its way", cut(whole), "unexpected EOF"},
		{"damaged control block", body(altered(60)), ""},
		{"control block that ends early", body(header(0, 0, 10, "")), "control block is damaged"},
		{"damaged diff block", body(altered(140)), ""},
		{"damaged extra block", body(altered(len(whole) - 60)), ""},
		{"claims 2^60 bytes", body(header(0, 0, 1<<60, "")), "new size of 1152921504606846976 bytes"},
		{"claims a byte more than the limit", body(header(0, 0, 1<<20+1, "")), "new size of 1048577 bytes"},
		{"claims a negative size", body(header(0, 0, 1<<63+5, "")), "new size of -5 bytes"},
		{"claims a control block of 2^60 bytes", body(header(1<<60, 0, 10, "")), "it claims blocks"},
		{"claims a diff block of 2^60 bytes", body(header(0, 1<<60, 10, "")), "it claims blocks"},
		{"claims blocks whose sum overflows", body(header(1<<62, 1<<62, 10, "")), "it claims blocks"},
		{"claims negative blocks", body(header(1<<63+1, 1<<63+1, 10, "")), "it claims blocks"},
		{"claims nothing new", body(header(0, 0, 0, "")), "the SHA-256 of the result"},
		{"adds -8 bytes", body(steps(addNegative)), "a step of -8 bytes"},
		{"copies -8 bytes", body(steps(copyNegative)), "a step of -8 bytes"},
		{"adds 2^62 bytes", body(steps(addTooMuch)), "a step of 4611686018427387904 bytes"},
		{"has a million empty steps", body(steps(addNothing)), "more than 128 steps to 1000 bytes"},
		{"compressed though that was not asked for", encoded(gz(whole)), "not a BSDIFF40 file"},
		{"stalled", stalled(whole[:100]), "nothing came for 500ms"},
		{"silent", silent, "nothing came for 500ms"},
		{"dropped", dropped, "EOF"},
		{"redirect to another scheme", redirect(302, "file:///etc/passwd"), "unsupported protocol scheme"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.Stall = stallFor(test.reason)
			p.patched(test.answer)
			if err := p.Update(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.checkInstalled(p.new)
			want := fmt.Sprintf("downloaded %d bytes (no patch: ", len(gz(p.new)))
			out := p.out.String()
			if !strings.Contains(out, want) || !strings.Contains(out, test.reason) || strings.Count(out, "\n") != 3 {
				t.Errorf("it printed %q, want %q and %q", out, want, test.reason)
			}
			if p.letters() != "IPF" {
				t.Errorf("the requests were %s", p.letters())
			}
		})
	}
}

func TestPatchForAnotherBinary(t *testing.T) {
	p := newPlace(t)
	p.install(bytes.Repeat([]byte{1}, len(p.old)))
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
	if !strings.Contains(p.out.String(), "(no patch: the SHA-256 of the result is not the one that the directory names)") {
		t.Errorf("it printed %q", p.out.String())
	}
}

func TestPatchAboveItsLimit(t *testing.T) {
	p := newPlace(t)
	p.patched(func(w http.ResponseWriter, r *http.Request) {
		megabyte := make([]byte, 1<<20)
		for range maxPatch>>20 + 1 {
			w.Write(megabyte)
		}
	})
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
	if !strings.Contains(p.out.String(), "(no patch: more than 67108864 bytes were sent)") {
		t.Errorf("it printed %q", p.out.String())
	}
}

// With no patch and no good full binary the old program stays.
func TestTroubleWithTheFullBinary(t *testing.T) {
	whole := gz(newPlace(t).new)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		reason string
	}{
		{"404", status(404), "status 404"},
		{"500", status(500), "status 500"},
		{"empty", body(nil), "EOF"},
		{"not compressed", body([]byte("#!/bin/sh\nexit 1\n")), "invalid header"},
		{"other bytes", body(gz([]byte("something else"))), "the SHA-256 of the result"},
		{"cut", body(whole[:len(whole)-9]), "unexpected EOF"},
		{"cut on its way", cut(whole), "unexpected EOF"},
		{"a byte altered", body(append(append(bytes.Clone(whole[:3000]), whole[3000]^1), whole[3001:]...)), ""},
		{"trailing junk", body(append(bytes.Clone(whole), 0)), "something follows"},
		{"a second gzip file", body(append(bytes.Clone(whole), gz(nil)...)), "something follows"},
		{"unpacks to too much", body(gz(make([]byte, 1<<20+1))), "more than 1048576 bytes"},
		{"too much is sent", func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"))
			for range 300_000 {
				w.Write([]byte("\x00\x00\x00\xff\xff")) // a deflate block of no bytes, which is not the last
			}
		}, "more than 1048576 bytes were sent"},
		{"stalled", stalled(whole[:3000]), "nothing came for 500ms"},
		{"silent", silent, "nothing came for 500ms"},
		{"dropped", dropped, "EOF"},
		{"redirects without end", redirect(302, fullPath+platform+".gz"), "more than 10 redirects"},
		{"redirect to another scheme", redirect(302, "ftp://localhost/"), "unsupported protocol scheme"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.Stall = stallFor(test.reason)
			p.patched(status(404))
			p.full(test.answer)
			err := p.Update(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("the error is %v, want %q", err, test.reason)
			}
			p.checkInstalled(p.old)
			if out := p.out.String(); out != "checked: 20260102.1 is current\n" {
				t.Errorf("it printed %q", out)
			}
		})
	}
}

func TestContentEncodingOfTheFullBinaryIsLeftAlone(t *testing.T) {
	p := newPlace(t)
	p.patched(status(404))
	p.full(encoded(gz(p.new)))
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
}

func TestUnusableCurrent(t *testing.T) {
	sum := base64.StdEncoding.EncodeToString(make([]byte, 32))
	good := document(newVersion, nil)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		reason string
	}{
		{"404", status(404), "status 404"},
		{"403", status(403), "status 403"},
		{"500", status(500), "status 500"},
		{"204", status(204), "status 204"},
		{"206", status(206), "status 206"},
		{"empty", text(""), "not the document"},
		{"a page", text("<html>"), "not the document"},
		{"null", text("null"), `version ""`},
		{"a list", text("[" + good + "]"), "not the document"},
		{"a number as version", text(`{"version":20260102,"sha256":"` + sum + `"}`), "not the document"},
		{"something after it", text(good + "{}"), "not the document"},
		{"larger than the limit", text(good + strings.Repeat(" ", maxDocument)), "more than 65536 bytes"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(make([]byte, 1<<16))
			}
		}, "more than 65536 bytes"},
		{"compressed though that was not asked for", encoded(gz([]byte(good))), "not the document"},
		{"no version", text(`{"sha256":"` + sum + `"}`), `version ""`},
		{"no hash", text(`{"version":"20260102.1"}`), `SHA-256 ""`},
		{"a hash in hexadecimal", text(`{"version":"1","sha256":"` + strings.Repeat("00", 32) + `"}`), "SHA-256"},
		{"a short hash", text(`{"version":"1","sha256":"AAAA"}`), "SHA-256"},
		{"a hash without padding", text(`{"version":"1","sha256":"` + strings.TrimRight(sum, "=") + `"}`), "SHA-256"},
		{"silent", silent, "nothing came for 500ms"},
		{"stalled", stalled([]byte(good[:20])), "nothing came for 500ms"},
		{"redirect to another scheme", redirect(302, "gopher://localhost/"), "unsupported protocol scheme"},
	}
	for _, version := range []string{
		"v20260102", "1.2.3", "1.", ".1", "-1", "1234567890", "1.1234567890", "..", "../../other/1", "1/2",
		"1%2f2", "1?x", "1#x", " 1", "1\n", "١", "1e5", "dev",
	} {
		tests = append(tests, struct {
			name   string
			answer http.HandlerFunc
			reason string
		}{fmt.Sprintf("version %q", version), text(document(version, nil)), "version "})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			p.Stall = stallFor(test.reason)
			p.current(test.answer)
			err := p.Update(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.reason) || len(err.Error()) > 400 {
				t.Errorf("the error is %v, want %q", err, test.reason)
			}
			p.checkInstalled(p.old)
			if p.letters() != "I" {
				t.Errorf("the requests were %s", p.letters())
			}
		})
	}
}

func TestOtherFieldsAndSpellingsAreNoMatter(t *testing.T) {
	p := newPlace(t)
	sum := sha256.Sum256(p.new)
	p.current(text(fmt.Sprintf(`{"Version":%q,"Sha256":%q,"more":{"a":[1]},"platform":7}`,
		newVersion, base64.StdEncoding.EncodeToString(sum[:]))))
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
}

func TestRedirectsAreFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			p := newPlace(t)
			p.patched(status(404))
			for path, answer := range map[string]http.HandlerFunc{
				currentPath + platform + ".json": text(document(newVersion, p.new)),
				fullPath + platform + ".gz":      body(gz(p.new)),
			} {
				p.answers[path] = redirect(code, "/elsewhere"+path)
				p.answers["/elsewhere"+path] = answer
			}
			if err := p.Update(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.checkInstalled(p.new)
		})
	}
}

func TestRedirectDoesNotLeaveHTTPS(t *testing.T) {
	p := newPlace(t)
	secure := httptest.NewTLSServer(redirect(302, p.server.URL+currentPath+platform+".json"))
	defer secure.Close()
	client.Transport = secure.Client().Transport
	defer func() { client.Transport = nil }()

	p.DirectoryURL = secure.URL + "/dir/"
	err := p.Update(t.Context())
	if err == nil || !strings.Contains(err.Error(), "a redirect away from https") {
		t.Errorf("the error is %v", err)
	}
	p.checkInstalled(p.old)
}

func TestTimeoutEndsATransferThatNeverStalls(t *testing.T) {
	p := newPlace(t)
	p.Stall, p.Timeout = 600*time.Millisecond, 1200*time.Millisecond
	p.patched(status(404))
	p.full(func(w http.ResponseWriter, r *http.Request) {
		for _, b := range gz(p.new) {
			w.Write([]byte{b})
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	err := p.Update(t.Context())
	if err == nil || !strings.Contains(err.Error(), "it took more than 1.2s") {
		t.Errorf("the error is %v", err)
	}
	p.checkInstalled(p.old)
}

func TestServerThatIsNotThere(t *testing.T) {
	p := newPlace(t)
	p.server.Close()
	if err := p.Update(t.Context()); err == nil || !strings.Contains(err.Error(), "connect") {
		t.Errorf("the error is %v", err)
	}
	p.checkInstalled(p.old)
}

func TestBuildsThatCannotUpdate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Updater)
		reason string
	}{
		{"a development build", func(u *Updater) { u.Version = "dev" }, `version "dev", which cannot update itself`},
		{"no version", func(u *Updater) { u.Version = "" }, `version ""`},
		{"no directory", func(u *Updater) { u.DirectoryURL = "" }, "no directory URL"},
		{"no artifacts", func(u *Updater) { u.ArtifactsURL = "" }, "no artifacts URL"},
		{"another scheme", func(u *Updater) { u.DirectoryURL = "file:///srv/" }, "must begin with https://"},
		{"no host", func(u *Updater) { u.ArtifactsURL = "https:///" }, "must begin with https://"},
		{"no slash at its end", func(u *Updater) { u.ArtifactsURL = "https://example.com" }, "end in a slash"},
		{"no URL at all", func(u *Updater) { u.ArtifactsURL = "http://[" }, "cannot be used"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t)
			test.change(p.Updater)
			if err := p.Update(t.Context()); err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("the error is %v, want %q", err, test.reason)
			}
			if p.letters() != "" {
				t.Errorf("the requests were %s", p.letters())
			}
		})
	}
}

func document(version string, binary []byte) string {
	sum := sha256.Sum256(binary)
	return fmt.Sprintf(`{"platform":%q,"version":%q,"cmd":"greet","sha256":%q}`+"\n",
		platform, version, base64.StdEncoding.EncodeToString(sum[:]))
}

func gz(data []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Name = "greet-" + newVersion
	w.Write(data)
	w.Close()
	return packed.Bytes()
}

func text(s string) http.HandlerFunc { return body([]byte(s)) }

func body(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(data)
	}
}

// encoded sends what is compressed with the header that says so, though the client did not ask for it.
func encoded(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(data)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
}

func redirect(code int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(code)
	}
}

// cut announces all of the data and sends half of it.
func cut(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:len(data)/2])
	}
}

// stalled sends the data and then nothing more, and does not end.
func stalled(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Write(data)
		w.(http.Flusher).Flush()
		silent(w, r)
	}
}

func silent(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) // until then the server does not see that the client has gone
	<-r.Context().Done()
}

func dropped(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// stallFor is a short limit for a test of that, and otherwise the default: a busy machine may be slow.
func stallFor(reason string) time.Duration {
	if strings.HasPrefix(reason, "nothing came") {
		return 500 * time.Millisecond
	}
	return 0
}
