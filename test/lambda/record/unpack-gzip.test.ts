import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, crc32, createGzip, deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unpackGzip } from "../../../lambda/record/unpack-gzip.ts";
import { root } from "../../../tools/checkout.ts";
import { pseudoRandom } from "../support.ts";

const LIMIT = 10_000_000;

/** The bytes in pieces of a size, as a stream brings them. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unpack = (bytes: Uint8Array, size = 64 * 1024, limit = LIMIT) => unpackGzip(pieces(bytes, size), limit);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

/** What a good stream of these contents is told to be. */
const unpacked = (contents: Uint8Array, gzip: Uint8Array) => ({
  sha256: sha256(contents),
  size: contents.length,
  gzSize: gzip.length,
});

function noise(length: number): Buffer {
  const random = pseudoRandom(length);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

interface Header {
  extra?: Buffer;
  name?: string;
  comment?: string;
  /** FHCRC, right unless given. */
  headerCrc?: true | number;
  method?: number;
  reserved?: number;
}

/** A gzip member whose header has these fields (RFC 1952). */
function member(
  contents: Buffer,
  { extra, name, comment, headerCrc, method = 8, reserved = 0 }: Header,
): Buffer {
  const flags =
    (headerCrc === undefined ? 0 : 2) |
    (extra === undefined ? 0 : 4) |
    (name === undefined ? 0 : 8) |
    (comment === undefined ? 0 : 16) |
    reserved;
  const extraLength = Buffer.alloc(2);
  extraLength.writeUInt16LE(extra?.length ?? 0);
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, method, flags, 0, 0, 0, 0, 2, 3]),
    ...(extra === undefined ? [] : [extraLength, extra]),
    ...(name === undefined ? [] : [Buffer.from(`${name}\0`, "latin1")]),
    ...(comment === undefined ? [] : [Buffer.from(`${comment}\0`, "latin1")]),
  ]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(headerCrc === true ? crc32(header) & 0xffff : (headerCrc ?? 0));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(contents), 0);
  trailer.writeUInt32LE(contents.length, 4);
  return Buffer.concat([
    header,
    ...(headerCrc === undefined ? [] : [check]),
    deflateRawSync(contents),
    trailer,
  ]);
}

/** GNU gzip's stream, which has the file's name in its header. */
function gnuGzip(contents: Buffer, name: string, ...options: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hkdist-gzip-"));
  try {
    writeFileSync(join(folder, name), contents);
    return execFileSync("gzip", [...options, "--stdout", name], { cwd: folder, maxBuffer: LIMIT });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TEXT = Buffer.from("greet, greet, greet: the demo's product\n".repeat(40));
const NOISE = noise(20_000);
const STORED = { level: constants.Z_NO_COMPRESSION };

describe("a whole gzip member is unpacked", () => {
  describe.each([
    ["from zlib", TEXT, gzipSync(TEXT)],
    ["of one byte", Buffer.from("x"), gzipSync("x")],
    ["of zeros", Buffer.alloc(100_000), gzipSync(Buffer.alloc(100_000))],
    ["from zlib, stored without compression", TEXT, gzipSync(TEXT, STORED)],
    ["from zlib with fixed codes", TEXT, gzipSync(TEXT, { strategy: constants.Z_FIXED })],
    ["from zlib in many blocks", NOISE, gzipSync(NOISE, { memLevel: 1, chunkSize: 64 })],
    ["from GNU gzip with a name", TEXT, gnuGzip(TEXT, "greet-20260131.1", "-9")],
    ["from GNU gzip without a name", TEXT, gnuGzip(TEXT, "greet", "--no-name")],
    [
      "with every header field",
      TEXT,
      member(TEXT, { extra: noise(300), name: "größe", comment: "c", headerCrc: true }),
    ],
    ["with an extra field", TEXT, member(TEXT, { extra: noise(20) })],
    ["with an empty extra field", TEXT, member(TEXT, { extra: Buffer.alloc(0) })],
    ["with an extra field of zeros", TEXT, member(TEXT, { extra: Buffer.alloc(40), name: "greet" })],
    ["with an empty name", TEXT, member(TEXT, { name: "" })],
    ["with a comment", TEXT, member(TEXT, { comment: "a comment" })],
    ["with a header checksum", TEXT, member(TEXT, { headerCrc: true })],
  ])("%s", (_, contents, gzip) => {
    it.each([1, 7, 64 * 1024])("in pieces of %i bytes", async (size) => {
      expect(await unpack(gzip, size)).toEqual(unpacked(contents, gzip));
    });
  });

  it("when it is exactly as large as the limit", async () => {
    expect(await unpack(gzipSync(TEXT), 7, TEXT.length)).toMatchObject({ size: TEXT.length });
  });

  it("when it comes with empty pieces", async () => {
    const gzip = gzipSync(TEXT);
    async function* stream() {
      for await (const piece of pieces(gzip, 5)) {
        yield new Uint8Array();
        yield piece;
      }
      yield new Uint8Array();
    }
    expect(await unpackGzip(stream(), LIMIT)).toEqual(unpacked(TEXT, gzip));
  });
});

describe("anything else is refused with its reason", () => {
  const GOOD = member(TEXT, { name: "greet-20260131.1" });
  const HEADER = 10 + "greet-20260131.1".length + 1;
  const changed = (bytes: Buffer, at: number, xor = 0x01) => {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ xor;
    return copy;
  };

  const CUT_SHORT = /cut short/;
  const NO_HEADER = /shorter than a gzip header/;
  const BEHIND = (bytes: number) => new RegExp(`^${bytes} bytes follow the end`);

  describe.each<[string, Buffer, RegExp]>([
    ["no bytes", Buffer.alloc(0), NO_HEADER],
    ["one byte", GOOD.subarray(0, 1), NO_HEADER],
    ["cut in the fixed header", GOOD.subarray(0, 9), NO_HEADER],
    ["cut behind the fixed header", GOOD.subarray(0, 10), NO_HEADER],
    ["cut in the name", GOOD.subarray(0, HEADER - 1), NO_HEADER],
    ["cut behind the header", GOOD.subarray(0, HEADER), CUT_SHORT],
    ["cut in the first block", GOOD.subarray(0, HEADER + 3), CUT_SHORT],
    ["cut in the middle", GOOD.subarray(0, GOOD.length >> 1), CUT_SHORT],
    ["cut at the last byte of data", GOOD.subarray(0, -9), CUT_SHORT],
    ["cut behind the data", GOOD.subarray(0, -8), CUT_SHORT],
    ["cut in the checksum", GOOD.subarray(0, -6), CUT_SHORT],
    ["cut behind the checksum", GOOD.subarray(0, -4), CUT_SHORT],
    ["cut by one byte", GOOD.subarray(0, -1), CUT_SHORT],
    ["cut in an extra field", member(TEXT, { extra: noise(90) }).subarray(0, 50), NO_HEADER],
    ["cut in the header checksum", member(TEXT, { headerCrc: true }).subarray(0, 11), NO_HEADER],
    ["one byte behind it", Buffer.concat([GOOD, Buffer.from("x")]), BEHIND(1)],
    ["a line feed behind it", Buffer.concat([GOOD, Buffer.from("\n")]), BEHIND(1)],
    ["zeros behind it", Buffer.concat([GOOD, Buffer.alloc(512)]), BEHIND(512)],
    ["much behind it", Buffer.concat([GOOD, noise(20_000)]), BEHIND(20_000)],
    ["two members", Buffer.concat([GOOD, GOOD]), BEHIND(GOOD.length)],
    ["an empty member behind it", Buffer.concat([GOOD, gzipSync("")]), BEHIND(20)],
    ["wrong data", changed(GOOD, HEADER + 20, 0xff), /damaged|CRC|length/],
    ["wrong stored data", changed(gzipSync(TEXT, STORED), 10 + 5 + 100), /^its CRC is wrong$/],
    ["a wrong checksum, first byte", changed(GOOD, -8), /^its CRC is wrong$/],
    ["a wrong checksum, last byte", changed(GOOD, -5), /^its CRC is wrong$/],
    ["a wrong length, first byte", changed(GOOD, -4), /^its length field is wrong$/],
    ["a wrong length, last byte", changed(GOOD, -1), /^its length field is wrong$/],
    ["an invalid block type", changed(GOOD, HEADER, 0x06), /damaged/],
    ["no gzip: a program", Buffer.concat([Buffer.from("\x7fELF"), noise(1000)]), /^it is not gzip$/],
    ["no gzip: zeros", Buffer.alloc(1000), /^it is not gzip$/],
    ["no gzip: text", TEXT, /^it is not gzip$/],
    ["no gzip: its first byte is wrong", changed(GOOD, 0), /^it is not gzip$/],
    ["no gzip: its second byte is wrong", changed(GOOD, 1), /^it is not gzip$/],
    [
      "no gzip: zlib's own container",
      Buffer.concat([Buffer.from([0x78, 0x9c]), deflateRawSync(TEXT)]),
      /^it is not gzip$/,
    ],
    ["no gzip: a bare deflate stream", deflateRawSync(TEXT), /^it is not gzip$/],
    ["another compression method", member(TEXT, { method: 7 }), /compression method/],
    ["reserved flags", member(TEXT, { reserved: 0x20 }), /reserved flags/],
    ["an empty file", gzipSync(""), /^the file in it is empty$/],
    // So it is for Go's reader, with which clients unpack (compress/gzip).
    ["a name of 512 bytes", member(TEXT, { name: "n".repeat(512) }), /header/],
    ["a comment of 512 bytes", member(TEXT, { comment: "c".repeat(512) }), /header/],
    ["a wrong header checksum", member(TEXT, { headerCrc: 0x1234 }), /header/],
  ])("%s", (_, bytes, reason) => {
    it.each([1, 7, 64 * 1024])("in pieces of %i bytes", async (size) => {
      const refused = unpack(bytes, size);
      await expect(refused).rejects.toMatchObject({ name: "UnpackError" });
      await expect(refused).rejects.toThrow(reason);
    });
  });

  it("and every cut of it is", async () => {
    for (let length = 0; length < GOOD.length; length++) {
      await expect(unpack(GOOD.subarray(0, length)), `${length} bytes`).rejects.toThrow(/short/);
    }
  });

  const ALL_FIELDS = member(TEXT, {
    extra: noise(30),
    name: "greet-20260131.1",
    comment: "a comment",
    headerCrc: true,
  });

  it("and every cut of one with every header field, so at the end of each field too", async () => {
    for (let length = 0; length < ALL_FIELDS.length; length++) {
      await expect(unpack(ALL_FIELDS.subarray(0, length)), `${length} bytes`).rejects.toThrow(/short/);
    }
  });

  // Without a header checksum, what a client unpacks does not depend on time, packer and texts in the header.
  describe.each([
    ["zlib's", gzipSync(TEXT)],
    ["GNU gzip's", GOOD],
    ["every header field's", ALL_FIELDS],
    ["stored", gzipSync(NOISE, STORED)],
    ["packed noise's", gzipSync(NOISE)],
  ])("a flipped bit of %s", (_, gzip) => {
    it("is never taken for other contents", async () => {
      const { sha256: right } = await unpack(gzip);
      const random = pseudoRandom(gzip.length);
      // Every bit of the header and of the end, and many between.
      const ends = Array.from({ length: 80 }, (_, at) => [at, gzip.length - 1 - at]).flat();
      const between = Array.from({ length: 150 }, () => Math.floor(random() * gzip.length));
      let refused = 0;
      for (const at of new Set([...ends, ...between].filter((one) => one >= 0 && one < gzip.length))) {
        for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
          const verdict = await unpack(changed(gzip, at, bit)).then(
            ({ sha256: hash }) => hash,
            (error: Error) => error.name,
          );
          expect([at, bit, verdict]).toEqual([at, bit, expect.toBeOneOf(["UnpackError", right])]);
          if (verdict === "UnpackError") refused++;
        }
      }
      expect(refused).toBeGreaterThan(400);
    });
  });

  it.each([
    ["one byte over the limit", gzipSync(TEXT), TEXT.length - 1],
    ["far over the limit", gzipSync(Buffer.alloc(50_000_000)), 1_000_000],
    ["over a limit of nothing", gzipSync("x"), 0],
  ])("%s", async (_, bytes, limit) => {
    for (const size of [7, 64 * 1024]) {
      await expect(unpack(bytes, size, limit)).rejects.toThrow(`it unpacks to more than ${limit} bytes`);
    }
  });

  it("without reading on behind a bomb", async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    let read = 0;
    async function* stream() {
      for await (const piece of pieces(bomb, 1000)) {
        read += piece.length;
        yield piece;
      }
    }
    await expect(unpackGzip(stream(), 1_000_000)).rejects.toThrow("unpacks to more than");
    expect(read).toBeLessThan(bomb.length / 10);
  });

  it("and an error of the stream is passed on as it is", async () => {
    const broken = new Error("the connection broke");
    async function* stream() {
      yield GOOD.subarray(0, 40);
      throw broken;
    }
    await expect(unpackGzip(stream(), LIMIT)).rejects.toBe(broken);
  });
});

describe("a long header is judged alike in pieces of any size", () => {
  it.each([
    ["a name of 600 bytes", { name: "n".repeat(600) }],
    ["a name of 3000 bytes", { name: "n".repeat(3000) }],
    ["an extra field of 3000 bytes and a name", { extra: noise(3000), name: "greet" }],
    ["an extra field of 65535 bytes", { extra: noise(65_535) }],
  ])("%s", async (_, header) => {
    const gzip = member(TEXT, header);
    const verdicts = await Promise.all(
      [7, 100, 1000, 64 * 1024, 128 * 1024].map((size) =>
        unpack(gzip, size).then(
          () => "unpacked",
          (error: Error) => error.message,
        ),
      ),
    );
    expect(new Set(verdicts).size, JSON.stringify(verdicts)).toBe(1);
  });
});

describe("a bomb", () => {
  /** In a process of its own: unpacks `gigabytes` of zeros under the limit; tells what was said, read and used. */
  function bombed(gigabytes: number, limit: number) {
    const program = `
      import { constants, deflateRawSync } from "node:zlib";
      import { unpackGzip } from "./lambda/record/unpack-gzip.ts";
      // Blocks that do not end the stream can be repeated: the whole bomb never exists.
      const block = deflateRawSync(Buffer.alloc(100_000_000), { finishFlush: constants.Z_FULL_FLUSH });
      let read = 0;
      async function* bomb() {
        yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        for (let n = 0; n < ${gigabytes * 10}; n++) {
          read += block.length;
          yield block;
        }
      }
      global.gc();
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 2);
      const said = await unpackGzip(bomb(), ${limit}).catch((error) => error.message);
      clearInterval(watch);
      console.log(JSON.stringify({ said, read: read / block.length, growth: Math.max(most, process.memoryUsage.rss()) - before }));
    `;
    const args = ["--expose-gc", "--max-old-space-size=64", "--input-type=module", "--eval", program];
    const output = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    return JSON.parse(output) as { said: string; read: number; growth: number };
  }

  it("of a terabyte is given up at the limit, with little read and less memory", () => {
    const { said, read, growth } = bombed(1000, 150_000_000);
    expect(said).toBe("it unpacks to more than 150000000 bytes");
    expect(read).toBeLessThan(10);
    expect(growth).toBeLessThan(100_000_000);
  });

  it("of 300 MB under the limit takes no more memory", () => {
    const { said, growth } = bombed(0.3, 2_000_000_000);
    expect(said).toMatch(/cut short/);
    expect(growth).toBeLessThan(100_000_000);
  });
});

describe("memory stays the same however large the object is", () => {
  const MEGABYTE = 1_000_000;

  /** Unpacks that many megabytes of one block; tells the result and by how many bytes memory grew meanwhile. */
  async function unpackMegabytes(megabytes: number, block: Buffer, level: number) {
    const hash = createHash("sha256");
    const gzip = createGzip({ level });
    const feed = (async () => {
      for (let n = 0; n < megabytes; n++) {
        hash.update(block);
        if (!gzip.write(block)) await new Promise((resolve) => gzip.once("drain", resolve));
      }
      gzip.end();
    })();
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
    const before = used();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, used());
    }, 5);
    try {
      const result = await unpackGzip(gzip, 1000 * MEGABYTE);
      await feed;
      return { result, sha256: hash.digest("base64"), growth: most - before };
    } finally {
      clearInterval(watch);
    }
  }

  it.each([
    ["300 MB of zeros, which are small when packed", 300, Buffer.alloc(MEGABYTE), 1],
    ["200 MB that packing does not make smaller", 200, noise(MEGABYTE), 0],
  ])("%s", async (_, megabytes, block, level) => {
    const { result, sha256, growth } = await unpackMegabytes(megabytes, block, level);
    expect(result).toMatchObject({ size: megabytes * MEGABYTE, sha256 });
    expect(growth).toBeLessThan(100 * MEGABYTE);
  });
});
