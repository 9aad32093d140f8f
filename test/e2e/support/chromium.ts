import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The browser of this machine: `BROWSER_PATH`, or the first Chromium in `PATH`. */
export const chromiumPath: string | undefined = process.env.BROWSER_PATH || inPath();

/** Set where a machine must have one, such as in CI: then its absence is a failure. */
export const browserRequired = process.env.REQUIRE_BROWSER === '1';

export const chromiumMissing =
  'the tests in a browser need Chromium: apt-get install chromium, or BROWSER_PATH=/path/to/chrome';

function inPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
