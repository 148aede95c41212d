import { createHash } from "node:crypto";
import { crc32, createInflateRaw, type InflateRaw } from "node:zlib";

/** What is inside a gzip object. Sizes in bytes; the hash is standard padded base64. */
export interface Unpacked {
  sha256: string;
  size: number;
  gzSize: number;
}

/** The bytes are not what a client could unpack; the message says why. */
export class UnpackError extends Error {
  override readonly name = "UnpackError";
}

const TRAILER_BYTES = 8;
/** Go's reader, which installed clients use, takes no longer name or comment (compress/gzip, readString). */
const LONGEST_TEXT_BYTES = 511;

/**
 * Reads a gzip stream to its end, in constant memory.
 * Node's own gunzip accepts several members and junk behind them, which installed clients do not:
 * so the container (RFC 1952) is read here, and only the deflate stream inside it is left to zlib.
 * @param limit largest uncompressed size in bytes; reading stops there
 * @throws UnpackError when it is anything but exactly one whole, intact gzip member within the limit
 */
export async function unpackGzip(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Unpacked> {
  const inflate = createInflateRaw();
  let over = false;
  const contents = readContents(inflate, limit).finally(() => {
    over = true;
  });
  contents.catch(() => {}); // awaited below; until then a failure must not count as unhandled

  let gzSize = 0;
  let headerSize: number | undefined;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of chunks) {
      gzSize += chunk.length;
      tail = Buffer.concat([tail, chunk]).subarray(-TRAILER_BYTES);
      let body: Uint8Array = chunk;
      if (headerSize === undefined) {
        head = Buffer.concat([head, chunk]);
        headerSize = headerLength(head);
        if (headerSize === undefined) continue;
        body = head.subarray(headerSize);
      }
      // Behind the end of the deflate stream nothing is taken any more, so the write would never call back.
      if (!over) await Promise.race([new Promise((taken) => inflate.write(body, taken)), contents]);
    }
    if (headerSize === undefined) throw new UnpackError("it is shorter than a gzip header");
    inflate.end();
    const { sha256, size, crc } = await contents;
    const memberSize = headerSize + inflate.bytesWritten + TRAILER_BYTES;
    if (gzSize < memberSize) throw new UnpackError("it is cut short");
    if (gzSize > memberSize)
      throw new UnpackError(`${gzSize - memberSize} bytes follow the end of the gzip member`);
    if (tail.readUInt32LE(0) !== crc) throw new UnpackError("its CRC is wrong");
    if (tail.readUInt32LE(4) !== size % 2 ** 32) throw new UnpackError("its length field is wrong");
    if (size === 0) throw new UnpackError("the file in it is empty");
    return { sha256, size, gzSize };
  } finally {
    inflate.destroy();
  }
}

/** Hashes what comes out of the deflate stream, until it ends. */
async function readContents(inflate: InflateRaw, limit: number) {
  const hash = createHash("sha256");
  let size = 0;
  let crc = 0;
  try {
    for await (const bytes of inflate as AsyncIterable<Buffer>) {
      size += bytes.length;
      if (size > limit) throw new UnpackError(`it unpacks to more than ${limit} bytes`);
      hash.update(bytes);
      crc = crc32(bytes, crc);
    }
  } catch (error) {
    if (error instanceof UnpackError) throw error;
    throw new UnpackError("its compressed data is damaged or cut short", { cause: error });
  }
  return { sha256: hash.digest("base64"), size, crc };
}

/**
 * Length of the gzip header at the start of `bytes`, or undefined when more bytes are needed to tell.
 * @throws UnpackError when it is no gzip header of deflated data
 */
function headerLength(bytes: Buffer): number | undefined {
  if (bytes.length < 10) return undefined;
  if (bytes.readUInt16BE(0) !== 0x1f8b) throw new UnpackError("it is not gzip");
  if (bytes[2] !== 8) throw new UnpackError("its compression method is not deflate");
  const flags = bytes[3] ?? 0;
  if (flags & 0b11100000) throw new UnpackError("its gzip header has reserved flags");
  let at = 10;
  if (flags & 0b100) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [0b1000, 0b10000]) {
    if (!(flags & flag)) continue;
    const text = bytes.subarray(at, at + LONGEST_TEXT_BYTES + 1);
    const zero = text.indexOf(0);
    if (zero < 0 && text.length > LONGEST_TEXT_BYTES) throw new UnpackError("its gzip header is too long");
    if (zero < 0) return undefined;
    at += zero + 1;
  }
  if (flags & 0b10) {
    if (bytes.length < at + 2) return undefined;
    const right = (crc32(bytes.subarray(0, at)) & 0xffff) === bytes.readUInt16LE(at);
    if (!right) throw new UnpackError("its gzip header's checksum is wrong");
    at += 2;
  }
  return bytes.length < at ? undefined : at;
}
