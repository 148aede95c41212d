import type { Context } from "aws-lambda";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Audited } from "../../../lambda/audit/shallow-audit.ts";

const aws = vi.hoisted(() => ({ audited: {} as Audited, options: [] as unknown[], sent: [] as string[] }));
vi.mock("../../../lambda/audit/shallow-audit.ts", () => ({
  shallowAudit: async (_store: unknown, options: unknown) => {
    aws.options.push(options);
    return aws.audited;
  },
}));
vi.mock("../../../lambda/audit/announce.ts", () => ({
  announce: async (_sns: unknown, topic: string, { length }: unknown[]) =>
    aws.sent.push(`${topic} ${length}`),
}));

const COUNTS = { commands: 1, artifacts: 2, patches: 3, objects: 4, checksums: 5 };
const BREACH = { kind: "object-missing", item: "greet/1/linux-amd64.gz", problem: "it is gone" } as const;
const UNFINISHED = { kind: "audit-unfinished", item: "audit", problem: "the time was up" } as const;

let lines: unknown[];
let handler: typeof import("../../../lambda/audit/handler.ts").handler;
beforeEach(async () => {
  for (const name of ["TABLE", "ARTIFACTS_BUCKET", "ALERTS_TOPIC"]) vi.stubEnv(`HKDIST_${name}`, name);
  vi.stubEnv("AWS_REGION", "eu-west-1");
  ({ handler } = await import("../../../lambda/audit/handler.ts"));
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0);
  aws.options.length = 0;
  aws.sent.length = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What EventBridge sends. */
const SCHEDULED = { "detail-type": "Scheduled Event", source: "aws.events", detail: {} };
const context = { getRemainingTimeInMillis: () => 900_000 } as Context;

it("says that it has finished when there is no breach, and announces nothing", async () => {
  aws.audited = { breaches: [], counts: COUNTS };
  expect(await handler(SCHEDULED, context)).toEqual(aws.audited);
  expect(lines).toEqual([{ event: "audit-finished", ...COUNTS, breaches: 0 }]);
  expect(aws.sent).toEqual([]);
  const [{ until, ...rest }] = aws.options as [{ until: number }];
  expect(rest).toEqual({ cmd: undefined, settleSeconds: undefined });
  expect(until - Date.now()).toBeGreaterThan(800_000);
  expect(until - Date.now()).toBeLessThan(880_000);
});

it("logs each breach with its section, and announces them", async () => {
  aws.audited = { breaches: [BREACH, { ...BREACH, item: "x" }], counts: COUNTS };
  await handler(SCHEDULED, context);
  expect(lines).toEqual([
    { event: "audit-breach", ...BREACH, section: "A recorded object is gone" },
    { event: "audit-breach", ...BREACH, item: "x", section: "A recorded object is gone" },
    { event: "audit-finished", ...COUNTS, breaches: 2 },
  ]);
  expect(aws.sent).toEqual(["ALERTS_TOPIC 2"]);
});

it("has not finished when it did not look at everything", async () => {
  aws.audited = { breaches: [UNFINISHED], counts: COUNTS };
  await handler(SCHEDULED, context);
  expect(lines).toEqual([expect.objectContaining({ event: "audit-breach", kind: "audit-unfinished" })]);
  aws.audited = { breaches: [], counts: COUNTS };
  await handler({ cmd: "greet", settleSeconds: 0 }, context);
  expect(lines).toHaveLength(1);
  expect(aws.options.at(-1)).toMatchObject({ cmd: "greet", settleSeconds: 0 });
});
