/** What a transaction has made, as it was when it was made: the way back of its commit ends just that. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { madeOutputs } from '#postgres/statements/made-outputs.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, type JobStep, stepOf } from './jobs.ts'

interface Found {
  readonly accountId: string | null
  readonly region: string | null
  readonly cloudId: CloudId
}

/** Kept with the step that has made it: whatever is read later may be what others have put in its place. */
export function outputsMade(job: Job, stepKey: string, observed: Row): Pick<JobStep, 'made'> {
  if (!job.type.mapper?.takeBack) return {}
  const made = outputsOf(job.type, observed)
  const isMade = stepOf(job, stepKey).step.kind === 'create'
  // What was to be sent goes out from what was read just before.
  const isOther = canonicalJson(made) !== canonicalJson(outputsOf(job.type, job.want ?? {}))
  return isMade || isOther ? { made } : {}
}

const outputsOf = ({ columns }: ResourceType, row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => columns[name]?.nature === 'output'))

/** Undefined: it was there before, or it is not taken back. */
export async function madeByItself(
  run: ApplyRun,
  type: ResourceType,
  found: Found,
): Promise<readonly Row[] | undefined> {
  if (!run.takenBack || !type.mapper?.takeBack) return undefined
  const asked = run.takenBack.get(type.name) ?? madeOfTable(run, type.name)
  run.takenBack.set(type.name, asked)
  return (await asked).get(keyOf(found))
}

async function madeOfTable(
  { context }: ApplyRun,
  table: string,
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const { ports, tenant, execution } = context
  const all = await madeOutputs(ports.platform, tenant, { executionId: execution.execution_id, table })
  const byKey = Map.groupBy(all, ({ account_id: accountId, region, cloud_id: cloudId }) =>
    keyOf({ accountId, region, cloudId }),
  )
  // What was only changed was there before.
  const made = [...byKey].filter(([, writes]) => writes.some(({ kind }) => kind === 'create'))
  return new Map(made.map(([key, writes]) => [key, writes.map((write) => write.made)]))
}

const keyOf = ({ accountId, region, cloudId }: Found): string => canonicalJson([accountId, region, cloudId])
