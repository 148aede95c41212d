import { describe, expect, it } from "vitest";
import { guessPlatform } from "../../../lambda/directory/user-agent.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

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
    ["FreeBSD riscv64", "freebsd-riscv64"],
    ["Darwin x86_64", "darwin-amd64"],
    ["Darwin arm64", "darwin-arm64"],
    ["Darwin i386", "darwin-amd64"],
    ["FreeBSD amd64", "freebsd-amd64"],
    ["FreeBSD i386", "freebsd-386"],
    ["FreeBSD arm64", "freebsd-arm64"],
    ["FreeBSD armv7", "freebsd-arm"],
    ["MINGW64_NT-10.0-19045 x86_64", "windows-amd64"],
    ["MINGW32_NT-6.2 i686", "windows-386"],
    ["MSYS_NT-10.0-22631 x86_64", "windows-amd64"],
    ["MSYS_NT-10.0-26100-ARM64 aarch64", "windows-arm64"],
    ["CYGWIN_NT-10.0 x86_64", "windows-amd64"],
    // uname -sp, where Debian does not know its processor
    ["Linux unknown", "linux-amd64"],
    ["Darwin arm", "darwin-amd64"],
    // with the kernel's name and number
    ["Linux 6.1.0-18-amd64 x86_64", "linux-amd64"],
    // clients of the original, which it got right
    ["curl/7.30.0 (x86_64-apple-darwin13.0) libcurl/7.30.0", "darwin-amd64"],
    ["curl/7.35.0 (x86_64-pc-linux-gnu) libcurl/7.35.0", "linux-amd64"],
    ["curl/7.19.7 (i686-pc-linux-gnu) libcurl/7.19.7", "linux-386"],
    ["curl/7.68.0 (arm-unknown-linux-gnueabihf) armhf", "linux-arm"],
    ["Wget/1.14 (darwin13.1.0)", "darwin-amd64"],
    // curl, wget and PowerShell, which often do not tell the machine
    ["curl/8.5.0", "linux-amd64"],
    ["Wget/1.21.4", "linux-amd64"],
    ["Wget/1.21.4 (linux-gnu)", "linux-amd64"],
    ["Wget/1.21.4 (mingw32)", "windows-386"],
    ["Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4291", "windows-386"],
    ["Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.2", "windows-386"],
    ["Go-http-client/2.0", "linux-amd64"],
    ["", "linux-amd64"],
    // browsers
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`, "windows-amd64"],
    [`Mozilla/5.0 (Windows NT 10.0; WOW64) ${CHROME}`, "windows-amd64"],
    ["Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0", "windows-386"],
    [`Mozilla/5.0 (Windows NT 10.0; ARM64) ${CHROME}`, "windows-arm64"],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME}`, "darwin-amd64"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:130.0) Gecko/20100101 Firefox/130.0", "darwin-amd64"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`, "linux-amd64"],
    ["Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:109.0) Gecko/20100101 Firefox/115.0", "linux-386"],
    [`Mozilla/5.0 (X11; Linux aarch64) ${CHROME}`, "linux-arm64"],
    ["Mozilla/5.0 (X11; Linux armv7l; rv:109.0) Gecko/20100101 Firefox/115.0", "linux-arm"],
    ["Mozilla/5.0 (X11; FreeBSD amd64; rv:130.0) Gecko/20100101 Firefox/130.0", "freebsd-amd64"],
  ])("%j is %s", (userAgent, platform) => {
    expect(guessPlatform(userAgent)).toBe(platform);
    expect(guessPlatform(userAgent.toUpperCase())).toBe(platform);
  });

  it.each([
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0",
    "Dalvik/2.1.0 (Linux; U; Android 9; x86_64)",
  ])("%j is a phone's and none of ours", (userAgent) => {
    expect(guessPlatform(userAgent)).toBeUndefined();
    expect(guessPlatform(userAgent.toUpperCase())).toBeUndefined();
  });
});
