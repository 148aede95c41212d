#!/usr/bin/env bash
# Chooses the tag to release, and stores its tree with the modules that it needs as one archive, so that builds fetch nothing.
# Troubles that we know are an outcome with a reason, left in outcome.env; a failed exit is for what we did not foresee.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR
. ./common.sh
# shellcheck source-path=SCRIPTDIR
. ./credentials.sh
# shellcheck source-path=SCRIPTDIR
. ./signature.sh

command=${HKDIST_COMMAND:?} repository=${HKDIST_REPOSITORY:?} branch=${HKDIST_BRANCH:?}
main_package=${HKDIST_MAIN_PACKAGE:?} bucket=${HKDIST_SOURCES_BUCKET:?}
read -ra platforms <<<"${HKDIST_PLATFORMS:?}"

export OUTCOME='' REFUSAL='' REASON='' TAG='' TAG_OBJECT='' COMMIT='' COMMIT_DATE='' TAG_DATE='' TAG_ON_BRANCH='' SIGNER=''
export GO_VERSION='' ARCHIVE_KEY='' ARCHIVE_SHA256=''

# The buildspec reads outcome.env as shell, hence %q: what a repository holds stays text.
finish() {
  local name
  for name in OUTCOME REFUSAL REASON TAG TAG_OBJECT COMMIT COMMIT_DATE TAG_DATE TAG_ON_BRANCH SIGNER GO_VERSION \
    ARCHIVE_KEY ARCHIVE_SHA256; do
    printf 'export %s=%q\n' "$name" "${!name}"
  done >outcome.env
  exit 0
}

# refuse ERROR TEXT. A reason travels through state machine payloads, so it is one line of bounded length.
refuse() {
  OUTCOME=refused REFUSAL=$1 REASON=$(one_line "$2")
  if ((${#REASON} > 1500)); then REASON="${REASON:0:500} ... ${REASON: -990}"; fi
  log "refused, $REFUSAL: $REASON"
  finish
}

# --- the tag ---------------------------------------------------------------------------------------------------------

# tag_order TAG prints a number that grows with the version; it fails unless TAG is vYYYYMMDD[.N] with a date that exists.
tag_order() {
  [[ $1 =~ ^v([1-9][0-9]{3})([0-9]{2})([0-9]{2})(\.([1-9][0-9]{0,8}))?$ ]] || return
  local year=${BASH_REMATCH[1]} month=$((10#${BASH_REMATCH[2]})) day=$((10#${BASH_REMATCH[3]})) n=${BASH_REMATCH[5]:-0}
  local days=(0 31 28 31 30 31 30 31 31 30 31 30 31)
  if ((year % 4 == 0 && year % 100 != 0 || year % 400 == 0)); then days[2]=29; fi
  ((month >= 1 && month <= 12 && day >= 1 && day <= days[month])) || return
  printf '%s\n' $((((year * 100 + month) * 100 + day) * 1000000000 + n))
}

# newest_tag prints the newest well-formed one of the tags on standard input, or nothing.
newest_tag() {
  local tag order newest='' highest=0
  while read -r tag; do
    if [[ $tag == v* ]] && order=$(tag_order "$tag") && ((order > highest)); then newest=$tag highest=$order; fi
  done
  printf '%s\n' "$newest"
}

if [[ -n ${HKDIST_TAG:-} ]] && ! tag_order "$HKDIST_TAG" >/dev/null; then
  refuse MalformedTagError "The tag '${HKDIST_TAG:0:100}' is not a version tag: it must be vYYYYMMDD or vYYYYMMDD.N, with a date that exists and N from 1 to 999999999 without a leading zero."
fi

# Git never asks, uses no other transports than these, and nothing of a hook template or of the caller's home.
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS='' GIT_ALLOW_PROTOCOL=https:ssh:file
export GIT_SSH_COMMAND=${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}
# The configuration accepts this one form of plain HTTP, and only on the local AWS.
if [[ $repository == http://127.0.0.1:* ]]; then GIT_ALLOW_PROTOCOL+=:http; fi
in_git() { HOME=$work/home git --git-dir="$work/repository" -c core.hooksPath=/dev/null "$@"; }
prepare_credentials
prepare_private_modules

rfc3339() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

head=refs/heads/$branch
git check-ref-format "$head" ||
  refuse RepositoryError "'$branch' cannot be the name of a branch; correct it in the configuration."
log "fetching branch $branch and the tags of $(one_line "$repository")"
git init --quiet --bare --template= "$work/repository"
in_git fetch --quiet --no-tags --no-auto-maintenance --no-write-fetch-head --no-recurse-submodules \
  -- "$repository" "+$head:$head" '+refs/tags/*:refs/tags/*' 2>"$work/messages.txt" ||
  refuse RepositoryError "Fetching branch $branch of $repository failed; check the repository, the branch and the access to them. Git said: $(tail -n 5 "$work/messages.txt")"
# What lacks its history is fetched without a complaint, and left out.
head_commit=$(in_git rev-parse --verify --quiet "$head^{commit}") ||
  refuse RepositoryError "Of $repository the branch $branch cannot be had: it is no branch of commits, or the repository is a shallow clone; name one with the whole history."
log "fetched in $SECONDS s, the head of $branch is $head_commit"

if [[ -n ${HKDIST_TAG:-} ]]; then
  tag=$HKDIST_TAG
  in_git show-ref --verify --quiet "refs/tags/$tag" ||
    refuse TagNotFoundError "The repository has no tag $tag; push it, or name one that exists."
else
  tag=$(in_git for-each-ref --merged="$head" --format='%(refname:strip=2)' refs/tags | newest_tag)
  [[ -n $tag ]] ||
    refuse TagNotFoundError "No tag of the form vYYYYMMDD or vYYYYMMDD.N is reachable from $head_commit, the head of $branch; tag the commit to release and push the tag."
fi
commit=$(in_git rev-parse --verify --quiet "refs/tags/$tag^{commit}") ||
  refuse MalformedTagError "The tag $tag does not name a commit; delete it and tag a commit."
if [[ -z ${HKDIST_TAG:-} && $commit != "$head_commit" ]]; then
  refuse HeadNotTaggedError "The newest tag on $branch, $tag, is commit $commit, but the head of $branch is $head_commit; tag the head, or name the tag to release."
fi

TAG=$tag COMMIT=$commit TAG_OBJECT=$(in_git rev-parse --verify "refs/tags/$tag")
committed=$(in_git rev-list --max-count=1 --timestamp "$commit")
committed=${committed%% *}
# When the tag was made; one that is just a name, or of an old git, has no time of its own.
tagged=$(in_git for-each-ref --format='%(taggerdate:unix)' "refs/tags/$tag")
for time in "$committed" "${tagged:=$committed}"; do
  [[ $time =~ ^[0-9]{1,12}$ && $time -le 253402300799 ]] ||
    refuse MalformedTagError "The dates of $tag and its commit must be of the years 1970 to 9999, but one is $time seconds after 1970; make a new tag."
done
COMMIT_DATE=$(rfc3339 "$committed") TAG_DATE=$(rfc3339 "$tagged")
TAG_ON_BRANCH=false
if in_git merge-base --is-ancestor "$commit" "$head_commit"; then TAG_ON_BRANCH=true; fi
verify_tag
log "releasing $tag, commit $commit of $COMMIT_DATE, on $branch: $TAG_ON_BRANCH, signed by ${SIGNER:-nobody that was asked for}"

# --- the tree --------------------------------------------------------------------------------------------------------

# The release is the tree that the commit names, byte for byte. Left to themselves, attributes in the tree would drop files
# from it (export-ignore), write names of refs into it (export-subst), change line ends or run filters (LFS).
# Submodules stay empty folders.
mkdir -p "$work/repository/info" "$tree" "$work/release/modules"
echo '* -export-ignore -export-subst -text -eol -crlf -ident -filter -working-tree-encoding' >"$work/repository/info/attributes"
{ in_git archive --format=tar "$commit" | tar --extract --touch --directory="$tree"; } 2>"$work/messages.txt" ||
  refuse UnusableTreeError "The tree of $tag cannot be unpacked; correct what it holds and tag again. Git or tar said: $(tail -n 5 "$work/messages.txt")"
settle_tree

# The archive must have everything, and nothing may look elsewhere: neither here nor where it is built.
outside() { refuse OutsideTreeError "The tree of $tag reaches out of itself: $1. A release is built from its tree and its modules alone; correct it and tag again."; }
while IFS= read -r -d '' link; do
  target=$(readlink "$link")
  [[ $target != /* && $(realpath -m "$link" 2>/dev/null)/ == "$tree"/* ]] ||
    outside "${link#"$tree/"} is a symbolic link to $target"
done < <(find "$tree" -type l -print0)

# --- Go and the modules ----------------------------------------------------------------------------------------------

in_tree() { (cd "$tree" && clean "${network[@]}" "${tree_environment[@]}" "$@" 2>"$work/messages.txt"); }
messages() { grep -v '^go: downloading ' "$work/messages.txt" | tail -n 10; }

[[ -n $import_path || -f $tree/go.mod ]] ||
  refuse NotAGoModuleError "The tree of $tag has no go.mod at its top; add one, or configure the importPath of a project from before modules."

GO_VERSION=${HKDIST_GO_VERSION:-}
if [[ -z $GO_VERSION ]]; then
  version=$(in_tree GOTOOLCHAIN=auto "$go" env GOVERSION) ||
    refuse GoVersionError "The Go that go.mod of $tag asks for cannot be had; configure a Go version, or correct go.mod. Go said: $(messages)"
  # An experiment or a vendor's suffix may follow.
  GO_VERSION=${version#go} GO_VERSION=${GO_VERSION%%[ -]*}
fi
[[ $GO_VERSION =~ ^1\.[0-9]+(\.[0-9]+|rc[0-9]+|beta[0-9]+)?$ ]] ||
  refuse GoVersionError "'$GO_VERSION' is not an exact Go version such as 1.26.8; configure one."
use_go "$GO_VERSION" ||
  refuse GoVersionError "Go $GO_VERSION cannot be had; configure a version that exists. Go said: $(messages)"
if [[ -z $import_path ]] && ! in_tree "$go" list -m >/dev/null; then
  if grep -q 'requires go >= ' "$work/messages.txt"; then
    refuse GoVersionError "Go $GO_VERSION is too old for $tag; configure a newer one. Go said: $(messages)"
  fi
  refuse NotAGoModuleError "Go cannot use go.mod of $tag; correct it. Go said: $(messages)"
fi
log "using Go $GO_VERSION"

# What one platform cannot load (a file with a syntax error, nothing to build there) is for its build to report and stops
# only that platform; so a tree is refused when no platform can load it, and a failed download always.
loadable=0 trouble='' cgo=''
format='{{if not .Standard}}@folder {{.Dir}}{{"\n"}}{{end}}{{if not .DepOnly}}@package {{.Name}}{{"\n"}}{{end}}{{with .Error}}@error {{.Err}}{{"\n"}}{{end}}'
for platform in "${platforms[@]}"; do
  if in_tree GOOS="${platform%%-*}" GOARCH="${platform#*-}" \
    "$go" list "${tree_flags[@]}" -e -deps -f "$format" -- "$main_package" >"$work/packages.txt"; then
    errors=$(grep -Ev '^@(package|folder) ' "$work/packages.txt") || true
    folder=$(grep '^@folder /' "$work/packages.txt" | cut -c 9- | grep -vF -e "$tree/" -e "$work/modcache/" | grep -vxF "$tree" | head -n 1) || true
    [[ -z $folder ]] || outside "go.mod replaces a module by the folder $folder"
  else
    errors="@error $(messages)"
    if ! [[ $errors =~ 'go.sum entry'|'updates to go.mod'|'inconsistent vendoring' ]]; then errors="@failed ${errors#@error }"; fi
  fi
  if [[ $errors =~ 'replacement directory '|'replaced by '[./] ]]; then outside "go.mod replaces a module by a folder that is not in it. Go said: ${errors#@* }"; fi
  # Go writes a module that it could not get as path@version, colon, reason.
  if grep -Eq '^@failed |^@error [^ ]+@v[^ ]+: ' <<<"$errors"; then
    refuse ModuleDownloadError "Not all modules that $tag needs for $platform could be downloaded; try again, or correct go.mod and go.sum. Go said: ${errors#@* }"
  fi
  if [[ -n $errors ]]; then
    log "$platform cannot be loaded: $(one_line "${errors//@error /}")"
    # What is missing may be what the hook writes; the compiler will tell.
    if [[ -n ${HKDIST_HAS_HOOK:-} ]]; then loadable=$((loadable + 1)); fi
    if [[ -z $trouble ]]; then
      cgo=$(cgo_sentence "$platform" "$main_package" "${network[@]}")
      trouble="for $platform: ${errors//@error /}"
    fi
    continue
  fi
  names=$(grep '^@package ' "$work/packages.txt") || true
  [[ $names == '@package main' ]] ||
    refuse MainPackageError "The main package '$main_package' of $tag must be one package named main, but it is $(grep -c . <<<"$names" || true) (${names//@package /}); correct the configuration."
  loadable=$((loadable + 1))
done
if [[ -z $import_path && -f $tree/go.work ]]; then trouble+=' (go.work is not used: the main module must do without.)'; fi
((loadable > 0)) || [[ -z $cgo ]] ||
  refuse CgoError "The main package '$main_package' of $tag cannot be built for any platform. $cgo Go said, $trouble"
((loadable > 0)) ||
  refuse MainPackageError "The main package '$main_package' of $tag cannot be loaded for any platform; correct the configuration or the tree. Go said, $trouble"

# The downloads make a file GOPROXY. A build asks for exact versions only, which takes .mod and .zip files alone.
if [[ -d $work/modcache/cache/download ]]; then
  (
    cd "$work/modcache/cache/download"
    find . \( -path ./sumdb -o -path ./golang.org/toolchain \) -prune -o \
      -type f \( -path '*/@v/*.mod' -o -path '*/@v/*.zip' \) -print0 | xargs -0 -r cp --parents -t "$work/release/modules"
  )
fi
log "loaded for $loadable of ${#platforms[@]} platforms, $(find "$work/release/modules" -name '*.zip' | wc -l) modules downloaded, ${tree_flags[*]} ${tree_environment[0]:-}"

# --- the archive -----------------------------------------------------------------------------------------------------

# The same commit gives the same bytes: names in order, no times, no owners, no umask.
tar --create --format=gnu --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
  --hard-dereference --directory="$work/release" src modules | gzip -n >"$work/archive.tar.gz"
read -r ARCHIVE_SHA256 _ < <(sha256sum "$work/archive.tar.gz")
ARCHIVE_KEY=sources/$command/${tag#v}/$ARCHIVE_SHA256.tar.gz
state=$(put_once "$bucket" "$ARCHIVE_KEY" "$work/archive.tar.gz")
log "archive of $(stat -c %s "$work/archive.tar.gz") bytes $state as $ARCHIVE_KEY after $SECONDS s"
OUTCOME=archived
finish
