import { expect, test } from 'vitest'
import { plainNames } from '#operations/statement/plain-names.ts'

test.each([
  ['four digits', 'SELECT * FROM U&"d\\0061ta"', 'SELECT * FROM "data"'],
  ['six digits', 'u&"d\\+000061ta"', '"data"'],
  ['a sign of its own', `U&"d!0061t!+000061" UESCAPE '!'`, '"data"'],
  ['a sign that patterns give a meaning to', `U&"d*0061ta" UESCAPE '*'`, '"data"'],
  ['the sign itself', 'U&"a\\\\b"', '"a\\b"'],
  ['several names', 'U&"\\0061", U&"\\0062"', '"a", "b"'],
  ['a number that is no character', 'U&"\\+FFFFFF"', '"\\+FFFFFF"'],
  ['no escape', `SELECT U&'d\\0061ta', "d\\0061ta"`, `SELECT U&'d\\0061ta', "d\\0061ta"`],
])('a name is as PostgreSQL reads it: %s', (_, written, read) => {
  expect(plainNames(written)).toBe(read)
})
