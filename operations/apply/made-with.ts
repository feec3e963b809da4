/** What AWS made, or took away, along with the resource that a step has just written. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { ApplyRun } from './apply-run.ts'
import { type CompanionScope, hasCompanions, renewCompanions, takeCompanions } from './companions.ts'
import { type Job, stepOf } from './jobs.ts'
import { bareAmong } from './made-again.ts'
import { sentBy } from './wanted.ts'

/** Tags never make anything else. */
const isMere = (run: ApplyRun, job: Job, stepKey: string): boolean =>
  Object.keys(sentBy(run, job, stepKey)).every((name) => job.type.columns[name]?.equality === 'tags')

export async function takeMadeWith(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  cloudId: CloudId,
): Promise<void> {
  if (!hasCompanions(run.tables, job.type)) return
  const { step } = stepOf(job, stepKey)
  const parent = { type: job.type, cloudId, place: { accountId: step.accountId, region: step.region } }
  if (step.kind === 'update') {
    if (!isMere(run, job, stepKey)) await renewCompanions(scopeOf(run), parent)
    return
  }
  const isAgain = job.change.resourceId !== null || (await isBareAgain(run, job))
  await takeCompanions(scopeOf(run), { ...parent, isAgain })
}

/** Its row went, and has come back: users had taken away what they may, which AWS made anew with it. */
async function isBareAgain(run: ApplyRun, { type, change }: Job): Promise<boolean> {
  const asked = run.bareRows.get(type.name) ?? bareOfRun(run, type)
  run.bareRows.set(type.name, asked)
  return (await asked).has(change.rowId)
}

/** Of all rows of the kind that this run makes, so that it asks once however many there are. */
function bareOfRun({ context, tables, jobs }: ApplyRun, type: TableSpec): Promise<ReadonlySet<number>> {
  const rowIds = jobs.all.flatMap(({ change }) =>
    change.table === type.name && change.resourceId === null ? [change.rowId] : [],
  )
  return bareAmong({ db: context.ports.platform, tenant: context.tenant, tables }, type, rowIds)
}

const scopeOf = ({ context, tables, reader, index, learn, jobs }: ApplyRun): CompanionScope => ({
  db: context.ports.platform,
  tenant: context.tenant,
  tables,
  executionId: context.execution.execution_id,
  api: (type, place) => reader.api(type, place),
  index,
  isMadeApart: (key) => jobs.replaced.has(key),
  learn: (row, cloudId, observed) => learn(row, { cloudId, observed }),
  notice: (message) => context.progress.notice(message),
})
