// Greet prints a greeting. It is small on purpose: it shows what a command needs to be released by hkdist and to update
// itself.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"example.com/greet/updater"
)

// The release build sets these with -ldflags "-X main.version=...". They must be plain string variables.
var (
	version      = "dev"
	directoryURL = "" // tells which version is current
	artifactsURL = "" // holds the binaries and patches
)

const usage = `Usage:
  greet [name]                print a greeting
  greet version [--verbose]   print the version; --verbose adds where this build came from
  greet update                install the current version, if this is another one
  greet help                  print this text

Every 12 to 20 hours greet updates itself in the background. It does not when GREET_NO_UPDATE or CI is set.
`

func main() {
	args := os.Args[1:]
	code := run(args, os.Stdout, os.Stderr)
	if len(args) == 0 || args[0] != "update" {
		newUpdater(nil).StartInBackground("GREET_NO_UPDATE", "update", "--background")
	}
	os.Exit(code)
}

// run is main without the process around it. It returns the exit code: 0 is success, 1 a failure, 2 wrong usage.
func run(args []string, stdout, stderr io.Writer) int {
	switch {
	case slices.Equal(args, []string{"update"}):
		return update(stdout, stderr)
	case slices.Equal(args, []string{"update", "--background"}):
		return update(nil, io.Discard)
	}
	text, err := answer(args)
	if err != nil {
		fmt.Fprintf(stderr, "greet: %v\n\n%s", err, usage)
		return 2
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		fmt.Fprintf(stderr, "greet: %v\n", err)
		return 1
	}
	return 0
}

func newUpdater(stdout io.Writer) *updater.Updater {
	return &updater.Updater{
		DirectoryURL: directoryURL,
		ArtifactsURL: artifactsURL,
		Cmd:          "greet",
		Version:      version,
		Out:          stdout,
	}
}

func update(stdout, stderr io.Writer) int {
	// A signal ends the update in good order: what it began to write is removed.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newUpdater(stdout).Update(ctx); err != nil {
		fmt.Fprintf(stderr, "greet: not updated: %v\n", err)
		return 1
	}
	return 0
}

// answer returns what the arguments ask for, or says what is wrong with them.
func answer(args []string) (string, error) {
	if len(args) == 0 {
		return greeting("world"), nil
	}
	first, rest := args[0], args[1:]
	switch first {
	case "help", "-h", "--help":
		return usage, nil
	case "version", "--version":
		return versionText(rest)
	case "update":
		return "", fmt.Errorf("update takes no arguments, but got %q", rest)
	}
	if strings.HasPrefix(first, "-") {
		return "", fmt.Errorf("unknown option %q", first)
	}
	if len(rest) > 0 {
		return "", fmt.Errorf("one name at most, but got %q too", rest[0])
	}
	return greeting(first), nil
}

func greeting(name string) string {
	return fmt.Sprintf("Hello, %s!\n", name)
}

func versionText(args []string) (string, error) {
	switch {
	case len(args) == 0:
		return version + "\n", nil
	case len(args) > 1 || args[0] != "--verbose":
		return "", fmt.Errorf("version takes only --verbose, but got %q", args)
	}
	return fmt.Sprintf("version:   %s\nplatform:  %s-%s\ngo:        %s\ndirectory: %s\nartifacts: %s\n",
		version, runtime.GOOS, runtime.GOARCH, runtime.Version(), orNone(directoryURL), orNone(artifactsURL)), nil
}

func orNone(url string) string {
	if url == "" {
		return "none"
	}
	return url
}
