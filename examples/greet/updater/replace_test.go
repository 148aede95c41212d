package updater

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSymbolicLinkStays(t *testing.T) {
	p := newPlace(t)
	link := filepath.Join(t.TempDir(), "greet")
	if err := os.Symlink(p.Target, link); err != nil {
		t.Skip(err)
	}
	u := *p.Updater
	u.Target = link
	if err := u.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
	if to, err := os.Readlink(link); err != nil || to != p.Target {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	p := newPlace(t)
	p.Out = nil
	var all sync.WaitGroup
	for i := range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			if err := p.Update(t.Context()); err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		}()
	}
	all.Wait()
	p.checkInstalled(p.new)
}

func TestAnotherProcessWasFaster(t *testing.T) {
	p := newPlace(t)
	p.install(p.new)
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
	if p.letters() != "I" || !strings.Contains(p.out.String(), "already at 20260102.1: it was installed while") {
		t.Errorf("the requests were %s, it printed %q", p.letters(), p.out.String())
	}
}

func TestLeftoversAreRemovedAfterAnHour(t *testing.T) {
	p := newPlace(t)
	folder := filepath.Dir(p.Target)
	left := filepath.Join(folder, ".greet.update-1")
	underWay := filepath.Join(folder, ".greet.update-2")
	others := filepath.Join(folder, "greet.update-3")
	for file, age := range map[string]time.Duration{
		left:     61 * time.Minute,
		underWay: 59 * time.Minute,
		others:   48 * time.Hour,
	} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the leftover is still there: %v", err)
	}
	for _, file := range []string{underWay, others} {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
	p.checkInstalled(p.new)
}

// The way of Windows works everywhere, so it is tested everywhere.
func TestRenameRunning(t *testing.T) {
	p := newPlace(t)
	fresh := filepath.Join(filepath.Dir(p.Target), "fresh")
	if err := os.WriteFile(fresh, p.new, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(fresh, 0o710); err != nil {
		t.Fatal(err)
	}
	if err := renameRunning(fresh, p.Target); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.new)
}

func TestRenameRunningThatFails(t *testing.T) {
	p := newPlace(t)
	// A folder that is not empty takes the place where the old program is to go.
	blocker := filepath.Join(filepath.Dir(p.Target), ".greet.old")
	if err := os.MkdirAll(filepath.Join(blocker, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(filepath.Dir(p.Target), "fresh")
	if err := os.WriteFile(fresh, p.new, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := renameRunning(fresh, p.Target); err == nil {
		t.Error("there is no error")
	}
	if err := os.RemoveAll(blocker); err != nil {
		t.Fatal(err)
	}
	p.checkInstalled(p.old)
}
