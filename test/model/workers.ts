/** The processes of a run: some live, some die in the middle of things, and what they leave is taken up again. */
import type { Row } from '#engine/model/json.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import type { SimulatedLab, Worker } from '#test/support/simulated/lab.ts'

/** Deaths that are still to come are called off by this. */
const never = Number.POSITIVE_INFINITY

export class Workers {
  readonly #lab: SimulatedLab
  readonly #all: Worker[]
  #turn = 0
  /** Calls that nobody has waited for yet. */
  readonly #waiting = new Map<Promise<void>, Worker>()
  readonly errors: string[] = []

  constructor(lab: SimulatedLab) {
    this.#lab = lab
    this.#all = [lab.openWorker(), lab.openWorker()]
  }

  /** One that lives. */
  next(): Worker {
    this.#turn += 1
    const at = this.#turn % this.#all.length
    const worker = this.#all[at]
    if (worker && !worker.isDead) return worker
    const fresh = this.#lab.openWorker()
    this.#all[at] = fresh
    return fresh
  }

  /** Nobody waits for its end before all is at rest. */
  begin(work: (worker: Worker) => Promise<unknown>): void {
    const worker = this.next()
    const done = work(worker).then(
      () => undefined,
      (error: unknown) => {
        this.errors.push(error instanceof Error ? error.message : String(error))
      },
    )
    this.#waiting.set(done, worker)
    void done.finally(() => this.#waiting.delete(done))
  }

  dieSoon(requests: number): void {
    this.next().dieAfter(requests)
  }

  /** The only server of one machine is ended and started again. */
  async restart(): Promise<void> {
    await this.#bury(() => true)
    await recoverExecutions(this.next().ports, { sole: true })
  }

  /** Waits for everybody; what the dead have left is taken up by the others. False: it never ends. */
  async rest(): Promise<boolean> {
    for (const worker of this.#all) worker.dieAfter(never)
    for (let minutes = 0; minutes < 90; minutes += 2) {
      await this.#bury((worker) => worker.isDead)
      for (const [done, worker] of this.#waiting) if (worker.isDead) this.#waiting.delete(done)
      if (this.#waiting.size === 0 && (await this.#openExecutions()) === 0) return true
      await this.#lab.clock.sleep(120_000)
      await recoverExecutions(this.next().ports)
    }
    return false
  }

  async #bury(isGone: (worker: Worker) => boolean): Promise<void> {
    for (const worker of this.#all.filter(isGone)) await worker.kill()
  }

  async #openExecutions(): Promise<number> {
    const rows = await this.#lab.platform.query<Row>(
      `SELECT execution_id FROM ${this.#lab.tenant.schema}.iasql_execution_record WHERE ended_at IS NULL`,
    )
    return rows.length
  }
}
