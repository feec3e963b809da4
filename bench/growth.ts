/** Plan, apply and sync of 1,000, 10,000 and 50,000 resources of the simulated cloud: time and memory grow with them. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { SimulatedCloud } from '../test/support/simulated/cloud.ts'
import { simulatedModules } from '../test/support/simulated/lab.ts'
import { VirtualClock } from '../test/support/simulated/virtual-clock.ts'
import { openTenantLab, type TenantLab } from '../test/support/tenant-lab.ts'
import { type Figure, timed } from './figure.ts'
import { forgetPeak, peakMiB, residentMiB } from './process-memory.ts'

const sizes = [1_000, 10_000, 50_000]

/** A tenth of what AWS takes, and no limits: what is left is the work of the product. */
const latency = { readMs: 6, writeMs: 30 }

/** The simulated cloud on real time. */
class RealTime extends VirtualClock {
  override get nowMs(): number {
    return Date.now()
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await delay(ms, undefined, signal ? { signal } : {})
  }
}

interface Growth {
  readonly size: number
  readonly planMs: number
  readonly applyMs: number
  readonly syncMs: number
  readonly memoryMiB: number
}

export const growth = async (): Promise<readonly Figure[]> => {
  const grown: Growth[] = []
  for (const size of sizes) grown.push(await inProcess(size))
  return [
    ...figuresOf('plan', grown, ({ planMs }) => planMs),
    ...figuresOf('apply', grown, ({ applyMs }) => applyMs),
    ...figuresOf('sync when nothing has changed', grown, ({ syncMs }) => syncMs),
    ...grown.map(({ size, memoryMiB }) => ({
      name: `memory meanwhile, the simulated cloud's included, of ${size.toLocaleString('en')} resources`,
      value: memoryMiB,
      unit: 'MiB' as const,
    })),
  ]
}

/** In a process of its own, so that what it adds to its memory is its own. */
async function inProcess(size: number): Promise<Growth> {
  const child = fork(import.meta.filename, [String(size)])
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (typeof answer !== 'object') throw new Error(`the process of ${size} resources ended with ${answer}`)
  return answer as Growth
}

/** Beside each the time of the smallest, multiplied: above it growth is worse than linear. */
function figuresOf(
  what: string,
  grown: readonly Growth[],
  msOf: (growth: Growth) => number,
): readonly Figure[] {
  const [first] = grown
  return grown.map((one) => ({
    name: `${what} of ${one.size.toLocaleString('en')} resources`,
    value: msOf(one),
    unit: 'ms',
    ...(first && one !== first
      ? {
          floor: (msOf(first) * one.size) / first.size,
          floorOf: `as many times that of ${first.size.toLocaleString('en')}`,
        }
      : {}),
  }))
}

async function measure(size: number): Promise<Growth> {
  const cloud = new SimulatedCloud({
    clock: new RealTime(),
    regions: ['us-east-1'],
    latency: () => latency,
    isLimited: false,
    pageSize: 1_000,
  })
  const lab = await openTenantLab({
    wrapCloud: () => cloud,
    modules: simulatedModules,
    budgetMs: 600_000,
  })
  try {
    await lab.call('iasql_install', [['sim']])
    await insert(lab, size)
    const idle = residentMiB(process.pid)
    forgetPeak(process.pid)
    const planMs = await timed(() => lab.call('iasql_preview'))
    const applyMs = await timed(() => lab.call('iasql_apply'))
    const syncMs = await timed(() => lab.call('iasql_sync'))
    if ((await lab.call('iasql_preview')).length > 0) throw new Error('the plan is not empty')
    return { size, planMs, applyMs, syncMs, memoryMiB: peakMiB(process.pid) - idle }
  } finally {
    await lab.close()
  }
}

/** In networks of 100 rulebooks each: all that a network has points at it. */
async function insert({ user }: TenantLab, size: number): Promise<void> {
  const networks = size / 100
  await user.run(
    `INSERT INTO network (id, cidr) SELECT n, '10.' || n / 256 || '.' || n % 256 || '.0/24' FROM generate_series(1, ${networks}) n`,
  )
  await user.run(
    `INSERT INTO rulebook (network_id, rules, tags)
     SELECT 1 + n % ${networks}, '["allow 80", "allow 443"]', jsonb_build_object('Name', 'rules-' || n)
     FROM generate_series(1, ${size - networks}) n`,
  )
}

if (process.send) {
  process.send(await measure(Number(process.argv[2])))
  process.disconnect()
}
