/** What a step asks of the cloud: the user's values with references and expressions resolved as late as possible. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type ResolvedRow, resolveRow } from '../plan/resolve-row.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, stepOf } from './jobs.ts'

/** The user's columns that the step sends, unresolved. */
export function givenBy(run: ApplyRun, job: Job, stepKey: string): Row {
  const { step } = stepOf(job, stepKey)
  if (step.kind === 'create') {
    const { desired, base } = run.jobs.states.get(job.change.key) ?? {}
    return without(argumentsOf(job.type, { ...(desired ?? base), ...job.change.delta }), step.without)
  }
  const delta = without(job.change.delta, step.without)
  const only = step.columns
    ? Object.entries(delta).filter(([name]) => step.columns?.includes(name))
    : Object.entries(delta)
  return { ...Object.fromEntries(only), ...Object.fromEntries(step.clears.map((name) => [name, null])) }
}

const argumentsOf = (type: TableSpec, row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => type.columns[name]?.nature === 'argument'))

const without = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

export function resolveWanted(run: ApplyRun, job: Job, stepKey: string): ResolvedRow {
  return resolveRow(job.type, givenBy(run, job, stepKey), run.known)
}

/** What base holds once the step is done: every column after a create, the sent ones after an update. */
export function sentBy(run: ApplyRun, job: Job, stepKey: string): Row {
  const { row } = resolveWanted(run, job, stepKey)
  if (stepOf(job, stepKey).step.kind === 'create') return row
  const given = givenBy(run, job, stepKey)
  return Object.fromEntries(Object.keys(given).map((name) => [name, row[name] ?? null]))
}
