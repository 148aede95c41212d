#!/usr/bin/env bash
# A hook (docs/source.md): writes relver.go, the part of hk that only its release builds have. It tells hk its version, and
# where updates are.
set -euo pipefail
cat >relver.go <<GO
//go:build release

package main

const Version = "$HKDIST_VERSION"

var updater = &Updater{
	apiURL:  "$HKDIST_DIRECTORY_URL",
	binURL:  "$HKDIST_ARTIFACTS_URL",
	diffURL: "$HKDIST_ARTIFACTS_URL",
	dir:     hkHome() + "/update/",
	cmdName: "$HKDIST_COMMAND",
}
GO
