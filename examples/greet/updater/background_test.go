package updater

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestIsTime(t *testing.T) {
	now := time.Date(2026, 1, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		state string // what the file holds; "none" for no file
		want  bool
		moved bool // whether a new time is in the file afterwards
	}{
		{"just installed", "none", false, true},
		{"a second too early", "2026-01-22T12:00:01Z", false, false},
		{"now", "2026-01-22T12:00:00Z", true, true},
		{"long ago", "2020-01-01T00:00:00Z", true, true},
		{"within 20 hours", "2026-01-23T08:00:00Z", false, false},
		{"so far away that the clock was wrong", "2026-01-23T08:00:01Z", true, true},
		{"damaged", "20", true, true},
		{"cut short", "", true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "greet", "next-update")
			if test.state != "none" {
				if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(test.state), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := isTime(file, now); got != test.want {
				t.Errorf("isTime is %v", got)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !test.moved {
				if string(text) != test.state {
					t.Errorf("the file holds %q", text)
				}
				return
			}
			next, err := time.Parse(time.RFC3339, string(text))
			if wait := next.Sub(now); err != nil || wait < minWait-time.Second || wait > maxWait {
				t.Errorf("the next time is %q, %v", text, err)
			}
			if isTime(file, now.Add(time.Minute)) {
				t.Error("a minute later it is time again")
			}
		})
	}
}

func TestItIsNeverTimeWhenTheNextCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file", "greet", "next-update")
	if err := os.WriteFile(filepath.Dir(filepath.Dir(file)), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if isTime(file, time.Now()) {
		t.Error("it is time, and will be for every command")
	}
}
