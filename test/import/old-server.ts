import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface OldObject {
  key: string;
  body: Buffer;
  headers?: Record<string, string>;
}

/** Plays an old public bucket on loopback, with pages of two: S3's list of objects (version 2) and its GET. */
export async function oldServer(objects: readonly OldObject[]) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://old");
    const signed = request.headers.authorization ? "signed " : "";
    requests.push(`${signed}${request.method} ${decodeURIComponent(url.pathname)}`);
    if (url.searchParams.get("list-type") === "2") {
      response.setHeader("content-type", "application/xml");
      response.end(page(objects, Number(url.searchParams.get("continuation-token") ?? 0)));
      return;
    }
    const object = objects.find(({ key }) => `/old/${key}` === decodeURIComponent(url.pathname));
    for (const [name, value] of Object.entries(object?.headers ?? {})) response.setHeader(name, value);
    response.statusCode = object ? 200 : 403;
    response.end(object?.body ?? "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/old/`, requests, close };
}

function page(objects: readonly OldObject[], from: number): string {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const contents = objects
    .slice(from, from + 2)
    .map(({ key, body }) => `<Contents><Key>${escaped(key)}</Key><Size>${body.length}</Size></Contents>`);
  const isTruncated = from + 2 < objects.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>old</Name>',
    `<KeyCount>${contents.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>`,
    isTruncated ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : "",
    ...contents,
    "</ListBucketResult>",
  ].join("");
}
