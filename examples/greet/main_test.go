package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
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
		{"development build updates", []string{"update"}, 1, "", `a build with the version "dev"`},
		{"development build updates quietly", []string{"update", "--background"}, 1, "", ""},
		{"unknown option of update", []string{"update", "--loud"}, 2, "", "update takes no arguments"},
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

// A release that is really built and run updates itself: when it is told to, and in the background when it is time.
func TestReleaseUpdatesItself(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String() + "/"
	folder := t.TempDir()
	program, cache := filepath.Join(folder, "greet"), filepath.Join(folder, "cache")
	switch runtime.GOOS {
	case "windows":
		program += ".exe"
	case "darwin": // has it in a fixed place below HOME
		cache = filepath.Join(folder, "Library", "Caches")
	}
	state := filepath.Join(cache, "greet", "next-update")
	build := func(version string) []byte {
		// A release is built with more flags; with these the packages are those that the tests have compiled already.
		flags := fmt.Sprintf("-s -w -X main.version=%s -X main.directoryURL=%s -X main.artifactsURL=%s", version, url, url)
		command := exec.Command("go", "build", "-ldflags", flags, "-o", program, ".")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		binary, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	newBinary, oldBinary := build("20260102"), build("20260101")

	sum := sha256.Sum256(newBinary)
	asked := make(chan bool, 100)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		platform := runtime.GOOS + "-" + runtime.GOARCH
		switch r.URL.Path {
		case "/greet/current/" + platform + ".json":
			asked <- true
			fmt.Fprintf(w, `{"version":"20260102","sha256":%q}`, base64.StdEncoding.EncodeToString(sum[:]))
		case "/greet/20260102/" + platform + ".gz":
			packed := gzip.NewWriter(w)
			packed.Write(newBinary)
			packed.Close()
		default:
			http.NotFound(w, r)
		}
	})
	server.Start()
	defer server.Close()

	greet := func(environment []string, args ...string) string {
		command := exec.Command(program, args...)
		command.Env = append(os.Environ(), "CI=", "GREET_NO_UPDATE=",
			"HOME="+folder, "XDG_CACHE_HOME="+cache, "LocalAppData="+cache)
		command.Env = append(command.Env, environment...)
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("greet %q: %v: %s", args, err, output)
		}
		return string(output)
	}

	t.Run("when it is told to", func(t *testing.T) {
		output := greet(nil, "update")
		for _, want := range []string{
			"checked: 20260102 is current\n",
			" bytes (no patch: status 404)\n",
			"now at version 20260102\n",
		} {
			if !strings.Contains(output, want) {
				t.Errorf("it printed %q, want %q", output, want)
			}
		}
		if version := greet(nil, "version"); version != "20260102\n" {
			t.Errorf("the version is %q", version)
		}
		if output := greet(nil, "update"); output != "checked: 20260102 is current\nalready at 20260102\n" {
			t.Errorf("it printed %q", output)
		}
	})

	t.Run("in the background", func(t *testing.T) {
		// Removed, for what runs or ran may not be writable.
		if err := os.Remove(program); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, oldBinary, 0o755); err != nil {
			t.Fatal(err)
		}
		for len(asked) > 0 {
			<-asked
		}
		if err := os.WriteFile(state, []byte("2020-01-01T00:00:00Z"), 0o644); err != nil {
			t.Fatal(err)
		}
		greet([]string{"GREET_NO_UPDATE=1"})
		greet([]string{"CI=true"})
		select {
		case <-asked:
			t.Fatal("it asked for the current version though it was switched off")
		case <-time.After(300 * time.Millisecond):
		}
		if output := greet(nil, "Ada"); output != "Hello, Ada!\n" {
			t.Errorf("it printed %q", output)
		}
		for end := time.Now().Add(20 * time.Second); greet(nil, "version") != "20260102\n"; {
			if time.Now().After(end) {
				t.Fatal("the program is still the old one")
			}
			time.Sleep(50 * time.Millisecond)
		}
		if len(asked) != 1 {
			t.Errorf("it asked %d times for the current version", len(asked))
		}
	})
}
