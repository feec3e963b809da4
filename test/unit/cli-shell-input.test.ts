import { describe, expect, test } from 'vitest'
import { scanStatements } from '#cli/shell/scan-statements.ts'
import { statementBuffer } from '#cli/shell/statement-buffer.ts'

describe('how far typed SQL has come', () => {
  test.each([
    ['SELECT 1;', undefined],
    ['SELECT 1', '-'],
    ['SELECT 1; -- done', undefined],
    ['  ', undefined],
    ['-- only a comment', undefined],
    ["SELECT 'a;", "'"],
    ["SELECT 'it''s';", undefined],
    ["SELECT E'it\\'s;", "'"],
    ["SELECT E'\\\\';", undefined],
    ["SELECT 'a\\';", undefined],
    ["SELECT name'x\\';", undefined],
    ['SELECT "a;', '"'],
    ['DO $$ BEGIN x; END', '$'],
    ['DO $$ BEGIN x; END $$;', undefined],
    ['SELECT $tag$ $$ ; $tag$;', undefined],
    ['SELECT a$b$c;', undefined],
    ['SELECT $1;', undefined],
    ['SELECT /* a; /* b */ c;', '*'],
    ['SELECT /* a; /* b */ c; */ 1;', undefined],
    ['CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1;', '('],
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;', '-'],
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;', undefined],
  ])('%s', (text, open) => {
    expect(scanStatements(text).open).toBe(open)
  })

  test('several statements on one line are counted, and the rest is known', () => {
    const text = 'select 1; Insert into t values (1); update'

    const scan = scanStatements(text)

    expect(scan.statements).toEqual([['SELECT'], ['INSERT', 'INTO', 'T', 'VALUES']])
    expect(text.slice(scan.rest)).toBe(' update')
  })
})

describe('what is sent', () => {
  const sent = (...lines: string[]) => {
    const buffer = statementBuffer()
    return lines.map((line) => buffer.add(line))
  }

  test('a statement goes when its semicolon comes', () => {
    expect(sent('SELECT', '1;', 'SELECT 2;')).toEqual([undefined, 'SELECT\n1;', 'SELECT 2;'])
  })

  test('what follows a semicolon waits for its own', () => {
    expect(sent('SELECT 1; SELECT', '2;')).toEqual(['SELECT 1;', ' SELECT\n2;'])
  })

  test.each([['COMMIT;'], ['ROLLBACK;'], ['END;'], ['abort work;'], ['COMMIT AND NO CHAIN;']])(
    'a transaction goes as a whole at %s',
    (end) => {
      expect(sent('BEGIN;', 'INSERT INTO t DEFAULT VALUES;', end)).toEqual([
        undefined,
        undefined,
        `BEGIN;\nINSERT INTO t DEFAULT VALUES;\n${end}`,
      ])
    },
  )

  test.each([['ROLLBACK TO a;'], ['ROLLBACK WORK TO SAVEPOINT a;'], ['COMMIT AND CHAIN;'], ['SAVEPOINT a;']])(
    '%s does not end a transaction',
    (line) => {
      expect(sent('START TRANSACTION;', line)).toEqual([undefined, undefined])
    },
  )

  test('the prompt says what is open', () => {
    const buffer = statementBuffer()
    const prompts = ['BEGIN;', "SELECT 'a", "b'", ';'].map((line) => {
      buffer.add(line)
      return [buffer.prompt, buffer.isInTransaction]
    })

    expect(prompts).toEqual([
      ['=', true],
      ["'", true],
      ['-', true],
      ['=', true],
    ])
  })
})
