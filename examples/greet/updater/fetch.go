package updater

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/minio/selfupdate"
)

// patch makes the new binary from the old one and a patch. It returns the patch's size.
func (u *Updater) patch(ctx context.Context, target string, to release, fresh *staged) (int64, error) {
	var patch []byte
	address := u.ArtifactsURL + u.Cmd + "/" + u.Version + "/" + to.version + "/" + platform
	size, err := u.get(ctx, address, maxPatch, func(body io.Reader) (err error) {
		patch, err = io.ReadAll(body)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := checkPatch(patch, u.maxSize()); err != nil {
		return 0, err
	}
	old, err := os.Open(target)
	if err != nil {
		return 0, err
	}
	defer old.Close()
	return size, fresh.fill(to.sha256, func(w io.Writer) error {
		return selfupdate.NewBSDiffPatcher().Patch(old, w, bytes.NewReader(patch))
	})
}

// download fetches the whole new binary. It returns the size of what was sent, which is compressed.
func (u *Updater) download(ctx context.Context, to release, fresh *staged) (int64, error) {
	address := u.ArtifactsURL + u.Cmd + "/" + to.version + "/" + platform + ".gz"
	size, err := u.get(ctx, address, u.maxSize(), func(body io.Reader) error {
		return fresh.fill(to.sha256, func(w io.Writer) error { return gunzip(w, body, u.maxSize()) })
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", address, err)
	}
	return size, nil
}

// gunzip unpacks one gzip file of at most maxSize bytes.
func gunzip(w io.Writer, r io.Reader, maxSize int64) error {
	// gzip reads a ByteReader not further than its data go, so what follows them stays to be seen.
	packed := bufio.NewReader(r)
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	unpacked.Multistream(false)
	size, err := io.Copy(w, io.LimitReader(unpacked, maxSize+1))
	if err != nil {
		return err
	}
	if size > maxSize {
		return fmt.Errorf("the binary has more than %d bytes", maxSize)
	}
	switch _, err := packed.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("something follows the compressed binary")
	default:
		return err
	}
}

// get gives the body of an answer with status 200 to read, and returns its size. It is an error when the body has more
// than limit bytes, or when nothing comes for some time, from connecting to the last byte.
func (u *Updater) get(ctx context.Context, address string, limit int64, read func(io.Reader) error) (int64, error) {
	stall := cmp.Or(u.Stall, defaultStall)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing came for %v", stall)) })
	defer timer.Stop()

	body := &transfer{limit: limit, moved: func() { timer.Reset(stall) }}
	err := func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		// Otherwise Go asks for gzip and unpacks it unseen; the full binary is to come as the gzip file that it is.
		request.Header.Set("Accept-Encoding", "identity")
		response, err := client.Do(request)
		if err != nil {
			return errors.Unwrap(err) // without the address, which is the callers' to tell
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		body.Reader = response.Body
		return read(body)
	}()
	// What was cancelled fails in many ways; the reason is the same.
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return body.size, err
}

var client = &http.Client{
	CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		if via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
			return fmt.Errorf("a redirect away from https, to %s", next.URL.Redacted())
		}
		return nil
	},
}

// transfer counts what is read, and fails at what is more than its limit.
type transfer struct {
	io.Reader
	size, limit int64
	moved       func() // called whenever something came
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if n > 0 {
		t.moved()
	}
	t.size += int64(n)
	if t.size > t.limit {
		return 0, fmt.Errorf("more than %d bytes were sent", t.limit)
	}
	return n, err
}

func (u *Updater) maxSize() int64 { return cmp.Or(u.MaxSize, defaultMaxSize) }
