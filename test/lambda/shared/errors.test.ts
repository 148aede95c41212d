import { describe, expect, it } from "vitest";
import * as errors from "../../../lambda/shared/errors.ts";

describe("errors", () => {
  const { HkdistError, SourceRefusedError, ...named } = errors;

  it.each(
    Object.entries(named),
  )("%s says its own name, which the state machine retries by", (name, Named) => {
    const error = new Named("why");
    expect(error).toBeInstanceOf(HkdistError);
    expect([error.name, error.message, String(error)]).toEqual([name, "why", `${name}: why`]);
  });

  it("are never so long that Step Functions would cut their document", () => {
    const error = new errors.InvalidReleaseRequestError("x".repeat(100_000));
    // In a function's error document the message stands twice; a cause may have 32,768 characters.
    expect(error.message.length).toBeLessThan(6100);
  });

  it("that the source build found carry the name that the build gave", () => {
    const error = new SourceRefusedError("TagNotFoundError", "no such tag");
    expect(error).toBeInstanceOf(HkdistError);
    expect(String(error)).toBe("TagNotFoundError: no such tag");
  });
});
