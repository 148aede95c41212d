#!/usr/bin/env bash
# Compiles the platforms of one plan from the stored archive, without fetching, and stores each binary write-once.
# What became of each platform goes into a report; the exit fails only when that could not be done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR
. ./common.sh

command=${HKDIST_COMMAND:?} main_package=${HKDIST_MAIN_PACKAGE:?} plan_key=${HKDIST_PLAN_KEY:?}
sources=${HKDIST_SOURCES_BUCKET:?} artifacts=${HKDIST_ARTIFACTS_BUCKET:?}

die() {
  log "$*" >&2
  exit 1
}

# 1234567 -> 1,234,567
grouped() { sed -E ':more; s/([0-9])([0-9]{3})(,|$)/\1,\2\3/; t more' <<<"$1"; }

# --- the plan and the archive ----------------------------------------------------------------------------------------

fetch() { # KEY FILE
  try_again aws s3api get-object --bucket "$sources" --key "$1" "$2" || die "could not read s3://$sources/$1"
}

fetch "$plan_key" "$work/plan"
version='' commit='' date='' archive_key='' archive_sha256='' go_version='' report_key='' platforms=()
while IFS=$'\t' read -r name value || [[ -n $name ]]; do
  case $name in
    version) version=$value ;;
    commit) commit=$value ;;
    date) date=$value ;;
    archiveKey) archive_key=$value ;;
    archiveSha256) archive_sha256=$value ;;
    goVersion) go_version=$value ;;
    reportKey) report_key=$value ;;
    platform) platforms+=("$value") ;;
    *) die "the plan $plan_key has a line that this script does not know: $(one_line "$name")" ;;
  esac
done <"$work/plan"
[[ $version =~ ^[0-9]+(\.[0-9]+)?$ && $commit =~ ^[0-9a-f]{40}$ && $date =~ ^[0-9T:-]+Z$ && -n $archive_key && $archive_sha256 =~ ^[0-9a-f]{64}$ &&
  $go_version =~ ^[0-9][0-9a-z.]*$ && -n $report_key && ${#platforms[@]} -gt 0 ]] ||
  die "the plan $plan_key is incomplete: $(one_line "$(cat "$work/plan")")"
log "building $command $version with Go $go_version for ${platforms[*]}"

fetch "$archive_key" "$work/archive.tar.gz"
read -r actual _ < <(sha256sum "$work/archive.tar.gz")
[[ $actual == "$archive_sha256" ]] || die "the archive $archive_key has SHA-256 $actual, the plan says $archive_sha256"
mkdir "$work/release"
tar --extract --touch --no-same-owner --directory="$work/release" --file="$work/archive.tar.gz"

use_go "$go_version" || die "Go $go_version cannot be had: $(one_line "$(tail -n 5 "$work/messages.txt")")"
log "archive and Go ready after $SECONDS s; nothing is fetched from here on"

# --- the builds ------------------------------------------------------------------------------------------------------

# A path as a file URL. Every byte is escaped, for a folder's name may hold what ends a URL or an entry of GOPROXY.
file_url() { printf 'file://%s' "$(printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g; s/%2f/\//g')"; }
offline=(GOPROXY="$(file_url "$work/release/modules"),off" GOSUMDB=off GOVCS='*:off')

settle_tree

# Reproducible: no paths, no build id, no state of a working copy, no symbol tables. Quoted because Go splits at spaces.
# The last one of two settings counts: the configuration's own flags change none of ours.
ldflags="${HKDIST_LDFLAGS:+$HKDIST_LDFLAGS }-s -w -buildid=" stamps=()
stamp() { # VARIABLE VALUE
  if [[ -n $1 ]]; then ldflags+=" -X '$1=$2'" stamps+=("$1" "$2"); fi
}
stamp "${HKDIST_VERSION_VARIABLE:-}" "$version"
stamp "${HKDIST_COMMIT_VARIABLE:-}" "$commit"
stamp "${HKDIST_DATE_VARIABLE:-}" "$date"
stamp "${HKDIST_DIRECTORY_URL_VARIABLE:-}" "${HKDIST_DIRECTORY_URL:-}"
stamp "${HKDIST_ARTIFACTS_URL_VARIABLE:-}" "${HKDIST_ARTIFACTS_URL:-}"
flags=("${tree_flags[@]}" -trimpath -ldflags "$ldflags")

# The deployment's own script, which writes code that the tree lacks: once, before all platforms. Its environment is that
# of a compile, with the facts of the release and Go in PATH.
run_hook() {
  (
    cd "$tree" &&
      clean "${offline[@]}" "${tree_environment[@]}" PATH="$(dirname "$go"):$PATH" HKDIST_COMMAND="$command" \
        HKDIST_VERSION="$version" HKDIST_COMMIT="$commit" HKDIST_DATE="$date" \
        SOURCE_DATE_EPOCH="$(date -u -d "$date" +%s)" HKDIST_DIRECTORY_URL="${HKDIST_DIRECTORY_URL:-}" \
        HKDIST_ARTIFACTS_URL="${HKDIST_ARTIFACTS_URL:-}" bash "$hook"
  ) >"$work/messages.txt" 2>&1 </dev/null
}

compile() { # PLATFORM
  (
    cd "$tree" &&
      clean "${offline[@]}" "${tree_environment[@]}" GOOS="${1%%-*}" GOARCH="${1#*-}" \
        "$go" build "${flags[@]}" -o "$work/binary" -- "$main_package"
  ) >"$work/messages.txt" 2>&1 && return
  # A package without the part that needs cgo looks to the compiler as if something had been forgotten.
  cgo_sentence "$1" "$main_package" "${offline[@]}" >>"$work/messages.txt"
  return 1
}

# What Go wrote into the program: its modules with their checksums, and its settings.
list_modules() {
  (cd "$work" && clean "$go" version -m binary) >"$work/modules.txt" 2>"$work/messages.txt"
}

# holds VALUE: whether it is in the program, but not as the date in a dependency's v0.0.0-20260122093000-0123456789ab.
holds() {
  grep -qaF -e "$1" "$work/binary" &&
    { [[ $1 != "$version" ]] ||
      grep -qxF -e "$version" < <(grep -aoE -e "${version//./\\.}([0-9]{6}-[0-9a-f]{12})?" "$work/binary"); }
}

# Go says nothing when -X names no variable; a tool that does not know its version would update itself for ever.
check_stamps() {
  local i
  for ((i = 0; i < ${#stamps[@]}; i += 2)); do
    if ! holds "${stamps[i + 1]}"; then
      echo "${stamps[i]} did not get its value: it must be a string variable of the program, in use and not a constant." >"$work/messages.txt"
      return 1
    fi
  done
  if [[ -z ${HKDIST_VERSION_VARIABLE:-} ]] && ! holds "$version"; then
    echo "The version $version is not in the program: without a versionVariable it is the hook that must write it there." >"$work/messages.txt"
    return 1
  fi
}

store() { # PLATFORM
  local name=$command-$version
  if [[ $1 == windows-* ]]; then name+=.exe; fi
  # The header is ours: a name without a time is more than gzip's options offer.
  {
    printf '\x1f\x8b\x08\x08\0\0\0\0\x02\x03%s\0' "$name"
    gzip -9 --no-name <"$work/compressing" | tail -c +11
  } >"$work/binary.gz" &&
    put_once "$artifacts" "$command/$version/$1.gz" "$work/binary.gz" --content-type application/gzip \
      --content-disposition attachment --cache-control 'public, max-age=31536000, immutable'
}

put_report() {
  try_again aws s3api put-object --bucket "$sources" --key "$report_key" --body "$work/report" \
    --checksum-algorithm SHA256 || die "could not store the report s3://$sources/$report_key"
}

failed() { # PLATFORM
  cat "$work/messages.txt"
  printf '%s\tfailed\t%s\n' "$1" "$(tail -c 4000 "$work/messages.txt" | base64 -w0)" >>"$work/report"
}

report_setting() { # NAME TEXT
  printf '%s\tset\t%s\n' "$1" "$(printf '%s' "$2" | base64 -w0)" >>"$work/report"
}

# How everything here is built, so that it can be told, and built again. All of this becomes public: nothing else is told.
told=(HKDIST_COMMAND HKDIST_MAIN_PACKAGE HKDIST_IMPORT_PATH HKDIST_BUILD_TAGS HKDIST_LDFLAGS HKDIST_VERSION_VARIABLE
  HKDIST_COMMIT_VARIABLE HKDIST_DATE_VARIABLE HKDIST_DIRECTORY_URL_VARIABLE HKDIST_DIRECTORY_URL
  HKDIST_ARTIFACTS_URL_VARIABLE HKDIST_ARTIFACTS_URL)
: >"$work/report"
report_setting archiveKey "$archive_key"
report_setting archiveSha256 "$archive_sha256"
report_setting flags "$(printf '%s\n' "${flags[@]}")"
for name in "${told[@]}"; do
  if [[ -n ${!name+set} ]]; then report_setting "$name" "${!name}"; fi
done

if [[ -n ${HKDIST_HOOK:-} ]]; then
  hook=$(realpath "$HKDIST_HOOK")
  report_setting hook "$(cat "$hook")"
  if ! run_hook; then
    echo '(This is what the hook wrote before it failed.)' >>"$work/messages.txt"
    for platform in "${platforms[@]}"; do
      log "$platform failed after $SECONDS s:"
      failed "$platform"
    done
    put_report
    exit 0
  fi
  log "hook done: $(one_line "$(tail -c 500 "$work/messages.txt")")"
fi
# A binary is compressed and stored while the next one is compiled; one is stored at a time.
storing=''
# Whatever ends this script, a store that is under way still reads from the folder.
trap 'if [[ -n $storing ]]; then wait "$storing" || true; fi; remove_work' EXIT
begin_storing() {
  platform_stored=$platform
  read -r sha256 _ < <(sha256sum "$work/binary")
  modules=$(base64 -w0 "$work/modules.txt")
  mv "$work/binary" "$work/compressing"
  store "$platform" >"$work/state" &
  storing=$!
}

end_storing() {
  if [[ -z $storing ]]; then return; fi
  if ! wait "$storing"; then
    put_report
    die "$platform_stored is built, but not stored"
  fi
  storing='' state=$(<"$work/state")
  if [[ $state == stored ]]; then
    log "$platform_stored stored, $(grouped "$(stat -c %s "$work/binary.gz")") bytes"
  else
    log "$platform_stored: something is already stored there"
  fi
  printf '%s\t%s\t%s\t%s\n' "$platform_stored" "$state" "$sha256" "$modules" >>"$work/report"
}

for platform in "${platforms[@]}"; do
  started=$SECONDS
  if compile "$platform" && check_stamps && list_modules; then
    log "$platform built in $((SECONDS - started)) s, $(grouped "$(stat -c %s "$work/binary")") bytes"
    end_storing
    begin_storing
  else
    log "$platform failed after $((SECONDS - started)) s:"
    failed "$platform"
  fi
done
end_storing
put_report
log "report stored as $report_key after $SECONDS s"
