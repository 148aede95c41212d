#!/bin/sh
# Installs @CMD@ for whoever runs it, and changes nothing else:
#
#   curl -fsSL '@DIRECTORY_URL@@CMD@.sh' | sh
#   curl -fsSL '@DIRECTORY_URL@@CMD@.sh' | sh -s -- --to /opt/tools --version 20260131
#
# `--help` in the place of the options tells all of them.
{ # A shell runs nothing of these braces before it has read their end: a script that was cut does nothing.
# In zsh a word that is not quoted would stay one.
if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi
set -eu

cmd='@CMD@'
directory='@DIRECTORY_URL@'
artifacts='@ARTIFACTS_URL@'
# Those with a current version.
platforms='@PLATFORMS@'
# What the names of its environment variables begin with.
variable='@VARIABLE@'

# English messages, and letters by their bytes.
export LC_ALL=C

main() {
  to=$(setting TO) version=$(setting VERSION) platform=$(setting PLATFORM) quiet=$(setting QUIET)
  case $quiet in 0 | false | no) quiet='' ;; esac
  read_options "$@"
  folder='' made='' work='' child='' trouble='' here=''
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM

  look_for_programs
  # What is asked for by name is for another machine, of which nothing is known.
  if [ -z "$platform" ]; then
    choose_platform
    here=yes
  fi
  choose_folder
  make_folder
  look_up
  if [ -f "$target" ] && [ -x "$target" ] && [ "$(sha256_of "$target")" = "$sha256" ]; then
    say "$cmd $version is installed already: $target"
  else
    download
    # In one step, and over a program that is running, too.
    mv -f "$work/$name" "$target" || fail "$target could not be replaced. Choose another folder with --to DIR."
    say "$cmd $version for $platform is installed, its SHA-256 verified: $target"
  fi
  if [ -n "$here" ]; then look_at_path; fi
}

# --- What was asked ---------------------------------------------------------------------------------------------------

show_help() {
  cat <<HELP
Installs $cmd: downloads it, compares its SHA-256, and puts it into one folder. No root rights needed.

  curl -fsSL $(quoted "$directory$cmd.sh") | sh -s -- [OPTION...]

  --to DIR        the folder (${variable}_INSTALL_TO); ~/.local/bin without it, /usr/local/bin for root
  --version V     a version such as 20260131 (${variable}_INSTALL_VERSION); the current one without it
  --platform P    for another machine than this (${variable}_INSTALL_PLATFORM), one of:
                  $platforms
  --quiet         say nothing but what goes wrong (${variable}_INSTALL_QUIET=1)
  --help          this text

It ends with 0 when $cmd is installed, 1 when it is not, 2 when an option is wrong, 128 and its number after a signal.
HELP
}

# setting NAME: the value of this command's environment variable.
setting() { eval "printf '%s' \"\${${variable}_INSTALL_$1-}\""; }

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) show_help; exit ;;
      --quiet | -q) quiet=1; shift; continue ;;
      --to=* | --version=* | --platform=*) option=${1%%=*} value=${1#*=} ;;
      --to | --version | --platform)
        option=$1 value=${2-}
        case $value in -*) misuse "$option needs a value, and $value is none (or write $option=$value)" ;; esac
        if [ $# -gt 1 ]; then shift; fi
        ;;
      *) misuse "$1 is not an option of this installer" ;;
    esac
    shift
    [ -n "$value" ] || misuse "$option needs a value"
    case $option in
      --to) to=$value ;;
      --version) version=$value ;;
      --platform) platform=$value ;;
    esac
  done
  # As the tags are written, too.
  version=${version#v}
  if [ -n "$version" ] && ! is_version "$version"; then
    misuse "$version is not a version; they look like 20260131 or 20260131.2"
  fi
  case $platform in *[!A-Za-z0-9-]*) misuse "$platform is not a platform; there are: $platforms" ;; esac
}

is_version() { case $1 in '' | *[!0-9.]* | .* | *. | *.*.*) false ;; esac; }

# --- What it says -----------------------------------------------------------------------------------------------------

say() { [ -n "$quiet" ] || printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

misuse() {
  printf '%s. --help tells the options.\n' "$1" >&2
  exit 2
}

# shellcheck disable=SC2329 # a trap calls it
clean_up() {
  # Whoever is impatient must not stop this.
  trap '' HUP INT PIPE TERM
  # Nobody else ends what runs in the background, and it would write on into the folder.
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null || :
    wait "$child" 2>/dev/null || :
  fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  # The folders that were made go as well, unless something came into them.
  emptied=$folder
  while [ -n "$made" ]; do
    rmdir "$emptied" 2>/dev/null || :
    if [ -d "$emptied" ] || [ "$emptied" = "$made" ]; then break; fi
    emptied=${emptied%/*}
  done
}

# --- What this machine has --------------------------------------------------------------------------------------------

has() { command -v "$1" >/dev/null 2>&1; }

look_for_programs() {
  for program in awk gzip mktemp sed; do has "$program" || fail "Install $program first: this installer uses it."; done
  for hasher in sha256sum shasum openssl sha256 ''; do if has "$hasher"; then break; fi; done
  [ -n "$hasher" ] ||
    fail "Install sha256sum, shasum or openssl first: without one of them the download could not be verified."
  if has curl; then
    downloader=curl
  elif has wget; then
    case $(wget --version 2>/dev/null) in 'GNU Wget'*) downloader=wget ;; *) downloader=small-wget ;; esac
  elif has fetch; then
    downloader=fetch
  else
    fail 'Install curl or wget first (Debian, Ubuntu: apt-get install curl ca-certificates; Alpine: apk add curl).'
  fi
}

# Sets $platform to the first that is offered of those that this machine runs.
choose_platform() {
  system=$(uname -s)
  case $system in
    # Their -m names a family of machines.
    *BSD | DragonFly) machine=$(uname -p) ;;
    *) machine=$(uname -m) ;;
  esac
  case $system in
    Linux | Darwin | FreeBSD | OpenBSD | NetBSD | DragonFly) os=$(printf '%s' "$system" | tr '[:upper:]' '[:lower:]') ;;
    MINGW* | MSYS* | CYGWIN*) fail "This is Windows. Type into PowerShell: irm $(quoted "$directory$cmd.ps1") | iex" ;;
    *) fail_for_platform ;;
  esac
  case $machine in
    x86_64 | amd64) runs='amd64 386' ;;
    i[3-6]86) runs=386 ;;
    aarch64 | arm64) runs=arm64 ;;
    armv[78]* | earmv7*) runs=arm ;;
    armv[4-6]* | earm* | arm)
      case " $platforms " in
        *" $os-arm "*)
          fail "This processor ($machine) is older than ARMv7, for which $cmd is built. If you know that it runs, take" \
            "--platform $os-arm."
          ;;
      esac
      fail_for_platform
      ;;
    loongarch64) runs=loong64 ;;
    powerpc64 | powerpc64le) runs=ppc64${machine#powerpc64} ;;
    ppc64 | ppc64le | riscv64 | s390x) runs=$machine ;;
    *) fail_for_platform ;;
  esac
  # Which programs a system is made of is not its kernel's to say. The kernel still runs the others, if it must.
  if [ "$os" = linux ] && is_32_bit; then
    case $runs in 'amd64 386') runs='386 amd64' ;; arm64) runs='arm arm64' ;; esac
  fi
  if [ "$os" = darwin ]; then
    if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then
      # Rosetta runs this shell and hides the real processor.
      runs='arm64 amd64'
    elif [ "$runs" = arm64 ]; then
      # Rosetta is not on every Mac.
      if arch -x86_64 true 2>/dev/null; then runs='arm64 amd64'; fi
    else
      runs=amd64
    fi
  fi
  for architecture in $runs; do
    platform=$os-$architecture
    case " $platforms " in *" $platform "*) return ;; esac
  done
  if [ "$os $runs" = 'darwin arm64' ]; then
    case " $platforms " in
      *' darwin-amd64 '*) fail "$cmd needs Rosetta on this Mac. Type: softwareupdate --install-rosetta" ;;
    esac
  fi
  # An older version may have been built for more.
  if [ -z "$version" ]; then fail_for_platform; fi
  platform=$os-${runs%% *}
}

# Whether the programs here are 32-bit ones: by the ELF header of one that runs, or by what the C library says.
is_32_bit() {
  case $(od -An -tu1 -j4 -N1 /proc/self/exe 2>/dev/null) in
    *1*) true ;;
    *2*) false ;;
    *) [ "$(getconf LONG_BIT 2>/dev/null)" = 32 ] ;;
  esac
}

fail_for_platform() {
  fail "$cmd has no current version for this machine ($system $machine), only for: $platforms." \
    "If one of them runs here, choose it with --platform. $directory shows all there is."
}

# --- Where it goes ----------------------------------------------------------------------------------------------------

# Sets $folder to an absolute path, and $target to the program in it.
choose_folder() {
  # What the shell does not unfold in `--to=~/bin` and in variables.
  # shellcheck disable=SC2088
  case $to in '~' | '~/'*) to=${HOME-}${to#'~'} ;; esac
  if [ -n "$to" ]; then
    folder=$to
  elif [ "$(id -u)" = 0 ]; then
    folder=/usr/local/bin
  elif [ -n "${HOME-}" ]; then
    folder=$HOME/.local/bin
  else
    fail "HOME is not set, so there is no usual folder. Choose one with --to DIR (or ${variable}_INSTALL_TO)."
  fi
  case $folder in /*) ;; *) folder=$(pwd)/$folder ;; esac
  while [ "${folder%/}" != "$folder" ]; do folder=${folder%/}; done
  name=$cmd
  case $platform in windows-*) name=$cmd.exe ;; esac
  target=$folder/$name
  if [ -d "$target" ]; then fail "$target is a folder. Remove it, or choose another place with --to DIR."; fi
}

# Makes $folder and, inside it, an empty $work: what lies there gets into its place without being copied.
make_folder() {
  missing=$folder
  while [ -n "$missing" ] && [ ! -d "$missing" ]; do
    made=$missing missing=${missing%/*}
  done
  said=$(mkdir -p "$folder/" 2>&1) || fail "$folder cannot be made ($said). Choose another folder with --to DIR."
  work=$(mktemp -d "$folder/.$cmd-install.XXXXXX") || {
    work=''
    fail "Nothing can be written into $folder. Choose another folder with --to DIR."
  }
}

# --- What is there ----------------------------------------------------------------------------------------------------

# Sets $version to the one that will be installed, and $sha256 to its hash in hexadecimal.
look_up() {
  document=$directory$cmd/${version:-current}/$platform.json
  if ! get "$document" "$work/document"; then
    asked=${version:+version $version}
    if [ "$trouble" = 404 ]; then
      fail "There is no ${asked:-current version} of $cmd for $platform." \
        "$directory shows all there is."
    fi
    fail_to_get "$document"
  fi
  hash=$(member sha256)
  version=${version:-$(member version)}
  case $hash in *[!A-Za-z0-9+/=]*) hash='' ;; esac
  if [ "${#hash}" != 44 ] || ! is_version "$version"; then
    fail "$document is not what it should be. Something between here and $host may have answered in its place, such" \
      'as the login page of a network.'
  fi
  sha256=$(hexadecimal "$hash")
}

# member NAME: a text in the JSON object that was fetched; versions and hashes have nothing that JSON escapes.
member() { sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$work/document"; }

# hexadecimal BASE64 of 32 bytes. Four digits of 6 bits are six of 4; busybox may have an awk without powers of 2.
hexadecimal() {
  printf '%s\n' "$1" | awk '{
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sub("=", "A")
    for (i = 1; i <= 44; i++) {
      bits = bits * 64 + index(alphabet, substr($0, i, 1)) - 1
      if (i % 4 == 0) {
        hex = hex sprintf("%06x", bits)
        bits = 0
      }
    }
    print substr(hex, 1, 64)
  }'
}

# sha256_of FILE
sha256_of() {
  case $hasher in
    sha256sum) sha256sum ;;
    shasum) shasum -a 256 ;;
    openssl) openssl dgst -sha256 -r ;;
    sha256) sha256 -q ;;
  esac <"$1" | sed 's/ .*//'
}

# Leaves the verified program as $work/$name.
download() {
  url=$artifacts$cmd/$version/$platform.gz
  say "Downloading $cmd $version for $platform"
  if ! get "$url" "$work/gz" with-progress; then
    case $trouble in
      403 | 404) fail "$url cannot be had ($trouble). It may have been withdrawn just now: try again in a few minutes." ;;
    esac
    fail_to_get "$url"
  fi
  if ! gzip -dc <"$work/gz" >"$work/$name" 2>"$work/said"; then
    case $(cat "$work/said") in *[Ss]pace*) trouble='space' ;; *) trouble='cut' ;; esac
    fail_to_get "$url"
  fi
  found=$(sha256_of "$work/$name")
  [ "$found" = "$sha256" ] ||
    fail "$url is not what was released, so it was thrown away: its SHA-256 is $found, and the directory says $sha256." \
      "Try again; if it stays so, tell those who release $cmd."
  chmod 755 "$work/$name"
  if [ -n "$here" ]; then look_for_loader; fi
}

# Releases need no loader, but a binary that came another way may be one that this system (musl, glibc) cannot start. A
# program names its loader in its first page.
look_for_loader() {
  loader=$(dd if="$work/$name" bs=4096 count=1 2>/dev/null | tr '\0' '\n' | sed -n 's|^\(/[!-~]*/ld[!-~]*\)$|\1|p' | sed 1q)
  if [ -n "$loader" ] && [ ! -e "$loader" ]; then
    fail "This $cmd was made for systems with $loader, which this one lacks (it may have another C library), so it would" \
      'not start. It was not installed.'
  fi
}

# --- How to get it ----------------------------------------------------------------------------------------------------

# get URL FILE [with-progress], again if what went wrong may pass. $trouble is then what it was: a status or a word.
get() {
  host=${1#*://} host=${host%%/*}
  for pause in 1 3 ''; do
    if try_to_get "$@"; then return; fi
    case $trouble in timeout | cut | 408 | 429 | 5??) ;; *) return 1 ;; esac
    if [ -n "$pause" ]; then sleep "$pause"; fi
  done
  return 1
}

try_to_get() {
  url=$1 file=$2
  shown=''
  if [ -n "${3-}" ] && [ -z "$quiet" ] && [ -t 2 ]; then shown=yes; fi
  # The protocol never redirects these.
  case $downloader in
    curl)
      set -- curl --fail --proto "=${url%%:*}" --connect-timeout 20 --speed-limit 1 --speed-time 30 \
        --write-out '%{http_code} %{http_connect}' --output "$file"
      if [ -n "$shown" ]; then set -- "$@" --progress-bar; else set -- "$@" --silent --show-error; fi
      ;;
    wget)
      set -- wget --no-verbose --tries=1 --timeout=30 --max-redirect=0 --output-file="$work/said" --output-document="$file"
      if [ -n "$shown" ] && wget --help | grep -q show-progress; then set -- "$@" --show-progress; fi
      ;;
    small-wget)
      set -- wget -O "$file"
      # Debian's has no timeout, and crashes when asked for one.
      case $(wget --help 2>&1) in *'-T SEC'*) set -- "$@" -T 30 ;; esac
      if [ -z "$shown" ]; then set -- "$@" -q; fi
      ;;
    fetch)
      set -- fetch -T 30 -o "$file"
      if [ -z "$shown" ]; then set -- "$@" -q; fi
      ;;
  esac
  : >"$work/said"
  # In the background, since a shell hears a signal only between commands and in `wait`.
  if [ -n "$shown" ]; then
    "$@" "$url" >"$work/status" &
  else
    "$@" "$url" >"$work/status" 2>>"$work/said" &
  fi
  child=$! code=0
  wait "$child" || code=$?
  child=''
  trouble=$(trouble_of "$downloader" "$code")
  [ -z "$trouble" ]
}

# trouble_of DOWNLOADER EXIT-CODE: nothing when it went well. (zsh has a $status of its own.)
trouble_of() {
  if [ "$1" = curl ]; then
    read -r answered connect <"$work/status" || :
    case $2:${connect:-000} in *:407) echo 407 && return ;; [!0]*:[45]??) echo proxy && return ;; esac
    case $2 in
      0) case $answered in 2??) ;; *) echo "$answered" ;; esac ;;
      5 | 97) echo proxy ;;
      6) echo name ;;
      7) echo refused ;;
      18 | 52 | 55 | 56 | 92) echo cut ;;
      22) echo "$answered" ;;
      23) echo space ;;
      28) echo timeout ;;
      35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) echo tls ;;
      *) echo other ;;
    esac
    return
  fi
  if [ "$2" = 0 ]; then return; fi
  answered=$(sed -n -e 's/.*ERROR \([345][0-9][0-9]\).*/\1/p' -e 's/.* HTTP\/[0-9.]* \([345][0-9][0-9]\).*/\1/p' "$work/said")
  # The names of hosts and files may have any of these words in them.
  case $answered:$(sed -e "s/ '[^']*'//g" -e 's|[^ ]*[/.][A-Za-z0-9][^ ]*||g' "$work/said") in
    [345]??:*) echo "$answered" ;;
    *'Not Found'*) echo 404 ;;
    *Forbidden*) echo 403 ;;
    *'Proxy Auth'*) echo 407 ;;
    *'Service Unavailable'*) echo 503 ;;
    *'redirections exceeded'*) echo other ;;
    *roxy*) echo proxy ;;
    *resolv* | *'bad address'* | *'not known'* | *'No address'*) echo name ;;
    *refused*) echo refused ;;
    *ertificate* | *SSL* | *TLS*) echo tls ;;
    *'imed out'* | *timeout*) echo timeout ;;
    *space*) echo space ;;
    *closed* | *'short read'* | *'Read error'* | *reset* | *premature*) echo cut ;;
    *)
      # On a full disk there was no room for the words either; and GNU wget has none for a download that breaks off.
      if [ "$1:$2" = wget:3 ] || ! printf x 2>/dev/null >"$work/probe"; then
        echo space
      elif [ "$1:$2" = wget:4 ]; then
        echo cut
      else
        echo other
      fi
      ;;
  esac
}

# fail_to_get URL: says why, and what to do.
fail_to_get() {
  # Those that the downloader looks at; busybox's wget and fetch take the same for both schemes.
  case $downloader:$1 in
    curl:https:*) proxies='https_proxy HTTPS_PROXY all_proxy ALL_PROXY' ;;
    curl:*) proxies='http_proxy all_proxy ALL_PROXY' ;;
    wget:https:*) proxies=https_proxy ;;
    fetch:*) proxies='http_proxy HTTP_PROXY' ;;
    *) proxies=http_proxy ;;
  esac
  proxy=''
  for name in $proxies; do
    if eval "[ -n \"\${$name-}\" ]" && ! goes_past_proxy; then proxy=$name && break; fi
  done
  if [ -n "$proxy" ]; then
    way="This goes through the proxy that $proxy names: check its value."
  else
    way="Check the connection. Behind a proxy, set ${proxies%% *}=http://<host>:<port> first."
  fi
  case $trouble in
    name) fail "The address of $host cannot be found. $way" ;;
    refused) fail "$host takes no connections. $way" ;;
    timeout) fail "$host does not answer. $way" ;;
    proxy) fail "The proxy ${proxy:+that $proxy names }cannot be reached or refuses: correct that variable, or unset it." ;;
    407) fail "The proxy wants a name and a password: set ${proxy:-${proxies%% *}}=http://<name>:<password>@<host>:<port>." ;;
    tls)
      fail "There is no secure connection to $host: its certificate is not trusted here, or something in between" \
        "changes it. Check this machine's clock and its CA certificates (Debian, Ubuntu: apt-get install ca-certificates)."
      ;;
    cut) fail "The download of $1 broke off or was damaged. Try again. $way" ;;
    space) fail "There is no room in $folder for the download. Make some, or choose another folder with --to DIR." ;;
    403) fail "$1 is refused (403). $way" ;;
    429) fail "$host has too many requests right now (429). Try again in a minute." ;;
    5??) fail "$host cannot answer right now ($trouble). Try again in a few minutes." ;;
    [0-9]*) fail "$1 was answered with $trouble. $way" ;;
  esac
  said=$(sed -n '$p' "$work/said")
  fail "$1 could not be downloaded: $downloader ended with $code${said:+ ($said)}. $way"
}

# Whether no_proxy names the host that was asked, or a domain of which it is.
goes_past_proxy() {
  case $downloader in
    small-wget) return 1 ;;
    wget) domains=${no_proxy-} ;;
    *) domains=${no_proxy-${NO_PROXY-}} ;;
  esac
  domains=$(printf ',%s,' "$domains" | tr -d ' ')
  rest=${host%:*}
  while :; do
    case $domains in *",.$rest,"* | *",$rest,"* | *',*,'*) return 0 ;; esac
    case $rest in *.*) rest=${rest#*.} ;; *) return 1 ;; esac
  done
}

# --- Where shells look ------------------------------------------------------------------------------------------------

# Says what is missing for the person to be able to type $cmd. What it says is for the person's shell to unfold.
# shellcheck disable=SC2016,SC2088
look_at_path() {
  case ":$PATH:" in
    *":$folder:"* | *":$folder/:"*)
      first=$(first_on_path)
      if [ "$first" != "$target" ] && [ "$(sha256_of "$first")" != "$sha256" ]; then
        say "But typing $cmd starts $first, which comes first on your PATH. Remove that one, or put $folder before it."
      fi
      return
      ;;
  esac
  if [ -n "${GITHUB_PATH-}" ] && printf '%s\n' "$folder" 2>/dev/null >>"$GITHUB_PATH"; then
    say "The next steps of this job find it: $folder was added to GITHUB_PATH."
    return
  fi
  line="export PATH=$(quoted "$folder"):\"\$PATH\""
  shell=${SHELL-} shell=${shell##*/}
  case $shell in
    bash) if [ "$(uname -s)" = Darwin ]; then profile='~/.bash_profile'; else profile='~/.bashrc'; fi ;;
    zsh) profile='"${ZDOTDIR:-$HOME}/.zshrc"' ;;
    csh | tcsh)
      line="set path = ($(quoted "$folder") \$path)" profile='~/.cshrc'
      # Beside this one, tcsh does not read the other.
      if [ "$shell" = tcsh ] && [ -f "${HOME-}/.tcshrc" ]; then profile='~/.tcshrc'; fi
      ;;
    *) profile='~/.profile' ;;
  esac
  say
  if [ "$shell" = fish ]; then
    say "$folder is not on your PATH. Put it there with:"
    say "  fish_add_path $(quoted "$folder")"
  else
    say "$folder is not on your PATH. Put it there, for new terminals and for this one, with:"
    say "  echo $(quoted "$line") >>$profile"
    say "  $line"
  fi
}

first_on_path() {
  (
    set -f
    IFS=:
    for place in $PATH; do
      # An empty one is the folder where one stands.
      found=${place:-.}/$name
      if [ -f "$found" ] && [ -x "$found" ]; then
        printf '%s\n' "$found"
        break
      fi
    done
  )
}

# quoted TEXT: as a word that a shell reads back as TEXT.
quoted() {
  case $1 in
    *[!A-Za-z0-9_./:-]*) printf "'%s'\n" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s\n' "$1" ;;
  esac
}

main "$@"
exit
}
