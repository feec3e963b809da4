import { expect, test } from 'vitest'
import { privateStatements, type SecretNames, writesSecret } from '#cli/shell/private-statements.ts'

const names: SecretNames = new Map([
  ['secret', 'relation'],
  ['set_password', 'function'],
  ['a(b "c"', 'relation'],
])

test.each([
  "INSERT INTO secret (name, value) VALUES ('a', 'hunter2');",
  "UPDATE t_1.secret SET value = 'hunter2';",
  'DO $$ BEGIN INSERT INTO secret (value) VALUES (current_user); END $$;',
  'WITH made AS (INSERT INTO "secret" (value) VALUES (\'hunter2\') RETURNING id) SELECT * FROM made;',
  "PREPARE p AS UPDATE secret SET value = $1;\nEXECUTE p ('hunter2');",
  "SELECT set_password('hunter2');",
  `UPDATE "A(b ""c""" SET value = 'hunter2';`,
])('is not remembered: %s', (text) => {
  expect(writesSecret(text, names)).toBe(true)
})

test.each([
  "SELECT value FROM secret WHERE name = 'a';",
  "INSERT INTO queue (name) VALUES ('secrets');",
  "DELETE FROM secret WHERE name = 'a';",
])('is remembered: %s', (text) => {
  expect(writesSecret(text, names)).toBe(false)
})

test('a server that cannot be asked leaves what has literals out, and nothing else', async () => {
  const lost = privateStatements({
    run: () => {
      throw new Error('gone')
    },
  })

  expect(await lost.has("SELECT 'hunter2';")).toBe(true)
  expect(await lost.has('SELECT 1;')).toBe(false)
  expect(await lost.has("\\d it's")).toBe(false)
})
