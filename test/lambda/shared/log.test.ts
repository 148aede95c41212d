import type { Context } from "aws-lambda";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NotRecordedYetError } from "../../../lambda/shared/errors.ts";
import { about, learned, log } from "../../../lambda/shared/log.ts";
import { logMetrics } from "../../../lambda/shared/metric.ts";
import { askedFor, step } from "../../../lambda/shared/step.ts";

const written = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  written.mockReset().mockImplementation(() => true);
});
const lines = () => written.mock.calls.map(([text]) => JSON.parse(String(text)) as Record<string, unknown>);

describe("a log line", () => {
  it("is one line of JSON, whatever is in it", () => {
    log("said", { text: "two\nlines" });
    expect(String(written.mock.lastCall?.[0])).toBe('{"event":"said","text":"two\\nlines"}\n');
  });

  it("is about what its call is about, also when others run beside it", async () => {
    await Promise.all(
      ["a", "b"].map((cmd) =>
        about({ cmd }, async () => {
          await new Promise(setImmediate);
          log("said");
        }),
      ),
    );
    log("alone");
    expect(lines()).toEqual([{ event: "said", cmd: "a" }, { event: "said", cmd: "b" }, { event: "alone" }]);
  });

  it("is about what was learned on the way, too", () => {
    about({ cmd: "a" }, () => {
      learned({ version: "1" });
      log("said");
    });
    log("alone");
    expect(lines()).toEqual([{ event: "said", cmd: "a", version: "1" }, { event: "alone" }]);
  });

  it("is a metric in CloudWatch's embedded format", () => {
    logMetrics("measured", "Percent", { Ratio: 12.5, Other: 1 }, { cmd: "greet" });
    expect(lines()).toEqual([
      {
        event: "measured",
        cmd: "greet",
        Ratio: 12.5,
        Other: 1,
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: "hkdist",
              Dimensions: [["cmd"]],
              Metrics: [
                { Name: "Ratio", Unit: "Percent" },
                { Name: "Other", Unit: "Percent" },
              ],
            },
          ],
        },
      },
    ]);
  });
});

describe("a step", () => {
  const run = (does: () => Promise<string>) =>
    step(
      "plan",
      (event: { cmd: string }) => ({ cmd: event.cmd, execution: "run-1" }),
      does,
    )({ cmd: "greet" }, {} as Context);
  const about = { cmd: "greet", execution: "run-1", step: "plan", milliseconds: expect.any(Number) };

  it("says that it is done, and answers", async () => {
    expect(await run(async () => "answer")).toBe("answer");
    expect(lines()).toEqual([{ event: "done", ...about }]);
  });

  it("says why it failed, and fails", async () => {
    await expect(run(async () => Promise.reject(new TypeError("no")))).rejects.toThrow("no");
    expect(lines()).toEqual([
      { event: "failed", ...about, error: "TypeError: no", stack: expect.stringContaining("TypeError: no") },
    ]);
  });

  it("does not call a failure what the machine waits for", async () => {
    await expect(run(async () => Promise.reject(new NotRecordedYetError("wait")))).rejects.toThrow("wait");
    expect(lines()).toEqual([{ event: "not yet", ...about, error: "NotRecordedYetError: wait" }]);
  });

  it("fails with an error also when words were thrown", async () => {
    await expect(run(async () => Promise.reject("words"))).rejects.toThrow(new Error("words"));
  });

  it.each([
    [
      { cmd: "greet", tag: "v20260131" },
      { cmd: "greet", version: "20260131" },
    ],
    [
      { cmd: "greet", version: "20260131" },
      { cmd: "greet", version: "20260131" },
    ],
    [{ cmd: 7, tag: null }, {}],
    [{ cmd: "greet.\n\nSign in: http://example.com", version: "20260131 or else" }, {}],
    [null, {}],
    ["words", {}],
  ])("of an unchecked input knows what it can: %j", (input, known) => {
    expect(askedFor(input)).toEqual(known);
  });
});
