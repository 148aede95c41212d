import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HkdistStack } from "../../lib/hkdist-stack.ts";
import { CONFIGURATIONS, type RawResource, synthesize } from "./assembly.ts";
import { type LastingResources, losses, replacingProperties } from "./lasting.ts";
import { CONFIG } from "./stages.ts";

const listed = JSON.parse(
  readFileSync(new URL("lasting-resources.json", import.meta.url), "utf8"),
) as LastingResources;
const properties = replacingProperties(Object.values(listed).map(({ type }) => type));
const replacing = (type: string) => properties[type] ?? [];

describe("an update of a deployed stack replaces nothing that lasts", () => {
  it.each(Object.entries(CONFIGURATIONS))("with %s", (_, config) => {
    expect(losses(listed, synthesize(config).template.Resources, replacing)).toEqual([]);
  });

  it("and nobody deletes the stack by mistake", () => {
    const stack = synthesize(CONFIG).app.node.findChild("hkdist") as HkdistStack;
    expect(stack.terminationProtection).toBe(true);
  });

  it("and the stack keeps its name, by which CloudFormation finds it", () => {
    const app = readFileSync(new URL("../../bin/hkdist.ts", import.meta.url), "utf8");
    expect(app).toContain('new HkdistStack(app, "hkdist", {');
  });
});

describe("it would be told", () => {
  type Resources = Record<string, RawResource>;
  const TABLE = "StorageTableB43FDCE7";
  const BUCKET = "StorageArtifacts08431D1F";
  const { Resources } = synthesize(CONFIG).template;
  const spoiled = (spoil: (resources: Resources) => void) => {
    const resources = structuredClone(Resources);
    spoil(resources);
    return losses(listed, resources, replacing);
  };
  const resource = (resources: Resources, id: string) => resources[id] as Required<RawResource>;

  it("that a table moved to another construct", () => {
    const told = spoiled((resources) => {
      resources["StoreTable12345678"] = resource(resources, TABLE);
      delete resources[TABLE];
    });
    expect(told).toEqual([
      expect.stringMatching(
        /^StorageTableB43FDCE7 .* not in the template .* leave it there with nobody using it; .* empty/,
      ),
      expect.stringMatching(/^StoreTable12345678 \(AWS::DynamoDB::GlobalTable\) keeps something/),
    ]);
  });

  it("that a key changed", () => {
    const told = spoiled((resources) => {
      resource(resources, TABLE).Properties["KeySchema"] = [{ AttributeName: "id", KeyType: "HASH" }];
    });
    expect(told).toEqual([
      expect.stringMatching(
        /KeySchema would change from .*"pk".* to .*"id".* the directory knows no release.*docs\/teardown/,
      ),
    ]);
  });

  it("that a bucket got a name", () => {
    const told = spoiled((resources) => {
      resource(resources, BUCKET).Properties["BucketName"] = "artifacts";
    });
    expect(told).toEqual([expect.stringContaining('BucketName would change from null to "artifacts"')]);
  });

  it("that a bucket would go with the stack", () => {
    const told = spoiled((resources) => {
      resource(resources, BUCKET).DeletionPolicy = "Delete";
    });
    expect(told).toEqual([
      expect.stringMatching(/DeletionPolicy would change from Retain to Delete.*outlives the stack/),
    ]);
  });

  it("that the API is another one", () => {
    const told = spoiled((resources) => {
      delete resources["GatewayApi4EDF2151"];
    });
    expect(told).toEqual([
      expect.stringMatching(/would delete it.*installed clients ask the old one for ever/),
    ]);
  });
});
