import { describe, expect, it } from "vitest";
import { DIFFERENCES } from "../golden/differences.ts";
import { type Observed, readLines, type State } from "../golden/observed.ts";
import { type Replayed, replay } from "../golden/replay.ts";
import { local } from "./setting.ts";

const fixtures = new URL("../fixtures/golden/", import.meta.url).pathname;
const requests = readLines<Observed>(`${fixtures}requests.jsonl`);
const states = readLines<State>(`${fixtures}states.jsonl`);

describe("requests that the original answered", async () => {
  const replayed: Replayed[] = [];
  for await (const one of replay(local, requests, states)) replayed.push(one);

  it("are all replayed", () => {
    expect(replayed).toHaveLength(295);
  });

  it.each(
    replayed.map((one) => [one.observed.seq, one.observed.name, one.reasons.join("; "), one] as const),
  )("%d %s: %s", (_seq, _name, _reasons, { unexplained }) => {
    expect(unexplained).toEqual([]);
  });

  it("show the differences that are made on purpose", () => {
    const shown = new Set(replayed.flatMap(({ reasons }) => reasons));
    const reasons = DIFFERENCES.map(({ reason }) => reason);
    // In the other half of what was observed; here the tests of the registration show them.
    const elsewhere = [/^a body is one JSON object/, /^an identical registration/, /go-selfupdate/];
    const unseen = reasons.filter((reason) => !shown.has(reason));
    expect(unseen.filter((reason) => !elsewhere.some((pattern) => pattern.test(reason)))).toEqual([]);
  });
});
