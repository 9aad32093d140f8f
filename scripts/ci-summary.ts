import { readFileSync } from 'node:fs';

/** Prints the counts of a vitest JSON report as the plain line that CI reads. */
const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: ci-summary.ts <report.json>');
const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests: skipped = 0 } = report;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
if (passed === 0) process.exitCode = 1;
