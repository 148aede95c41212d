import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { type Listed, OldBucket } from "../../import/old-bucket.ts";
import { oldServer } from "./old-server.ts";

const gzip = gzipSync("a binary");
const object = (key: string, headers?: Record<string, string>) => ({
  key,
  body: gzip,
  ...(headers && { headers }),
});

async function serve(...objects: ReturnType<typeof object>[]) {
  const server = await oldServer(objects);
  onTestFinished(server.close);
  return { bucket: new OldBucket(server.url), requests: server.requests };
}

async function all(list: AsyncIterable<Listed>): Promise<Listed[]> {
  const found: Listed[] = [];
  for await (const listed of list) found.push(listed);
  return found;
}

it("lists every page, unsigned, and tells what is no artifact", async () => {
  const FORM = expect.stringContaining("<command>/<version>/<platform>.gz");
  const { bucket, requests } = await serve(
    object("hk/20140509/darwin-amd64.gz"),
    object("hk/20140509.10/linux-386.gz"),
    object("hk/20140509/20140529/linux-386"),
    object("hk/v20140509/linux-386.gz"),
    object("hk/20140509/"),
    object("a & b<c>.html"),
    object("hk-canary/1/linux-arm.gz"),
  );
  expect(await all(bucket.list())).toEqual([
    { key: "hk/20140509/darwin-amd64.gz", id: { cmd: "hk", version: "20140509", platform: "darwin-amd64" } },
    { key: "hk/20140509.10/linux-386.gz", id: { cmd: "hk", version: "20140509.10", platform: "linux-386" } },
    { key: "hk/20140509/20140529/linux-386", skipped: expect.stringContaining("a patch") },
    { key: "hk/v20140509/linux-386.gz", skipped: FORM },
    { key: "hk/20140509/", skipped: FORM },
    { key: "a & b<c>.html", skipped: FORM },
    { key: "hk-canary/1/linux-arm.gz", id: { cmd: "hk-canary", version: "1", platform: "linux-arm" } },
  ]);
  expect(requests).toEqual(Array.from({ length: 4 }, () => "GET /old/"));
  const mine = await all(bucket.list("hk-canary"));
  expect(mine.filter((listed) => "id" in listed).map(({ key }) => key)).toEqual(["hk-canary/1/linux-arm.gz"]);
});

it("reads the bytes as they are stored, Content-Encoding or not", async () => {
  const plain = "hk/1/linux-arm.gz";
  const encoded = "hk/1/linux-386.gz";
  const { bucket } = await serve(object(plain), object(encoded, { "content-encoding": "gzip" }));
  for (const key of [plain, encoded]) expect(Buffer.from(await bucket.read(key))).toEqual(gzip);
});

it("says what cannot be read", async () => {
  const { bucket } = await serve();
  await expect(bucket.read("hk/1/gone.gz")).rejects.toThrow(
    /\/old\/hk\/1\/gone\.gz cannot be read: AccessDenied/,
  );
  await expect(all(new OldBucket("http://127.0.0.1:1/").list())).rejects.toThrow(
    "http://127.0.0.1:1 cannot be read",
  );
  const page = createServer((_, response) => response.end("<html><body>Hello</body></html>"));
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    page.closeAllConnections();
    page.close();
  });
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  await expect(all(new OldBucket(url).list())).rejects.toThrow("does not answer like an S3 bucket");
});

it.each([
  ["no token", () => ""],
  ["the same token for ever", () => "<NextContinuationToken>1</NextContinuationToken>"],
])("stops at a list that has more and %s", async (_, token) => {
  const server = createServer((__, response) => {
    response.setHeader("content-type", "application/xml");
    response.end(
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>old</Name><IsTruncated>true</IsTruncated>${token()}</ListBucketResult>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bucket = new OldBucket(`http://127.0.0.1:${(server.address() as AddressInfo).port}/old/`);
  await expect(all(bucket.list())).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("not complete"),
  });
});

it("is read by https, but on this machine", () => {
  expect(() => new OldBucket("http://hkdist.s3.amazonaws.com/")).toThrow(/is not https/);
  expect(() => new OldBucket("http://127.0.0.1.example.com/")).toThrow(/is not https/);
  new OldBucket("https://hkdist.s3.amazonaws.com/");
});
