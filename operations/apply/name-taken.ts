/** Between a plan and its call somebody may take the name: a call that AWS answers with theirs would steal it silently. */
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type ApplyRun, attempt } from './apply-run.ts'
import { mapperOf } from './cloud-reader.ts'
import { type Job, stepOf } from './jobs.ts'

/** The plan has looked as well; for as long that need not be repeated. */
const freshMs = 5_000

/** Why the create may not be called; undefined when it may. What an open call of our own has made is not looked for here. */
export async function findNameTaken(
  run: ApplyRun,
  job: Job,
  stepKey: string,
  want: Row,
): Promise<IasqlError | undefined> {
  const { step } = stepOf(job, stepKey)
  const { execution, ports } = run.context
  const mapper = mapperOf(job.type)
  const isFresh = ports.clock.now().getTime() - new Date(execution.started_at).getTime() < freshMs
  // What goes first to make room may still show.
  const makesRoom = step.needs.some(({ milestone }) => milestone === 'gone')
  const isNew = job.change.action === 'create' && job.intent !== 'open'
  const isKnown = isFresh && !job.change.isNameUnsure
  if (!job.type.named || !mapper.findByName || !isNew || makesRoom || isKnown) return undefined
  const found = await attempt(run, async () =>
    mapper.findByName?.(want, run.reader.momentApi(job.type, step)),
  )
  if ('refused' in found) return found.refused
  return found.result === undefined ? undefined : undecided(job)
}

export const undecided = ({ change }: Job): IasqlError =>
  new IasqlError(
    'apply/needs-decision',
    `the cloud already has a ${change.table} named ${change.naturalName}, which no row described until now`,
    { hint: 'Look at it: SELECT * FROM iasql_preview(); apply again to take it over, or delete the row.' },
  )
