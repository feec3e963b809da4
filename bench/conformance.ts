/** How long the conformance of each table takes, one after the other, as `npm run conform` runs them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { modules } from '#modules/registry.ts'
import { readProofs } from '../test/support/proofs.ts'
import type { Figure } from './figure.ts'

const tool = fileURLToPath(new URL('../tools/conform.ts', import.meta.url))

/** A table that does not conform has no time. */
export const conformance = async (): Promise<readonly Figure[]> => {
  const startedAt = new Date().toISOString()
  const child = spawn(process.execPath, [tool], { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'exit')
  const runs = modules.map(({ name }) => readProofs('conformance', name))
  const proofs = runs.flatMap((run) =>
    typeof run === 'string' || run.at < startedAt ? [] : Object.values(run.proofs),
  )
  if (proofs.length === 0) throw new Error('the conformance did not run')
  return [...Map.groupBy(proofs, ({ table }) => table)].flatMap(([table, sets]) => {
    const states = sets.map(({ steps }) => Object.values(steps))
    const ran = states.filter((all) => all.includes('proved'))
    const isProved = ran.length > 0 && !states.flat().includes('failed')
    if (!isProved) console.error(`${table} does not conform, or only by recorded shapes: no time of it`)
    const ms = sets.reduce((sum, set) => sum + set.ms, 0)
    const name = `conformance of ${table}, sets of examples: ${ran.length}`
    return isProved ? [{ name, value: ms, unit: 'ms' as const }] : []
  })
}
