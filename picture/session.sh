#!/usr/bin/env bash
# What is recorded: commands as somebody types them, and what they really say. Run with bash.
set -euo pipefail

# Shows a command being typed, then runs just that.
run() {
  printf '$ '
  sleep 0.8
  local i
  for ((i = 0; i < ${#1}; i++)); do
    printf '%s' "${1:i:1}"
    sleep 0.04
  done
  sleep 0.4
  printf '\n'
  eval "$1"
}

for command in "$@"; do run "$command"; done
printf '$ '
sleep 0.2
