/** What a commit has made, as it was when it was made: its way back ends just that. */
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
  const { mapper, columns } = job.type
  if (!mapper?.takeBack || stepOf(job, stepKey).step.kind !== 'create') return {}
  const made = Object.entries(observed).filter(([name]) => columns[name]?.nature === 'output')
  return { made: Object.fromEntries(made) }
}

/** Undefined: it was there before, or it is not taken back. */
export async function madeByItself(
  run: ApplyRun,
  type: ResourceType,
  found: Found,
): Promise<Row | undefined> {
  if (!run.takenBack || !type.mapper?.takeBack) return undefined
  const asked = run.takenBack.get(type.name) ?? madeOfTable(run, type.name)
  run.takenBack.set(type.name, asked)
  return (await asked).get(keyOf(found))
}

async function madeOfTable({ context }: ApplyRun, table: string): Promise<ReadonlyMap<string, Row>> {
  const { ports, tenant, execution } = context
  const all = await madeOutputs(ports.platform, tenant, { executionId: execution.execution_id, table })
  return new Map(
    all.map(({ account_id: accountId, region, cloud_id: cloudId, made }) => [
      keyOf({ accountId, region, cloudId }),
      made,
    ]),
  )
}

const keyOf = ({ accountId, region, cloudId }: Found): string => canonicalJson([accountId, region, cloudId])
