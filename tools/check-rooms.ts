/** Holds the tree to ARCHITECTURE.md: who may import whom, no circles, and how files and folders are named and sized. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import { broken, checkFile, type Finding } from './check-file.ts'
import { readUsing } from './read-using.ts'

const rooms = [
  ...['engine', 'websocket', 'modules', 'aws', 'postgres', 'operations', 'functions', 'statemachines'],
  ...['cdk', 'local', 'cli', 'dashboard', 'test', 'bench', 'tools'],
]
const files = rooms.flatMap((room) => filesBelow(room))
const findings = [
  ...files.flatMap((path) => checkFile(path, () => readFileSync(path, 'utf8'))),
  ...(await checkImports()),
]
for (const { isFatal, text } of findings) console.error(`${isFatal ? 'error' : 'warning'}: ${text}`)
const fatal = findings.filter(({ isFatal }) => isFatal).length
console.log(`rooms: ${files.length} files, ${fatal} errors, ${findings.length - fatal} warnings`)
process.exitCode = fatal > 0 ? 1 : 0

function filesBelow(folder: string): string[] {
  const entries = listing(folder)
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path)
    return entry.isFile() ? [path] : []
  })
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function checkImports(): Promise<Finding[]> {
  const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: IForbiddenRuleType[]
    options: ICruiseOptions
  }
  readUsing()
  const present = rooms.filter((room) => listing(room).length > 0)
  const { output } = await cruise(present, { ...options, ruleSet: { forbidden }, validate: true })
  const { modules, summary } = output as ICruiseResult
  // The cruiser says nothing when it cannot read TypeScript at all, so what it saw is compared with what is there.
  const seen = new Set(modules.map(({ source }) => source))
  const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('/generated/'))
  const unseen = sources.filter((file) => !seen.has(file))
  if (sources.length === 0 || unseen.length > 0) {
    return [broken(`the imports of ${unseen.length} of ${sources.length} files were not seen: ${unseen[0]}`)]
  }
  const comments = new Map(forbidden.map(({ name, comment }) => [name, comment]))
  return summary.violations.map(({ from, to, rule, cycle }) =>
    broken(
      rule.name === 'no circle'
        ? `${from} imports itself: ${[from, ...(cycle ?? []).map(({ name }) => name)].join(' → ')}`
        : `${from} imports ${to}; ${rule.name}: ${comments.get(rule.name)}`,
    ),
  )
}
