// Package updater lets a command replace itself by the version that an hkdist directory names as current.
//
// It asks for three things, in the order in which hk did:
//
//	{DirectoryURL}{Cmd}/current/{platform}.json    which version is current, and the SHA-256 of its binary
//	{ArtifactsURL}{Cmd}/{from}/{to}/{platform}     a patch from this version to that one
//	{ArtifactsURL}{Cmd}/{to}/{platform}.gz         the whole binary, when there is any trouble with the patch
//
// What comes of it must have the SHA-256 that the directory named; only then is the program replaced, by a rename.
// Until that moment nothing has happened to it. An older version than its own is installed as well: that is how a
// release is taken back.
package updater

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Updater updates the running program. The first four fields are needed.
type Updater struct {
	DirectoryURL string // tells which version is current; ends in a slash
	ArtifactsURL string // holds the binaries and patches; ends in a slash
	Cmd          string // the command's name in both
	Version      string // what is running now, such as 20260122.1

	Out    io.Writer // gets one line for each thing that was done; nil for none
	Target string    // the file to replace; empty for the running program

	MaxSize int64         // of a binary, in bytes; 0 for 256 MiB
	Stall   time.Duration // how long a server may send nothing; 0 for 30 seconds
	Timeout time.Duration // for all of an update; 0 for 15 minutes
}

const (
	defaultMaxSize = 256 << 20
	defaultStall   = 30 * time.Second
	defaultTimeout = 15 * time.Minute

	maxDocument = 64 << 10 // of the document about the current version, which has about 150 bytes
	maxPatch    = 64 << 20 // of a patch, which is held in memory; a larger one gives way to the whole binary
)

var platform = runtime.GOOS + "-" + runtime.GOARCH

// A version becomes a part of a URL's path, so nothing else may look like one.
var versionPattern = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)

// Update replaces the program if its version is not the current one. It returns nil when the program is the current
// version afterwards, whether or not there was something to do. After an error the program is what it was.
func (u *Updater) Update(ctx context.Context) error {
	if err := u.canUpdate(); err != nil {
		return err
	}
	timeout := cmp.Or(u.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it took more than %v", timeout))
	defer cancel()

	current, err := u.askCurrent(ctx)
	if err != nil {
		return fmt.Errorf("which version is current is not known: %w", err)
	}
	u.say("checked: %s is current", current.version)
	if current.version == u.Version {
		u.say("already at %s", current.version)
		return nil
	}

	target, err := u.targetFile()
	if err != nil {
		return err
	}
	if sum, err := fileSHA256(target); err == nil && sum == current.sha256 {
		u.say("already at %s: it was installed while this process ran", current.version)
		return nil
	}
	// Before the download, which would be in vain if this user may not write there.
	fresh, err := stage(target)
	if err != nil {
		return err
	}
	defer fresh.discard()

	size, patchErr := u.patch(ctx, target, current, fresh)
	if patchErr == nil {
		u.say("patched %d bytes", size)
	} else {
		if size, err = u.download(ctx, current, fresh); err != nil {
			return fmt.Errorf("version %s is not to be had: %w (no patch: %w)", current.version, err, patchErr)
		}
		u.say("downloaded %d bytes (no patch: %v)", size, patchErr)
	}
	if err := fresh.commit(); err != nil {
		return err
	}
	u.say("now at version %s", current.version)
	return nil
}

// canUpdate tells why this build cannot update itself, if it cannot.
func (u *Updater) canUpdate() error {
	if !versionPattern.MatchString(u.Version) {
		return fmt.Errorf("this is not a release but a build with the version %q, which cannot update itself; "+
			"install a release", u.Version)
	}
	for _, part := range []struct{ name, url string }{{"directory", u.DirectoryURL}, {"artifacts", u.ArtifactsURL}} {
		if part.url == "" {
			return fmt.Errorf("this build has no %s URL, so it cannot update itself; install a release", part.name)
		}
		parsed, err := url.Parse(part.url)
		if err != nil {
			return fmt.Errorf("the %s URL cannot be used: %w", part.name, err)
		}
		isHTTP := parsed.Scheme == "https" || parsed.Scheme == "http"
		if !isHTTP || parsed.Host == "" || !strings.HasSuffix(part.url, "/") {
			return fmt.Errorf("the %s URL %q cannot be used: it must begin with https:// or http:// and end in a slash",
				part.name, part.url)
		}
	}
	return nil
}

func (u *Updater) say(format string, args ...any) {
	if u.Out != nil {
		fmt.Fprintf(u.Out, format+"\n", args...)
	}
}

// targetFile is the file to replace. A symbolic link to it stays as it is.
func (u *Updater) targetFile() (string, error) {
	path := u.Target
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return "", fmt.Errorf("the running program's file is not known: %w", err)
		}
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("the running program's file is not to be found: %w", err)
	}
	return path, nil
}

// release is what the directory says about the current version.
type release struct {
	version string
	sha256  [32]byte // of the binary, not of the file that is downloaded
}

func (u *Updater) askCurrent(ctx context.Context) (release, error) {
	var text []byte
	address := u.DirectoryURL + u.Cmd + "/current/" + platform + ".json"
	if _, err := u.get(ctx, address, maxDocument, func(body io.Reader) (err error) {
		text, err = io.ReadAll(body)
		return err
	}); err != nil {
		return release{}, fmt.Errorf("%s: %w", address, err)
	}
	current, err := parseRelease(text)
	if err != nil {
		return release{}, fmt.Errorf("%s: %w", address, err)
	}
	return current, nil
}

// parseRelease reads the directory's document. Fields that it does not know are for other clients.
func parseRelease(text []byte) (release, error) {
	var document struct{ Version, SHA256 string }
	if err := json.Unmarshal(text, &document); err != nil {
		return release{}, fmt.Errorf("the answer is not the document that was expected: %w", err)
	}
	if !versionPattern.MatchString(document.Version) {
		return release{}, fmt.Errorf("the answer's version %.40q is not one", document.Version)
	}
	current := release{version: document.Version}
	sum, err := base64.StdEncoding.Strict().DecodeString(document.SHA256)
	if err != nil || len(sum) != len(current.sha256) {
		return release{}, fmt.Errorf("the answer's SHA-256 %.80q is not one", document.SHA256)
	}
	copy(current.sha256[:], sum)
	return current, nil
}
