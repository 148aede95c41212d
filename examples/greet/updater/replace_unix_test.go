//go:build unix

package updater

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFolderThatMayNotBeWritten(t *testing.T) {
	p := newPlace(t)
	folder := filepath.Dir(p.Target)
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o755)
	// The superuser may write everywhere.
	if os.Geteuid() == 0 {
		for path := filepath.Dir(folder); path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(p.Target, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Seteuid(65534); err != nil {
			t.Skip(err)
		}
		defer syscall.Seteuid(0)
	}

	err := p.Update(t.Context())
	if err == nil || !strings.Contains(err.Error(), "may not write to "+folder) || !strings.Contains(err.Error(), "sudo") {
		t.Errorf("the error is %v", err)
	}
	if p.letters() != "I" {
		t.Errorf("the requests were %s: a download that is in vain", p.letters())
	}
}
