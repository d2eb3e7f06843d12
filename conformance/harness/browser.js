// A real browser, as Debian packages it.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

const EXECUTABLE = find();

/** Why there is no browser, if there is none. */
export const missing = EXECUTABLE ? null : 'NOTHING RAN IN A BROWSER: chromium is not installed (scripts/install-test-tools.sh installs it)';

/** Starts a browser, which takes every name below `.example` for this machine; ends it with the test. */
export async function openBrowser(t) {
    const browser = await chromium.launch({
        executablePath: EXECUTABLE,
        // Containers often run tests as root, where the sandbox does not work.
        args: ['--no-sandbox', '--host-resolver-rules=MAP *.example 127.0.0.1'],
    });
    t.after(() => browser.close());
    return browser;
}

function find() {
    try {
        return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
    } catch {
        return null;
    }
}
