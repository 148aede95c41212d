# shellcheck shell=bash
# What source.sh and build.sh share; they read it with `.`, in the folder that holds all three.
# It gives them an empty $work folder, a Go that does not see the caller's settings, and write-once puts.
set -euo pipefail

# Byte order for sorting, English messages, and no options through the back door (a wrong GOROOT stops even `go env`).
export LC_ALL=C AWS_PAGER=''
unset GZIP TAR_OPTIONS CDPATH GOROOT GOFLAGS GOEXPERIMENT XDG_CONFIG_HOME
# Nor for git: its variables name other repositories, settings and hashes, or write down what it sends.
for name in "${!GIT_@}"; do
  case $name in GIT_SSL_CAINFO | GIT_SSH_COMMAND) ;; *) unset "$name" ;; esac
done
export GIT_CONFIG_NOSYSTEM=1

# The real path, as Go and realpath tell those of files.
work=$(pwd -P)/work
remove_work() {
  # Go leaves its module cache read-only.
  if [[ -d $work ]]; then chmod -R u+w "$work" && rm -rf "$work"; fi
}
remove_work
trap remove_work EXIT
mkdir -p "$work/tmp" "$work/home/.config/go/telemetry"
echo off >"$work/home/.config/go/telemetry/mode"

log() { printf '%s\n' "$*"; }

# What nobody may be told, in all its forms: git and servers may quote what they were given.
hidden=()

# TEXT as one line of printable ASCII, without what is hidden and without the credentials of any URL in it.
one_line() {
  local text=$1 form
  for form in "${hidden[@]}"; do text=${text//"$form"/***}; done
  printf '%s' "$text" | tr '\n\t' '  ' | tr -cd ' -~' | sed -E 's#://[^/[:space:]]*@#://***@#g; s/ +/ /g; s/^ //; s/ $//'
}

# try_again COMMAND... runs it up to three times: a throttled or broken connection may pass.
try_again() {
  local pause
  for pause in 1 3 0; do
    if "$@" >/dev/null; then return; fi
    sleep "$pause"
  done
  return 1
}

# put_once BUCKET KEY FILE [OPTION...] prints `stored`, or `present` when the key was taken.
put_once() {
  local bucket=$1 key=$2 file=$3 message='' pause
  shift 3
  for pause in 1 3 0; do
    if message=$(aws s3api put-object --bucket "$bucket" --key "$key" --body "$file" \
      --if-none-match '*' --checksum-algorithm SHA256 "$@" 2>&1); then
      echo stored
      return
    fi
    if [[ $message == *PreconditionFailed* ]]; then
      echo present
      return
    fi
    # Anything else may pass: a conflict with a put that is under way, a throttled or broken connection.
    sleep "$pause"
  done
  log "could not store s3://$bucket/$key: $(one_line "$message")" >&2
  return 1
}

# Go's cache of compiled packages may be the caller's: it is keyed by content and settings.
gocache=${GOCACHE:-${XDG_CACHE_HOME:-${HOME:-.}/.cache}/go-build}
if [[ $gocache != /* ]] || ! mkdir -p "$gocache" 2>/dev/null || [[ ! -w $gocache ]]; then gocache=$work/go-build; fi

# How this host reaches the network is its own business: go.sum and the archive's hash decide what the bytes are.
network=()
for name in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR \
  GIT_SSL_CAINFO SSH_AUTH_SOCK; do
  if [[ -n ${!name:-} ]]; then network+=("$name=${!name}"); fi
done
for name in GOPROXY GONOPROXY GOSUMDB GONOSUMDB GOPRIVATE GOINSECURE GOVCS; do
  network+=("$name=$(GOTOOLCHAIN=local go env "$name")")
done

# The real path of this host's Go: a version manager's `go` would read the repository to choose a version.
go=$(GOTOOLCHAIN=local go env GOROOT)/bin/go

# The oldest processors that Go's own downloads compile for. Left to itself, a Go takes what its packager put into go.env,
# or what it was compiled on (GOARM), and the same source would make other bytes.
processors=(GOAMD64=v1 GO386=sse2 GOARM=7 GOARM64=v8.0 GOMIPS=hardfloat GOMIPS64=hardfloat GOPPC64=power8
  GORISCV64=rva20u64)

# clean [NAME=VALUE...] COMMAND... runs a command that sees nothing of the caller's environment.
clean() {
  env -i PATH="$PATH" LC_ALL=C HOME="$work/home" TMPDIR="$work/tmp" GOCACHE="$gocache" GOPATH="$work/gopath" \
    GOMODCACHE="$work/modcache" GOENV=off GOWORK=off GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
    GIT_CONFIG_NOSYSTEM=1 "${processors[@]}" "$@"
}

# use_go VERSION makes $go exactly that version, fetched unless it is this host's. On failure $work/messages.txt says why.
use_go() {
  local root
  root=$(cd "$work" && clean "${network[@]}" GOTOOLCHAIN="go$1" "$go" env GOROOT 2>"$work/messages.txt") || return
  go=$root/bin/go
}

# The tree that is released. Of a project from before modules it lies under its import path, so that the unpacked archive
# is a GOPATH.
import_path=${HKDIST_IMPORT_PATH:-}
tree=$work/release/src${import_path:+/$import_path}

# Sets how Go treats the tree, once it is there: $tree_environment for `clean`, and $tree_flags.
settle_tree() {
  tree_environment=() tree_flags=("-tags=${HKDIST_BUILD_TAGS:-}")
  if [[ -n $import_path ]]; then
    local gopath=$work/release
    # godep's copies of the dependencies come first, as with `godep go build`.
    if [[ -d $tree/Godeps/_workspace ]]; then gopath=$tree/Godeps/_workspace:$gopath; fi
    tree_environment=(GO111MODULE=off GOPATH="$gopath")
  elif [[ -f $tree/vendor/modules.txt ]]; then
    # Its own vendor folder is used as it is.
    tree_flags+=(-mod=vendor)
  else
    tree_flags+=(-mod=readonly)
  fi
}

# cgo_sentence PLATFORM PACKAGE NETWORK... says which packages are written with cgo; nothing when none is.
cgo_sentence() {
  local platform=$1 package=$2 names
  shift 2
  names=$(cd "$tree" && clean "$@" "${tree_environment[@]}" CGO_ENABLED=1 GOOS="${platform%%-*}" GOARCH="${platform#*-}" \
    "$go" list "${tree_flags[@]}" -e -deps -f '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}' -- "$package" 2>/dev/null |
    paste -s -d ' ') || true
  if [[ -n $names ]]; then
    printf 'Written with cgo: %s. Releases are cross-compiled without a C compiler, so cgo cannot be used: take a package in pure Go, or leave %s out.\n' \
      "$names" "$platform"
  fi
}
