package main

import (
	"errors"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout string // the whole output
		stderr string // a part of the message
	}{
		{"no name", nil, 0, "Hello, world!\n", ""},
		{"a name", []string{"Ada"}, 0, "Hello, Ada!\n", ""},
		{"version", []string{"version"}, 0, "dev\n", ""},
		{"help", []string{"--help"}, 0, usage, ""},
		{"two names", []string{"Ada", "Grace"}, 2, "", `got "Grace" too`},
		{"unknown option", []string{"--loud"}, 2, "", `unknown option "--loud"`},
		{"unknown option of version", []string{"version", "--loud"}, 2, "", "version takes only --verbose"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(test.args, &stdout, &stderr)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stdout.String() != test.stdout {
				t.Errorf("stdout %q, want %q", stdout.String(), test.stdout)
			}
			if !strings.Contains(stderr.String(), test.stderr) || (test.stderr == "" && stderr.Len() > 0) {
				t.Errorf("stderr %q, want %q in it", stderr.String(), test.stderr)
			}
		})
	}
}

func TestVerboseVersionTellsWhereTheBuildCameFrom(t *testing.T) {
	t.Cleanup(func() { directoryURL, artifactsURL = "", "" })
	directoryURL, artifactsURL = "https://directory.example/", "https://artifacts.example/"

	var stdout, stderr strings.Builder
	if code := run([]string{"version", "--verbose"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	for _, want := range []string{"version:   dev\n", "directory: https://directory.example/\n", "artifacts: https://artifacts.example/\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is not in %q", want, stdout.String())
		}
	}
}

func TestFailedOutputIsAFailure(t *testing.T) {
	var stderr strings.Builder
	if code := run(nil, brokenPipe{}, &stderr); code != 1 || !strings.Contains(stderr.String(), "broken pipe") {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
