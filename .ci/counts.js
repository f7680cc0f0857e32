// Prints the closing line of a run from vitest's JSON report, and fails where a suite was skipped for want of a tool.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const skipped = report.testResults.flatMap((file) =>
  file.assertionResults
    .filter((test) => test.status === 'skipped' || test.status === 'pending')
    .map((test) => `${file.name}: ${test.fullName}`),
)
// What no package registry carries may be missing here too.
const excused = skipped.filter((name) => /zephyr|renode/i.test(name))
for (const name of skipped)
  console.log(`skipped${excused.includes(name) ? ' (no registry carries its tool)' : ''}: ${name}`)
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped.length} skipped`)
process.exit(report.success && skipped.length === excused.length && report.numPassedTests > 0 ? 0 : 1)
