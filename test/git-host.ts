import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

/** A git host on a free port of 127.0.0.1 that shows its repositories to whoever has its token. */
export class GitHost {
  readonly user: string;
  readonly token: string;
  private readonly folder: string;
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  /** Set: it sends everybody on to this host, which it plays as well. */
  stranger: string | undefined;
  /** What programs told the other host of themselves. */
  readonly toldToStranger: string[] = [];
  /** Hosts that were asked for through the proxy. */
  readonly asked = new Set<string>();
  /** What it says to a wrong token; `TOKEN` and `HEADER` become what it was given, as careless hosts do. */
  refusal = "no such token";

  /** @param folder holds the repositories: team/tool is at /team/tool.git */
  constructor(folder: string, user: string, token: string) {
    this.folder = folder;
    this.user = user;
    this.token = token;
  }

  /** Starts it without TLS; answers its URL, without a slash at the end. */
  async start(): Promise<string> {
    return `http://127.0.0.1:${await this.listen(createServer((request, response) => this.answer(request, response)))}`;
  }

  /**
   * Starts it as `https://<name>/`, behind a proxy that reaches nothing else.
   * @returns the environment of programs that are to find it there
   */
  async startAs(name: string): Promise<Record<string, string>> {
    const [key, certificate] = [join(this.folder, "key.pem"), join(this.folder, "certificate.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},DNS:other.${name}`];
    const files = ["-keyout", key, "-out", certificate];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, ...files], { stdio: "ignore" });
    const options = { key: readFileSync(key), cert: readFileSync(certificate) };
    const port = await this.listen(
      createTlsServer(options, (request, response) => this.answer(request, response)),
    );
    const proxy = createServer((_, response) => response.writeHead(502).end());
    proxy.on("connect", ({ url = "" }: IncomingMessage, client: Socket) => {
      this.asked.add(url);
      client.on("error", () => {});
      if (url !== `${name}:443` && url !== `other.${name}:443`)
        return client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      const server = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        server.pipe(client).pipe(server);
      });
      server.on("error", () => client.destroy());
    });
    const url = `http://127.0.0.1:${await this.listen(proxy)}`;
    return { HTTPS_PROXY: url, SSL_CERT_FILE: certificate, GIT_SSL_CAINFO: certificate };
  }

  stop(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async listen(server: Server): Promise<number> {
    this.servers.push(server);
    server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as { port: number }).port;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization = "", host } = request.headers;
    if (host === this.stranger) this.toldToStranger.push(authorization);
    else if (this.stranger !== undefined) {
      response.writeHead(302, { location: `https://${this.stranger}${request.url}` }).end();
      return;
    }
    const given = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    if (given !== `${this.user}:${this.token}`) {
      const text = this.refusal
        .replaceAll("TOKEN", given.replace(/^.*?:/, ""))
        .replaceAll("HEADER", authorization);
      const status = given === "" ? 401 : 403;
      response.writeHead(status, { "www-authenticate": 'Basic realm="git"', "content-type": "text/plain" });
      response.end(`${text}\n`);
      return;
    }
    const { pathname, search } = new URL(request.url ?? "/", "http://x");
    if (search === "?go-get=1") {
      // Where Go finds the module of that path.
      const path = `${host}${pathname}`;
      response.end(`<meta name="go-import" content="${path} git https://${path}.git">`);
      return;
    }
    this.runBackend(request, response, pathname, search.slice(1));
  }

  /** git's own server, which speaks CGI. */
  private runBackend(request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        PATH_INFO: path.replace(".git/", "/.git/"),
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        REMOTE_USER: this.user,
        CONTENT_TYPE: request.headers["content-type"],
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
        HTTP_GIT_PROTOCOL: request.headers["git-protocol"] as string | undefined,
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(child.stdin).on("error", () => {});
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      const headers = all.subarray(0, end).toString().split("\r\n");
      let status = 200;
      for (const [name = "", value = ""] of headers.map((line) => line.split(": "))) {
        if (name === "Status") status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.writeHead(status).end(all.subarray(end + 4));
    });
  }
}
