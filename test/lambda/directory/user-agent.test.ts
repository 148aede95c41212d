import { describe, expect, it } from "vitest";
import { guessPlatform } from "../../../lambda/directory/user-agent.ts";
import { fileText } from "../support.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5";
const XNU = "Darwin Kernel Version 24.6.0: Mon Jul 14 11:28:30 PDT 2025; root:xnu-11417.140.69~1";

describe("the platform of a User-Agent", () => {
  it.each([
    // uname -sm, which installers send
    ["Linux x86_64", "linux-amd64"],
    ["Linux i686", "linux-386"],
    ["Linux i586", "linux-386"],
    ["Linux i386", "linux-386"],
    ["Linux aarch64", "linux-arm64"],
    ["Linux armv7l", "linux-arm"],
    ["Linux armv6l", "linux-arm"],
    ["Linux armv5tel", "linux-arm"],
    ["Linux armv8l", "linux-arm"],
    ["Linux ppc64le", "linux-ppc64le"],
    ["Linux riscv64", "linux-riscv64"],
    ["Linux s390x", "linux-s390x"],
    ["Linux loongarch64", "linux-loong64"],
    ["Darwin x86_64", "darwin-amd64"],
    ["Darwin arm64", "darwin-arm64"],
    ["FreeBSD amd64", "freebsd-amd64"],
    ["FreeBSD i386", "freebsd-386"],
    ["FreeBSD arm64", "freebsd-arm64"],
    ["FreeBSD armv7", "freebsd-arm"],
    ["FreeBSD riscv64", "freebsd-riscv64"],
    ["OpenBSD amd64", "openbsd-amd64"],
    ["NetBSD amd64", "netbsd-amd64"],
    ["DragonFly x86_64", "dragonfly-amd64"],
    ["MINGW64_NT-10.0-19045 x86_64", "windows-amd64"],
    ["MINGW32_NT-6.2 i686", "windows-386"],
    ["MINGW32_NT-10.0-WOW64 i686", "windows-amd64"],
    ["MSYS_NT-10.0-22631 x86_64", "windows-amd64"],
    ["MSYS_NT-10.0-26100-ARM64 aarch64", "windows-arm64"],
    ["CYGWIN_NT-10.0 x86_64", "windows-amd64"],
    ["CYGWIN_NT-6.1-WOW64 i686", "windows-amd64"],
    ["CYGWIN_NT-5.1 i686", "windows-386"],
    // uname -sp
    ["Linux unknown", "linux-amd64"], // Debian
    ["Darwin arm", "darwin-arm64"],
    ["Darwin i386", "darwin-amd64"],
    ["FreeBSD aarch64", "freebsd-arm64"],
    ["MINGW64_NT-10.0-22631 unknown", "windows-amd64"],
    // with the kernel's name and number
    ["Linux 6.1.0-18-amd64 x86_64", "linux-amd64"],
    ["Linux 6.6.31+rpt-rpi-v8 aarch64", "linux-arm64"],
    ["Linux 5.15.153.1-microsoft-standard-WSL2 x86_64", "linux-amd64"],
    // curl that tells what it was built for
    ["curl/7.30.0 (x86_64-apple-darwin13.0) libcurl/7.30.0 SecureTransport zlib/1.2.5", "darwin-amd64"],
    ["curl/7.21.4 (universal-apple-darwin11.0) libcurl/7.21.4 OpenSSL/0.9.8y", "darwin-amd64"],
    ["curl/7.35.0 (x86_64-pc-linux-gnu) libcurl/7.35.0", "linux-amd64"],
    ["curl/7.19.7 (x86_64-redhat-linux-gnu) libcurl/7.19.7 NSS/3.27.1", "linux-amd64"],
    ["curl/7.19.7 (i686-pc-linux-gnu) libcurl/7.19.7", "linux-386"],
    ["curl/7.19.7 (i386-redhat-linux-gnu) libcurl/7.19.7", "linux-386"],
    ["curl/7.26.0 (arm-unknown-linux-gnueabihf) libcurl/7.26.0", "linux-arm"],
    ["curl/7.38.0 (aarch64-unknown-linux-gnu) libcurl/7.38.0", "linux-arm64"],
    ["curl/7.24.0 (amd64-portbld-freebsd9.1) libcurl/7.24.0", "freebsd-amd64"],
    ["curl/7.24.0 (i386-portbld-freebsd9.1) libcurl/7.24.0", "freebsd-386"],
    ["curl/7.59.0 (x86_64-unknown-openbsd6.3) libcurl/7.59.0", "openbsd-amd64"],
    ["curl/7.23.1 (x86_64-pc-win32) libcurl/7.23.1 OpenSSL/0.9.8r", "windows-amd64"],
    ["curl/7.21.0 (i386-pc-win32) libcurl/7.21.0", "windows-386"],
    ["curl/7.46.0 (x86_64-w64-mingw32) libcurl/7.46.0", "windows-amd64"],
    ["curl/7.19.5 (i586-pc-mingw32msvc) libcurl/7.19.5", "windows-386"],
    ["curl/7.54.0 (x86_64-unknown-cygwin) libcurl/7.54.0", "windows-amd64"],
    ["Homebrew/4.6.0 (Macintosh; arm64 Mac OS X 15.5) curl/8.7.1", "darwin-arm64"],
    ["Homebrew/4.6.0 (Macintosh; Intel Mac OS X 13.7) curl/8.7.1", "darwin-amd64"],
    // curl, wget and others that tell little or nothing
    ["curl/8.5.0", "linux-amd64"],
    ["Wget/1.21.4", "linux-amd64"],
    ["Wget/1.21.4 (linux-gnu)", "linux-amd64"],
    ["Wget/1.14 (linux-gnu)", "linux-amd64"],
    ["Wget/1.14 (darwin13.1.0)", "darwin-amd64"],
    ["Wget/1.20.3 (darwin18.7.0)", "darwin-amd64"],
    ["Wget/1.21.1 (freebsd13.0)", "freebsd-amd64"],
    ["Wget/1.21.4 (mingw32)", "windows-amd64"],
    ["fetch libfetch/2.0", "freebsd-amd64"], // FreeBSD's own
    ["OpenBSD ftp", "openbsd-amd64"],
    ["Go-http-client/2.0", "linux-amd64"],
    ["Python-urllib/3.12", "linux-amd64"],
    ["", "linux-amd64"],
    // PowerShell
    ["Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4291", "windows-amd64"],
    ["Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.2", "windows-amd64"],
    [
      `Mozilla/5.0 (Macintosh; Darwin 24.6.0 ${XNU}/RELEASE_ARM64_T6030; en-US) PowerShell/7.4.2`,
      "darwin-arm64",
    ],
    [`Mozilla/5.0 (Macintosh; Darwin 24.6.0 ${XNU}/RELEASE_X86_64; en-US) PowerShell/7.4.2`, "darwin-amd64"],
    [
      "Mozilla/5.0 (Linux; Linux 4.18.0-305.3.1.el8.x86_64 #1 SMP Tue Jun 1 16:14:33 UTC 2021; en-US) PowerShell/7.3.1",
      "linux-amd64",
    ],
    ["Mozilla/5.0 (Linux; Ubuntu 22.04.3 LTS; en-US) PowerShell/7.4.2", "linux-amd64"],
    // browsers
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`, "windows-amd64"],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/140.0.0.0`, "windows-amd64"],
    [`Mozilla/5.0 (Windows NT 10.0; WOW64) ${CHROME}`, "windows-amd64"],
    ["Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "windows-amd64"],
    [
      "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; WOW64; Trident/4.0; Tablet PC 2.0)",
      "windows-amd64",
    ],
    ["Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0", "windows-386"],
    [`Mozilla/5.0 (Windows NT 10.0) ${CHROME}`, "windows-386"],
    [`Mozilla/5.0 (Windows NT 10.0; ARM64) ${CHROME}`, "windows-arm64"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; ARM64; Trident/7.0; rv:11.0) like Gecko", "windows-arm64"],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME}`, "darwin-amd64"],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI} Safari/605.1.15`, "darwin-amd64"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:130.0) Gecko/20100101 Firefox/130.0", "darwin-amd64"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`, "linux-amd64"],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME}`, "linux-amd64"],
    ["Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:109.0) Gecko/20100101 Firefox/115.0", "linux-386"],
    ["Mozilla/5.0 (X11; Linux i686 on x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "linux-amd64"],
    [`Mozilla/5.0 (X11; Linux aarch64) ${CHROME}`, "linux-arm64"],
    ["Mozilla/5.0 (X11; Linux armv7l; rv:109.0) Gecko/20100101 Firefox/115.0", "linux-arm"],
    ["Mozilla/5.0 (X11; FreeBSD amd64; rv:130.0) Gecko/20100101 Firefox/130.0", "freebsd-amd64"],
  ])("%j is %s", (userAgent, platform) => {
    expect(guessPlatform(userAgent)).toBe(platform);
    expect(guessPlatform(userAgent.toUpperCase())).toBe(platform);
    expect(guessPlatform(userAgent.toLowerCase())).toBe(platform);
  });

  it.each([
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${SAFARI} Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) ${SAFARI} Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) ${SAFARI} Mobile/15E148 Safari/604.1`,
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    `Mozilla/5.0 (Linux; Android 10; K) ${CHROME}`, // a tablet
    "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0",
    "Dalvik/2.1.0 (Linux; U; Android 9; x86_64)",
    "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 Edge/15.15254",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows Phone OS 7.5; Trident/5.0; IEMobile/9.0; NOKIA; Lumia 710)",
    "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
    "Mozilla/5.0 (Linux; Tizen 2.3; SAMSUNG SM-Z130H) AppleWebKit/537.3 (KHTML, like Gecko) SamsungBrowser/1.0 Mobile Safari/537.3",
    "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
  ])("%j is a phone's or tablet's", (userAgent) => {
    expect(guessPlatform(userAgent)).toBe("phone");
    expect(guessPlatform(userAgent.toUpperCase())).toBe("phone");
  });

  it.each([
    "Linux mips",
    "Linux mips64",
    "SunOS i86pc",
    "SunOS i386",
    "SunOS sun4v",
    "Linux ppc64",
    "Linux ppc",
    "Linux sparc64",
    "Linux ia64",
    "Linux s390",
    "Linux alpha",
    "Linux parisc64",
    "AIX 00F84C944C00",
  ])("%j gets no other machine's binary", (userAgent) => {
    expect(String(guessPlatform(userAgent))).not.toMatch(/amd64|386|arm/);
  });
});

/** The agents of test/fixtures/golden that are not above. */
const OBSERVED: [string, string][] = [
  ["curl/7.30.0 Linux x86_64", "linux-amd64"],
  ["Linux arm64", "linux-arm64"],
  [
    "curl/7.22.0 (x86_64-pc-linux-gnu) libcurl/7.22.0 OpenSSL/1.0.1 zlib/1.2.3.4 libidn/1.23 librtmp/2.3",
    "linux-amd64",
  ],
  ["curl/7.21.0 (i486-pc-linux-gnu) libcurl/7.21.0 OpenSSL/0.9.8o zlib/1.2.3.4", "linux-386"],
  ["curl/7.26.0 (i386-pc-win32) libcurl/7.26.0 OpenSSL/0.9.8x", "windows-386"],
  ["curl/7.21.3 (amd64-portbld-freebsd8.2) libcurl/7.21.3 OpenSSL/0.9.8q", "freebsd-amd64"],
  ["Wget/1.13.4 (linux-gnu)", "linux-amd64"],
  ["Wget/1.19.1 (cygwin)", "windows-amd64"],
  ["Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.1", "windows-amd64"],
  ["Mozilla/5.0 (Linux; Debian GNU/Linux 12 (bookworm); en-US) PowerShell/7.4.1", "linux-amd64"],
  ["Python-urllib/3.11", "linux-amd64"],
  ["HTTPie/3.2.2", "linux-amd64"],
  ["aria2/1.36.0", "linux-amd64"],
  ["Homebrew/4.2.4 (Macintosh; Intel Mac OS X 14.2.1) curl/8.4.0", "darwin-amd64"],
  ["hk/20140509 (darwin; amd64) heroku-go/0.4.0 (darwin; amd64)", "darwin-amd64"],
  ["hk/20140509 (linux; 386)", "linux-386"],
  [
    "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/35.0.1916.114 Safari/537.36",
    "windows-386",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
    "windows-amd64",
  ],
  ["Mozilla/5.0 (Windows NT 6.1; Win64; x64; Trident/7.0; rv:11.0) like Gecko", "windows-amd64"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; aarch64; rv:121.0) Gecko/20100101 Firefox/121.0", "windows-arm64"],
  ["Mozilla/5.0 (Windows NT 5.2; AMD64) Gecko/20100101 Firefox/29.0", "windows-amd64"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "darwin-amd64",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
    "darwin-amd64",
  ],
  ["hk/1 CFNetwork/1490.0.4 Darwin/23.2.0", "darwin-amd64"],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "linux-amd64",
  ],
  ["Mozilla/5.0 (X11; Linux i686 on x86_64; rv:29.0) Gecko/20100101 Firefox/29.0", "linux-amd64"],
  ["Mozilla/5.0 (X11; Linux aarch64; rv:121.0) Gecko/20100101 Firefox/121.0", "linux-arm64"],
  [
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "linux-amd64",
  ],
  ["Mozilla/5.0 (X11; FreeBSD amd64; rv:121.0) Gecko/20100101 Firefox/121.0", "freebsd-amd64"],
  ["Mozilla/5.0 (X11; OpenBSD amd64; rv:109.0) Gecko/20100101 Firefox/115.0", "openbsd-amd64"],
  ["Mozilla/5.0 (Linux; Android 9; x86_64) AppleWebKit/537.36", "phone"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
    "phone",
  ],
  [
    "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
    "phone",
  ],
  [
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
    "phone",
  ],
  ["windows amd64", "windows-amd64"],
  ["Mac OS X", "darwin-amd64"],
  ["Mac OS 9", "linux-amd64"],
  ["macOS arm64", "darwin-arm64"],
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "linux-amd64"],
  [
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/35.0.1916.114 Safari/537.36",
    "windows-amd64",
  ],
  ["Windows NT", "windows-amd64"],
];

describe("agents that asked the original", () => {
  it.each(OBSERVED)("%j is %s", (userAgent, platform) => {
    expect(guessPlatform(userAgent)).toBe(platform);
  });

  it("are all in these tables", () => {
    const tables = fileText("test/lambda/directory/user-agent.test.ts");
    const asked = fileText("test/fixtures/golden/requests.jsonl")
      .trim()
      .split("\n")
      .flatMap((line) => (JSON.parse(line) as { request_headers?: [string, string][] }).request_headers ?? [])
      .filter(([name]) => name === "User-Agent");
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter(([, agent]) => !tables.includes(JSON.stringify(agent)))).toEqual([]);
  });
});
