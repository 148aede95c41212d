import { describe, expect, it } from "vitest";
import { storedObjects } from "../../../lambda/record/stored-object.ts";
import { errorOf } from "../support.ts";

/** A notification as S3 sends it, about these objects. */
const notification = (...objects: Record<string, unknown>[]) => ({
  Records: objects.map((object) => ({
    eventVersion: "2.1",
    eventSource: "aws:s3",
    eventName: "ObjectCreated:Put",
    s3: {
      s3SchemaVersion: "1.0",
      bucket: { name: "artifacts" },
      object: { size: 1000, eTag: "e", sequencer: "00", ...object },
    },
  })),
});

describe("the objects of a message", () => {
  it.each([
    [
      "S3 tells about one",
      notification({ key: "greet/20260131.1/linux-amd64.gz", versionId: "v1" }),
      [{ key: "greet/20260131.1/linux-amd64.gz", s3VersionId: "v1" }],
    ],
    [
      "S3 tells about several",
      notification({ key: "a/1/b.gz", versionId: "v1" }, { key: "c/2/d.gz", versionId: "v2" }),
      [
        { key: "a/1/b.gz", s3VersionId: "v1" },
        { key: "c/2/d.gz", s3VersionId: "v2" },
      ],
    ],
    ["S3 tells about none", { Records: [] }, []],
    [
      "the bucket has no versions",
      notification({ key: "a/1/b.gz" }),
      [{ key: "a/1/b.gz", s3VersionId: undefined }],
    ],
    [
      "the key has spaces, which S3 writes as +",
      notification({ key: "my+file/1/x.gz", versionId: "v1" }),
      [{ key: "my file/1/x.gz", s3VersionId: "v1" }],
    ],
    [
      "the key has a +, which S3 writes as %2B",
      notification({ key: "a%2Bb+c%2520/1/x.gz", versionId: "v1" }),
      [{ key: "a+b c%20/1/x.gz", s3VersionId: "v1" }],
    ],
    [
      "the key is not ASCII",
      notification({ key: "gr%C3%BC%C3%9Fe/%E2%82%AC/x.gz", versionId: "v1" }),
      [{ key: "grüße/€/x.gz", s3VersionId: "v1" }],
    ],
    ["S3 tests the set-up", { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "artifacts" }, []],
    [
      "plan asks for one",
      { key: "greet/1/linux-amd64.gz", s3VersionId: "v1" },
      [{ key: "greet/1/linux-amd64.gz", s3VersionId: "v1" }],
    ],
    [
      "an operator asks for the newest one",
      { key: "greet/1/linux-amd64.gz" },
      [{ key: "greet/1/linux-amd64.gz", s3VersionId: undefined }],
    ],
    [
      "our own message has the key as it is",
      { key: "a+b%20c/1/x.gz" },
      [{ key: "a+b%20c/1/x.gz", s3VersionId: undefined }],
    ],
  ])("when %s", (_, message, objects) => expect(storedObjects(JSON.stringify(message))).toEqual(objects));

  it.each([
    ["empty", ""],
    ["not JSON", "greet/1/linux-amd64.gz"],
    ["cut short", '{"key":"greet/1/linux'],
    ["null", "null"],
    ["a text", '"greet/1/linux-amd64.gz"'],
    ["a number", "5"],
    ["a list", '[{"key":"greet/1/linux-amd64.gz"}]'],
    ["an empty object", "{}"],
    ["another event", '{"Event":"s3:OtherEvent"}'],
    ["a key that is no text", '{"key":5}'],
    ["records that are no list", '{"Records":{"s3":{}}}'],
    ["a record of another service", '{"Records":[{"Sns":{"Message":"x"}}]}'],
    ["a record without an object", '{"Records":[{"s3":{}}]}'],
    ["a key in an encoding that is none", '{"Records":[{"s3":{"object":{"key":"%E0%A4%A"}}}]}'],
  ])("cannot be told when it is %s: the message fails", (_, body) => {
    expect(() => storedObjects(body)).toThrow();
  });

  it("cannot be told of a message that is too strange: the error shows its start, not all of it", () => {
    const { message } = errorOf(() => storedObjects(JSON.stringify({ strange: "x".repeat(10_000) })));
    expect(message).toContain('{"strange":"xxx');
    expect(message.length).toBeLessThan(1000);
  });
});
