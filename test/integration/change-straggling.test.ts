/** A request may arrive after its caller gave up or died: what is written next has to be the last to arrive. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import { type CommitLab, openCommitLab } from '#test/support/commit-lab.ts'
import type { Fate, Forecast } from '#test/support/simulated/weather.ts'

let lab: CommitLab
let usual: Forecast['fateOf']

beforeAll(async () => {
  lab = await openCommitLab()
  usual = lab.cloud.forecast.fateOf.bind(lab.cloud.forecast)
  await lab.user.run(`INSERT INTO topic (name, retention) VALUES ('slow', 60)`)
  await lab.worker().call('iasql_apply')
})
afterAll(() => lab?.close())
beforeEach(async () => {
  lab.refuse(() => false)
  await lab.settle()
})

const edit = (retention: number) => `UPDATE topic SET retention = ${retention} WHERE name = 'slow'`
const there = () => lab.cloud.world.all('topic').find(({ attributes }) => attributes.name === 'slow')
/** The next change of a topic takes this course; those after it are as usual. */
function next(change: Partial<Fate>): { readonly isCalled: () => boolean } {
  let isCalled = false
  lab.cloud.forecast.fateOf = (operation, input, isWrite) => {
    const fate = usual(operation, input, isWrite)
    if (isCalled || operation !== 'ModifyTopic') return fate
    isCalled = true
    return { ...fate, stragglerMs: 1_900, ...change }
  }
  return { isCalled: () => isCalled }
}

test('a change whose connection broke does not undo the one after it', async () => {
  next({ fault: 'late' })
  await lab.user.run(edit(120))
  await lab.worker().call('iasql_apply')
  await lab.user.run(edit(60))
  await lab.worker().call('iasql_apply')
  await lab.settle()

  expect(there()?.attributes.retention).toBe(60)
  await lab.worker().call('iasql_sync')
  expect(await lab.user.query(`SELECT retention FROM topic WHERE name = 'slow'`)).toEqual([{ retention: 60 }])
})

test.each([
  ['goes on', false],
  ['is cancelled', true],
])(
  'what a dead server had asked for does not undo the way back of a commit that %s',
  async (_what, isCancelled) => {
    const ann = await lab.session('ann')
    await ann.call('iasql_begin')
    await ann.write(edit(120), `INSERT INTO network (cidr) VALUES ('10.1.0.0/16')`)
    lab.refuse((operation) => operation === 'CreateNetwork')
    const call = next({ toMs: 20_000 })
    ann.call('iasql_commit').catch(() => undefined)
    while (!call.isCalled()) await lab.clock.sleep(50)

    await lab.worker().kill()
    const [open] = await lab.user.query<{ execution_id: number }>(
      'SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL',
    )
    if (isCancelled) await cancelExecution(lab.worker().ports, lab.tenant, String(open?.execution_id))
    await lab.recover()
    await lab.settle()

    expect(there()?.attributes.retention).toBe(60)
    expect(await lab.plan()).toEqual([])
    await ann.leave()
  },
)

test('what was asked for when something went wrong on the server does not undo the way back', async () => {
  const { schema } = lab.tenant
  await lab.platform.run(`CREATE FUNCTION ${schema}.fails() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$`)
  await lab.platform.run(`CREATE TRIGGER fails BEFORE UPDATE ON ${schema}.iasql_change_record FOR EACH ROW
    WHEN (NEW.table_name = 'network' AND NEW.action = 'create' AND NEW.state = 'done') EXECUTE FUNCTION ${schema}.fails()`)
  const ann = await lab.session('ann')
  await ann.call('iasql_begin')
  await ann.write(edit(120), `INSERT INTO network (cidr) VALUES ('10.2.0.0/16')`)
  next({ toMs: 20_000 })

  await expect(ann.call('iasql_commit')).rejects.toMatchObject({ code: 'transaction/undone' })
  await lab.settle()

  expect(there()?.attributes.retention).toBe(60)
  expect(await lab.plan()).toEqual([])
  await ann.leave()
})
