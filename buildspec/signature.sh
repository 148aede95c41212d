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
  [[ ${header[0]:-} == "object $COMMIT" ]] ||
    untrusted "was made for something else than this commit: the tag object says '${header[0]:-}', '${header[1]:-}'"
  # What the programs skip would be text that nobody signed.
  (($(sed '1,/^-----END .*-----$/d' "$signature" | wc -c) == 0)) ||
    untrusted 'is followed by more text, which nobody signed'
  if grep -q $'\r' "$payload"; then untrusted 'is for a text with carriage returns, which may hide what it says'; fi
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
  import_signers
  local passed=true keyword rest good='' valid='' made='' hash='' class='' trouble='' count=0
  "${gpg[@]}" --weak-digest SHA1 --verify "$1" "$2" >"$work/status" 2>"$work/messages.txt" || passed=false
  while read -r _ keyword rest; do
    case $keyword in
      NEWSIG) count=$((count + 1)) ;;
      GOODSIG) good=${rest#* } ;;
      # The last one is the fingerprint of the primary key, also when a subkey signed.
      VALIDSIG) read -r _ _ made _ _ _ _ hash class valid <<<"$rest" ;;
      BADSIG) trouble='does not fit what the tag says' ;;
      NO_PUBKEY) trouble=${trouble:-"was made with a key that is not configured, ${rest%% *}"} ;;
      EXPSIG) trouble='has expired' ;;
      EXPKEYSIG) trouble="was made with a key that has expired, $rest" ;;
      REVKEYSIG) trouble="was made with a key that was revoked, $rest" ;;
    esac
  done < <(grep '^\[GNUPG:\] ' "$work/status")
  [[ -z $trouble ]] || untrusted "$trouble"
  [[ $passed == true && $count == 1 && -n $good && $valid =~ ^[0-9A-F]{40,64}$ ]] ||
    untrusted "could not be verified. gpg said: $(tail -n 3 "$work/messages.txt")"
  # SHA-256, SHA-384 or SHA-512 (RFC 4880), of the bytes as they are.
  [[ $hash =~ ^(8|9|10)$ && $class == 00 ]] ||
    untrusted "is of a kind that is not accepted (hash $hash, class $class): sign with git tag -s and SHA-256, SHA-384 or SHA-512"
  [[ $made =~ ^[0-9]+$ && $made -lt $(($(date +%s) + 86400)) ]] || untrusted 'says that it was made in the future'
  SIGNER=$(one_line "$good $valid")
}

# Fills the keyring. gpg passes over a revocation that it does not understand or whose key comes later; so each block goes
# in by itself, twice, and gpg must have taken it the second time.
import_signers() {
  local blocks block
  blocks=$(grep -acE '^-----BEGIN PGP PUBLIC KEY BLOCK-----[[:space:]]*$' "$signers_gpg") || true
  ((blocks > 0 && blocks == $(grep -ao 'BEGIN PGP' "$signers_gpg" | wc -l))) ||
    signers_error 'not every -----BEGIN PGP PUBLIC KEY BLOCK----- is a line of its own'
  mkdir "$work/signers"
  awk -v folder="$work/signers" '/^-----BEGIN PGP/ { n++ } n { print >(folder "/" n) }' "$signers_gpg"
  for block in "$work"/signers/*; do "${gpg[@]}" --import "$block" >/dev/null 2>&1 || true; done
  for block in "$work"/signers/*; do
    { "${gpg[@]}" --import "$block" >"$work/status" 2>"$work/messages.txt" &&
      grep -q '^\[GNUPG:\] IMPORT_RES [1-9]' "$work/status"; } ||
      signers_error "gpg said of block ${block##*/}: $(grep -v 'Total number' "$work/messages.txt" | tail -n 3)"
  done
}

signers_error() { refuse SignersError "The configured GPG signers are not public keys and revocations that gpg takes: $1"; }

verify_ssh() { # SIGNATURE PAYLOAD
  need SSH "$signers_ssh" ssh-keygen
  if [[ -n $signers_revoked ]]; then check_revoked; fi
  local options=(-n git -s "$1" -f "$work/signer") line principals principal said known='' revoked=''
  # By itself, because ssh-keygen looks no further than the first line with the key, whether that one allows it or not.
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s\n' "$line" >"$work/signer"
    principals=$(ssh-keygen -Y find-principals -f "$work/signer" -s "$1" 2>>"$work/messages.txt") || continue
    known=true
    # A line may name several.
    while read -r principal; do
      said=$(ssh-keygen -Y verify "${options[@]}" -I "$principal" <"$2" 2>>"$work/messages.txt") || continue
      if [[ -n $signers_revoked ]] &&
        ! ssh-keygen -Y verify "${options[@]}" -r "$signers_revoked" -I "$principal" <"$2" >/dev/null 2>&1; then
        revoked=true
        continue
      fi
      SIGNER=$(one_line "$principal ${said##* }")
      return
    done <<<"$principals"
  done <"$signers_ssh"
  said=$(grep -vi 'no principal matched' "$work/messages.txt" | tail -n 3) || true
  [[ -n $known ]] ||
    untrusted "was made with a key that is not among the allowed signers, or not now. ssh-keygen said: $said"
  [[ -z $revoked ]] || untrusted 'was made with a key that was revoked'
  untrusted "is not good: the key may not sign tags of git, or signed something else. ssh-keygen said: $said"
}

# ssh-keygen takes every key for revoked when it cannot read the list, and does not say so.
check_revoked() {
  local line
  : >"$work/messages.txt"
  if [[ $(head -c 6 "$signers_revoked" | tr -d '\0') == SSHKRL ]]; then
    ssh-keygen -Q -l -f "$signers_revoked" >/dev/null 2>"$work/messages.txt" && return
  else
    while read -r line || [[ -n $line ]]; do
      if [[ -n $line && $line != \#* ]] && ! { [[ $line =~ ^(sk-)?(ssh|ecdsa)- ]] &&
        ssh-keygen -l -f - <<<"$line" >/dev/null 2>"$work/messages.txt"; }; then
        refuse SignersError "The list of revoked SSH keys has a line that is no public key, '${line:0:60}'. $(tail -n 3 "$work/messages.txt")"
      fi
    done <"$signers_revoked"
    return 0
  fi
  refuse SignersError "The list of revoked SSH keys cannot be read. ssh-keygen said: $(tail -n 3 "$work/messages.txt")"
}
