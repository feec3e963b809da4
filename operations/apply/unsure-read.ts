/** Whether a read may show what there was before our own last write: of what is to be sent it proves nothing then. */
import { unsureColumns } from '#engine/merge/unsure.ts'
import type { Row } from '#engine/model/json.ts'
import { resolveRow } from '../plan/resolve-row.ts'
import type { ApplyRun } from './apply-run.ts'
import { isAlike } from './find-delta.ts'
import { type Job, stepOf } from './jobs.ts'
import { isPastWrite } from './vanished.ts'
import { givenBy } from './wanted.ts'

interface Compared {
  /** As the cloud shows it, in the shape mappers take. */
  readonly now: Row
  readonly sent: Row
  readonly readStartedMs: number
}

export function isUnsure(run: ApplyRun, job: Job, stepKey: string, compared: Compared): boolean {
  const { now, sent, readStartedMs } = compared
  const base = run.jobs.states.get(job.change.key)?.base
  if (stepOf(job, stepKey).step.kind !== 'update' || !base) return false
  if (isPastWrite(run, job, readStartedMs)) return false
  const agreed = resolveRow(job.type, base, run.known).want
  const unsureOf = new Set(unsureColumns(base))
  return Object.keys(givenBy(run, job, stepKey)).some((name) => {
    const column = job.type.columns[name]
    if (column?.nature !== 'argument' || column.secret || column.unread) return false
    if (now[name] === undefined) return false
    // Of what nobody knows whether it came about: only that it has what is wanted may be its past.
    if (unsureOf.has(name)) return isAlike(column, sent[name], now[name])
    return !isAlike(column, agreed[name], now[name])
  })
}
