import { describe, expect, it } from "vitest";
import { readSettings } from "../../../lambda/shared/settings.ts";
import { errorOf } from "../support.ts";

describe("settings", () => {
  it("are read by name", () => {
    const environment = { HKDIST_TABLE: "table-1", HKDIST_ARTIFACTS_BUCKET: "bucket-1", PATH: "/bin" };
    expect(readSettings(["table", "artifactsBucket"], environment)).toEqual({
      table: "table-1",
      artifactsBucket: "bucket-1",
    });
  });

  it("that are missing or empty are all named in one error", () => {
    const environment = { HKDIST_SOURCES_BUCKET: "", HKDIST_ARTIFACTS_BUCKET: "bucket-1" };
    const { message } = errorOf(() =>
      readSettings(["table", "sourcesBucket", "artifactsBucket", "recordQueueUrl"], environment),
    );
    expect(message).toContain("HKDIST_TABLE, HKDIST_SOURCES_BUCKET, HKDIST_RECORD_QUEUE_URL");
    expect(message).not.toContain("HKDIST_ARTIFACTS_BUCKET");
  });

  it("that a function does not need may be missing", () => expect(readSettings([], {})).toEqual({}));
});
