/** What of a resource differs from what is wanted, and what somebody else changed meanwhile. */
import { equals } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { unsureColumns } from '#engine/merge/unsure.ts'
import type { SeenRow } from '#engine/model/cloud.ts'
import type { Column } from '#engine/model/column.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { readRow } from '../sync/row-references.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, stepOf } from './jobs.ts'
import { givenBy } from './wanted.ts'

export interface Delta {
  readonly [column: string]: { readonly from: Json; readonly to: Json }
}

/** Of a create, only what was given; of an update, what the step names, cleared values too. */
export function deltaOf(run: ApplyRun, job: Job, stepKey: string, now: Row, sent: Row): Delta {
  const { step, waiting } = stepOf(job, stepKey)
  const { columns } = job.type
  const named = Object.keys(step.kind === 'update' ? givenBy(run, job, stepKey) : sent)
  const different = named.filter((name) => {
    const column = columns[name]
    const to = sent[name] ?? null
    if (column?.nature !== 'argument' || (step.kind !== 'update' && to === null)) return false
    // What stands already has what makes it another one for good.
    if (step.kind !== 'update' && column.replaces) return false
    // The call that began it has told them; nobody can read whether one that was lost has.
    if (waiting?.again && step.kind === 'create' && (column.secret || column.unread)) return false
    return !isAlike(column, to, now[name])
  })
  return Object.fromEntries(
    different.map((name) => [name, { from: now[name] ?? null, to: sent[name] ?? null }]),
  )
}

/** Values as mappers take them. */
export const isAlike = (column: Column, a: Json | undefined, b: Json | undefined): boolean =>
  column.reference?.by === 'id'
    ? canonicalJson(a ?? null) === canonicalJson(b ?? null)
    : equals(column, a ?? null, b ?? null)

/** What changed in the cloud since the plan was made, in a column that this change is about to write. */
export async function findConflict(
  run: ApplyRun,
  job: Job,
  seen: SeenRow,
  sent: Row,
): Promise<IasqlError | undefined> {
  const state = run.jobs.states.get(job.change.key)
  const { row } = readRow(job.type, seen, await run.index(seen, job.change.place), job.change.place)
  // What an earlier step has cleared for a while, nobody else has.
  const unsure = [...unsureColumns(state?.base ?? null), ...job.steps.flatMap(({ step }) => step.clears)]
  const moved = Object.keys(job.change.changed).filter((name) => {
    const column = job.type.columns[name]
    if (!column || column.reference || column.secret || column.unread) return false
    if (sent[name] === undefined || unsure.includes(name)) return false
    const now = row[name] ?? null
    const planned = job.change.changed[name]?.from ?? null
    return !equals(column, now, planned) && !equals(column, now, sent[name] ?? null)
  })
  if (moved.length === 0 || !state) return undefined
  job.otherwise = { observed: row, columns: moved }
  const values = moved.map((name) => `${name} is ${JSON.stringify(row[name] ?? null)} there`)
  return new IasqlError(
    'plan/conflict',
    `it was changed in the cloud since it was planned: ${values.join(', ')}`,
    { hint: 'Look again: iasql_preview() shows both values. Applied again, the table wins.' },
  )
}
