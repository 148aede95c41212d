import type { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { expect, it } from "vitest";
import { announce } from "../../../lambda/audit/announce.ts";
import type { Breach } from "../../../lambda/audit/breach.ts";

async function published(breaches: Breach[]) {
  const sent: PublishCommand["input"][] = [];
  const sns = { send: async ({ input }: PublishCommand) => sent.push(input) } as unknown as SNSClient;
  await announce(sns, "arn:topic", breaches);
  return sent;
}

const breach = (item: string, problem = "it is gone"): Breach => ({ kind: "object-missing", item, problem });

it("names every breach with its section, in one message", async () => {
  expect(
    await published([
      breach("greet/1/linux-amd64.gz"),
      { ...breach("current/greet"), kind: "history-broken" },
    ]),
  ).toEqual([
    {
      TopicArn: "arn:topic",
      Subject: "hkdist: the audit found 2 breaches",
      Message: [
        "The audit found 2 breaches of what must always hold. docs/runbook.md has a section for each kind.",
        "",
        'object-missing  greet/1/linux-amd64.gz: it is gone (docs/runbook.md, "A recorded object is gone")',
        'history-broken  current/greet: it is gone (docs/runbook.md, "What is current and its history do not agree")',
      ].join("\n"),
    },
  ]);
});

it("names no more than a message can carry", async () => {
  const odd = "ü".repeat(1000);
  const [message] = await published(Array.from({ length: 5000 }, (_, at) => breach(`${at} ${odd}`, odd)));
  expect(message?.Subject).toBe("hkdist: the audit found 5000 breaches");
  expect(message?.Message?.split("\n").at(-1)).toMatch(/^and 4980 more: /);
  expect(Buffer.byteLength(message?.Message ?? "")).toBeLessThan(256 * 1024);
});
