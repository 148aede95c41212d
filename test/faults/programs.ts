import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { venvBin } from "../../local/paths.ts";

/** What is done to a call of `aws` in a build. */
export const BUILD_ACTS = ["kill-before", "kill-during", "kill-after", "fail", "lose", "hold"] as const;
export type BuildAct = (typeof BUILD_ACTS)[number];

/**
 * Writes the programs that the local AWS finds first: the functions' `node`, with inside-function.ts in it, and the builds'
 * `aws`. An order to the latter is a file `<id>.build`: what the call must look like (operation, space, key; with
 * wildcards), what is done, and how many such calls pass first, tab-separated.
 */
export function writePrograms(bin: string, orders: string, proxyPort: number, reached: string): void {
  const inside = join(import.meta.dirname, "inside-function.ts");
  program(
    bin,
    "node",
    `#!/bin/sh
export HKDIST_FAULTS='${orders}' HKDIST_FAULTS_PROXY=${proxyPort}
exec '${process.execPath}' --import '${inside}' "$@"
`,
  );
  program(
    bin,
    "aws",
    `#!/usr/bin/env bash
real='${join(venvBin, "aws")}'
key='' before=''
for word; do
  if [[ $before == --key ]]; then key=$word; fi
  before=$word
done
for order in '${orders}'/*.build; do
  [[ -e $order ]] || continue
  IFS=$'\\t' read -r call act skip <"$order"
  # shellcheck disable=SC2053
  [[ "$2 $key" == $call ]] || continue
  id=\${order%.build} n=0
  until (set -C && : >"$id.seen.$n") 2>/dev/null; do n=$((n + 1)); done
  ((n == skip)) || continue
  : >"$id.done.$n"
  case $act in
    kill-before) kill -KILL 0 ;;
    kill-during)
      AWS_ENDPOINT_URL=http://127.0.0.1:${proxyPort} "$real" "$@" >/dev/null 2>&1 &
      until [[ -e '${reached}' ]]; do sleep 0.02; done
      kill -KILL 0
      ;;
    kill-after)
      "$real" "$@"
      kill -KILL 0
      ;;
    fail)
      echo 'an injected fault' >&2
      exit 255
      ;;
    lose)
      "$real" "$@" >/dev/null 2>&1
      echo 'an injected fault: connection closed' >&2
      exit 255
      ;;
    hold)
      : >"$id.held"
      for ((n = 0; n < 600; n++)); do [[ -e $id.go ]] && break || sleep 0.05; done
      ;;
  esac
done
exec "$real" "$@"
`,
  );
}

function program(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o755 });
}
