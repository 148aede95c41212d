# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # SIGNER is exported by source.sh, $work is common.sh's
# Who signed the tag. Judged here and not by `git verify-tag`: that does not compare the name in the signed object with
# the tag's, and it asks whether an SSH key was good at the time that the tag itself claims.

signers_gpg=${HKDIST_SIGNERS_GPG:-} signers_ssh=${HKDIST_SIGNERS_SSH:-} signers_revoked=${HKDIST_SIGNERS_REVOKED:-}

# Refuses the release unless $TAG_OBJECT is a tag object that was made for this name and commit and signed with a
# configured key that is good today; sets SIGNER. Does nothing when no signers are configured.
verify_tag() {
  [[ -n $signers_gpg$signers_ssh ]] || return 0
  [[ $(in_git cat-file -t "$TAG_OBJECT") == tag ]] ||
    refuse UnsignedTagError "$TAG is a lightweight tag, which cannot carry a signature; make a new tag with git tag -s."
  local whole=$work/tag payload=$work/tag.payload signature=$work/tag.signature start header
  in_git cat-file tag "$TAG_OBJECT" >"$whole"
  # As git reads it: all before the last line that begins a signature is what was signed.
  start=$(grep -anE '^-----BEGIN (PGP SIGNATURE|SSH SIGNATURE|SIGNED MESSAGE)-----' "$whole" | tail -n 1) || true
  [[ -n $start ]] || refuse UnsignedTagError "$TAG is not signed; make a new tag with git tag -s."
  head -n "$((${start%%:*} - 1))" "$whole" >"$payload"
  tail -n "+${start%%:*}" "$whole" >"$signature"
  mapfile -t -n 3 header <"$payload"
  [[ ${header[2]:-} == "tag $TAG" ]] ||
    untrusted "was made for another name: the tag object says '${header[2]:-}'"
  [[ ${header[0]:-} == "object $COMMIT" && ${header[1]:-} == 'type commit' ]] ||
    untrusted "was made for something else than this commit: the tag object says '${header[0]:-}', '${header[1]:-}'"
  case $start in
    *'BEGIN PGP SIGNATURE'*) verify_gpg "$signature" "$payload" ;;
    *'BEGIN SSH SIGNATURE'*) verify_ssh "$signature" "$payload" ;;
    *) untrusted 'is of a kind that is not supported: sign with GPG or SSH' ;;
  esac
}

# untrusted WHY
untrusted() { refuse UntrustedTagError "The signature of $TAG $1. Only tags that the configured signers made are released."; }

# need KIND FILE PROGRAM
need() {
  [[ -n $2 ]] || untrusted "was made with $1, and no $1 signers are configured"
  command -v "$3" >/dev/null || refuse SignersError "This build has no $3, which verifying signatures made with $1 needs."
}

verify_gpg() { # SIGNATURE PAYLOAD
  need GPG "$signers_gpg" gpg
  mkdir -m 700 "$work/gnupg"
  # A keyring with the configured keys and nothing else; nothing is asked on the network or of an agent.
  local gpg=(gpg --homedir "$work/gnupg" --no-options --batch --no-autostart --no-auto-key-retrieve --status-fd 1)
  "${gpg[@]}" --import "$signers_gpg" >"$work/status" 2>"$work/messages.txt" || true
  grep -q ' IMPORT_OK ' "$work/status" ||
    refuse SignersError "The configured GPG signers are not public keys that gpg reads. It said: $(tail -n 3 "$work/messages.txt")"
  local passed=true keyword rest good='' valid='' trouble='' count=0
  "${gpg[@]}" --verify "$1" "$2" >"$work/status" 2>"$work/messages.txt" || passed=false
  while read -r _ keyword rest; do
    case $keyword in
      NEWSIG) count=$((count + 1)) ;;
      GOODSIG) good=${rest#* } ;;
      # The last word is the fingerprint of the primary key, also when a subkey signed.
      VALIDSIG) valid=${rest##* } ;;
      BADSIG) trouble='does not fit what the tag says' ;;
      ERRSIG | NO_PUBKEY) trouble=${trouble:-"was made with a key that is not configured, ${rest%% *}"} ;;
      EXPSIG) trouble='has expired' ;;
      EXPKEYSIG) trouble="was made with a key that has expired, $rest" ;;
      REVKEYSIG) trouble="was made with a key that was revoked, $rest" ;;
    esac
  done <"$work/status"
  [[ -z $trouble ]] || untrusted "$trouble"
  [[ $passed == true && $count == 1 && -n $good && $valid =~ ^[0-9A-F]{40,64}$ ]] ||
    untrusted "could not be verified. gpg said: $(tail -n 3 "$work/messages.txt")"
  SIGNER=$(one_line "$good $valid")
}

verify_ssh() { # SIGNATURE PAYLOAD
  need SSH "$signers_ssh" ssh-keygen
  local options=(-n git -f "$signers_ssh" -s "$1") principals principal said
  if [[ -n $signers_revoked ]]; then options+=(-r "$signers_revoked"); fi
  principals=$(ssh-keygen -Y find-principals -f "$signers_ssh" -s "$1" 2>"$work/messages.txt") ||
    untrusted "was made with a key that is not among the allowed signers, or not now. ssh-keygen said: $(tail -n 3 "$work/messages.txt")"
  # A line of the file may name several.
  while read -r principal; do
    if said=$(ssh-keygen -Y verify "${options[@]}" -I "$principal" <"$2" 2>"$work/messages.txt"); then
      SIGNER=$(one_line "$principal ${said##* }")
      return
    fi
  done <<<"$principals"
  untrusted "is not good: the key was revoked, may not sign tags of git, or signed something else. ssh-keygen said: $(tail -n 3 "$work/messages.txt")"
}
