import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { root } from "../../tools/checkout.ts";
import { GitHost } from "../git-host.ts";
import { lacks } from "../programs.ts";
import { SigningKeys } from "../signing-keys.ts";
import { ARTIFACTS, type BuildRun, Lab, PROGRAM, planOf, type Repository, SOURCES } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const HOST = `linux-${process.arch === "arm64" ? "arm64" : "amd64"}`;
const TOKEN = "hush_0123456789abcdef";

/** A tool and a module that it needs, both on the same host. */
function publish(lab: Lab, module: string): { tool: Repository; dep: Repository } {
  mkdirSync(lab.path("team"));
  const dep = lab.repository("team/dep");
  dep.write({
    "go.mod": `module ${module}\n\ngo 1.24.0\n`,
    "dep.go": 'package dep\n\nconst Word = "private"\n',
  });
  dep.commit("v1.0.0");
  const tool = lab.repository("team/tool");
  tool.write({
    ...PROGRAM,
    "go.mod": `${PROGRAM["go.mod"]}\nrequire ${module} v1.0.0\n`,
    "dep.go": `package main\n\nimport "${module}"\n\nfunc init() { directoryURL = dep.Word }\n`,
  });
  return { tool, dep };
}

const encoded = (text: string) => Buffer.from(text).toString("base64");

/** Nothing that is kept or shown of a build may hold the secret. */
function expectHidden(lab: Lab, { log, outcome }: BuildRun, secret: string): void {
  const shown = log + JSON.stringify(outcome);
  const stored = outcome.ARCHIVE_KEY
    ? gunzipSync(lab.object(SOURCES, outcome.ARCHIVE_KEY)).toString("latin1")
    : "";
  for (const form of [secret, encoded(secret), encoded(`robot:${secret}`), secret.split("\n")[1] ?? secret]) {
    expect(shown).not.toContain(form);
    expect(stored).not.toContain(form);
  }
}

/** The program that both builds make, without the network in the second. */
async function output(lab: Lab, source: BuildRun): Promise<string> {
  await lab.compile(planOf(source, HOST), { GOPROXY: "off" });
  expect(lab.report()).toEqual([[HOST, "stored", expect.any(String)]]);
  const file = lab.path("installed");
  const key = `tool/${source.outcome.TAG.slice(1)}/${HOST}.gz`;
  writeFileSync(file, gunzipSync(lab.object(ARTIFACTS, key)), { mode: 0o755 });
  return lab.run(lab.folder, file);
}

describe.skipIf(lacks(["openssl"], "private repositories by https"))("a private repository by https", () => {
  let lab: Lab;
  let host: GitHost;
  let way: Record<string, string | undefined>;

  beforeAll(async () => {
    lab = new Lab();
    const { tool } = publish(lab, "git.example.com/team/dep");
    host = new GitHost(lab.folder, "robot", TOKEN);
    // Whoever asks another host than this one finds that out; the module proxy and the checksum database are such hosts.
    way = await host.startAs("git.example.com");
    Object.assign(way, { GOPROXY: "https://proxy.example.com", GOSUMDB: undefined });
    const home = lab.path("developer");
    mkdirSync(home);
    writeFileSync(lab.path("developer", ".netrc"), `machine git.example.com login robot password ${TOKEN}\n`);
    await lab.spawn(
      { ...way, HOME: home, GOPRIVATE: "git.example.com" },
      tool.folder,
      ...["go", "mod", "tidy"],
    );
    tool.commit("v20260122");
  });
  afterAll(() => {
    host.stop();
    lab.remove();
  });
  beforeEach(() => {
    host.refusal = "no such token";
    host.asked.clear();
    lab.put("secrets", "team-token", TOKEN);
  });

  const run = (environment: Record<string, string | undefined> = {}) =>
    lab.source({
      ...way,
      HKDIST_REPOSITORY: "https://git.example.com/team/tool.git",
      HKDIST_PLATFORMS: HOST,
      HKDIST_CREDENTIALS: "team-token",
      HKDIST_USERNAME: "robot",
      HKDIST_PRIVATE_MODULES: "git.example.com/team/*",
      ...environment,
    });

  it("is read with the token, and so are its private modules, of which nobody else hears", async () => {
    const source = await run();
    expect(source.outcome, source.log).toMatchObject({ OUTCOME: "archived", TAG: "v20260122" });
    expect([...host.asked]).toEqual(["git.example.com:443"]);
    expectHidden(lab, source, TOKEN);
    expect(await output(lab, source)).toBe("20260122 private none");
  });

  it("is refused without credentials", async () => {
    const { outcome } = await run({ HKDIST_CREDENTIALS: "" });
    expect(outcome.REFUSAL).toBe("RepositoryError");
    expect(outcome.REASON).toContain("check the repository, the branch and the access to them");
  });

  it.each([
    "no such token",
    "no such token: TOKEN",
    "no such token: HEADER",
  ])("is refused with a wrong token, which is not told when the host says: %s", async (refusal) => {
    host.refusal = refusal;
    lab.put("secrets", "team-token", "hush_wrong_0123456789");
    const source = await run();
    expect(source.outcome).toMatchObject({ OUTCOME: "refused", REFUSAL: "RepositoryError" });
    expect(source.outcome.REASON).toContain(refusal.replace("TOKEN", "***").replace("HEADER", "Basic ***"));
    expectHidden(lab, source, "hush_wrong_0123456789");
  });

  it("without its modules being named as private, does not get them", async () => {
    const source = await run({ HKDIST_PRIVATE_MODULES: "" });
    expect(source.outcome.REFUSAL).toBe("ModuleDownloadError");
    expectHidden(lab, source, TOKEN);
  });

  it("does not show its token to a host that it is sent on to", async () => {
    host.stranger = "other.git.example.com";
    const { outcome } = await run();
    host.stranger = undefined;
    expect(outcome.REFUSAL).toBe("RepositoryError");
    expect(host.toldToStranger.length).toBeGreaterThan(0);
    expect(new Set(host.toldToStranger)).toEqual(new Set([""]));
  });

  it.each([
    ["is not there", undefined, "AWS said: An error occurred (ResourceNotFoundException)"],
    ["is a document", `{"token":"${TOKEN}"}`, "no JSON"],
    ["has several lines", `${TOKEN}\nmachine other.example.com`, "one line of text"],
    ["is empty", "", "must hold the token"],
  ])("is refused when the secret %s", async (_, content, words) => {
    if (content !== undefined) lab.put("secrets", "odd", content);
    const source = await run({ HKDIST_CREDENTIALS: content === undefined ? "gone" : "odd" });
    expect(source.outcome.REFUSAL).toBe("CredentialsError");
    expect(source.outcome.REASON).toContain(words);
    expectHidden(lab, source, TOKEN);
  });
});

describe.skipIf(lacks(["ssh", "ssh-keygen"], "private repositories by ssh"))(
  "a private repository by ssh",
  () => {
    let lab: Lab;
    let keys: SigningKeys;
    let server: ReturnType<typeof spawn>;
    let port: string;
    let hostKey: string;
    let tool: Repository;

    beforeAll(async () => {
      lab = new Lab();
      keys = new SigningKeys();
      ({ tool } = publish(lab, "127.0.0.1/team/dep.git"));
      const folder = `${root}/test/fixtures/ssh-server`;
      const program = lab.path("ssh-server");
      await lab.spawn(
        { ...goNetwork(), CGO_ENABLED: "0" },
        folder,
        "go",
        "build",
        "-trimpath",
        "-o",
        program,
      );
      server = spawn(program, [lab.folder, keys.addSsh("deploy")], { stdio: ["pipe", "pipe", "inherit"] });
      const [line] = await new Promise<string[]>((resolve, reject) => {
        server.on("exit", () => reject(new Error("the SSH server ended")));
        if (server.stdout) createInterface(server.stdout).on("line", (text) => resolve([text]));
      });
      [port = "", hostKey = ""] = line?.split(/ (.*)/) ?? [];
      const ssh = `ssh -F /dev/null -i ${keys.sshKey("deploy")} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null`;
      lab.run(lab.folder, "git", "config", "--global", `url.${base()}.insteadOf`, "https://127.0.0.1/");
      await lab.spawn({ GOPRIVATE: "127.0.0.1", GIT_SSH_COMMAND: ssh }, tool.folder, "go", "mod", "tidy");
      tool.commit("v20260122");
      lab.put("secrets", "deploy-key", keys.readSsh("deploy"));
      keys.addSsh("other");
      lab.put("secrets", "other-key", keys.readSsh("other"));
      lab.put("secrets", "token", TOKEN);
    });
    afterAll(() => {
      server?.kill();
      keys.remove();
      lab.remove();
    });

    const base = () => `ssh://git@127.0.0.1:${port}/`;
    const run = (environment: Record<string, string> = {}) =>
      lab.source({
        HKDIST_REPOSITORY: `${base()}team/tool`,
        HKDIST_PLATFORMS: HOST,
        HKDIST_CREDENTIALS: "deploy-key",
        HKDIST_HOST_KEYS: hostKey,
        HKDIST_PRIVATE_MODULES: "127.0.0.1/team",
        ...environment,
      });

    it("is read with the key, and so are its private modules", async () => {
      const source = await run({
        HKDIST_HOST_KEYS: `${keys.readSsh("other.pub").split(" ", 2).join(" ")},${hostKey}`,
      });
      expect(source.outcome, source.log).toMatchObject({ OUTCOME: "archived", TAG: "v20260122" });
      expectHidden(lab, source, keys.readSsh("deploy"));
      expect(await output(lab, source)).toBe("20260122 private none");
    });

    it("is refused when the host shows another key than the configured one", async () => {
      const { outcome } = await run({ HKDIST_HOST_KEYS: keys.readSsh("other.pub").split(" ", 2).join(" ") });
      expect(outcome.REFUSAL).toBe("RepositoryError");
      expect(outcome.REASON).toContain("Host key verification failed");
    });

    it("is refused when the host does not know the key", async () => {
      const source = await run({ HKDIST_CREDENTIALS: "other-key" });
      expect(source.outcome.REFUSAL).toBe("RepositoryError");
      expect(source.outcome.REASON).toContain("Permission denied");
      expectHidden(lab, source, keys.readSsh("other"));
    });

    it("is refused when the secret holds no key", async () => {
      const source = await run({ HKDIST_CREDENTIALS: "token" });
      expect(source.outcome.REFUSAL).toBe("CredentialsError");
      expect(source.outcome.REASON).toContain("must hold a private key and nothing else");
      expectHidden(lab, source, TOKEN);
    });
  },
);

/** How this machine's Go reaches the module proxy. */
function goNetwork(): Record<string, string | undefined> {
  const names = [
    "HOME",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "HTTPS_PROXY",
    "https_proxy",
    "SSL_CERT_FILE",
    "GOMODCACHE",
    "GOPATH",
  ];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
