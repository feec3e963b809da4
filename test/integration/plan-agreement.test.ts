/** Whatever happens, `iasql_plan.stale` says what an apply of the plan would. */
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab
let sqs: SQSClient

beforeAll(async () => {
  lab = await openPlanLab()
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

/** A small generator of its own, so that a seed replays the same steps. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Step = (random: (below: number) => number) => Promise<unknown>

const sql =
  (statement: (random: (below: number) => number) => string): Step =>
  (random) =>
    lab.user.run(statement(random))

const queueName = (random: (below: number) => number): string => `q${random(3)}`

const drift: Step = async (random) => {
  const rows = await lab.user.query<{ url: string }>(
    `SELECT url FROM queue WHERE name = '${queueName(random)}' AND url IS NOT NULL`,
  )
  const Attributes = { VisibilityTimeout: String(random(40)) }
  for (const { url } of rows)
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes })).catch(() => undefined)
  await lab.call('iasql_sync')
}

const steps: Readonly<Record<string, Step>> = {
  'insert a queue': sql(
    (random) => `INSERT INTO queue (name) VALUES ('${queueName(random)}') ON CONFLICT DO NOTHING`,
  ),
  'edit a queue': sql(
    (random) => `UPDATE queue SET delay_seconds = ${random(5)} WHERE name = '${queueName(random)}'`,
  ),
  'contest a queue': sql(
    (random) => `UPDATE queue SET visibility_timeout = ${random(40)} WHERE name = '${queueName(random)}'`,
  ),
  'refer to a queue': sql(
    () => `UPDATE queue q SET tags = jsonb_build_object('of', iasql_ref('queue', o.id, 'visibility_timeout'))
      FROM queue o WHERE q.name = 'q0' AND o.name = 'q1'`,
  ),
  'delete a queue': sql((random) => `DELETE FROM queue WHERE name = 'q${random(3)}' AND name <> 'q1'`),
  'insert a network': sql(
    () => `INSERT INTO vpc (cidr_block, tags) SELECT '10.90.0.0/16', '{"Name":"n"}'
      WHERE NOT EXISTS (SELECT FROM vpc WHERE tags->>'Name' = 'n')`,
  ),
  'insert a gateway': sql(
    () => `INSERT INTO internet_gateway (vpc_id, tags) SELECT id, '{"Name":"g"}' FROM vpc
      WHERE tags->>'Name' = 'n' AND NOT EXISTS (SELECT FROM internet_gateway WHERE tags->>'Name' = 'g')`,
  ),
  'tag the gateway': sql(
    (random) =>
      `UPDATE internet_gateway SET tags = '{"Name":"g","x":"${random(9)}"}' WHERE tags->>'Name' = 'g'`,
  ),
  'tag the network': sql(
    (random) => `UPDATE vpc SET tags = '{"Name":"n","x":"${random(9)}"}' WHERE tags->>'Name' = 'n'`,
  ),
  'replace the network': sql(
    (random) => `UPDATE vpc SET cidr_block = '10.${90 + random(5)}.0.0/16' WHERE tags->>'Name' = 'n'`,
  ),
  'set a policy': async (random) => {
    await lab.user.run('DELETE FROM iasql_drift_policy')
    const policy = ['track', 'observe', 'enforce'][random(3)]
    await lab.user.run(`INSERT INTO iasql_drift_policy (table_name, policy) VALUES ('queue', '${policy}')`)
  },
  drift,
  sync: () => lab.call('iasql_sync'),
  apply: () => lab.call('iasql_apply'),
}

/** Explaining refuses what an apply would, and does nothing. */
const refusalOf = (planId: number): Promise<IasqlError | undefined> =>
  lab.call('iasql_explain_apply', [planId]).then(
    () => undefined,
    (error: IasqlError) => error,
  )

async function skipSome(planId: number, random: (below: number) => number): Promise<void> {
  await lab.user.run(`DELETE FROM iasql_plan_choice WHERE plan_id = ${planId}`)
  await lab.user.run(
    `INSERT INTO iasql_plan_choice (plan_id, change_id)
     SELECT plan_id, change_id FROM iasql_change WHERE plan_id = ${planId} AND change_id % 3 = ${random(3)}`,
  )
}

test.each([1, 2])('through random edits, drift, applies and choices (seed %i)', async (seed) => {
  const random = randomOf(seed)
  const plans: number[] = []
  const told: string[] = []
  let refused = 0
  for (let count = 0; count < 30; count += 1) {
    const [name, step] = Object.entries(steps)[random(Object.keys(steps).length)] ?? []
    told.push(name ?? '')
    await step?.(random)
    const [some] = plans
    if (some !== undefined && random(4) === 0) await skipSome(some, random)
    if (some !== undefined && random(6) === 0 && !(await refusalOf(some))) {
      told.push(`apply plan ${some}`)
      await lab.apply(some)
    }
    for (const planId of plans) {
      const refusal = await refusalOf(planId)
      if (refusal) refused += 1
      expect(refusal?.sqlstate ?? 'IQ003').toBe('IQ003')
      expect(await lab.isStale(planId), `${told.join(', ')}: ${refusal?.detail ?? 'not refused'}`).toBe(
        refusal !== undefined,
      )
    }
    if (random(3) === 0) {
      const { rows, planId } = await lab.preview()
      if (rows.length > 0) plans.unshift(planId)
      plans.splice(3)
    }
  }
  expect(refused).toBeGreaterThan(0)
})
