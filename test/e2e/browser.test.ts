/** Everything that a real browser must prove, with one Chromium and one gateway: starting them takes longest. */
import './browser/uploads.ts';
import './browser/cors.ts';
import './browser/sdk.ts';
import './browser/website.ts';
import './browser/hosting.ts';
import './browser/example.ts';
