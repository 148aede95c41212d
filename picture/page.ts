import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { answer } from "../lambda/directory/routes.ts";
import { clientSettings, type LocalAws } from "../local/local-aws.ts";
import { startBrowser } from "../tools/browser.ts";

/** The address that it shows, instead of a local one that nobody could remember: that of a deployment with its own domain. */
const URL_SHOWN = "https://get.example.com/";
const WINDOW = { width: 1080, height: 860 };

/**
 * The upper part of the download page, as Chromium shows it: the directory's own code, with what is in the local AWS's table.
 * @param file the PNG
 */
export async function drawPage(local: LocalAws, cmd: string, file: string): Promise<void> {
  const table = {
    name: local.table,
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(local))),
  };
  const urls = { directoryUrl: URL_SHOWN, artifactsUrl: URL_SHOWN };
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: WINDOW, colorScheme: "light" });
    await page.route(`${URL_SHOWN}${cmd}`, async (route) => {
      const request = { method: "GET", path: `/${cmd}`, query: new URLSearchParams(), headers: {} };
      const { status, headers, body } = await answer(
        { table, ...urls },
        { ...request, body: Buffer.of(), principal: undefined },
      );
      await route.fulfill({ status, headers, body });
    });
    await page.goto(`${URL_SHOWN}${cmd}`);
    await page.locator(".choice .size").waitFor();
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
  }
}
