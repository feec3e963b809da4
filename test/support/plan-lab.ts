/** A tenant whose plans are previewed, chosen from and applied by their number. */
import type { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { type CallOptions, type LabOptions, openTenantLab, type TenantLab } from './tenant-lab.ts'

export interface PreviewedPlan {
  readonly planId: number
  readonly rows: readonly Row[]
  /** `create main`: action and natural name of each row, sorted. */
  readonly lines: readonly string[]
  /** The id of the change of such a line, or of `create vpc main`. */
  of(line: string): number
}

export interface PlanLab extends TenantLab {
  preview(options?: CallOptions & { readonly mine?: boolean }): Promise<PreviewedPlan>
  /** `create vpc main`: what was done, sorted. */
  apply(planId: number): Promise<readonly string[]>
  /** What the apply is refused with. */
  refusal(planId: number): Promise<IasqlError>
  skip(planId: number, ...changeIds: readonly number[]): Promise<void>
  isStale(planId: number): Promise<boolean | undefined>
  /** Of the newest execution. */
  notices(): Promise<readonly string[]>
  /** A VPC with a subnet named `<name>-subnet`; `cidr` is its first two numbers. */
  insertNetwork(name: string, cidr: string): Promise<void>
}

export async function openPlanLab(options: LabOptions = {}): Promise<PlanLab> {
  const lab = await openTenantLab(options)
  const applied = (planId: number) => lab.call('iasql_apply', [planId, false, true, 'wait'])
  return {
    ...lab,
    async preview({ mine = false, ...caller } = {}) {
      const rows = await lab.call('iasql_preview', [mine], caller)
      return { planId: Number(rows[0]?.plan_id), rows, lines: rows.map(lineOf).sort(), of: idIn(rows) }
    },
    async apply(planId) {
      const rows = await applied(planId)
      return rows.map((row) => `${String(row.action)} ${String(row.description).split(':')[0]}`).sort()
    },
    refusal: (planId) =>
      applied(planId).then(
        () => {
          throw new Error('it was not refused')
        },
        (error: IasqlError) => error,
      ),
    async skip(planId, ...changeIds) {
      const rows = changeIds.map((changeId) => `(${planId}, ${changeId})`)
      await lab.user.run(`INSERT INTO iasql_plan_choice (plan_id, change_id) VALUES ${rows.join(', ')}`)
    },
    async isStale(planId) {
      const [plan] = await lab.user.query<{ stale: boolean }>(
        `SELECT stale FROM iasql_plan WHERE plan_id = ${planId}`,
      )
      return plan?.stale
    },
    async notices() {
      const rows = await lab.user.query<{ message: string }>(
        `SELECT body->>'message' AS message FROM iasql_event WHERE kind = 'notice'
           AND execution_id = (SELECT max(execution_id) FROM iasql_execution) ORDER BY seq`,
      )
      return rows.map((row) => row.message)
    },
    async insertNetwork(name, cidr) {
      await lab.user.run(`INSERT INTO vpc (cidr_block, tags) VALUES ('${cidr}.0.0/16', '{"Name":"${name}"}')`)
      await lab.user.run(
        `INSERT INTO subnet (vpc_id, cidr_block, availability_zone, tags)
         SELECT id, '${cidr}.1.0/24', 'us-east-1a', '{"Name":"${name}-subnet"}'
         FROM vpc WHERE tags->>'Name' = '${name}'`,
      )
    },
  }
}

const lineOf = (row: Row): string => `${String(row.action)} ${String(row.natural_name)}`

const fullLineOf = (row: Row): string =>
  `${String(row.action)} ${String(row.table_name)} ${String(row.natural_name)}`

const idIn =
  (rows: readonly Row[]) =>
  (line: string): number => {
    const found = rows.filter((row) => line === lineOf(row) || line === fullLineOf(row))
    if (found.length !== 1) throw new Error(`${line} is planned ${found.length} times`)
    return Number(found[0]?.change_id)
  }
