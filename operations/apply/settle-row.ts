/** What base and row become after a write: defaults and outputs come from the cloud, newer edits stand. */
import { listExpressions } from '#engine/expression/expression.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { Row } from '#engine/model/json.ts'
import type { Projection } from '#postgres/statements/resource-project.ts'
import { resolveRow } from '../plan/resolve-row.ts'
import type { ApplyRun } from './apply-run.ts'
import type { Job } from './jobs.ts'

export function settleWritten(
  run: ApplyRun,
  job: Job,
  { sent, observed, isNew }: { readonly sent: Row; readonly observed: Row; readonly isNew: boolean },
): { readonly base: Row; readonly projection: Projection | undefined } {
  const state = run.jobs.states.get(job.change.key)
  const raw = state?.desired
  const base = isNew ? sent : { ...state?.base, ...sent }
  if (!raw) return { base: { ...base, ...observed }, projection: undefined }
  const desired = resolveRow(job.type, raw, run.known).row
  const settled = settleRow(job.type, { desired, base, observed })
  const write = Object.fromEntries(
    Object.entries(settled.write).filter(([name]) => listExpressions(raw[name] ?? null).length === 0),
  )
  const expected = Object.fromEntries(Object.keys(write).map((name) => [name, raw[name] ?? null]))
  const projection = Object.keys(write).length > 0 ? { write, expected } : undefined
  return { base: settled.base, projection }
}
