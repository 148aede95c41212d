import { describe, expect, it } from "vitest";
import { CONFIG, GREET } from "./stages.ts";
import { Template } from "./template.ts";

describe("synthesis warns of tags that nobody verifies", () => {
  const { signers: _, ...unsigned } = GREET;
  it.each([
    ["of the one command without signers", { greet: GREET, "greet-canary": unsigned }, ["greet-canary"]],
    ["of none", { greet: GREET }, []],
  ])("%s", (_, commands, names) => {
    const { warnings } = new Template({ ...CONFIG, commands }, { endpointUrl: undefined });
    expect(warnings.filter((text) => text.includes("tags are not verified"))).toEqual(
      names.map((name) =>
        expect.stringMatching(new RegExp(`^${name}: .*whoever can push a tag can release`)),
      ),
    );
  });
});
