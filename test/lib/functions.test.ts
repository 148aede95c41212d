import { existsSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ENVIRONMENT, type Setting } from "../../lambda/shared/settings.ts";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

// Handlers are loaded for what they say about themselves: that takes no compiled addon.
vi.mock("bsdiff-node", () => ({ default: {} }));

const ROOT = new URL("../../", import.meta.url);

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

describe("functions", () => {
  /** The steps whose folder has a handler. */
  const STEPS = readdirSync(new URL("lambda", ROOT)).filter((step) =>
    existsSync(new URL(`lambda/${step}/handler.ts`, ROOT)),
  );
  const functionOf = (step: string) => `${step.charAt(0).toUpperCase()}${step.slice(1)}Function`;

  it("are one for each handler", () => {
    const names = aws.ofType("AWS::Lambda::Function").map(([name]) => name);
    expect(names.toSorted()).toEqual(STEPS.map(functionOf).toSorted());
  });

  it.each(STEPS)("%s runs on Node 24 and keeps its log for three months", (step) => {
    const properties = aws.properties(functionOf(step));
    expect(properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["x86_64"],
      Handler: "index.handler",
    });
    const { LogGroup } = properties["LoggingConfig"] as { LogGroup: string };
    expect(aws.properties(LogGroup)["RetentionInDays"]).toBe(90);
  });

  it.each(STEPS)("%s is given exactly the settings that its handler reads", async (step) => {
    for (const name of Object.values(ENVIRONMENT)) vi.stubEnv(name, "1");
    vi.stubEnv("AWS_REGION", "eu-west-1");
    const { SETTINGS = [] } = (await import(`../../lambda/${step}/handler.ts`)) as { SETTINGS?: Setting[] };
    vi.unstubAllEnvs();

    const { Variables } = aws.properties(functionOf(step))["Environment"] as {
      Variables: Record<string, string>;
    };
    const given = Object.keys(Variables).filter((name) => name !== "NODE_OPTIONS");
    expect(given.toSorted()).toEqual(SETTINGS.map((setting) => ENVIRONMENT[setting]).toSorted());
  });

  it.each([
    ["table", "StorageTable"],
    ["artifactsBucket", "StorageArtifacts"],
    ["sourcesBucket", "StorageSources"],
    ["directoryUrl", "GatewayApi.ApiEndpoint/"],
    ["artifactsUrl", "https://DeliveryDistribution.DomainName/"],
    ["distributionId", "DeliveryDistribution"],
    ["recordFunction", "RecordFunction"],
    ["recordQueueUrl", "RecordQueue"],
    ["alertsTopic", "AlertsTopic"],
    ["releasesTopic", "AlertsReleases"],
    ["releaseMachine", "ReleaseMachine"],
    ["buildConcurrency", "2"],
    ["patchBases", "5"],
    ["largestBinaryBytes", "120000000"],
  ] as const)("have the right %s wherever they have one", (setting, value) => {
    const values = aws.ofType("AWS::Lambda::Function").flatMap(([, { Properties }]) => {
      const { Variables } = Properties["Environment"] as { Variables: Record<string, string> };
      return Variables[ENVIRONMENT[setting]] ?? [];
    });
    expect(values.length).toBeGreaterThan(0);
    expect(new Set(values)).toEqual(new Set([value]));
  });

  it("give patches what the largest binary takes of memory and files, and all the time that there is", () => {
    expect(aws.properties("PatchFunction")).toMatchObject({
      MemorySize: 1769,
      Timeout: 900,
      EphemeralStorage: { Size: 539 },
    });
  });
});
