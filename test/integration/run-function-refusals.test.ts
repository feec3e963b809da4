import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openRunLab, type RunLab } from '../support/run-lab.ts'
import { offerScriptedRpcs } from '../support/scripted-rpcs.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await offerScriptedRpcs(lab)
})

beforeEach(() => {
  lab.calls.length = 0
})

afterAll(async () => {
  await lab?.close()
})

const names = () => lab.calls.map((call) => `${call.name}(${call.arguments.join()})`)

test('a trigger may read, and nothing else', async () => {
  const result = await lab.run(
    `CREATE TABLE watched (entry text);
    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.entry := word_of(NEW.entry); RETURN NEW; END $$;
    CREATE TRIGGER fill BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fill();
    INSERT INTO watched VALUES ('t') RETURNING entry;
    CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM engine_work('t'); RETURN NEW; END $$;
    CREATE TRIGGER work BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION work();
    INSERT INTO watched VALUES ('u')`,
  )

  expect(result.statements[3]?.rows).toEqual([['t!']])
  expect(result.statements[6]?.error).toMatchObject({
    sqlstate: '25001',
    message: 'engine_work() cannot run in a trigger',
  })
  expect(names()).toEqual(['word_of(t)', 'word_of(u)'])
})

test.each([
  [
    'after writes',
    "DO $$ BEGIN INSERT INTO log VALUES ('w'); PERFORM * FROM engine_work('w'); END $$",
    '25001',
    'its own statement',
    [],
  ],
  ['inside BEGIN … COMMIT', "BEGIN; SELECT * FROM look('b'); COMMIT", '25001', 'outside BEGIN', []],
  [
    'by a prepared statement',
    "BEGIN; PREPARE p AS SELECT * FROM look('b'); EXECUTE p; COMMIT",
    '25001',
    'outside BEGIN',
    [],
  ],
  [
    'with two effects',
    "SELECT * FROM engine_work('1'), reboot('2')",
    '0A000',
    'own statement',
    ['engine_work(1)'],
  ],
  [
    'that reads with ever new arguments',
    'SELECT * FROM look(random()::text)',
    '22023',
    'Compute the arguments',
    100,
  ],
  [
    'with a forged context',
    "DO $$ BEGIN PERFORM set_config('iasql.context', gen_random_uuid()::text, true); PERFORM look('f'); END $$",
    '22023',
    'Compute',
    1,
  ],
  [
    'that is not there',
    'DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = \'P0004\', MESSAGE = \'IASQL_RPC {"name":"nix","arguments":[]}\'; END $$',
    '0A000',
    'docs/sql.md',
    [],
  ],
])('refuses a call %s', async (_what, sql, sqlstate, hint, calls) => {
  const result = await lab.run(sql)

  const error = result.statements.find((statement) => statement.error)?.error
  expect(error?.sqlstate).toBe(sqlstate)
  expect(error?.hint).toContain(hint)
  if (typeof calls === 'number') expect(names()).toHaveLength(calls)
  else expect(names()).toEqual(calls)
})

test('an error of a function is an SQL error with all that is known of it', async () => {
  const result = await lab.run("SELECT * FROM denied('x')")

  expect(result.statements[0]?.error).toMatchObject({
    code: 'apply/changes-failed',
    sqlstate: 'IQ001',
    message: '1 of 2 changes failed',
    detail: 'queue jobs: denied',
    awsRequestId: 'req-1',
  })
})

test('says what stays when a statement fails after its function ran', async () => {
  const result = await lab.run("SELECT 1 / (place - 1) FROM engine_work('z')")

  expect(result.statements[0]?.error?.sqlstate).toBe('22012')
  expect(result.statements[0]?.error?.detail).toContain('engine_work ran before the statement failed')
})
