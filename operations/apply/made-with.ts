/** What AWS made, or took away, along with the resource that a step has just written. */
import type { CloudId } from '#engine/model/cloud.ts'
import { qualifiedName } from '#engine/model/table.ts'
import { wasBare } from '#postgres/statements/companion-bare.ts'
import type { ApplyRun } from './apply-run.ts'
import { type CompanionScope, hasCompanions, renewCompanions, takeCompanions } from './companions.ts'
import { type Job, stepOf } from './jobs.ts'
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
  const isAgain = job.change.resourceId !== null || (await isBareAgain(run, job))
  if (step.kind !== 'update') await takeCompanions(scopeOf(run), { ...parent, isAgain })
  else if (!isMere(run, job, stepKey)) await renewCompanions(scopeOf(run), parent)
}

/** Its row went, and has come back: users had taken away what they may, which AWS made anew with it. */
async function isBareAgain({ context, tables }: ApplyRun, { type, change }: Job): Promise<boolean> {
  for (const child of tables.types) {
    const made = child.createdWith.find(
      ({ parent, removable }) => removable && parent === qualifiedName(type),
    )
    if (!made) continue
    const bare = { type, rowId: change.rowId, table: child.name, via: made.via }
    if (await wasBare(context.ports.platform, context.tenant, bare)) return true
  }
  return false
}

const scopeOf = ({ context, tables, reader, index, learn, jobs }: ApplyRun): CompanionScope => ({
  db: context.ports.platform,
  tenant: context.tenant,
  tables,
  executionId: context.execution.execution_id,
  api: (type, place) => reader.api(type, place),
  index,
  isMadeApart: (key) => jobs.all.some(({ change }) => change.key === key && change.action === 'replace'),
  learn: (row, cloudId, observed) => learn(row, { cloudId, observed }),
  notice: (message) => context.progress.notice(message),
})
