/** Of a write of several calls, those before the one that was refused are done: what they told the cloud is agreed on. */
import { equals } from '#engine/columns/canonical.ts'
import type { SeenRow } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import { readRow } from '../sync/row-references.ts'
import { type ApplyRun, attempt } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { type Job, stepOf } from './jobs.ts'
import type { ResourceNews } from './ledger.ts'
import { sentBy } from './wanted.ts'

/** Base part by part: a column that the cloud has as it was sent is no edit any more, and taking it back is one. */
export async function takeDone(run: ApplyRun, job: Job, stepKey: string): Promise<ResourceNews> {
  const { change, type } = job
  const { step } = stepOf(job, stepKey)
  const state = run.jobs.states.get(change.key)
  const cloudId = job.cloudId ?? state?.cloudId
  const isOfMany = change.calls > 1 && step.kind !== 'delete' && change.action !== 'replace'
  if (!isOfMany || !state || !cloudId || !job.hasWritten) return { kind: 'none' }
  const read = await attempt(run, () => run.reader.read(type, step, cloudId))
  if ('refused' in read || read.result === undefined) return { kind: 'none' }
  const seen: SeenRow = mapperOf(type).toRow(read.result)
  const { row: observed } = readRow(type, seen, await run.index(seen, change.place), change.place)
  const done = asSent(job, sentBy(run, job, stepKey), observed)
  if (Object.keys(done).length === 0) return { kind: 'none' }
  const base = { ...state.base, ...done }
  run.jobs.states.set(change.key, { ...state, base })
  return { kind: 'keep', cloudId, base, observed, baseVersion: state.baseVersion }
}

/** Of a secret nobody can tell whether it was sent. */
const asSent = ({ type: { columns } }: Job, sent: Row, observed: Row): Row =>
  Object.fromEntries(
    Object.entries(sent).filter(([name, value]) => {
      const column = columns[name]
      if (column?.nature !== 'argument' || column.secret || column.unread) return false
      return equals(column, value, observed[name] ?? null)
    }),
  )
