/** The version of this package, and the Node that runs it. */
import { readFileSync } from 'node:fs'

export function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return `iasql ${manifest.version} on Node ${process.version.slice(1)}`
}
