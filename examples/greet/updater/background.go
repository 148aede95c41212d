package updater

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// An update in the background is tried after 12 to 20 hours; at random, so that not all installations ask at once.
const (
	minWait = 12 * time.Hour
	maxWait = 20 * time.Hour
)

// StartInBackground starts this program with args, which are to run Update and print nothing, when it is time for that.
// It does not wait: the other process goes on when this one has ended, so no update is cut off half-way. It is silent
// about failures; another try follows at the next time. Nothing is started when the environment variable off has any
// value, when CI has one (a build is to use the version that was installed for it), and by a build that is no release.
func (u *Updater) StartInBackground(off string, args ...string) {
	if os.Getenv(off) != "" || os.Getenv("CI") != "" || u.canUpdate() != nil {
		return
	}
	cache, err := os.UserCacheDir()
	if err != nil || !isTime(filepath.Join(cache, u.Cmd, "next-update"), time.Now()) {
		return
	}
	program, err := os.Executable()
	if err != nil {
		return
	}
	command := exec.Command(program, args...)
	command.Dir = filepath.Dir(program) // the user's folder is not to be held by it
	command.SysProcAttr = detached
	if command.Start() == nil {
		command.Process.Release()
	}
}

// isTime tells whether the time in the file has come, and then writes the next one into it, before anything is tried:
// an update that fails is not repeated by every command. It is not the time when there is no file yet, because what
// was just installed is most likely current, nor when the file cannot be written.
func isTime(file string, now time.Time) bool {
	text, readErr := os.ReadFile(file)
	next, err := time.Parse(time.RFC3339, string(text))
	// A time too far away was written when the clock was wrong.
	if err == nil && next.After(now) && !next.After(now.Add(maxWait)) {
		return false
	}
	next = now.Add(minWait + rand.N(maxWait-minWait))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return false
	}
	if err := os.WriteFile(file, []byte(next.Format(time.RFC3339)), 0o644); err != nil {
		return false
	}
	return readErr == nil
}
