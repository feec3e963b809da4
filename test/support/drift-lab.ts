/** A tenant lab whose schedule is a test's: time is moved by hand, and every tick is followed to the end of what it began. */
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { JsonObject } from '#engine/model/json.ts'
import { handler as checkDrift } from '#functions/check-drift.ts'
import { handler as startDriftChecks } from '#functions/start-drift-checks.ts'
import { handler as stepExecution } from '#functions/step-execution.ts'
import { invocationContext } from '#local/gateway/handlers.ts'
import { type LocalStateMachines, localStateMachines } from '#local/state-machines.ts'
import { useHost } from '#operations/host.ts'
import type { Ports } from '#operations/ports.ts'
import { type LabOptions, openTenantLab, type TenantLab } from './tenant-lab.ts'

export interface DriftLab {
  readonly lab: TenantLab
  readonly machines: LocalStateMachines
  /** Of the schedule. */
  readonly ports: Ports
  /** What was told outside. */
  readonly news: (readonly [kind: string, detail: JsonObject])[]
  /** Errors that were logged. */
  readonly errors: string[]
  readonly sqs: SQSClient
  /** So much later the schedule calls, so often at once; resolves when everything it began is over. */
  tick(minutes: number, times?: number): Promise<void>
  set(name: string, value: string): Promise<unknown>
  /** `sync iasql`: the executions so far. */
  executions(): Promise<readonly string[]>
  makeInCloud(name: string): Promise<void>
  changeInCloud(name: string, timeout: number): Promise<void>
  close(): Promise<void>
}

const call =
  <Event, Result>(
    name: string,
    handler: (event: Event, context: never) => Promise<Result>,
  ): ((event: Event) => Promise<Result>) =>
  (event) =>
    handler(event, invocationContext(name, 900_000) as never)

export async function openDriftLab(options: LabOptions = {}): Promise<DriftLab> {
  const lab = await openTenantLab(options)
  const news: [string, JsonObject][] = []
  const errors: string[] = []
  let aheadMs = 0
  const machines = localStateMachines({
    handlers: {
      executeStatements: async () => ({ next: 'done' }),
      stepExecution: call('step-execution', stepExecution),
      checkDrift: call('check-drift', checkDrift),
    },
    log: (level, message) => void (level === 'error' && errors.push(message)),
  })
  const ports: Ports = {
    ...lab.whole,
    machines,
    clock: { now: () => new Date(Date.now() + aheadMs), sleep: lab.ports.clock.sleep },
    news: { publish: async (kind, detail) => void news.push([kind, detail]) },
    log: (level, message, fields) => {
      if (level === 'error') errors.push(`${message} ${JSON.stringify(fields ?? {})}`)
    },
  }
  useHost(ports)
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  return {
    lab,
    machines,
    ports,
    news,
    errors,
    sqs,
    async tick(minutes, times = 1) {
      aheadMs += minutes * 60_000
      const start = call('start-drift-checks', startDriftChecks)
      await Promise.all(Array.from({ length: times }, () => start({})))
      await machines.idle()
    },
    set: (name, value) => lab.call('iasql_set', [name, value]),
    async executions() {
      const rows = await lab.user.query<{ told: string }>(
        `SELECT kind || ' ' || holder AS told FROM iasql_execution ORDER BY execution_id`,
      )
      return rows.map(({ told }) => told)
    },
    async makeInCloud(QueueName) {
      await sqs.send(new CreateQueueCommand({ QueueName }))
    },
    async changeInCloud(QueueName, timeout) {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
      await sqs.send(
        new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(timeout) } }),
      )
    },
    async close() {
      await machines.close()
      sqs.destroy()
      await lab.close()
    },
  }
}
