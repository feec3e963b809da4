/** What runs have proved of each module, kept in files that `npm run coverage:modules` reads; a run of other sources counts for nothing. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findModule } from '#modules/registry.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Which runs leave proofs: the conformance of examples, and the SQL of documentation pages. */
export type ProofKind = 'conformance' | 'pages'

export interface Proof {
  /** Table that it is of. */
  readonly table: string
  readonly ms: number
  /** Each step by name: `proved`, `failed`, or why it was not exercised. */
  readonly steps: Readonly<Record<string, string>>
}

export interface ModuleProofs {
  /** Of the sources that ran. */
  readonly digest: string
  readonly at: string
  /** By title: `queue (FIFO)`. */
  readonly proofs: Readonly<Record<string, Proof>>
}

const fileOf = (kind: ProofKind, module: string): string =>
  join(root, '.iasql/proofs', kind, `${module}.json`)

const hashOf = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Of when this process began, as is what it runs. */
const hashes: readonly (readonly [string, string])[] = globSync(
  ['modules/**/*.ts', 'test/modules/**/*.ts', 'docs/modules/*.md'],
  { cwd: root },
)
  .sort()
  .map((file) => [file, hashOf(readFileSync(join(root, file)))])

/** What a proof depends on: the module, the kit, the steps of the runner and its checks of the tables, and the page. */
function digestOf(module: string): string {
  const checks = findModule(module)?.tables.map(({ name }) => `test/modules/checks/${name}.ts`) ?? []
  const parts = [`modules/${module}/`, 'modules/kit/', `docs/modules/${module}.md`, ...checks]
  const isPart = (file: string) =>
    parts.some((part) => file.startsWith(part)) || /^test\/modules\/[^/]+$/.test(file)
  return hashOf(JSON.stringify(hashes.filter(([file]) => isPart(file))))
}

/** `outdated`: the sources have changed since. */
export function readProofs(kind: ProofKind, module: string): ModuleProofs | 'not run' | 'outdated' {
  const file = fileOf(kind, module)
  if (!existsSync(file)) return 'not run'
  const found = JSON.parse(readFileSync(file, 'utf8')) as ModuleProofs
  return found.digest === digestOf(module) ? found : 'outdated'
}

/** Adds to what other runs of the same sources have left. */
export function keepProof(kind: ProofKind, module: string, proof: Readonly<Record<string, Proof>>): void {
  const file = fileOf(kind, module)
  const found = readProofs(kind, module)
  const kept: ModuleProofs = {
    digest: digestOf(module),
    at: new Date().toISOString(),
    proofs: { ...(typeof found === 'string' ? {} : found.proofs), ...proof },
  }
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`)
}
