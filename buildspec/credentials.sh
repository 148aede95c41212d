# shellcheck shell=bash
# shellcheck disable=SC2154 # $work is common.sh's
# The command's one secret, for git and for the git that Go runs: a token for HTTPS, or a private key for SSH.
# Only source.sh reads this: it runs nothing of what it fetches.

credentials=${HKDIST_CREDENTIALS:-} private_modules=${HKDIST_PRIVATE_MODULES:-}

# Reads the secret and makes it known to git, for the repository's host alone.
prepare_credentials() {
  [[ -n $credentials ]] || return 0
  secret=$(aws secretsmanager get-secret-value --secret-id "$credentials" --query SecretString --output text 2>"$work/messages.txt") ||
    refuse CredentialsError "The secret $credentials could not be read; check its name and region. AWS said: $(tail -n 3 "$work/messages.txt")"
  # shellcheck disable=SC2034 # for one_line
  if [[ -n $secret ]]; then hidden=("$secret" "$(encoded "${HKDIST_USERNAME:-}:$secret")" "$(encoded "$secret")"); fi
  case $HKDIST_REPOSITORY in
    http*://*) use_token ;;
    *) use_key ;;
  esac
}

# As HTTP sends it.
encoded() { printf '%s' "$1" | base64 -w0; }

# Both git and Go (for the page that tells where a module is) look into .netrc, and only for this host.
use_token() {
  [[ $secret =~ ^[!-~]+$ && $secret != *[\"\\]* && $secret != \{* && $secret != None ]] ||
    refuse CredentialsError "The secret $credentials must hold the token and nothing else: one line of text, no JSON."
  local host=${HKDIST_REPOSITORY#*://}
  host=${host%%/*}
  (umask 077 && printf 'machine %s login %s password %s\n' "${host%%:*}" "${HKDIST_USERNAME:?}" "$secret" >"$work/home/.netrc")
}

# The host must show one of the configured keys, whatever its name and port: that is what the alias is for.
use_key() {
  [[ $secret == -----BEGIN*'PRIVATE KEY-----'* ]] ||
    refuse CredentialsError "The secret $credentials must hold a private key and nothing else: the text of the file that ssh-keygen made, without a passphrase."
  # Elsewhere than in $work, whose path may hold what ssh takes for its own signs.
  key_folder=$(mktemp -d)
  trap 'rm -rf "$key_folder"; remove_work' EXIT
  (umask 077 && printf '%s\n' "$secret" >"$key_folder/key")
  local host_key host_keys
  IFS=, read -ra host_keys <<<"${HKDIST_HOST_KEYS:?}"
  for host_key in "${host_keys[@]}"; do printf 'repository %s\n' "$host_key"; done >"$key_folder/known_hosts"
  GIT_SSH_COMMAND="ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o IdentityFile=$key_folder/key"
  GIT_SSH_COMMAND+=" -o StrictHostKeyChecking=yes -o HostKeyAlias=repository -o UpdateHostKeys=no"
  GIT_SSH_COMMAND+=" -o UserKnownHostsFile=$key_folder/known_hosts -o GlobalKnownHostsFile=/dev/null"
}

# Go fetches these modules with git, and asks neither the proxy nor the checksum database, which would learn their names.
prepare_private_modules() {
  [[ -n $private_modules ]] || return 0
  network+=(GOPRIVATE="$private_modules" GONOPROXY="$private_modules" GONOSUMDB="$private_modules" 'GOVCS=private:git,public:git|hg')
  network+=(GIT_TERMINAL_PROMPT=0 GIT_ASKPASS= GIT_ALLOW_PROTOCOL="$GIT_ALLOW_PROTOCOL" GIT_SSH_COMMAND="$GIT_SSH_COMMAND")
  # Go only knows https URLs; those of the repository's host are fetched as the repository is.
  local base host
  if [[ $HKDIST_REPOSITORY =~ ^ssh://([^/]*@)?([^/:]+)(:[0-9]+)?/ ]]; then
    base=${BASH_REMATCH[0]} host=${BASH_REMATCH[2]}
  elif [[ $HKDIST_REPOSITORY =~ ^([^/:@]+@([^/:]+):)[^/] ]]; then
    base=${BASH_REMATCH[1]} host=${BASH_REMATCH[2]}
  else
    return 0
  fi
  git config --file "$work/home/.gitconfig" "url.$base.insteadOf" "https://$host/"
}
